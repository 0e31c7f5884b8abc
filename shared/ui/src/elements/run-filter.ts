import { css, html, nothing, type PropertyValues } from 'lit'
import { NovaBrainError, runAttributes, type Unsubscribe } from '@novabrain/contracts'
import type { Host } from '../host.js'
import { completed, unfinishedAt, type Unfinished } from '../table/completion.js'
import { keyOf } from '../table/cell-text.js'
import { NbElement } from './base.js'
import { defineElement } from './define.js'
import { emit } from './events.js'
import { icons } from './icons.js'
import { baseStyles } from './styles.js'

const choicesAtOnce = 8
const pauseMs = 150
const entityNames = ['metrics', 'params', 'tags', 'attributes'] as const

/**
 * The filter of a table of runs, in MLflow's grammar. Enter uses it; the place of a mistake is marked under it. While one
 * writes, keys that runs have are offered: arrows choose, Tab or Enter takes, Escape closes. Sends `nb-filter`.
 */
export class NbRunFilter extends NbElement {
  static override properties = {
    value: { type: String },
    experimentIds: { attribute: false },
    error: { attribute: false },
    typed: { state: true },
    choices: { state: true },
    chosen: { state: true },
  }
  static override styles = [
    baseStyles,
    css`
      :host {
        position: relative;
      }
      .field {
        display: flex;
        align-items: center;
        gap: 6px;
        padding: 0 6px 0 8px;
        border: 1px solid var(--nb-border);
        border-radius: var(--nb-radius, 3px);
        background: var(--nb-bg);
        color: var(--nb-fg-muted);
      }
      .field:focus-within {
        outline: 2px solid var(--nb-focus);
        outline-offset: -1px;
      }
      .field.wrong {
        border-color: var(--nb-bad);
      }
      input:not([type='checkbox']) {
        flex: 1;
        min-width: 0;
        min-height: 28px;
        padding: 0;
        border: 0;
        outline: 0;
        background: none;
        color: var(--nb-fg);
        font-family: var(--nb-font-mono);
        font-size: 0.94em;
      }
      .list {
        position: absolute;
        inset-inline: 0;
        top: calc(100% + 2px);
        z-index: 6;
        max-width: 520px;
        padding: 4px 0;
        border: 1px solid var(--nb-border);
        border-radius: var(--nb-radius, 3px);
        background: var(--nb-bg);
        box-shadow: 0 6px 24px rgb(0 0 0 / 16%);
      }
      .list div {
        padding: 3px 10px;
        cursor: pointer;
      }
      .list div[aria-selected='true'] {
        background: var(--nb-bg-selected);
      }
      .fault {
        margin-top: 6px;
        padding: 6px 10px;
        border-inline-start: 3px solid var(--nb-bad);
        background: var(--nb-bg-raised);
      }
      pre {
        margin: 0 0 4px;
        overflow-x: auto;
        font-family: var(--nb-font-mono);
        font-size: 0.94em;
        line-height: 1.25;
      }
      pre .mark {
        color: var(--nb-bad);
      }
    `,
  ]
  static override restartOn = ['host', 'experimentIds']

  /** The filter in use. */
  declare value: string
  declare experimentIds: readonly string[]
  /** What the server said of the filter in use. */
  declare error: unknown
  declare private typed: string
  declare private choices: readonly string[]
  declare private chosen: number
  #unfinished: Unfinished | null = null
  #timer: ReturnType<typeof setTimeout> | undefined
  #asked = 0
  #caret: number | null = null

  constructor() {
    super()
    this.value = ''
    this.experimentIds = []
    this.error = null
    this.typed = ''
    this.choices = []
    this.chosen = -1
  }

