import { css, html, nothing } from 'lit'
import { NbElement } from './base.js'
import { defineElement } from './define.js'
import { emit } from './events.js'
import { baseStyles } from './styles.js'

/** A page with nothing on it yet: one sentence, what belongs below it, and at most one button (`nb-activate`). */
export class NbEmptyState extends NbElement {
  static override properties = { heading: { type: String }, text: { type: String }, action: { type: String } }
  static override styles = [
    baseStyles,
    css`
      :host {
        padding: 32px 20px;
        text-align: center;
      }
      h2,
      p {
        max-width: 44ch;
        margin: 0 auto;
      }
      p {
        margin-top: 4px;
        color: var(--nb-fg-muted);
        text-wrap: pretty;
      }
      slot {
        display: block;
      }
      button {
        margin-top: 14px;
      }
    `,
  ]
  declare heading: string
  declare text: string
  declare action: string
  constructor() {
    super()
    this.heading = ''
    this.text = ''
    this.action = ''
  }
  override render() {
    const button = html`<button class="primary" @click=${() => emit(this, 'nb-activate', null)}>${this.action}</button>`
    return html`<div class="inside">
      <h2>${this.heading}</h2>
      ${this.text === '' ? nothing : html`<p>${this.text}</p>`}
      <slot></slot>
      ${this.action === '' ? nothing : button}
    </div>`
  }
}

/** Register the element. */
export const defineEmptyState = (): void => defineElement('nb-empty-state', NbEmptyState)

declare global {
  interface HTMLElementTagNameMap {
    'nb-empty-state': NbEmptyState
  }
}
