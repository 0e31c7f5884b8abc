import { html, nothing, type PropertyValues, type TemplateResult } from 'lit'
import { repeat } from 'lit/directives/repeat.js'
import { createJobFeed, jobEnded, type JobFeed, type RunSummary, type Unsubscribe } from '@novabrain/contracts'
import type { Host, RunTab } from '../host.js'
import { formatAge } from '../format/age.js'
import { durationBetween, formatDuration } from '../format/duration.js'
import { formatJobDevice, isSimulated } from '../format/resources.js'
import { runRows, type RunRow } from '../format/run-rows.js'
import { visibleRange } from '../format/virtual.js'
import { NbElement } from './base.js'
import { defineElement } from './define.js'
import { emit } from './events.js'
import { icons } from './icons.js'
import { rerunJob, stopJob } from './job-actions.js'
import { Remote } from './remote.js'
import { retryCard } from './retry-card.js'
import { runListStyles } from './run-list-styles.js'

type Entry =
  | { readonly kind: 'heading'; readonly text: string; readonly count: number | null }
  | { readonly kind: 'note'; readonly text: string }
  | { readonly kind: 'row'; readonly row: RunRow }
  | { readonly kind: 'more' }

const rowHeightPx = { narrow: 48, wide: 36 } as const
const wideFromPx = 620

interface RunPages {
  readonly items: readonly RunSummary[]
  readonly nextCursor: string | null
}

/**
 * Active and recent runs, newest first. Only the rows in view exist, so ten thousand runs scroll as one does. Arrow keys
 * move, Enter opens; actions of a row appear on hover and focus.
 */
export class NbRunList extends NbElement {
  static override properties = {
    feed: { attribute: false },
    selectedRunId: { type: String },
    experimentId: { type: String },
    focusIndex: { state: true },
    scrolled: { state: true },
    wide: { state: true },
    height: { state: true },
  }
  static override styles = runListStyles
  static override restartOn = ['host', 'feed']

  /** A feed shared with others; without one the list makes its own. */
  declare feed: JobFeed | null
  declare selectedRunId: string | null
  /** Show only runs of this experiment. */
  declare experimentId: string | null
  declare private focusIndex: number
  declare private scrolled: number
  declare private wide: boolean
  declare private height: number
  #own: JobFeed | null = null
  #runs = new Remote<RunPages>(this)
  #refocus = false
  #made: readonly unknown[] = [this]
  #madeRows: readonly RunRow[] = []

  constructor() {
    super()
    this.feed = null
    this.selectedRunId = null
    this.experimentId = null
    this.focusIndex = 0
    this.scrolled = 0
    this.wide = false
    this.height = 400
  }

