import { html, nothing, type PropertyValues, type TemplateResult } from 'lit'
import { repeat } from 'lit/directives/repeat.js'
import {
  parseRunColumn,
  type RunColumn,
  type RunGroup,
  type RunOrderKey,
  type RunTableRow,
  type Unsubscribe,
} from '@novabrain/contracts'
import type { Host } from '../host.js'
import { formatCount, formatMetric } from '../format/number.js'
import { visibleRange } from '../format/virtual.js'
import { counted, fill } from '../locales/strings.js'
import { attributeText, cellText, isNumeric, keyOf, type CellText } from '../table/cell-text.js'
import { layoutOf, leastColumnPx, mostColumnPx, moved, visibleColumns } from '../table/column-layout.js'
import type { RowSource, TableLine } from '../table/row-source.js'
import type { TableRun } from '../table/run-data.js'
import { NbElement } from './base.js'
import { defineElement } from './define.js'
import { emit } from './events.js'
import { icons } from './icons.js'
import { runGridStyles } from './run-grid-styles.js'

const rowPx = 30
const headPx = 44
const namePx = 250
const narrowNamePx = 150

/** The column of the name, which stays in view. */
export const nameColumn = 'attributes.run_name'

/** How wide a column is until somebody drags it. */
export const columnPx = (column: string): number => {
  if (column === 'attributes.status') return 118
  if (column === 'attributes.start_time' || column === 'attributes.end_time') return 178
  if (column === 'attributes.duration') return 110
  if (column.startsWith('attributes.')) return 150
  return Math.min(220, Math.max(100, keyOf(column).length * 7.5 + 30))
}

/**
 * The grid of a table of runs. Only rows and columns in view are in the page, however many there are; what they show is
 * asked of `source` as it comes into view. Arrow keys move from cell to cell, Space selects, Enter opens; in the head Enter
 * sorts, Alt with an arrow moves a column and Shift with an arrow changes its width.
 */
export class NbRunGrid extends NbElement {
  static override properties = {
    source: { attribute: false },
    columns: { attribute: false },
    order: { attribute: false },
    widths: { attribute: false },
    selected: { attribute: false },
    groupBy: { attribute: false },
    scrolled: { state: true },
    box: { state: true },
    active: { state: true },
  }
  static override styles = runGridStyles
  static override restartOn = ['host']

  declare source: RowSource | null
  /** The columns beside the name. */
  declare columns: readonly string[]
  declare order: readonly RunOrderKey[]
  declare widths: ReadonlyMap<string, number>
  declare selected: ReadonlySet<string>
  declare groupBy: readonly string[]
  declare private scrolled: { readonly top: number; readonly left: number }
  declare private box: { readonly width: number; readonly height: number }
  /** The cell that Tab reaches; line -1 is the head, column 0 the name. */
  declare private active: { readonly line: number; readonly column: number }
  #refocus = false
  #anchor = 0
  #frame = 0
  #dragged: number | null = null

  constructor() {
    super()
    this.source = null
    this.columns = []
    this.order = []
    this.widths = new Map()
    this.selected = new Set()
    this.groupBy = []
    this.scrolled = { top: 0, left: 0 }
    this.box = { width: 900, height: 500 }
    this.active = { line: 0, column: 0 }
  }

