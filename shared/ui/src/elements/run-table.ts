import { html, nothing, type PropertyValues, type TemplateResult } from 'lit'
import {
  NovaBrainError,
  type ExperimentSummary,
  type ExportRuns,
  type RunOrderKey,
  type Unsubscribe,
} from '@novabrain/contracts'
import type { Host } from '../host.js'
import { cardErrorOf } from '../format/error.js'
import { formatCount } from '../format/number.js'
import { counted, fill } from '../locales/strings.js'
import { keyOf } from '../table/cell-text.js'
import { defaultColumns } from '../table/default-columns.js'
import { GroupedSource, plainSource, type RowSource } from '../table/row-source.js'
import { RunData, type RunQuery } from '../table/run-data.js'
import { plotKinds, queryOfState, stateOfQuery, type PlotKind, type RunTableState } from '../table/state.js'
import { NbElement } from './base.js'
import { defineElement } from './define.js'
import { emit, type NbEvents } from './events.js'
import { icons } from './icons.js'
import { retryCard } from './retry-card.js'
import { mostCompared } from './run-compare.js'
import { runTableStyles } from './run-table-styles.js'

const views: readonly RunTableState['view'][] = ['table', ...plotKinds]
const mostTopics = 40

/**
 * The runs of some experiments as a table, and beside each other in plots. What is shown is told by `query`, the query of
 * the page's address, and every change is sent as `nb-query`; whoever holds the address gives it back as `query`. No
 * experiments means all of the project. Runs that change are drawn anew where they are; runs that begin are counted, and
 * come in when they are asked for.
 */
export class NbRunTable extends NbElement {
  static override properties = {
    experimentIds: { attribute: false },
    query: { type: String },
    named: { state: true },
    widths: { state: true },
    saving: { state: true },
    opened: { state: true },
  }
  static override styles = runTableStyles
  static override restartOn = ['host', 'experimentIds']

  declare experimentIds: readonly string[]
  declare query: string
  declare private named: readonly ExperimentSummary[]
  declare private widths: ReadonlyMap<string, number>
  declare private saving: boolean
  /** The panel that is open. */
  declare private opened: string | null
  #state: RunTableState = stateOfQuery('')
  #data: RunData | null = null
  #groups: GroupedSource | null = null
  #source: RowSource | null = null
  #asked = ''
  #topics = ''
  #unfollow: Unsubscribe = () => undefined
  #choosing = false

  constructor() {
    super()
    this.experimentIds = []
    this.query = ''
    this.named = []
    this.widths = new Map()
    this.saving = false
    this.opened = null
  }

  protected override start(host: Host): readonly Unsubscribe[] {
    this.#asked = ''
    this.named = []
    this.widths = storedWidths(host.restore('run-table-widths'))
    void this.#readNames(host)
    return [
      host.events.subscribe([], (message) => {
        if (message.type === 'reset') return this.#data?.recount()
        const event = message.type === 'event' ? message.record.event : null
        if (event?.type !== 'run_changed') return
        if (this.experimentIds.length > 0 && !this.experimentIds.includes(event.experimentId)) return
        if ((this.#data?.of(event.runId) ?? this.#groups?.of(event.runId) ?? null) === null) this.#data?.recount()
        this.#refresh([event.runId])
      }),
      host.events.onConnection(() => this.requestUpdate()),
      () => this.#unfollow(),
      () => this.#forget(),
    ]
  }
  async #readNames({ client, projectId }: Host): Promise<void> {
    const ids = this.experimentIds
    if (ids.length === 0) return
    const query = { ids: ids.join(','), limit: 500 }
    const found = await client.listExperiments({ params: { projectId }, query }).catch(() => null)
    if (found !== null && ids === this.experimentIds) this.named = found.items
  }
  #refresh(runIds: readonly string[]): void {
    this.#data?.refresh(runIds)
    this.#groups?.refresh(runIds)
  }
  #forget(): void {
    this.#data?.dispose()
    this.#groups?.dispose()
    ;[this.#data, this.#groups, this.#source] = [null, null, null]
    this.#asked = ''
  }

