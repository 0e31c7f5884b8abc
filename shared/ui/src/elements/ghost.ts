import { css, html } from 'lit'
import { NbElement } from './base.js'
import { defineElement } from './define.js'
import { baseStyles } from './styles.js'

/** The place of a text that is still on its way; `width` in characters. */
export class NbGhost extends NbElement {
  static override properties = { width: { type: Number } }
  static override styles = [
    baseStyles,
    css`
      :host {
        display: inline-block;
      }
    `,
  ]
  declare width: number
  constructor() {
    super()
    this.width = 12
  }
  override render() {
    return html`<span class="skeleton" aria-hidden="true" .style=${`--skeleton-width:${this.width}ch`}></span>`
  }
}

/** Register the element. */
export const defineGhost = (): void => defineElement('nb-ghost', NbGhost)

declare global {
  interface HTMLElementTagNameMap {
    'nb-ghost': NbGhost
  }
}
