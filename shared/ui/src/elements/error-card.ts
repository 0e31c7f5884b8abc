import { css, html, nothing } from 'lit'
import type { CardError } from '@novabrain/contracts'
import { fill } from '../locales/strings.js'
import { NbElement } from './base.js'
import { defineElement } from './define.js'
import { emit } from './events.js'
import { icons } from './icons.js'
import { prose } from './prose.js'
import { baseStyles } from './styles.js'

/** What happened, why, what to do, and one button (`nb-activate`); the code leads to its page in the documentation. */
export class NbErrorCard extends NbElement {
  static override properties = { error: { attribute: false }, action: { type: String } }
  static override styles = [
    baseStyles,
    css`
      .card {
        display: grid;
        grid-template-columns: auto 1fr;
        gap: 2px 10px;
        padding: 10px 12px;
        border: 1px solid var(--nb-border);
        border-inline-start: 3px solid var(--nb-bad);
        border-radius: var(--nb-radius, 3px);
        background: var(--nb-bg-raised);
      }
      .glyph {
        padding-top: 2px;
        color: var(--nb-bad);
      }
      .what {
        font-weight: 600;
        overflow-wrap: anywhere;
      }
      .rest {
        grid-column: 2;
        overflow-wrap: anywhere;
      }
      .buttons {
        grid-column: 2;
        display: flex;
        align-items: center;
        gap: 14px;
        margin-top: 8px;
      }
    `,
  ]
  declare error: CardError | null
  declare action: string
  constructor() {
    super()
    this.error = null
    this.action = ''
  }
  override render() {
    const { error, action } = this
    if (error === null) return nothing
    const button = html`<button @click=${() => emit(this, 'nb-activate', null)}>${action}</button>`
    return html`<div class="card" role="alert">
      <span class="glyph">${icons.warning}</span>
      <p class="what">${prose(error.message)}</p>
      ${error.cause === null ? nothing : html`<p class="rest muted">${prose(error.cause)}</p>`}
      ${error.remedy === null ? nothing : html`<p class="rest">${prose(error.remedy)}</p>`}
      <div class="buttons">
        ${action === '' ? nothing : button} ${error.code === null ? nothing : this.#docs(error.code)}
      </div>
    </div>`
  }
  #docs(code: string) {
    const open = () => this.host?.openDocs(`/docs/errors#${code}`)
    return html`<button class="link mono" @click=${open} aria-label=${fill(this.t.action.learnMore, { code })}>
      ${code}
    </button>`
  }
}

/** Register the element. */
export const defineErrorCard = (): void => defineElement('nb-error-card', NbErrorCard)

declare global {
  interface HTMLElementTagNameMap {
    'nb-error-card': NbErrorCard
  }
}