  protected override willUpdate(changed: PropertyValues): void {
    super.willUpdate(changed)
    if (changed.has('query')) this.#state = stateOfQuery(this.query)
    if (this.host !== null) this.#read(this.host)
  }
  /** A filter, an order or groups that are others are read from their beginning. */
  #read(host: Host): void {
    const { filter, order, group } = this.#state
    const asked = JSON.stringify([this.experimentIds, filter, order, group])
    if (asked === this.#asked) return
    this.#forget()
    this.#asked = asked
    const query: RunQuery = { experimentIds: this.experimentIds, filter, order }
    const changed = () => this.#changed()
    this.#data = new RunData(host, query, changed)
    this.#groups = group.length === 0 ? null : new GroupedSource(host, query, group, changed)
    this.#source = this.#groups ?? plainSource(this.#data)
    this.#grid?.toTop()
    // Grouped, the table still says how many there are.
    if (this.#groups !== null || this.#state.view !== 'table') this.#data.want(0, 1, [])
  }
  get #grid() {
    return this.renderRoot.querySelector('nb-run-grid')
  }
  #changed(): void {
    this.requestUpdate()
    this.#grid?.requestUpdate()
    if (this.#state.columns === null) void this.#chooseColumns()
    this.#follow()
  }

  /** Hear of the metrics of the runs in view that still run. */
  #follow(): void {
    const { host } = this
    const shown = this.#data?.between(0, 200) ?? []
    const running = shown.filter(({ row }) => row.status === 'RUNNING').slice(0, mostTopics)
    const topics = running.map(({ row }) => `run:${row.id}`)
    if (host === null || topics.join() === this.#topics) return
    this.#topics = topics.join()
    this.#unfollow()
    this.#unfollow =
      topics.length === 0
        ? () => undefined
        : host.events.subscribe(topics, (message) => {
            if (message.type === 'hint' && message.hint.type === 'metrics') this.#refresh([message.hint.runId])
          })
  }

  /** Nobody chose columns: what the newest run logged is a good beginning, and from then on it is in the address. */
  async #chooseColumns(): Promise<void> {
    const { host } = this
    const newest = this.#data?.at(0)?.row.id
    if (host === null || newest === undefined || this.#choosing) return
    this.#choosing = true
    const run = await host.client.getRun({ params: { projectId: host.projectId, runId: newest } }).catch(() => null)
    this.#choosing = false
    if (run === null || this.#state.columns !== null) return
    this.#go({ columns: defaultColumns(run, this.experimentIds.length !== 1) }, true)
  }

  /** Show something else, and say so to whoever holds the address. */
  #go(change: Partial<RunTableState>, replace = false): void {
    this.#state = { ...this.#state, ...change }
    this.query = queryOfState(this.#state)
    emit(this, 'nb-query', { query: this.query, replace })
    this.requestUpdate()
  }

  get #columns(): readonly string[] {
    return this.#state.columns ?? ['attributes.start_time', 'attributes.duration', 'attributes.user_id']
  }

  override render() {
    const { host } = this
    if (host === null) return nothing
    return html`<nb-connection-bar .host=${host}></nb-connection-bar> ${this.#bar()} ${this.#facts()}
      ${this.#content(host)}`
  }

