import { css, html, nothing } from 'lit'
import { NbElement } from './base.js'
import { defineElement } from './define.js'
import { icons } from './icons.js'
import { baseStyles } from './styles.js'

/**
 * A button with a panel under it, which shows what is put into the element. The panel closes with Escape, which gives the
 * focus back to the button, and with a press outside. Sends `nb-drop` when it opens or closes.
 */
export class NbDrop extends NbElement {
  static override properties = {
    label: { type: String },
    count: { type: String },
    open: { type: Boolean, reflect: true },
    end: { type: Boolean, reflect: true },
  }
  static override styles = [
    baseStyles,
    css`
      :host {
        position: relative;
        display: inline-block;
      }
      button {
        min-height: 30px;
      }
      button svg.icon {
        width: 12px;
        height: 12px;
        color: var(--nb-fg-muted);
      }
      .count {
        color: var(--nb-fg-muted);
      }
      .panel {
        position: absolute;
        inset-inline-start: 0;
        top: calc(100% + 4px);
        z-index: 7;
        padding: 12px;
        border: 1px solid var(--nb-border);
        border-radius: 6px;
        background: var(--nb-bg);
        box-shadow: 0 6px 24px rgb(0 0 0 / 16%);
      }
      :host([end]) .panel {
        inset-inline: auto 0;
      }
    `,
  ]
  declare label: string
  /** A number beside the label. */
  declare count: string
  declare open: boolean
  /** The panel ends where the button ends. */
  declare end: boolean

  constructor() {
    super()
    this.label = ''
    this.count = ''
    this.open = false
    this.end = false
  }

  override connectedCallback(): void {
    super.connectedCallback()
    document.addEventListener('keydown', this.#key)
    document.addEventListener('pointerdown', this.#outside, true)
  }
  override disconnectedCallback(): void {
    super.disconnectedCallback()
    document.removeEventListener('pointerdown', this.#outside, true)
    document.removeEventListener('keydown', this.#key)
  }
  readonly #outside = (event: Event): void => {
    if (this.open && !event.composedPath().includes(this)) this.#show(false)
  }
  #show(open: boolean): void {
    this.open = open
    this.dispatchEvent(new CustomEvent('nb-drop', { detail: { open } }))
  }

  override render() {
    return html`<button
        aria-haspopup="dialog"
        aria-expanded=${this.open ? 'true' : 'false'}
        @click=${() => this.#show(!this.open)}
      >
        ${this.label} ${this.count === '' ? nothing : html`<span class="count number">${this.count}</span>`}
        ${icons.down}
      </button>
      ${this.open ? html`<div class="panel" role="dialog" aria-label=${this.label}><slot></slot></div>` : nothing}`
  }
  #key = (event: KeyboardEvent): void => {
    if (event.key !== 'Escape' || !this.open) return
    event.stopPropagation()
    this.#show(false)
    this.renderRoot.querySelector('button')?.focus()
  }
}

/** Register the element. */
export const defineDrop = (): void => defineElement('nb-drop', NbDrop)

declare global {
  interface HTMLElementTagNameMap {
    'nb-drop': NbDrop
  }
}
