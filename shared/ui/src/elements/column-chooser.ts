import { css, html, nothing, type TemplateResult } from 'lit'
import { repeat } from 'lit/directives/repeat.js'
import { parseRunColumn, runAttributes, type Unsubscribe } from '@novabrain/contracts'
import type { Host } from '../host.js'
import { cardErrorOf } from '../format/error.js'
import { formatCount } from '../format/number.js'
import { visibleRange } from '../format/virtual.js'
import { counted, fill } from '../locales/strings.js'
import { keyOf } from '../table/cell-text.js'
import { moved } from '../table/column-layout.js'
import { NbElement } from './base.js'
import { defineElement } from './define.js'
import { emit } from './events.js'
import { icons } from './icons.js'
import { Remote } from './remote.js'
import { baseStyles } from './styles.js'

const kinds = ['all', 'metric', 'param', 'tag', 'attribute'] as const
type Kind = (typeof kinds)[number]

interface Keys {
  readonly items: readonly string[]
  readonly nextCursor: string | null
  readonly total: number
}

const linePx = 28
const listPx = 308
const keysAtOnce = 200
const searchPauseMs = 200
/** More columns at once are a mistake; an address would not hold them either. */
export const mostColumns = 500

/**
 * Which columns a table of runs shows, and in which order: the chosen ones, and all keys that runs have, searched on the
 * server and read as one scrolls. Sends `nb-columns`.
 */
export class NbColumnChooser extends NbElement {
  static override properties = {
    columns: { attribute: false },
    experimentIds: { attribute: false },
    most: { type: Number },
    kind: { state: true },
    search: { state: true },
    scrolled: { state: true },
  }
  static override restartOn = ['host', 'experimentIds']
  static override styles = [
    baseStyles,
    css`
      :host {
        width: min(620px, 88vw);
      }
      .sides {
        display: grid;
        grid-template-columns: minmax(0, 4fr) minmax(0, 5fr);
        gap: 14px;
      }
      @media (max-width: 520px) {
        .sides {
          grid-template-columns: 1fr;
        }
      }
      h2 {
        display: flex;
        justify-content: space-between;
        align-items: baseline;
        min-height: 30px;
      }
      h2 .muted {
        font-weight: 400;
      }
      .find {
        width: 100%;
        margin-bottom: 6px;
      }
      .kinds {
        display: flex;
        flex-wrap: wrap;
        gap: 4px;
        margin-bottom: 6px;
      }
      .kinds button {
        min-height: 22px;
        padding: 0 8px;
      }
      .kinds button[aria-pressed='true'] {
        border-color: var(--nb-accent);
        background: var(--nb-bg-selected);
      }
      .list {
        position: relative;
        height: ${listPx}px;
        overflow-y: auto;
        overscroll-behavior: contain;
        border: 1px solid var(--nb-border);
        border-radius: var(--nb-radius, 3px);
      }
      .keys {
        height: ${listPx - 60}px;
      }
      .space {
        position: relative;
      }
      .line {
        display: flex;
        align-items: center;
        gap: 8px;
        height: ${linePx}px;
        padding: 0 4px 0 10px;
      }
      .keys .line {
        position: absolute;
        inset-inline: 0;
        top: 0;
        cursor: pointer;
      }
      .line:hover {
        background: var(--nb-bg-hover);
      }
      .line > .ellipsis {
        flex: 1;
      }
      .kind {
        flex: none;
        color: var(--nb-fg-muted);
        font-size: 0.88em;
      }
      .shown .line {
        position: relative;
        padding-inline-end: 10px;
      }
      .tools {
        position: absolute;
        inset-inline-end: 2px;
        display: flex;
        background: var(--nb-bg-hover);
        opacity: 0;
      }
      .line:hover .tools,
      .line:focus-within .tools {
        opacity: 1;
      }
      .tools button {
        min-height: 24px;
        padding: 0 4px;
      }
      @media (hover: none) {
        .tools {
          position: static;
          opacity: 1;
        }
      }
      .foot {
        display: flex;
        justify-content: space-between;
        gap: 10px;
        margin-top: 8px;
      }
      .note {
        padding: 10px;
      }
    `,
  ]
  declare columns: readonly string[]
  declare experimentIds: readonly string[]
  /** How many may be chosen. */
  declare most: number
  declare private kind: Kind
  declare private search: string
  declare private scrolled: number
  #keys = new Remote<Keys>(this)
  #timer: ReturnType<typeof setTimeout> | undefined

