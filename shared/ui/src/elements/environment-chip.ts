import { css, html } from 'lit'
import { counted } from '../locales/strings.js'
import { NbElement } from './base.js'
import { defineElement } from './define.js'
import { emit } from './events.js'
import { baseStyles } from './styles.js'

/** Whether the environment of a notebook is the one that is pinned, in one word; `nb-activate` asks for the differences. */
export class NbEnvironmentChip extends NbElement {
  static override properties = {
    state: { type: String },
    packageCount: { type: Number },
    changes: { type: Number },
  }
  static override styles = [
    baseStyles,
    css`
      :host {
        display: inline-block;
      }
      button {
        min-height: 22px;
        padding: 0 8px;
        gap: 6px;
      }
      .dot {
        width: 8px;
        height: 8px;
        border: 1.5px solid currentColor;
        border-radius: 50%;
      }
      .pinned .dot {
        color: var(--nb-ok);
        background: var(--nb-ok);
      }
      .drifted .dot {
        color: var(--nb-warn);
        box-shadow: inset 4px 0 0 var(--nb-warn);
      }
      .unknown .dot {
        color: var(--nb-fg-muted);
      }
    `,
  ]
  declare state: 'pinned' | 'drifted' | 'unknown'
  declare packageCount: number
  /** How many packages differ from the pin, when drifted. */
  declare changes: number
  constructor() {
    super()
    this.state = 'unknown'
    this.packageCount = 0
    this.changes = 0
  }
  override render() {
    const { environment } = this.t
    const word = environment[this.state]
    return html`<button
      class=${this.state}
      title=${this.#title()}
      aria-label=${`${environment.label}: ${word}`}
      @click=${() => emit(this, 'nb-activate', null)}
    >
      <span class="dot"></span>${word}
    </button>`
  }
  #title(): string {
    const { environment } = this.t
    if (this.state === 'pinned') return counted(environment.chipPinned, this.packageCount)
    return this.state === 'drifted' ? counted(environment.chipDrifted, this.changes) : environment.chipUnknown
  }
}

/** Register the element. */
export const defineEnvironmentChip = (): void => defineElement('nb-environment-chip', NbEnvironmentChip)

declare global {
  interface HTMLElementTagNameMap {
    'nb-environment-chip': NbEnvironmentChip
  }
}
