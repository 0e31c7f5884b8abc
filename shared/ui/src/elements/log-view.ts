import { html, nothing, type PropertyValues } from 'lit'
import { classMap } from 'lit/directives/class-map.js'
import { jobEnded, type Job, type Unsubscribe } from '@novabrain/contracts'
import type { Host } from '../host.js'
import { parseAnsi, plainStyle, type AnsiSpan } from '../format/ansi.js'
import { formatBytes } from '../format/bytes.js'
import { cardErrorOf } from '../format/error.js'
import { plainRows, wrappedRows, type LogRows } from '../format/log-rows.js'
import type { LogLine, LogWindow } from '../format/log-window.js'
import { visibleRange } from '../format/virtual.js'
import { fill } from '../locales/strings.js'
import { NbElement } from './base.js'
import { defineElement } from './define.js'
import { icons } from './icons.js'
import { LogReader } from './log-reader.js'
import { logViewStyles } from './log-view-styles.js'

const lineHeightPx = 18
/** Under which the host keeps whether lines are wrapped. */
const wrapKey = 'log-wrap'
const paddingPx = 12
/** Lines before the first one drawn that are read for a colour still in force. */
const colourContext = 60
/** Characters by which the width of one is measured. */
const probeLength = 20

/**
 * The log of an attempt, of any length: a window of some megabytes that moves over it, of which only the lines in view
 * exist. It follows the end until one scrolls up; searching goes through the whole log.
 */
export class NbLogView extends NbElement {
  static override properties = {
    job: { attribute: false },
    attemptId: { type: String },
    follow: { type: Boolean },
    scrolled: { state: true },
    height: { state: true },
    columns: { state: true },
    wrap: { state: true },
    query: { state: true },
    match: { state: true },
    searching: { state: true },
  }
  static override restartOn = ['host', 'attemptId']
  static override styles = logViewStyles

  declare job: Job | null
  /** The attempt whose log is shown; the latest of `job` when empty. */
  declare attemptId: string
  declare follow: boolean
  declare private scrolled: number
  declare private height: number
  /** How many characters fit beside each other. */
  declare private columns: number
  declare private wrap: boolean
  declare private query: string
  /** The offset of the line that was found; `null` before a search, -1 when nothing was. */
  declare private match: number | null
  declare private searching: boolean
  #reader: LogReader | null = null
  #generation = 0
  #rows: { window: LogWindow; columns: number; rows: LogRows } | null = null
  #anchor: { offset: number; shiftPx: number } | null = null
  #timer: ReturnType<typeof setTimeout> | undefined

  constructor() {
    super()
    this.job = null
    this.attemptId = ''
    this.follow = true
    this.scrolled = 0
    this.height = 300
    this.columns = 80
    this.wrap = false
    this.query = ''
    this.match = null
    this.searching = false
  }

  protected override willUpdate(changed: PropertyValues): void {
    const latest = this.job?.attempt?.id ?? ''
    const before = changed.get('job') as Job | null | undefined
    if (changed.has('job') && (this.attemptId === '' || this.attemptId === before?.attempt?.id)) this.attemptId = latest
    super.willUpdate(changed)
    if (changed.has('job')) this.#grew(this.job?.attempt?.logSizeBytes ?? 0)
  }