  get #jobs(): JobFeed | null {
    return this.feed ?? this.#own
  }

  protected override start(host: Host): readonly Unsubscribe[] {
    if (this.feed === null) this.#own = createJobFeed({ ...host, client: host.client, events: host.events })
    const feed = this.#jobs
    this.#runs.reset()
    void this.#readRuns()
    const resize = new ResizeObserver(([entry]) => this.#measure(entry?.contentRect))
    resize.observe(this)
    return [
      feed?.subscribe(() => this.requestUpdate()) ?? (() => undefined),
      host.events.subscribe([], (message) => {
        if (message.type === 'reset' || this.#concernsLooseRun(message)) void this.#readRuns()
      }),
      host.events.onConnection(() => this.requestUpdate()),
      this.tickWhile(() => true),
      () => resize.disconnect(),
      () => {
        this.#own?.dispose()
        this.#own = null
      },
    ]
  }

  #measure(rect: DOMRectReadOnly | undefined): void {
    if (rect === undefined || rect.height === 0) return
    this.wide = rect.width >= wideFromPx
    this.height = rect.height
  }

  /** A run of no job is known only from the list of runs; the runs of jobs come with their jobs. */
  #concernsLooseRun(message: { type: string; record?: { event: { type: string; runId?: string } } }): boolean {
    const event = message.record?.event
    if (event?.type !== 'run_changed') return false
    const jobs = this.#jobs?.state.view.jobs.values() ?? []
    return ![...jobs].some((job) => job.runId === event.runId)
  }

  async #readRuns(): Promise<void> {
    const { host } = this
    if (host === null) return
    await this.#runs.load(() => host.client.listRuns({ params: { projectId: host.projectId }, query: { limit: 100 } }))
  }

  async #loadMore(): Promise<void> {
    const { host } = this
    const known = this.#runs.value
    const cursor = known?.nextCursor
    await this.#jobs?.loadMore()
    if (host === null || known === null || cursor === null || cursor === undefined) return
    await this.#runs.load(async () => {
      const query = { limit: 100, cursor }
      const next = await host.client.listRuns({ params: { projectId: host.projectId }, query })
      return { items: [...known.items, ...next.items], nextCursor: next.nextCursor }
    })
  }

  /** Sorting ten thousand rows is for a change of what is known, not for each turn of the wheel. */
  get #rows(): readonly RunRow[] {
    const made = [this.#jobs?.state, this.#runs.value, this.experimentId]
    if (this.#made.some((part, i) => part !== made[i])) {
      this.#made = made
      this.#madeRows = this.#makeRows()
    }
    return this.#madeRows
  }
  #makeRows(): readonly RunRow[] {
    const state = this.#jobs?.state
    const jobs = [...(state?.view.jobs.values() ?? [])]
    const runs = this.#runs.value
    const rows = runRows(
      { items: jobs, more: state?.more ?? false },
      { items: runs?.items ?? [], more: (runs?.nextCursor ?? null) !== null },
    )
    return this.experimentId === null ? rows : rows.filter((row) => this.#experimentOf(row) === this.experimentId)
  }
  #experimentOf(row: RunRow): string | null {
    return row.job?.experimentId ?? this.#runs.value?.items.find((run) => run.id === row.runId)?.experimentId ?? null
  }

  #entries(): readonly Entry[] {
    const rows = this.#rows
    const { list } = this.t
    const active = rows.filter((row) => !row.ended)
    const ended = rows.filter((row) => row.ended)
    const more = (this.#jobs?.state.more ?? false) || (this.#runs.value?.nextCursor ?? null) !== null
    const asRow = (row: RunRow): Entry => ({ kind: 'row', row })
    return [
      { kind: 'heading', text: list.active, count: active.length },
      ...(active.length === 0 ? [{ kind: 'note', text: list.noActive } as const] : active.map(asRow)),
      { kind: 'heading', text: list.recent, count: null },
      ...(ended.length === 0 ? [{ kind: 'note', text: list.noRecent } as const] : ended.map(asRow)),
      ...(more ? [{ kind: 'more' } as const] : []),
    ]
  }

  override render() {
    const state = this.#jobs?.state
    if (this.host === null || state === undefined || state.status === 'loading') return this.#skeleton()
    if (state.status === 'failed') return this.#failed(state.error)
    const entries = this.#entries()
    const bar = html`<nb-connection-bar .host=${this.host}></nb-connection-bar>`
    const none = !entries.some((entry) => entry.kind === 'row')
    if (none && this.#runs.value === null && this.#runs.loading) return this.#skeleton()
    if (none) return html`${bar}${this.#empty()}`
    return html`${bar}${this.#list(entries)}`
  }

  #skeleton() {
    return html`<p class="hidden-text" role="status">${this.t.loading}</p>
      ${[14, 20, 17].map((width) => html`<div class="ghost"><nb-ghost .width=${width}></nb-ghost></div>`)}`
  }
  #failed(error: unknown) {
    return retryCard(this.host, error, () => this.#jobs?.reload())
  }
  #empty() {
    const { list } = this.t
    return html`<nb-empty-state
      .host=${this.host}
      heading=${list.emptyHeading}
      text=${list.emptyText}
    ></nb-empty-state>`
  }

  #list(entries: readonly Entry[]) {
    const rowHeight = this.wide ? rowHeightPx.wide : rowHeightPx.narrow
    const { first, last } = visibleRange(this.scrolled, this.height, rowHeight, entries.length)
    const shown = new Set<number>([...Array(last - first).keys()].map((i) => i + first))
    if (this.focusIndex < entries.length) shown.add(this.focusIndex)
    const rows = [...shown].sort((a, b) => a - b)
    const reached = this.#focusTarget(entries)
    return html`<div
      class="scroll ${this.wide ? 'wide' : 'narrow'}"
      @scroll=${(event: Event) => (this.scrolled = (event.currentTarget as HTMLElement).scrollTop)}
      @keydown=${(event: KeyboardEvent) => this.#key(event, entries, rowHeight)}
    >
      <div
        class="space"
        role="list"
        aria-label=${this.t.list.label}
        .style=${`height:${entries.length * rowHeight}px;--row-height:${rowHeight}px`}
      >
        ${repeat(
          rows,
          (index) => keyOf(entries[index], index),
          (index) => this.#entry(entries, index, index * rowHeight, reached),
        )}
      </div>
    </div>`
  }

  #entry(entries: readonly Entry[], index: number, top: number, reached: number): TemplateResult | typeof nothing {
    const entry = entries[index]
    if (entry === undefined) return nothing
    const style = `transform:translateY(${top}px)`
    switch (entry.kind) {
      case 'heading':
        return html`<div class="entry heading" role="listitem" .style=${style}>
          <h2>${entry.text}</h2>
          ${entry.count === null ? nothing : html`<span class="muted number">${entry.count}</span>`}
        </div>`
      case 'note':
        return html`<div class="entry note muted" role="listitem" .style=${style}>${entry.text}</div>`
      case 'more':
        return html`<div class="entry note" role="listitem" .style=${style}>
          <button @click=${() => void this.#loadMore()}>${this.t.list.loadMore}</button>
        </div>`
      case 'row':
        return this.#row(entry.row, index, style, index === reached)
    }
  }

  #row(row: RunRow, index: number, style: string, reached: boolean) {
    return html`<div
      class="entry row ${row.runId === this.selectedRunId ? 'selected' : ''}"
      role="listitem"
      tabindex=${reached ? 0 : -1}
      data-index=${index}
      aria-label=${this.#spoken(row)}
      aria-current=${row.runId === this.selectedRunId ? 'true' : nothing}
      .style=${style}
      @click=${() => this.#open(row, 'overview')}
      @focus=${() => (this.focusIndex = index)}
    >
      <nb-status-badge class="status" .host=${this.host} .status=${row.status} ?quiet=${!this.wide}></nb-status-badge>
      <span class="name ellipsis" title=${row.name}>${row.name}</span>
      <span class="id muted number">${row.job === null ? '' : `#${row.job.number}`}</span>
      <span class="detail muted ellipsis">${this.#detail(row)}</span>
      <span class="time muted number">${this.#time(row)}</span>
      <span class="actions">${this.#actions(row)}</span>
    </div>`
  }

  #spoken(row: RunRow): string {
    const number = row.job === null ? '' : ` #${row.job.number}`
    return `${row.name}${number}, ${this.t.status[row.status]}, ${this.#time(row)}`
  }

  #detail(row: RunRow) {
    const { job } = row
    const parts: (string | TemplateResult)[] = this.wide ? [] : [this.#statusWords(row)]
    if (this.wide && row.status === 'starting') parts.push(this.#stage(row) ?? '')
    if (job !== null && isSimulated(job.attempt)) parts.push(this.t.device.simulated)
    if (job !== null) parts.push(formatJobDevice(job, this.t.device))
    return parts.map((part, i) => (i === 0 ? part : html` · ${part}`))
  }
  #statusWords(row: RunRow): string {
    return this.#stage(row) ?? this.t.status[row.status]
  }
  #stage(row: RunRow): string | null {
    const stage = row.job?.attempt?.stage ?? null
    if (row.ended || stage === null || stage === 'running') return null
    if (row.status === 'stopping' || row.status === 'queued') return null
    return this.t.stage[stage]
  }
  #time(row: RunRow): string {
    const { duration } = this.t
    const took = durationBetween(row.startedAt, row.endedAt, this.nowMs)
    if (!row.ended && took !== null) return formatDuration(took, duration)
    return row.at === '' ? '' : formatAge(row.endedAt ?? row.at, this.nowMs, duration, this.locale)
  }

  #actions(row: RunRow) {
    const { job } = row
    const { host } = this
    if (job === null || host === null) return nothing
    const { action } = this.t
    const editor = host.can('editor')
    return html`
      ${this.#button(icons.log, action.log, () => this.#open(row, 'log'))}
      ${
        !jobEnded(job.status) && editor && job.status !== 'stopping'
          ? this.#button(icons.stop, action.stop, () => void stopJob(host, job))
          : nothing
      }
      ${jobEnded(job.status) && editor ? this.#button(icons.rerun, action.rerun, () => void rerunJob(host, job)) : nothing}
    `
  }
  #button(glyph: TemplateResult, label: string, act: () => void) {
    const click = (event: Event) => {
      event.stopPropagation()
      act()
    }
    return html`<button class="quiet" title=${label} aria-label=${label} @click=${click}>${glyph}</button>`
  }

  #open(row: RunRow, tab: RunTab): void {
    if (emit(this, 'nb-open', { runId: row.runId, tab })) this.host?.openRun(row.runId, tab)
  }

  /** The row that Tab reaches: the one focused last, or the first. */
  #focusTarget(entries: readonly Entry[]): number {
    return entries[this.focusIndex]?.kind === 'row'
      ? this.focusIndex
      : entries.findIndex((entry) => entry.kind === 'row')
  }

  #key(event: KeyboardEvent, entries: readonly Entry[], rowHeight: number): void {
    const rows = entries.flatMap((entry, index) => (entry.kind === 'row' ? [index] : []))
    const at = rows.indexOf(this.focusIndex)
    const page = Math.max(1, Math.floor(this.height / rowHeight) - 1)
    const steps: Record<string, number> = {
      ArrowDown: at + 1,
      ArrowUp: at - 1,
      PageDown: at + page,
      PageUp: at - page,
      Home: 0,
      End: rows.length - 1,
    }
    const wanted = steps[event.key]
    if (wanted !== undefined) {
      event.preventDefault()
      this.focusIndex = rows[Math.min(rows.length - 1, Math.max(0, wanted))] ?? 0
      this.#refocus = true
    }
    const entry = entries[this.focusIndex]
    const onRow = (event.target as HTMLElement).classList.contains('row')
    if (event.key === 'Enter' && onRow && entry?.kind === 'row') this.#open(entry.row, 'overview')
  }

  protected override updated(_changed: PropertyValues): void {
    if (!this.#refocus) return
    this.#refocus = false
    const row = this.renderRoot.querySelector<HTMLElement>(`[data-index="${this.focusIndex}"]`)
    row?.focus({ preventScroll: true })
    row?.scrollIntoView({ block: 'nearest' })
  }
}

/** What a row of the page belongs to, so that the focus stays with its run while one scrolls. */
const keyOf = (entry: Entry | undefined, index: number): string =>
  entry?.kind === 'row' ? entry.row.runId : `${entry?.kind ?? ''} ${String(index)}`

/** Register the element. */
export const defineRunList = (): void => defineElement('nb-run-list', NbRunList)

declare global {
  interface HTMLElementTagNameMap {
    'nb-run-list': NbRunList
  }
}