  constructor() {
    super()
    this.columns = []
    this.experimentIds = []
    this.most = mostColumns
    this.kind = 'all'
    this.search = ''
    this.scrolled = 0
  }

  protected override start(_host: Host): readonly Unsubscribe[] {
    this.#again()
    return [() => clearTimeout(this.#timer)]
  }

  #again(): void {
    this.#keys.reset()
    this.scrolled = 0
    const list = this.renderRoot.querySelector('.keys')
    if (list !== null) list.scrollTop = 0
    void this.#read()
  }
  async #read(): Promise<void> {
    const { host, kind } = this
    if (host === null || kind === 'attribute') return
    const known = this.#keys.value
    if (known !== null && known.nextCursor === null) return
    await this.#keys.load(async () => {
      const next = await host.client.listRunColumns({
        params: { projectId: host.projectId },
        query: this.#query(known?.nextCursor ?? null),
      })
      return { ...next, items: [...(known?.items ?? []), ...next.items] }
    })
  }
  #query(cursor: string | null) {
    const { kind } = this
    return {
      limit: keysAtOnce,
      ...(this.experimentIds.length === 0 ? {} : { experimentIds: this.experimentIds.join(',') }),
      ...(kind === 'all' || kind === 'attribute' ? {} : { kind }),
      ...(this.search === '' ? {} : { search: this.search }),
      ...(cursor === null ? {} : { cursor }),
    }
  }

  get #attributes(): readonly string[] {
    if (this.kind !== 'all' && this.kind !== 'attribute') return []
    const wanted = this.search.toLowerCase()
    return runAttributes
      .filter((key) => key !== 'run_name')
      .map((key) => `attributes.${key}`)
      .filter((column) => this.#nameOf(column).toLowerCase().includes(wanted))
  }

  override render() {
    const { table } = this.t
    return html`<div class="sides">
        <section aria-label=${table.shownColumns}>
          <h2>
            ${table.shownColumns}
            <span class="muted number">${formatCount(this.columns.length)}</span>
          </h2>
          <div class="list shown" role="list">
            ${
              this.columns.length === 0
                ? html`<p class="note muted">${table.noneShown}</p>`
                : repeat(
                    this.columns,
                    (column) => column,
                    (column, index) => this.#chosen(column, index),
                  )
            }
          </div>
        </section>
        ${this.#offered()}
      </div>
      <div class="foot">
        <button class="link" ?disabled=${this.columns.length === 0} @click=${() => this.#set([])}>
          ${table.hideAll}
        </button>
        ${this.#allMatching()}
      </div>`
  }

  #chosen(column: string, index: number): TemplateResult {
    const { table } = this.t
    const name = this.#nameOf(column)
    const move = (by: number) => this.#set(moved(this.columns, index, index + by))
    return html`<div class="line" role="listitem">
      <span class="ellipsis" title=${name}>${name}</span>
      <span class="kind">${this.#kindOf(column)}</span>
      <span class="tools">
        <button
          class="quiet"
          aria-label=${fill(table.moveUp, { name })}
          ?disabled=${index === 0}
          @click=${() => move(-1)}
        >
          ${icons.up}
        </button>
        <button
          class="quiet"
          aria-label=${fill(table.moveDown, { name })}
          ?disabled=${index === this.columns.length - 1}
          @click=${() => move(1)}
        >
          ${icons.down}
        </button>
        <button class="quiet" aria-label=${fill(table.hide, { name })} @click=${() => this.#toggle(column)}>
          ${icons.close}
        </button>
      </span>
    </div>`
  }

  #offered() {
    const { table } = this.t
    const { value, error } = this.#keys
    const attributes = this.#attributes
    const items = [...attributes, ...(this.kind === 'attribute' ? [] : (value?.items ?? []))]
    const total = attributes.length + (this.kind === 'attribute' ? 0 : (value?.total ?? 0))
    const { first, last } = visibleRange(this.scrolled, listPx, linePx, items.length)
    return html`<section aria-label=${table.allColumns}>
      <h2>${table.allColumns} <span class="muted number" role="status">${formatCount(total)}</span></h2>
      <input
        class="find"
        type="search"
        placeholder=${table.findColumn}
        aria-label=${table.findColumn}
        .value=${this.search}
        @input=${this.#find}
      />
      <div class="kinds" role="group" aria-label=${table.kinds}>
        ${kinds.map(
          (kind) =>
            html`<button aria-pressed=${this.kind === kind ? 'true' : 'false'} @click=${() => this.#only(kind)}>
              ${kind === 'all' ? table.allKinds : table.kindsOf[kind]}
            </button>`,
        )}
      </div>
      <div class="list keys" @scroll=${this.#scroll}>
        ${
          error !== null && value === null
            ? html`<nb-error-card
                class="note"
                .host=${this.host}
                .error=${cardErrorOf(error, this.locale)}
                action=${this.t.action.retry}
                @nb-activate=${() => this.#again()}
              ></nb-error-card>`
            : items.length === 0
              ? html`<p class="note muted">
                  ${value === null && this.kind !== 'attribute' ? this.t.loading : table.noColumn}
                </p>`
              : html`<div class="space" .style=${`height:${total * linePx}px`}>
                  ${repeat(
                    items.slice(first, last),
                    (column) => column,
                    (column, i) => this.#option(column, first + i),
                  )}
                </div>`
        }
      </div>
    </section>`
  }
  #option(column: string, index: number): TemplateResult {
    const name = this.#nameOf(column)
    const on = this.columns.includes(column)
    return html`<label class="line" .style=${`transform:translateY(${index * linePx}px)`}>
      <input
        type="checkbox"
        .checked=${on}
        ?disabled=${!on && this.columns.length >= this.most}
        @change=${() => this.#toggle(column)}
      />
      <span class="ellipsis" title=${name}>${name}</span>
      <span class="kind">${this.#kindOf(column)}</span>
    </label>`
  }
  #allMatching() {
    const items = this.#keys.value?.items ?? []
    const total = this.#keys.value?.total ?? 0
    const more = items.filter((column) => !this.columns.includes(column))
    if (this.search === '' || this.kind === 'attribute' || more.length === 0 || total > items.length) return nothing
    if (this.columns.length + more.length > this.most) return nothing
    return html`<button class="link" @click=${() => this.#set([...this.columns, ...more])}>
      ${counted(this.t.table.showMatching, more.length)}
    </button>`
  }

  #nameOf(column: string): string {
    const names: Readonly<Record<string, string>> = this.t.table.attribute
    const key = keyOf(column)
    return column.startsWith('attributes.') ? (names[key] ?? key) : key
  }
  #kindOf(column: string): string {
    return this.t.table.kind[parseRunColumn(column)?.kind ?? 'attribute']
  }

  #find = (event: Event): void => {
    this.search = (event.currentTarget as HTMLInputElement).value.trim()
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => this.#again(), searchPauseMs)
  }
  #only(kind: Kind): void {
    this.kind = kind
    this.#again()
  }
  #scroll = (event: Event): void => {
    const list = event.currentTarget as HTMLElement
    this.scrolled = list.scrollTop
    const read = (this.#keys.value?.items.length ?? 0) * linePx
    if (list.scrollTop + 2 * listPx > read && !this.#keys.loading) void this.#read()
  }
  #toggle(column: string): void {
    this.#set(
      this.columns.includes(column) ? this.columns.filter((each) => each !== column) : [...this.columns, column],
    )
  }
  #set(columns: readonly string[]): void {
    emit(this, 'nb-columns', { columns })
  }
}

/** Register the element. */
export const defineColumnChooser = (): void => defineElement('nb-column-chooser', NbColumnChooser)

declare global {
  interface HTMLElementTagNameMap {
    'nb-column-chooser': NbColumnChooser
  }
}