  protected override start(host: Host): readonly Unsubscribe[] {
    const { attemptId, job } = this
    this.match = null
    this.wrap = host.restore(wrapKey) === 'yes'
    if (job === null || attemptId === '') return []
    const params = { projectId: host.projectId, jobId: job.id, attemptId }
    const reader = new LogReader({
      read: (offset, limit) => host.client.readLog({ params, query: { offset, limit } }),
      changed: () => this.requestUpdate(),
    })
    this.#reader = reader
    if (job.attempt?.id === attemptId) reader.grew(job.attempt.logSizeBytes)
    void reader.toEnd()
    const resize = new ResizeObserver(([entry]) => {
      const height = entry?.contentRect.height ?? 0
      if (height > 0) this.height = height
      this.#measure()
    })
    void this.updateComplete.then(() => resize.observe(this))
    const wake = () => this.#later()
    document.addEventListener('visibilitychange', wake)
    return [
      host.events.subscribe([`log:${attemptId}`], (message) => {
        if (message.type === 'hint' && message.hint.type === 'log' && message.hint.attemptId === attemptId)
          this.#grew(message.hint.sizeBytes)
        if (message.type === 'reset') this.#later()
      }),
      host.events.onConnection((connection) => connection.state === 'online' && this.#later()),
      () => resize.disconnect(),
      () => document.removeEventListener('visibilitychange', wake),
      () => {
        clearTimeout(this.#timer)
        this.#timer = undefined
        this.#reader = null
      },
    ]
  }

  #grew(sizeBytes: number): void {
    const reader = this.#reader
    if (reader === null || sizeBytes <= reader.sizeBytes) return
    reader.grew(sizeBytes)
    this.#later()
  }
  /** Read on at most some ten times a second, and not at all while hidden or while one reads further up. */
  #later(): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined
      this.requestUpdate()
      if (this.follow && document.visibilityState === 'visible' && this.checkVisibility()) void this.#reader?.toEnd()
    }, 100)
  }

  override render() {
    const reader = this.#reader
    if (this.host === null || reader === null) return this.#nothingYet()
    const lines = reader.lines
    const error = reader.error === null ? null : cardErrorOf(reader.error, this.locale)
    return html`${this.#toolbar(reader)}
    ${
      error === null
        ? nothing
        : html`<nb-error-card
            .host=${this.host}
            .error=${error}
            action=${this.t.action.retry}
            @nb-activate=${() => void reader.toEnd()}
          ></nb-error-card>`
    }
    ${lines.length === 0 && reader.loaded && error === null ? this.#nothingYet() : this.#text(lines)}`
  }

  #nothingYet() {
    const { log } = this.t
    const over = this.job !== null && jobEnded(this.job.status)
    return html`<nb-empty-state
      .host=${this.host}
      heading=${over ? log.none : log.empty}
      text=${over ? '' : log.emptyText}
    ></nb-empty-state>`
  }

  #toolbar(reader: LogReader) {
    const { log } = this.t
    return html`<div class="toolbar" role="toolbar" aria-label=${log.label}>
      <label class="search">
        ${icons.search}
        <input
          type="search"
          placeholder=${log.search}
          aria-label=${log.search}
          .value=${this.query}
          @input=${(event: Event) => {
            this.query = (event.currentTarget as HTMLInputElement).value
            this.match = null
          }}
          @keydown=${(event: KeyboardEvent) => {
            if (event.key === 'Enter') void this.#search(event.shiftKey ? 'previous' : 'next')
          }}
        />
      </label>
      ${this.#icon(icons.up, log.previous, () => void this.#search('previous'), this.query === '')}
      ${this.#icon(icons.down, log.next, () => void this.#search('next'), this.query === '')}
      <span class="muted" role="status">
        ${this.searching ? log.searching : this.match === -1 ? log.noMatch : nothing}
      </span>
      <span class="muted size number">${fill(log.size, { size: formatBytes(reader.sizeBytes) })}</span>
      <button class="quiet" @click=${() => void this.#toStart()}>${log.start}</button>
      <button class="quiet toggle" aria-pressed=${this.wrap} @click=${() => this.#toggleWrap()}>${log.wrap}</button>
      <button class="quiet toggle" aria-pressed=${this.follow} @click=${() => this.#toggleFollow()}>
        ${log.follow}
      </button>
    </div>`
  }
  #icon(glyph: unknown, label: string, act: () => void, disabled: boolean) {
    return html`<button class="quiet" title=${label} aria-label=${label} ?disabled=${disabled} @click=${act}>
      ${glyph}
    </button>`
  }

  #text(lines: readonly LogLine[]) {
    const rows = this.#layout(lines)
    const range = visibleRange(this.scrolled, this.height, lineHeightPx, rows.count, 20)
    const first = rows.lineAt(range.first)
    const last = Math.min(lines.length, rows.lineAt(range.last) + 1)
    return html`<div
      class="scroll ${this.wrap ? 'wrapped' : ''}"
      tabindex="0"
      role="log"
      aria-live="off"
      aria-label=${this.t.log.label}
      @scroll=${(event: Event) => this.#scroll(event.currentTarget as HTMLElement)}
    >
      <div class="space" .style=${`height:${rows.count * lineHeightPx + paddingPx}px`}>
        <pre
          class="lines"
          .style=${`transform:translateY(${rows.rowOf(first) * lineHeightPx}px);--columns:${this.columns}`}
        >
${this.#drawn(lines, rows, first, last)}</pre>
        <span class="probe" aria-hidden="true">${'0'.repeat(probeLength)}</span>
      </div>
    </div>`
  }
  /** Laid out once for each change of what is known, not for each turn of the wheel. */
  #layout(lines: readonly LogLine[]): LogRows {
    if (!this.wrap || this.#reader === null) return plainRows(lines)
    const { window } = this.#reader
    if (this.#rows?.window !== window || this.#rows.columns !== this.columns)
      this.#rows = { window, columns: this.columns, rows: wrappedRows(lines, this.columns) }
    return this.#rows.rows
  }
  /** How many characters fit, by the width of some. */
  #measure(): void {
    const probe = this.renderRoot.querySelector('.probe')?.getBoundingClientRect().width ?? 0
    const box = this.renderRoot.querySelector('.scroll')
    if (probe === 0 || box === null) return
    this.columns = Math.max(20, Math.floor((box.clientWidth - 2 * paddingPx) / (probe / probeLength)))
  }
  #drawn(lines: readonly LogLine[], rows: LogRows, first: number, last: number) {
    let style = plainStyle
    const from = Math.max(0, first - colourContext)
    return lines.slice(from, last).map((line, i) => {
      const parsed = parseAnsi(line.text, style)
      style = parsed.end
      if (from + i < first) return nothing
      const height = (rows.rowOf(from + i + 1) - rows.rowOf(from + i)) * lineHeightPx
      const place = this.wrap ? `height:${height}px` : ''
      const kind = line.offset === this.match ? 'line found' : 'line'
      const spans = parsed.spans.map((span) => this.#span(span))
      return html`<div class=${kind} .style=${place}>${spans}</div>`
    })
  }
  #span(span: AnsiSpan) {
    const { foreground, background, bold, dim, italic, underline } = span
    const plain = foreground === null && background === null && !bold && !dim && !italic && !underline
    if (plain) return span.text
    const colours = [
      foreground === null ? '' : `color:var(--nb-ansi-${foreground})`,
      background === null ? '' : `background:color-mix(in srgb, var(--nb-ansi-${background}) 30%, transparent)`,
    ]
    return html`<span class=${classMap({ bold, dim, italic, underline })} .style=${colours.join(';')}
      >${span.text}</span
    >`
  }

  #scroll(box: HTMLElement): void {
    this.scrolled = box.scrollTop
    const reader = this.#reader
    if (reader === null) return
    const below = box.scrollHeight - box.scrollTop - box.clientHeight
    if (this.follow && below > lineHeightPx * 2 && this.#generation === reader.generation) this.follow = false
    if (box.scrollTop < 400 && !reader.atStart) void this.#keepingPlace(() => reader.older())
    else if (below < 400 && !reader.atEnd) void this.#keepingPlace(() => reader.newer())
    else if (below < 2 && reader.atEnd) this.follow = true
  }
  /** Change what is around, or how it is laid out, without moving the line in view. */
  async #keepingPlace(change: () => void | Promise<void>): Promise<void> {
    const reader = this.#reader
    if (this.#anchor !== null || reader === null) return
    const { lines } = reader
    const rows = this.#layout(lines)
    const index = rows.lineAt(Math.floor(this.scrolled / lineHeightPx))
    const top = lines[index]
    if (top === undefined) return
    this.#anchor = { offset: top.offset, shiftPx: this.scrolled - rows.rowOf(index) * lineHeightPx }
    await change()
    await this.updateComplete
    this.#anchor = null
  }

  protected override updated(_changed: PropertyValues): void {
    const box = this.renderRoot.querySelector<HTMLElement>('.scroll')
    const reader = this.#reader
    if (box === null || reader === null) return
    this.height = box.clientHeight
    this.#measure()
    if (this.follow) {
      box.scrollTop = box.scrollHeight
      this.#generation = reader.generation
    } else if (this.#anchor !== null) {
      const { lines } = reader
      const index = lines.findIndex((line) => line.offset === this.#anchor?.offset)
      const wanted = this.#layout(lines).rowOf(index) * lineHeightPx + this.#anchor.shiftPx
      if (index !== -1 && Math.abs(box.scrollTop - wanted) > 1) box.scrollTop = wanted
    }
  }

  async #search(direction: 'next' | 'previous'): Promise<void> {
    const reader = this.#reader
    if (reader === null || this.query === '' || this.searching) return
    this.searching = true
    this.follow = false
    const { lines } = reader
    const shown = lines[this.#layout(lines).lineAt(Math.floor(this.scrolled / lineHeightPx))]?.offset ?? 0
    const from = this.#searchFrom(reader, shown, direction)
    const found = await reader.find(this.query, from, direction).catch(() => null)
    this.searching = false
    this.match = found ?? -1
    if (found !== null) await this.#show(found)
  }
  /** Behind the line found last (before it, going back), or where one is reading. */
  #searchFrom(reader: LogReader, shown: number, direction: 'next' | 'previous'): number {
    const line = reader.lines.find(({ offset }) => offset === this.match)
    if (line === undefined) return shown
    return direction === 'next' ? line.offset + line.sizeBytes : line.offset
  }
  async #show(offset: number): Promise<void> {
    await this.#reader?.around(offset)
    await this.updateComplete
    const box = this.renderRoot.querySelector<HTMLElement>('.scroll')
    const lines = this.#reader?.lines ?? []
    const index = lines.findLastIndex((line) => line.offset <= offset)
    this.match = lines[index]?.offset ?? -1
    const top = this.#layout(lines).rowOf(index) * lineHeightPx
    if (box !== null && index !== -1) box.scrollTop = Math.max(0, top - box.clientHeight / 3)
  }
  async #toStart(): Promise<void> {
    this.follow = false
    await this.#reader?.toStart()
    await this.updateComplete
    const box = this.renderRoot.querySelector<HTMLElement>('.scroll')
    if (box !== null) box.scrollTop = 0
  }
  #toggleWrap(): void {
    void this.#keepingPlace(() => {
      this.wrap = !this.wrap
      this.host?.persist(wrapKey, this.wrap ? 'yes' : 'no')
    })
  }
  #toggleFollow(): void {
    this.follow = !this.follow
    if (this.follow) void this.#reader?.toEnd()
  }
}

/** Register the element. */
export const defineLogView = (): void => defineElement('nb-log-view', NbLogView)

declare global {
  interface HTMLElementTagNameMap {
    'nb-log-view': NbLogView
  }
}
