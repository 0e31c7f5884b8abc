import { css, html, nothing } from 'lit'
import type { Unsubscribe } from '@novabrain/contracts'
import type { Host } from '../host.js'
import { formatAge } from '../format/age.js'
import { fill } from '../locales/strings.js'
import { NbElement } from './base.js'
import { defineElement } from './define.js'
import { baseStyles } from './styles.js'

/** One quiet line while the server is away, with the time of what is shown; nothing while all is well. */
export class NbConnectionBar extends NbElement {
  static override styles = [
    baseStyles,
    css`
      div {
        display: flex;
        flex-wrap: wrap;
        align-items: center;
        gap: 4px 12px;
        padding: 5px var(--nb-inset, 12px);
        border-bottom: 1px solid var(--nb-border);
        background: color-mix(in srgb, var(--nb-warn) 12%, var(--nb-bg));
      }
    `,
  ]
  protected override start(host: Host): readonly Unsubscribe[] {
    const offline = () => host.events.connection.state !== 'online'
    return [host.events.onConnection(() => this.requestUpdate()), this.tickWhile(offline)]
  }
  override render() {
    const { host, t } = this
    if (host === null || !this.#away(host)) return html`<span role="status"></span>`
    const { lastHeardAtMs } = host.events.connection
    const age =
      lastHeardAtMs === null
        ? null
        : formatAge(new Date(lastHeardAtMs).toISOString(), this.nowMs, t.duration, this.locale)
    const text = age === null ? t.connection.offlineNever : fill(t.connection.offline, { age })
    return html`<div role="status">
      <span>${text}</span>
      ${
        host.events.connection.state === 'offline'
          ? html`<button class="link" @click=${() => host.events.retry()}>${t.connection.retry}</button>`
          : nothing
      }
    </div>`
  }
  /** Trying again for the first seconds is no news: only a loss is told. */
  #away(host: Host): boolean {
    const { state, lastHeardAtMs } = host.events.connection
    return state === 'offline' || (state === 'connecting' && lastHeardAtMs !== null)
  }
}

/** Register the element. */
export const defineConnectionBar = (): void => defineElement('nb-connection-bar', NbConnectionBar)

declare global {
  interface HTMLElementTagNameMap {
    'nb-connection-bar': NbConnectionBar
  }
}