  #bar() {
    const { host, t } = this
    const { table } = t
    const columns = this.#columns
    const experiments =
      this.experimentIds.length === 0
        ? table.allExperiments
        : this.experimentIds.length === 1
          ? (this.named[0]?.name ?? fill(t.web.experiment, { id: this.experimentIds[0] ?? '' }))
          : counted(table.experiments, this.experimentIds.length)
    const groups = this.#state.group.length
    return html`<div class="bar">
      ${this.#drop(
        'experiments',
        experiments,
        '',
        () => html`<nb-experiment-picker .host=${host} .experimentIds=${this.experimentIds}></nb-experiment-picker>`,
      )}
      <nb-run-filter
        .host=${host}
        .value=${this.#state.filter}
        .experimentIds=${this.experimentIds}
        .error=${this.#source?.error ?? null}
        @nb-filter=${({ detail }: CustomEvent<NbEvents['nb-filter']>) => this.#filter(detail.filter)}
      ></nb-run-filter>
      ${this.#drop('group', table.group, groups > 0 ? String(groups) : '', () => this.#groupPanel())}
      ${this.#drop(
        'columns',
        table.columns,
        formatCount(columns.length),
        () =>
          html`<nb-column-chooser
            .host=${host}
            .columns=${columns}
            .experimentIds=${this.experimentIds}
            @nb-columns=${({ detail }: CustomEvent<NbEvents['nb-columns']>) =>
              this.#go({ columns: detail.columns }, true)}
          ></nb-column-chooser>`,
      )}
      ${this.#drop('download', t.action.download, '', () => this.#downloadPanel())}
    </div>`
  }
  /** A panel is made when it is opened: what it shows is read then. */
  #drop(name: string, label: string, count: string, content: () => TemplateResult) {
    const open = this.opened === name
    return html`<nb-drop
      class=${name}
      ?end=${name !== 'experiments'}
      .host=${this.host}
      .label=${label}
      .count=${count}
      .open=${open}
      @nb-drop=${({ detail }: CustomEvent<{ open: boolean }>) => (this.opened = detail.open ? name : null)}
      >${open ? content() : nothing}</nb-drop
    >`
  }
  #filter(filter: string): void {
    if (filter !== this.#state.filter) return this.#go({ filter })
    this.#asked = ''
    this.requestUpdate()
  }
  /** Params, tags and the few attributes that many runs share. */
  #groupPanel() {
    const { table } = this.t
    const { group } = this.#state
    const offered = [
      ...new Set([
        ...group,
        'attributes.status',
        'attributes.user_id',
        ...this.#columns.filter((column) => column.startsWith('params.') || column.startsWith('tags.')),
      ]),
    ]
    const toggle = (column: string) =>
      this.#go({ group: group.includes(column) ? group.filter((each) => each !== column) : [...group, column] })
    return html`<div class="panel">
      ${offered.map(
        (column) =>
          html`<label>
            <input
              type="checkbox"
              .checked=${group.includes(column)}
              ?disabled=${!group.includes(column) && group.length === 3}
              @change=${() => toggle(column)}
            />
            <span class="ellipsis">${this.#nameOf(column)}</span>
          </label>`,
      )}
      <p class="muted">${table.groupHint}</p>
    </div>`
  }
  #nameOf(column: string): string {
    const names: Readonly<Record<string, string>> = this.t.table.attribute
    const key = keyOf(column)
    return column.startsWith('attributes.') ? (names[key] ?? key) : key
  }
  #downloadPanel() {
    const { table } = this.t
    const { selected } = this.#state
    const total = this.#data?.total ?? 0
    const which =
      selected.length > 0
        ? fill(table.downloadSelected, { runs: counted(table.runs, selected.length) })
        : fill(table.downloadAll, { runs: this.#runs(total) })
    return html`<div class="panel">
      <p>${which}</p>
      <button ?disabled=${this.saving} @click=${() => void this.#download('csv', false)}>${icons.download} CSV</button>
      <button ?disabled=${this.saving} @click=${() => void this.#download('csv', true)}>
        ${icons.download} ${table.csvForExcel}
      </button>
      <button ?disabled=${this.saving} @click=${() => void this.#download('parquet', false)}>
        ${icons.download} Parquet
      </button>
      <p class="muted" role="status">${this.saving ? table.saving : table.downloadHint}</p>
    </div>`
  }
  async #download(format: ExportRuns['format'], byteOrderMark: boolean): Promise<void> {
    const { host } = this
    if (host === null) return
    const { filter, order, selected } = this.#state
    const columns = ['attributes.run_id', 'attributes.run_name', 'attributes.status', ...this.#columns]
    const body: ExportRuns = {
      experimentIds: [...this.experimentIds],
      filter,
      order: [...order],
      columns: [...new Set(columns)],
      format,
      ...(byteOrderMark ? { byteOrderMark } : {}),
      ...(selected.length > 0 ? { runIds: [...selected] } : {}),
    }
    this.saving = true
    try {
      const bytes = await host.client.exportRuns({ params: { projectId: host.projectId }, body })
      await host.saveFile(`${fileName(this.named, this.experimentIds)}.${format}`, bytes)
    } catch (error) {
      host.notify(cardErrorOf(error, this.locale).message, 'error')
    }
    this.saving = false
  }

  #runs(count: number): string {
    return count === 1 ? counted(this.t.table.runs, 1) : fill(this.t.table.runs.other, { n: formatCount(count) })
  }
  #facts() {
    const { t } = this
    const { table } = t
    const { selected, view } = this.#state
    const total = this.#data?.total ?? null
    const newer = this.#data?.newer ?? 0
    return html`<div class="facts">
      <span class="muted number" role="status">
        ${total === null ? (this.#source?.error ? '' : t.loading) : this.#runs(total)}${
          this.#groups === null || this.#groups.count === null
            ? nothing
            : html` · ${counted(table.groups, this.#groups.total)}`
        }
      </span>
      ${
        newer === 0
          ? nothing
          : html`<button class="fresh" @click=${() => this.#bringIn()}>${counted(table.newer, newer)}</button>`
      }
      ${
        selected.length === 0
          ? nothing
          : html`<span class="number">${counted(table.selected, selected.length)}</span>
              ${
                view === 'table' && selected.length > 1
                  ? html`<button
                      @click=${() => this.#look(selected.length > mostCompared ? 'parallel' : 'differences')}
                    >
                      ${table.compare}
                    </button>`
                  : nothing
              }
              <button class="link" @click=${() => this.#go({ selected: [] }, true)}>${table.clearSelection}</button>`
      }
      <span class="end">
        <slot name="links"></slot>
        <span class="views" role="group" aria-label=${table.view}>
          ${views.map(
            (each) =>
              html`<button aria-pressed=${view === each ? 'true' : 'false'} @click=${() => this.#look(each)}>
                ${table.views[each]}
              </button>`,
          )}
        </span>
      </span>
    </div>`
  }
  #look(view: 'table' | PlotKind): void {
    if (view !== this.#state.view) this.#go({ view })
  }
  #bringIn(): void {
    this.#asked = ''
    this.requestUpdate()
  }

  #content(host: Host) {
    const source = this.#source
    const { view } = this.#state
    const error = source?.error ?? null
    const total = this.#groups?.count ?? this.#data?.total ?? null
    if (error !== null && total === null) return this.#failed(error)
    if (total === 0) return this.#empty()
    if (view !== 'table' && this.#data !== null)
      return html`<nb-run-plots
        .host=${host}
        .selection=${this.#selection()}
        .state=${this.#state}
        .columns=${this.#columns}
        @nb-state=${({ detail }: CustomEvent<{ change: Partial<RunTableState>; replace: boolean }>) =>
          this.#go(detail.change, detail.replace)}
      ></nb-run-plots>`
    return html`<nb-run-grid
      .host=${host}
      .source=${source}
      .columns=${this.#columns}
      .order=${this.#state.order}
      .widths=${this.widths}
      .selected=${new Set(this.#state.selected)}
      .groupBy=${this.#state.group}
      @nb-sort=${({ detail }: CustomEvent<NbEvents['nb-sort']>) => this.#sort(detail)}
      @nb-columns=${({ detail }: CustomEvent<NbEvents['nb-columns']>) => this.#go({ columns: detail.columns }, true)}
      @nb-width=${({ detail }: CustomEvent<NbEvents['nb-width']>) => this.#width(detail)}
      @nb-select=${({ detail }: CustomEvent<NbEvents['nb-select']>) => this.#go({ selected: detail.runIds }, true)}
      @nb-group=${({ detail }: CustomEvent<NbEvents['nb-group']>) => this.#groups?.toggle(detail.key)}
    ></nb-run-grid>`
  }
  /** The same selection stays the same object, so that plots are not read anew with each drawing. */
  #selected: { key: string; query: RunQuery; runIds: readonly string[] } | null = null
  #selection() {
    const { filter, order, selected } = this.#state
    const key = JSON.stringify([this.experimentIds, filter, order, selected])
    if (this.#selected?.key !== key)
      this.#selected = { key, query: { experimentIds: this.experimentIds, filter, order }, runIds: selected }
    return this.#selected
  }
  #failed(error: unknown) {
    // What is wrong with a filter is told under it.
    if (error instanceof NovaBrainError && error.code === 'search_text_invalid') return html`<div class="state"></div>`
    return html`<div class="state">${retryCard(this.host, error, () => this.#bringIn())}</div>`
  }
  #empty() {
    const { table } = this.t
    if (this.#state.filter === '')
      return html`<nb-empty-state
        class="state"
        .host=${this.host}
        heading=${table.emptyHeading}
        text=${table.emptyText}
      ></nb-empty-state>`
    return html`<nb-empty-state
      class="state"
      .host=${this.host}
      heading=${table.nothingMatches}
      text=${table.nothingMatchesText}
      action=${table.clearFilter}
      @nb-activate=${() => this.#go({ filter: '' })}
    ></nb-empty-state>`
  }

  /** A press turns the order round; metrics and times begin with the greatest. With Shift it is a further key. */
  #sort({ column, add }: NbEvents['nb-sort']): void {
    const { order } = this.#state
    const known = order.find((key) => key.column === column)
    const first = !column.startsWith('params.') && !column.startsWith('tags.') && !textAttributes.has(column)
    const key: RunOrderKey = { column, descending: known === undefined ? first : !known.descending }
    const next = add ? [...order.filter((each) => each.column !== column), key].slice(-4) : [key]
    this.#go({ order: next })
  }
  #width({ column, widthPx, final }: NbEvents['nb-width']): void {
    this.widths = new Map([...this.widths, [column, widthPx]])
    if (final) this.host?.persist('run-table-widths', JSON.stringify([...this.widths].slice(-200)))
  }
}

const textAttributes: ReadonlySet<string> = new Set([
  'attributes.run_name',
  'attributes.status',
  'attributes.user_id',
  'attributes.experiment_name',
  'attributes.run_id',
])

const fileName = (named: readonly ExperimentSummary[], ids: readonly string[]): string => {
  const name = ids.length === 1 ? (named[0]?.name ?? '') : ''
  const safe = name.replace(/[^\p{L}\p{N}._-]+/gu, '-').replace(/^[-.]+|-+$/g, '')
  return safe === '' ? 'runs' : `runs-${safe}`
}

const storedWidths = (text: string | null): ReadonlyMap<string, number> => {
  try {
    const pairs: unknown = JSON.parse(text ?? '[]')
    if (!Array.isArray(pairs)) return new Map()
    return new Map(
      pairs.filter(
        (pair): pair is [string, number] =>
          Array.isArray(pair) && typeof pair[0] === 'string' && typeof pair[1] === 'number',
      ),
    )
  } catch {
    return new Map()
  }
}

/** Register the element. */
export const defineRunTable = (): void => defineElement('nb-run-table', NbRunTable)

declare global {
  interface HTMLElementTagNameMap {
    'nb-run-table': NbRunTable
  }
}