  protected override start(_host: Host): readonly Unsubscribe[] {
    const resize = new ResizeObserver(([entry]) => {
      const { width, height } = entry?.contentRect ?? { width: 0, height: 0 }
      if (width > 0 && height > 0) this.box = { width, height }
    })
    resize.observe(this)
    return [
      () => resize.disconnect(),
      () => cancelAnimationFrame(this.#frame),
      this.tickWhile(() => this.#hasRunning()),
    ]
  }

  /** Go back to the first line: the table is another. */
  toTop(): void {
    const scroll = this.renderRoot.querySelector('.scroll')
    if (scroll !== null) scroll.scrollTop = 0
    this.scrolled = { ...this.scrolled, top: 0 }
    this.active = { line: 0, column: 0 }
  }

  get #nameWidth(): number {
    return this.widths.get(nameColumn) ?? (this.box.width < 560 ? narrowNamePx : namePx)
  }
  get #layout() {
    return layoutOf(this.columns.map((column) => this.widths.get(column) ?? columnPx(column)))
  }
  #rows() {
    const count = this.source?.count ?? 0
    return visibleRange(this.scrolled.top, this.box.height - headPx, rowPx, count)
  }
  #hasRunning(): boolean {
    if (!this.columns.includes('attributes.duration')) return false
    const { first, last } = this.#rows()
    return [...Array(last - first).keys()].some((i) => {
      const line = this.source?.at(first + i)
      return line?.kind === 'run' && line.run.row.status === 'RUNNING'
    })
  }

  override render() {
    const { source } = this
    const layout = this.#layout
    const across = visibleColumns(layout, this.scrolled.left, this.box.width - this.#nameWidth)
    const count = source?.count ?? null
    const { first, last } = this.#rows()
    const shown = this.columns.slice(across.first, across.last)
    source?.want(first, Math.max(last, first + 1), shown)
    const lines = [...Array(last - first).keys()].map((i) => first + i)
    const extra = this.active.line >= 0 && this.active.line < (count ?? 0) && !lines.includes(this.active.line)
    const all = extra ? [...lines, this.active.line].sort((a, b) => a - b) : lines
    const width = this.#nameWidth + layout.totalPx
    const startPx = layout.starts[across.first] ?? 0
    return html`<div
      class="scroll"
      @scroll=${this.#scroll}
      @keydown=${this.#key}
      @focusin=${this.#focusIn}
      @focusout=${this.#focusOut}
      .style=${`--row-height:${rowPx}px;--head-height:${headPx}px`}
    >
      <div
        class="space"
        role=${this.groupBy.length > 0 ? 'treegrid' : 'grid'}
        aria-label=${this.t.table.label}
        aria-rowcount=${(count ?? 0) + 1}
        aria-colcount=${this.columns.length + 1}
        aria-multiselectable="true"
        aria-busy=${count === null ? 'true' : 'false'}
        .style=${`width:${width}px;height:${headPx + (count ?? blankLines) * rowPx}px`}
      >
        <div role="rowgroup">${this.#head(across, startPx)}</div>
        <div role="rowgroup">
          ${
            count === null
              ? [...Array(blankLines).keys()].map((index) => this.#blank(index))
              : repeat(
                  all,
                  (index) => index,
                  (index) => this.#line(index, across, startPx),
                )
          }
        </div>
      </div>
    </div>`
  }

  #head(across: { first: number; last: number }, startPx: number) {
    return html`<div class="line head" role="row" aria-rowindex="1">
      ${this.#title(nameColumn, -1, html`${this.#selectAll()}`)}
      <span class="spacer" .style=${`width:${startPx}px`}></span>
      ${this.columns.slice(across.first, across.last).map((column, i) => this.#title(column, across.first + i))}
    </div>`
  }
  #selectAll() {
    const { first, last } = this.#rows()
    const inView = [...Array(last - first).keys()].flatMap((i) => {
      const line = this.source?.at(first + i)
      return line?.kind === 'run' ? [line.run.row.id] : []
    })
    const picked = inView.filter((id) => this.selected.has(id)).length
    const change = () => {
      const all = picked < inView.length
      const rest = [...this.selected].filter((id) => !inView.includes(id))
      emit(this, 'nb-select', { runIds: all ? [...rest, ...inView] : rest })
    }
    return html`<input
      type="checkbox"
      tabindex="-1"
      aria-label=${this.t.table.selectShown}
      title=${this.t.table.selectShown}
      .checked=${picked > 0 && picked === inView.length}
      .indeterminate=${picked > 0 && picked < inView.length}
      @change=${change}
    />`
  }

  #title(column: string, index: number, before: TemplateResult | typeof nothing = nothing) {
    const { table } = this.t
    const sorted = this.order.findIndex((key) => key.column === column)
    const key = this.order[sorted]
    const kind = parseRunColumn(column)?.kind ?? 'attribute'
    const text = kind === 'attribute' ? this.#attributeName(keyOf(column)) : keyOf(column)
    const width = index < 0 ? this.#nameWidth : (this.widths.get(column) ?? columnPx(column))
    const mark = key === undefined ? '' : `${key.descending ? '↓' : '↑'}${this.order.length > 1 ? sorted + 1 : ''}`
    return html`<div
      class="cell ${index < 0 ? 'frozen' : ''} ${isNumeric(column) ? 'number' : ''}"
      role="columnheader"
      aria-colindex=${index + 2}
      aria-sort=${key === undefined ? 'none' : key.descending ? 'descending' : 'ascending'}
      .style=${`width:${width}px`}
      draggable=${index < 0 ? 'false' : 'true'}
      @dragstart=${(event: DragEvent) => this.#dragStart(event, index)}
      @dragover=${(event: DragEvent) => this.#dragOver(event, index)}
      @dragleave=${(event: DragEvent) => (event.currentTarget as HTMLElement).classList.remove('over')}
      @drop=${(event: DragEvent) => this.#drop(event, index)}
    >
      ${before}
      <button
        class="title ellipsis"
        data-line="-1"
        data-column=${index + 1}
        tabindex=${this.#reached(-1, index + 1) ? 0 : -1}
        title=${`${text}\n${table.headKeys}`}
        @click=${(event: MouseEvent) => emit(this, 'nb-sort', { column, add: event.shiftKey })}
      >
        <span class="kind ellipsis">${this.#kindText(kind, index)}</span>
        <span class="key ellipsis">${text} <span class="mark" aria-hidden="true">${mark}</span></span>
      </button>
      <span class="handle" @pointerdown=${(event: PointerEvent) => this.#resize(event, column, width)}></span>
    </div>`
  }
  /** Over the names stands what they are grouped by. */
  #kindText(kind: RunColumn['kind'], index: number): string {
    if (index < 0) return this.groupBy.map((column) => this.#shortName(column)).join(' · ')
    return kind === 'attribute' ? '' : this.t.table.kind[kind]
  }
  #attributeName(key: string): string {
    const names: Readonly<Record<string, string>> = this.t.table.attribute
    return names[key] ?? key
  }

  #line(index: number, across: { first: number; last: number }, startPx: number): TemplateResult {
    const line = this.source?.at(index) ?? { kind: 'blank' as const }
    if (line.kind === 'blank') return this.#blank(index)
    const columns = this.columns.slice(across.first, across.last)
    const cells = columns.map((column, i) =>
      this.#cell(
        index,
        across.first + i,
        column,
        line.kind === 'run' ? this.#ofRun(column, line.run) : this.#ofGroup(column, line.group),
      ),
    )
    const spacer = html`<span class="spacer" .style=${`width:${startPx}px`}></span>`
    return line.kind === 'run'
      ? this.#run(index, line.run.row, html`${spacer}${cells}`)
      : this.#group(index, line, html`${spacer}${cells}`)
  }
  /** A line that is being read. It keeps the focus, which stays where it was when the line is there. */
  #blank(index: number) {
    const { active } = this
    return html`<div
      class="line row"
      role="row"
      aria-rowindex=${index + 2}
      .style=${`transform:translateY(${headPx + index * rowPx}px)`}
    >
      <div
        class="cell frozen"
        role="gridcell"
        data-line=${index}
        data-column=${active.line === index ? active.column : 0}
        tabindex=${active.line === index ? 0 : -1}
        aria-label=${this.t.loading}
        .style=${`width:${this.#nameWidth}px`}
      >
        <span class="skeleton" .style=${`--skeleton-width:${10 + ((index * 7) % 9)}ch`}></span>
      </div>
    </div>`
  }
  #run(index: number, row: RunTableRow, cells: TemplateResult) {
    const picked = this.selected.has(row.id)
    return html`<div
      class="line row ${picked ? 'selected' : ''} ${this.groupBy.length > 0 ? 'inside' : ''}"
      role="row"
      aria-rowindex=${index + 2}
      aria-level=${this.groupBy.length > 0 ? '2' : nothing}
      aria-selected=${picked ? 'true' : 'false'}
      .style=${`transform:translateY(${headPx + index * rowPx}px)`}
    >
      <div
        class="cell frozen"
        role="gridcell"
        aria-colindex="1"
        data-line=${index}
        data-column="0"
        tabindex=${this.#reached(index, 0) ? 0 : -1}
        .style=${`width:${this.#nameWidth}px`}
      >
        <input
          type="checkbox"
          tabindex="-1"
          aria-label=${fill(this.t.table.select, { name: row.name })}
          .checked=${picked}
          @click=${(event: MouseEvent) => this.#pick(index, row.id, event.shiftKey)}
        />
        <nb-status-badge
          quiet
          .host=${this.host}
          .status=${row.status}
          title=${this.t.status[row.status]}
        ></nb-status-badge>
        <span class="name ellipsis" title=${row.name} @click=${() => this.#open(row)}>${row.name}</span>
      </div>
      ${cells}
    </div>`
  }
  #group(index: number, { group, key, open }: Extract<TableLine, { kind: 'group' }>, cells: TemplateResult) {
    const values = this.groupBy.map((_, i) => group.values[i] ?? this.t.table.noValue)
    const whole = this.groupBy.map((column, i) => `${this.#shortName(column)} = ${values[i] ?? ''}`).join('\n')
    return html`<div
      class="line row group ${open ? 'open' : ''}"
      role="row"
      aria-rowindex=${index + 2}
      aria-level="1"
      aria-expanded=${open ? 'true' : 'false'}
      .style=${`transform:translateY(${headPx + index * rowPx}px)`}
      @click=${() => emit(this, 'nb-group', { key })}
    >
      <div
        class="cell frozen"
        role="gridcell"
        aria-colindex="1"
        data-line=${index}
        data-column="0"
        tabindex=${this.#reached(index, 0) ? 0 : -1}
        .style=${`width:${this.#nameWidth}px`}
      >
        <span class="twist">${icons.open}</span>
        <span class="ellipsis" title=${whole}>${values.join(' · ')}</span>
        <span class="count number">${formatCount(group.runCount)}</span>
      </div>
      ${cells}
    </div>`
  }
  #shortName(column: string): string {
    return column.startsWith('attributes.') ? this.#attributeName(keyOf(column)) : keyOf(column)
  }

  #cell(line: number, index: number, column: string, content: CellText | null | undefined) {
    const width = this.widths.get(column) ?? columnPx(column)
    return html`<div
      class="cell ${isNumeric(column) ? 'number' : ''}"
      role="gridcell"
      aria-colindex=${index + 2}
      data-line=${line}
      data-column=${index + 1}
      tabindex=${this.#reached(line, index + 1) ? 0 : -1}
      .style=${`width:${width}px`}
      title=${content?.title ?? nothing}
    >
      ${
        content === undefined
          ? html`<span class="skeleton" .style=${'--skeleton-width:5ch'}></span>`
          : content === null
            ? html`<span class="none" aria-label=${this.t.compare.missing}>–</span>`
            : content.text
      }
    </div>`
  }
  /** `undefined`: not read yet. */
  #ofRun(column: string, run: TableRun): CellText | null | undefined {
    const { duration, status } = this.t
    if (column.startsWith('attributes.'))
      return attributeText(keyOf(column), run.row, { nowMs: this.nowMs, locale: this.locale, duration, status })
    const value = run.cells.get(column)
    return value === undefined ? undefined : cellText(column, value)
  }
  #ofGroup(column: string, group: RunGroup): CellText | null {
    const spread = group.metrics[this.groupMetrics.indexOf(column)]
    if (spread === undefined || spread === null) return { text: '', title: '' }
    const title = fill(this.t.table.spread, {
      low: formatMetric(spread.low),
      high: formatMetric(spread.high),
      runs: counted(this.t.table.runs, spread.count),
    })
    return { text: `⌀ ${formatMetric(spread.mean)}`, title }
  }
  /** The metrics whose spread a grouped source answers, in its order. */
  get groupMetrics(): readonly string[] {
    return this.source !== null && 'metrics' in this.source ? (this.source.metrics as readonly string[]) : []
  }

  #reached(line: number, column: number): boolean {
    const { active } = this
    const count = this.source?.count ?? 0
    if (active.line >= count && active.line >= 0) return line === -1 && column === 0
    return active.line === line && active.column === column
  }

  #scroll = (event: Event): void => {
    const { scrollTop, scrollLeft } = event.currentTarget as HTMLElement
    cancelAnimationFrame(this.#frame)
    this.#frame = requestAnimationFrame(() => (this.scrolled = { top: scrollTop, left: scrollLeft }))
  }
  #focusIn = (event: FocusEvent): void => {
    const place = (event.target as HTMLElement).closest<HTMLElement>('[data-line]')?.dataset
    if (place === undefined) return
    this.#within = true
    const now = { line: Number(place['line']), column: Number(place['column']) }
    if (now.line !== this.active.line || now.column !== this.active.column) this.active = now
  }

  /** What goes from the page with the focus in it gives it to what comes in its place. */
  #focusOut = (event: FocusEvent): void => {
    const from = event.target as HTMLElement
    queueMicrotask(() => {
      if (from.isConnected && this.shadowRoot?.activeElement === null) this.#within = false
    })
  }
  #within = false

  #open(row: RunTableRow): void {
    if (emit(this, 'nb-open', { runId: row.id, tab: 'overview' })) this.host?.openRun(row.id)
  }
  #pick(index: number, runId: string, whole: boolean): void {
    const picked = new Set(this.selected)
    const on = !picked.has(runId)
    const [from, to] = whole ? [Math.min(this.#anchor, index), Math.max(this.#anchor, index)] : [index, index]
    for (let line = from; line <= to; line += 1) {
      const at = this.source?.at(line)
      if (at?.kind !== 'run') continue
      if (on) picked.add(at.run.row.id)
      else picked.delete(at.run.row.id)
    }
    this.#anchor = index
    emit(this, 'nb-select', { runIds: [...picked] })
  }

  #key = (event: KeyboardEvent): void => {
    const { line, column } = this.active
    if (!(event.target instanceof HTMLElement) || event.target.closest('[data-line]') === null) return
    if (line === -1 && (event.altKey || event.shiftKey) && this.#keyOnHead(event, column - 1)) return
    const count = this.source?.count ?? 0
    const page = Math.max(1, Math.floor((this.box.height - headPx) / rowPx) - 1)
    const [most, widest] = [count - 1, this.columns.length]
    const steps: Readonly<Record<string, readonly [number, number]>> = {
      ArrowDown: [line + 1, column],
      ArrowUp: [line - 1, column],
      PageDown: [line + page, column],
      PageUp: [Math.max(line === -1 ? -1 : 0, line - page), column],
      ArrowRight: [line, column + 1],
      ArrowLeft: [line, column - 1],
      Home: [event.ctrlKey ? 0 : line, 0],
      End: [event.ctrlKey ? most : line, widest],
    }
    const step = steps[event.key]
    if (step !== undefined) {
      event.preventDefault()
      this.active = {
        line: Math.max(-1, Math.min(most, step[0])),
        column: Math.max(0, Math.min(widest, step[1])),
      }
      this.#reveal()
      this.#refocus = true
      return
    }
    const at = this.source?.at(line)
    if (line < 0 || at === undefined) return
    if (event.key === 'Enter' && at.kind === 'run') this.#open(at.run.row)
    if ((event.key === 'Enter' || event.key === ' ') && at.kind === 'group') emit(this, 'nb-group', { key: at.key })
    if (event.key === ' ' && at.kind === 'run') this.#pick(line, at.run.row.id, event.shiftKey)
    if (event.key === ' ' || event.key === 'Enter') event.preventDefault()
  }
  #keyOnHead(event: KeyboardEvent, index: number): boolean {
    const by = event.key === 'ArrowLeft' ? -1 : event.key === 'ArrowRight' ? 1 : 0
    const column = index < 0 ? nameColumn : this.columns[index]
    if (by === 0 || column === undefined) return false
    event.preventDefault()
    if (event.shiftKey) {
      const width = (index < 0 ? this.#nameWidth : (this.widths.get(column) ?? columnPx(column))) + by * 16
      emit(this, 'nb-width', { column, widthPx: clamped(width), final: true })
    } else if (index >= 0 && index + by >= 0 && index + by < this.columns.length) {
      emit(this, 'nb-columns', { columns: moved(this.columns, index, index + by) })
      this.active = { line: -1, column: index + by + 1 }
      this.#refocus = true
    }
    return true
  }

  /** Scroll so far that the active cell is in view. */
  #reveal(): void {
    const scroll = this.renderRoot.querySelector('.scroll')
    if (scroll === null) return
    const { line, column } = this.active
    if (line >= 0) {
      const top = line * rowPx
      if (top < scroll.scrollTop) scroll.scrollTop = top
      const bottom = top + rowPx + headPx - scroll.clientHeight
      if (bottom > scroll.scrollTop) scroll.scrollTop = bottom
    }
    const { starts } = this.#layout
    if (column === 0) return
    const [left = 0, right = 0] = [starts[column - 1], starts[column]]
    if (left < scroll.scrollLeft) scroll.scrollLeft = left
    const past = right + this.#nameWidth - scroll.clientWidth
    if (past > scroll.scrollLeft) scroll.scrollLeft = past
    this.scrolled = { top: scroll.scrollTop, left: scroll.scrollLeft }
  }

  #resize(event: PointerEvent, column: string, width: number): void {
    event.preventDefault()
    event.stopPropagation()
    const handle = event.currentTarget as HTMLElement
    const [startX, rtl] = [event.clientX, getComputedStyle(this).direction === 'rtl' ? -1 : 1]
    const widthAt = (x: number) => clamped(width + (x - startX) * rtl)
    handle.setPointerCapture(event.pointerId)
    handle.classList.add('held')
    handle.onpointermove = ({ clientX }) => emit(this, 'nb-width', { column, widthPx: widthAt(clientX), final: false })
    const end = ({ clientX }: PointerEvent) => {
      handle.onpointermove = handle.onpointerup = handle.onpointercancel = null
      handle.classList.remove('held')
      emit(this, 'nb-width', { column, widthPx: widthAt(clientX), final: true })
    }
    handle.onpointerup = handle.onpointercancel = end
  }
  #dragStart(event: DragEvent, index: number): void {
    if (index < 0 || event.dataTransfer === null) return event.preventDefault()
    this.#dragged = index
    event.dataTransfer.effectAllowed = 'move'
    event.dataTransfer.setData('text/plain', this.columns[index] ?? '')
  }
  #dragOver(event: DragEvent, index: number): void {
    if (this.#dragged === null || index < 0) return
    event.preventDefault()
    ;(event.currentTarget as HTMLElement).classList.add('over')
  }
  #drop(event: DragEvent, index: number): void {
    ;(event.currentTarget as HTMLElement).classList.remove('over')
    if (this.#dragged === null || index < 0) return
    event.preventDefault()
    emit(this, 'nb-columns', { columns: moved(this.columns, this.#dragged, index) })
    this.#dragged = null
  }

  protected override updated(_changed: PropertyValues): void {
    const lost = this.#within && this.shadowRoot?.activeElement === null
    if (!this.#refocus && !lost) return
    this.#refocus = false
    const { line, column } = this.active
    this.renderRoot
      .querySelector<HTMLElement>(`[data-line="${line}"][data-column="${column}"]`)
      ?.focus({ preventScroll: true })
  }
}

const blankLines = 12

const clamped = (widthPx: number): number => Math.round(Math.min(mostColumnPx, Math.max(leastColumnPx, widthPx)))

/** Register the element. */
export const defineRunGrid = (): void => defineElement('nb-run-grid', NbRunGrid)

declare global {
  interface HTMLElementTagNameMap {
    'nb-run-grid': NbRunGrid
  }
}