  protected override start(_host: Host): readonly Unsubscribe[] {
    return [() => clearTimeout(this.#timer)]
  }
  protected override willUpdate(changed: PropertyValues): void {
    super.willUpdate(changed)
    if (changed.has('value')) this.typed = this.value
  }

  override render() {
    const { table } = this.t
    const open = this.choices.length > 0
    const fault = this.#fault()
    return html`<div class="field ${fault === nothing ? '' : 'wrong'}" role="search">
        ${icons.search}
        <input
          type="text"
          role="combobox"
          spellcheck="false"
          autocapitalize="off"
          autocomplete="off"
          placeholder=${table.filterHint}
          aria-label=${table.filter}
          aria-expanded=${open ? 'true' : 'false'}
          aria-controls="choices"
          aria-autocomplete="list"
          aria-activedescendant=${this.chosen < 0 ? nothing : `choice-${this.chosen}`}
          aria-invalid=${fault === nothing ? 'false' : 'true'}
          aria-describedby=${fault === nothing ? nothing : 'fault'}
          .value=${this.typed}
          @input=${this.#input}
          @keydown=${this.#key}
          @blur=${() => this.#close()}
        />
        ${
          this.typed === ''
            ? nothing
            : html`<button
                class="quiet"
                title=${table.clearFilter}
                aria-label=${table.clearFilter}
                @click=${() => this.#use('')}
              >
                ${icons.close}
              </button>`
        }
      </div>
      <div id="choices" class=${open ? 'list' : ''} role="listbox" aria-label=${table.choices}>
        ${this.choices.map(
          (choice, i) =>
            html`<div
              id=${`choice-${i}`}
              role="option"
              class="mono ellipsis"
              aria-selected=${i === this.chosen ? 'true' : 'false'}
              @pointerdown=${(event: Event) => event.preventDefault()}
              @click=${() => this.#take(choice)}
            >
              ${choice}
            </div>`,
        )}
      </div>
      ${fault}`
  }

  #fault() {
    const { error } = this
    if (!(error instanceof NovaBrainError) || error.code !== 'search_text_invalid') return nothing
    const position = Number(error.data['position'])
    const from = Math.max(0, position - 41)
    const shown = `${from > 0 ? '…' : ''}${this.value.slice(from, position + 40)}`
    const before = shown.slice(0, position - 1 - from + (from > 0 ? 1 : 0))
    const wide = [...before].reduce((width, letter) => width + (/[\u1100-\uffdc]/.test(letter) ? 2 : 1), 0)
    return html`<div class="fault" id="fault" role="alert">
      <pre aria-hidden="true">${shown}
<span class="mark">${' '.repeat(wide)}▲</span></pre>
      ${error.message}
    </div>`
  }

  #input = (event: Event): void => {
    const input = event.currentTarget as HTMLInputElement
    this.typed = input.value
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => void this.#offer(input.selectionStart ?? input.value.length), pauseMs)
  }
  async #offer(caret: number): Promise<void> {
    const { host } = this
    const unfinished = unfinishedAt(this.typed, caret)
    const asked = ++this.#asked
    const choices = host === null || unfinished === null ? [] : await this.#choicesFor(host, unfinished)
    if (asked !== this.#asked) return
    this.#unfinished = unfinished
    this.choices = choices
    this.chosen = -1
  }
  async #choicesFor({ client, projectId }: Host, { kind, typed }: Unfinished): Promise<readonly string[]> {
    const begins = (names: readonly string[]) =>
      names.filter((name) => name !== typed && name.startsWith(typed.toLowerCase()))
    if (kind === 'entity') return typed === '' ? [] : begins(entityNames)
    if (kind === 'attribute')
      return begins(runAttributes.filter((name) => name !== 'duration' && name !== 'experiment_name'))
    const query = {
      kind,
      limit: choicesAtOnce,
      ...(typed === '' ? {} : { search: typed }),
      ...(this.experimentIds.length === 0 ? {} : { experimentIds: this.experimentIds.join(',') }),
    }
    const { items } = await client
      .listRunColumns({ params: { projectId }, query })
      .catch(() => ({ items: [] as string[] }))
    return items.map(keyOf).filter((key) => key !== typed)
  }

  #key = (event: KeyboardEvent): void => {
    const { length } = this.choices
    if (length > 0 && (event.key === 'ArrowDown' || event.key === 'ArrowUp')) {
      event.preventDefault()
      const by = event.key === 'ArrowDown' ? 1 : -1
      this.chosen = this.chosen < 0 ? (by > 0 ? 0 : length - 1) : (this.chosen + by + length) % length
      return
    }
    const choice = this.choices[event.key === 'Tab' ? Math.max(0, this.chosen) : this.chosen]
    if ((event.key === 'Enter' || (event.key === 'Tab' && !event.shiftKey)) && choice !== undefined) {
      event.preventDefault()
      return this.#take(choice)
    }
    if (event.key === 'Escape' && length > 0) {
      event.stopPropagation()
      return this.#close()
    }
    if (event.key === 'Enter') this.#use(this.typed)
  }
  #take(choice: string): void {
    if (this.#unfinished === null) return
    const { text, caret } = completed(this.typed, this.#unfinished, choice)
    this.typed = text
    this.#caret = caret
    this.#close()
    void this.#offer(caret)
  }
  #close(): void {
    this.#asked += 1
    clearTimeout(this.#timer)
    this.choices = []
    this.chosen = -1
  }
  #use(filter: string): void {
    this.#close()
    this.typed = filter
    emit(this, 'nb-filter', { filter: filter.trim() })
  }

  protected override updated(_changed: PropertyValues): void {
    if (this.#caret === null) return
    const caret = this.#caret
    this.#caret = null
    const input = this.renderRoot.querySelector('input')
    input?.focus()
    input?.setSelectionRange(caret, caret)
  }
}

/** Register the element. */
export const defineRunFilter = (): void => defineElement('nb-run-filter', NbRunFilter)

declare global {
  interface HTMLElementTagNameMap {
    'nb-run-filter': NbRunFilter
  }
}
