import { css, html } from 'lit'
import type { JobStatus, RunStatus } from '@novabrain/contracts'
import { NbElement } from './base.js'
import { defineElement } from './define.js'
import { statusLook } from './icons.js'
import { baseStyles } from './styles.js'

/** A status as a glyph and a word. `quiet` keeps the word for screen readers only, where the word stands nearby. */
export class NbStatusBadge extends NbElement {
  static override properties = { status: { type: String }, quiet: { type: Boolean } }
  static override styles = [
    baseStyles,
    css`
      :host {
        display: inline-flex;
        align-items: center;
        gap: 5px;
        vertical-align: -2px;
        white-space: nowrap;
      }
      .ok {
        color: var(--nb-ok);
      }
      .bad {
        color: var(--nb-bad);
      }
      .warn {
        color: var(--nb-warn);
      }
      .busy {
        color: var(--nb-busy);
      }
      .idle {
        color: var(--nb-fg-muted);
      }
      .glyph {
        display: inline-flex;
      }
    `,
  ]
  declare status: JobStatus | RunStatus
  declare quiet: boolean
  constructor() {
    super()
    this.status = 'queued'
    this.quiet = false
  }
  override render() {
    const look = statusLook[this.status]
    return html`<span class="glyph ${look.tone}">${look.glyph}</span
      ><span class=${this.quiet ? 'hidden-text' : ''}>${this.t.status[this.status]}</span>`
  }
}

/** Register the element. */
export const defineStatusBadge = (): void => defineElement('nb-status-badge', NbStatusBadge)

declare global {
  interface HTMLElementTagNameMap {
    'nb-status-badge': NbStatusBadge
  }
}
