import { css, html } from 'lit'
import { queueTabs, type QueueTab } from '../host.js'
import { NbElement } from './base.js'
import { defineElement } from './define.js'
import { emit } from './events.js'
import { baseStyles } from './styles.js'

/** The queue and the GPUs: who waits and why, the devices, how they are used, and how it is decided. */
export class NbQueuePage extends NbElement {
  static override properties = {
    tab: { type: String },
    withoutDevices: { type: Boolean, attribute: 'without-devices' },
  }
  static override styles = [
    baseStyles,
    css`
      .tabs {
        display: flex;
        gap: 4px;
        padding: 6px calc(var(--nb-inset, 12px) - 10px) 0;
        border-bottom: 1px solid var(--nb-border);
        overflow-x: auto;
      }
      .tabs button {
        min-height: 32px;
        border: 0;
        border-bottom: 2px solid transparent;
        border-radius: 0;
        background: none;
        color: var(--nb-fg-muted);
      }
      .tabs button[aria-selected='true'] {
        border-bottom-color: var(--nb-accent);
        color: var(--nb-fg);
        font-weight: 600;
      }
    `,
  ]
  declare tab: QueueTab
  /** For a face that shows the devices elsewhere. */
  declare withoutDevices: boolean
  constructor() {
    super()
    this.tab = 'waiting'
    this.withoutDevices = false
  }

  override render() {
    const t = this.t.queuePage
    const tabs = this.#tabs()
    return html`<div
        class="tabs"
        role="tablist"
        aria-label=${t.label}
        @keydown=${(event: KeyboardEvent) => this.#key(event)}
      >
        ${tabs.map(
          (tab) =>
            html`<button
              role="tab"
              id=${`tab-${tab}`}
              tabindex=${tab === this.tab ? 0 : -1}
              aria-selected=${tab === this.tab}
              aria-controls="panel"
              @click=${() => this.#show(tab)}
            >
              ${t[tab]}
            </button>`,
        )}
      </div>
      <div id="panel" role="tabpanel" aria-labelledby=${`tab-${this.tab}`}>${this.#panel()}</div>`
  }
  #tabs(): readonly QueueTab[] {
    return this.withoutDevices ? queueTabs.filter((tab) => tab !== 'devices') : queueTabs
  }
  #panel() {
    const { host } = this
    switch (this.tab) {
      case 'waiting':
        return html`<nb-queue-table .host=${host}></nb-queue-table>`
      case 'devices':
        return html`<nb-node-grid .host=${host}></nb-node-grid>`
      case 'use':
        return html`<nb-cluster-use .host=${host}></nb-cluster-use>`
      case 'queues':
        return html`<nb-queue-form .host=${host}></nb-queue-form>`
      case 'policy':
        return html`<nb-policy-form .host=${host}></nb-policy-form>`
    }
  }
  #show(tab: QueueTab): void {
    if (tab === this.tab) return
    this.tab = tab
    emit(this, 'nb-queue-tab', { tab })
  }
  #key(event: KeyboardEvent): void {
    const by = event.key === 'ArrowRight' ? 1 : event.key === 'ArrowLeft' ? -1 : 0
    if (by === 0) return
    const tabs = this.#tabs()
    const next = tabs[(tabs.indexOf(this.tab) + by + tabs.length) % tabs.length]
    if (next === undefined) return
    event.preventDefault()
    this.#show(next)
    void this.updateComplete.then(() => this.renderRoot.querySelector<HTMLElement>(`#tab-${next}`)?.focus())
  }
}

/** Register the element. */
export const defineQueuePage = (): void => defineElement('nb-queue-page', NbQueuePage)

declare global {
  interface HTMLElementTagNameMap {
    'nb-queue-page': NbQueuePage
  }
}
