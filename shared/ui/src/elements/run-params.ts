import { css, html, nothing } from 'lit'
import type { Run } from '@novabrain/contracts'
import { breakable } from '../format/breakable.js'
import { fill } from '../locales/strings.js'
import { NbElement } from './base.js'
import { defineElement } from './define.js'
import { panelStyles } from './run-page-styles.js'

/** So many parameters are shown at once; more are searched, or shown on demand. */
const shownAtOnce = 20
const copiedForMs = 1500

/** The parameters of a run. A click on a value copies it. */
export class NbRunParams extends NbElement {
  static override properties = {
    params: { attribute: false },
    filter: { state: true },
    whole: { state: true },
    copied: { state: true },
  }
  static override styles = [
    ...panelStyles,
    css`
      td.key {
        overflow-wrap: break-word;
      }
      td.value {
        min-width: 13ch;
        padding-block: 0;
        padding-inline-end: 0;
      }
      .value button {
        display: block;
        width: 100%;
        min-height: 0;
        padding: 5px 6px;
        border: 0;
        background: none;
        text-align: start;
        white-space: normal;
        overflow-wrap: anywhere;
        user-select: text;
      }
      .text {
        white-space: pre-wrap;
      }
      .copied {
        color: var(--nb-ok);
        font-family: var(--nb-font);
      }
      input[type='search'] {
        width: 100%;
        margin-bottom: 6px;
      }
    `,
  ]
  declare params: Run['params']
  declare private filter: string
  declare private whole: boolean
  /** The key whose value was copied last, for a moment. */
  declare private copied: string | null
  #timer: ReturnType<typeof setTimeout> | undefined

  constructor() {
    super()
    this.params = []
    this.filter = ''
    this.whole = false
    this.copied = null
  }

  override render() {
    const { t, params } = this
    const heading = html`<h2>${t.params}</h2>`
    if (params.length === 0)
      return html`${heading}
        <p class="muted">${t.noParams}</p>`
    const wanted = params.filter(({ key, value }) => `${key} ${value}`.toLowerCase().includes(this.filter))
    const shown = this.whole || this.filter !== '' ? wanted : wanted.slice(0, shownAtOnce)
    return html`${heading}${params.length > shownAtOnce ? this.#search() : nothing}
      <table aria-label=${t.params}>
        <tbody>
          ${shown.map((param) => this.#row(param))}
        </tbody>
      </table>
      ${shown.length === 0 ? html`<p class="muted" role="status">${t.noParamMatches}</p>` : nothing}
      ${
        shown.length < wanted.length
          ? html`<button class="link" @click=${() => (this.whole = true)}>
              ${fill(t.action.showAll, { n: wanted.length })}
            </button>`
          : nothing
      }
      <span class="hidden-text" role="status">${this.copied === null ? nothing : t.action.copied}</span>`
  }
  #search() {
    const { filterParams } = this.t
    const type = (event: Event) => (this.filter = (event.currentTarget as HTMLInputElement).value.toLowerCase())
    return html`<input type="search" placeholder=${filterParams} aria-label=${filterParams} @input=${type} />`
  }
  #row({ key, value }: Run['params'][number]) {
    const { action } = this.t
    const done = this.copied === key ? html` <span class="copied" aria-hidden="true">${action.copied}</span>` : nothing
    return html`<tr>
      <td class="mono key">${breakable(key)}</td>
      <td class="mono value">
        <button
          title=${action.copy}
          aria-label=${`${value}: ${action.copy}`}
          @click=${() => void this.#copy(key, value)}
        >
          <span class="text">${value}</span>${done}
        </button>
      </td>
    </tr>`
  }
  async #copy(key: string, value: string): Promise<void> {
    if (getSelection()?.isCollapsed === false) return
    await this.host?.copyText(value)
    this.copied = key
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => (this.copied = null), copiedForMs)
  }
}

/** Register the element. */
export const defineRunParams = (): void => defineElement('nb-run-params', NbRunParams)

declare global {
  interface HTMLElementTagNameMap {
    'nb-run-params': NbRunParams
  }
}
