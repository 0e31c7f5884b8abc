import { css, html, nothing, type PropertyValues } from 'lit'
import type { RunCell, RunTableRow, Unsubscribe } from '@novabrain/contracts'
import type { Host } from '../host.js'
import { cardErrorOf } from '../format/error.js'
import { formatCount } from '../format/number.js'
import { counted, fill } from '../locales/strings.js'
import { defaultAxes, runsWithin, valueIn, type PlottedRun } from '../plots/plotted-runs.js'
import { scaleOf } from '../plots/scale.js'
import { keyOf } from '../table/cell-text.js'
import type { RunQuery } from '../table/run-data.js'
import { initialState, type RunTableState } from '../table/state.js'
import { NbElement } from './base.js'
import { defineElement } from './define.js'
import type { NbEvents } from './events.js'
import { Remote } from './remote.js'
import { mostCompared } from './run-compare.js'
import { baseStyles } from './styles.js'

/** So many runs are drawn when none are selected: the first of the table. */
const mostPlotted = 1000
const runsAtOnce = 500
const mostAxes = 10
const mostCurves = 12

/** What is plotted: the selected runs, or the first of a query. */
export interface PlotSelection {
  readonly query: RunQuery
  readonly runIds: readonly string[]
}

/**
 * Runs beside each other: parallel coordinates, a scatter plot, curves laid over one another, and a table of what differs.
 * The selected runs, or without a selection the first thousand of the table. What is chosen is told by `state` and sent as
 * `nb-state`.
 */
export class NbRunPlots extends NbElement {
  static override properties = {
    selection: { attribute: false },
    state: { attribute: false },
    columns: { attribute: false },
    choosing: { state: true },
  }
  static override restartOn = ['host', 'selection']
  static override styles = [
    baseStyles,
    css`
      :host {
        display: flex;
        flex-direction: column;
        min-height: 0;
      }
      .bar {
        display: flex;
        flex-wrap: wrap;
        align-items: center;
        gap: 6px 16px;
        padding: 8px var(--nb-inset, 12px);
      }
      .bar label {
        display: inline-flex;
        align-items: center;
        gap: 6px;
        color: var(--nb-fg-muted);
      }
      .bar select {
        max-width: 220px;
        color: var(--nb-fg);
      }
      .end {
        margin-inline-start: auto;
      }
      nb-parallel-plot,
      nb-scatter-plot {
        flex: 1;
        min-height: 0;
      }
      .curves {
        flex: 1;
        min-height: 0;
        overflow: auto;
        display: grid;
        grid-template-columns: repeat(auto-fill, minmax(min(420px, 100%), 1fr));
        align-content: start;
        gap: 18px 28px;
        padding: 6px var(--nb-inset, 12px) 20px;
      }
      .names {
        display: flex;
        flex-wrap: wrap;
        gap: 2px 16px;
        padding: 0 var(--nb-inset, 12px) 8px;
      }
      .names span::before {
        content: '';
        display: inline-block;
        width: 14px;
        height: 3px;
        margin-inline-end: 6px;
        vertical-align: middle;
        background: var(--line);
      }
      .names .dashed::before {
        background: repeating-linear-gradient(to right, var(--line) 0 6px, transparent 6px 9px);
      }
      nb-run-compare {
        flex: 1;
        min-height: 0;
      }
      .inset {
        margin: 14px var(--nb-inset, 12px);
      }
    `,
  ]
  declare selection: PlotSelection | null
  declare state: RunTableState
  declare columns: readonly string[]
  declare private choosing: boolean
  #rows = new Remote<readonly RunTableRow[]>(this)
  #cells = new Map<string, Map<string, RunCell>>()
  #read = new Set<string>()
  #runs: readonly PlottedRun[] = []
  #made: unknown = null

  constructor() {
    super()
    this.selection = null
    this.state = initialState
    this.columns = []
    this.choosing = false
  }

  protected override start(host: Host): readonly Unsubscribe[] {
    this.#rows.reset()
    this.#cells = new Map()
    this.#read = new Set()
    this.#runs = []
    void this.#load(host)
    return []
  }

  /** Every column that something is drawn by. */
  get #wanted(): readonly string[] {
    const { axes, x, y, colour } = this.state
    const all = [...this.columns, ...(axes ?? []), x, y, colour].filter((column) => column !== null)
    return [...new Set(all)].filter((column) => !column.startsWith('attributes.')).slice(0, 200)
  }

  async #load(host: Host): Promise<void> {
    const { selection } = this
    if (selection === null) return
    const columns = this.#wanted
    for (const column of columns) this.#read.add(column)
    await this.#rows.load(async () => {
      const rows =
        selection.runIds.length > 0
          ? await readKnown(host, selection.runIds, columns)
          : await readFirst(host, selection.query, columns)
      if (selection === this.selection) for (const row of rows) this.#keep(row, columns)
      return rows
    })
  }
  async #more(host: Host, columns: readonly string[]): Promise<void> {
    const { selection } = this
    for (const column of columns) this.#read.add(column)
    const runIds = this.#rows.value?.map(({ id }) => id) ?? []
    const rows = await readKnown(host, runIds, columns).catch(() => [])
    if (selection !== this.selection) return
    for (const row of rows) this.#keep(row, columns)
    this.#made = null
    this.requestUpdate()
  }
  #keep(row: RunTableRow, columns: readonly string[]): void {
    const cells = this.#cells.get(row.id) ?? new Map<string, RunCell>()
    columns.forEach((column, i) => cells.set(column, row.cells[i] ?? null))
    this.#cells.set(row.id, cells)
  }

  protected override willUpdate(changed: PropertyValues): void {
    super.willUpdate(changed)
    const rows = this.#rows.value
    if (this.host === null || rows === null) return
    const lacking = this.#wanted.filter((column) => !this.#read.has(column))
    if (lacking.length > 0) void this.#more(this.host, lacking)
    if (this.#made === rows) return
    this.#made = rows
    this.#runs = rows.map((row) => ({ row, cells: new Map(this.#cells.get(row.id) ?? []) }))
  }

  override render() {
    const { host, t } = this
    const { value, error } = this.#rows
    if (value === null)
      return error === null
        ? html`<p class="inset muted" role="status">${t.loading}</p>`
        : html`<nb-error-card
            class="inset"
            .host=${host}
            .error=${cardErrorOf(error, this.locale)}
            action=${t.action.retry}
            @nb-activate=${() => host !== null && void this.#load(host)}
          ></nb-error-card>`
    switch (this.state.view) {
      case 'scatter':
        return this.#scatter()
      case 'curves':
        return this.#curves()
      case 'differences':
        return this.#differences()
      default:
        return this.#parallel()
    }
  }

  /** Which runs are drawn, and how many of them are in the ranges. */
  #which(within: number | null = null): string {
    const { plots, table } = this.t
    const count = this.#runs.length
    const runs = count === 1 ? counted(table.runs, 1) : fill(table.runs.other, { n: formatCount(count) })
    const whole = (this.selection?.runIds.length ?? 0) > 0 || count < mostPlotted
    if (within === null) return whole ? runs : fill(plots.first, { runs })
    return fill(whole ? plots.within : plots.withinFirst, { n: formatCount(within), runs })
  }

  #parallel() {
    const { plots, table } = this.t
    const axes = this.state.axes ?? defaultAxes(this.#runs, this.columns)
    const { brushes } = this.state
    const within = brushes.length === 0 ? this.#runs : this.#within(axes)
    return html`<div class="bar">
        <nb-drop
          .host=${this.host}
          .label=${plots.axes}
          .count=${String(axes.length)}
          .open=${this.choosing}
          @nb-drop=${({ detail }: CustomEvent<{ open: boolean }>) => (this.choosing = detail.open)}
        >
          ${
            this.choosing
              ? html`<nb-column-chooser
                  .host=${this.host}
                  .columns=${axes}
                  .experimentIds=${this.selection?.query.experimentIds ?? []}
                  .most=${mostAxes}
                  @nb-columns=${({ detail }: CustomEvent<NbEvents['nb-columns']>) => this.#go({ axes: detail.columns })}
                ></nb-column-chooser>`
              : nothing
          }
        </nb-drop>
        <span class="muted number" role="status"> ${this.#which(brushes.length === 0 ? null : within.length)} </span>
        ${
          brushes.length === 0
            ? html`<span class="muted">${plots.brushHint}</span>`
            : html`<button @click=${() => this.#go({ selected: within.map(({ row }) => row.id), brushes: [] }, false)}>
                  ${counted(plots.selectThese, within.length)}
                </button>
                <button class="link" @click=${() => this.#go({ brushes: [] })}>${plots.clearBrushes}</button>`
        }
      </div>
      ${
        axes.length < 2
          ? html`<nb-empty-state .host=${this.host} heading=${plots.noAxes} text=${plots.noAxesText}></nb-empty-state>`
          : html`<nb-parallel-plot
              .host=${this.host}
              .runs=${this.#runs}
              .axes=${axes}
              .brushes=${brushes}
              @nb-axes=${({ detail }: CustomEvent<NbEvents['nb-axes']>) => this.#go({ axes: detail.axes })}
              @nb-brush=${({ detail }: CustomEvent<NbEvents['nb-brush']>) => this.#go({ brushes: detail.brushes }, false)}
            ></nb-parallel-plot>`
      }
      <span class="hidden-text">${table.label}</span>`
  }
  #within(axes: readonly string[]): readonly PlottedRun[] {
    const scales = new Map(
      axes.map((column) => [
        column,
        scaleOf(
          this.#runs.map((run) => valueIn(run, column)),
          String,
        ),
      ]),
    )
    return runsWithin(this.#runs, this.state.brushes, scales)
  }

  #scatter() {
    const { plots } = this.t
    const offered = this.#axesOffered()
    const metrics = offered.filter((column) => column.startsWith('metrics.'))
    const x = this.state.x ?? offered.find((column) => column.startsWith('params.')) ?? metrics[1] ?? offered[0] ?? null
    const y = this.state.y ?? metrics[0] ?? offered[1] ?? null
    if (x === null || y === null)
      return html`<nb-empty-state .host=${this.host} heading=${plots.noAxes} text=${plots.noAxesText}></nb-empty-state>`
    return html`<div class="bar">
        ${this.#select(plots.x, x, offered, (column) => this.#go({ x: column }))}
        ${this.#select(plots.y, y, offered, (column) => this.#go({ y: column }))}
        ${this.#select(plots.colour, this.state.colour, offered, (column) => this.#go({ colour: column }), plots.oneColour)}
        <span class="muted number">${this.#which()}</span>
        <span class="muted end">${plots.axesHint}</span>
      </div>
      <nb-scatter-plot
        .host=${this.host}
        .runs=${this.#runs}
        .x=${x}
        .y=${y}
        .colour=${this.state.colour}
      ></nb-scatter-plot>`
  }
  #axesOffered(): readonly string[] {
    const { x, y, colour, axes } = this.state
    const all = [...this.columns, ...(axes ?? []), x, y, colour].filter((column) => column !== null)
    return [...new Set(all)].filter((column) => column !== 'attributes.run_id')
  }
  #select(
    label: string,
    value: string | null,
    columns: readonly string[],
    choose: (column: string | null) => void,
    none: string | null = null,
  ) {
    const change = (event: Event) => choose((event.currentTarget as HTMLSelectElement).value || null)
    return html`<label
      >${label}
      <select @change=${change}>
        ${none === null ? nothing : html`<option value="" ?selected=${value === null}>${none}</option>`}
        ${columns.map((column) => html`<option value=${column} ?selected=${column === value}>${this.#nameOf(column)}</option>`)}
      </select>
    </label>`
  }
  #nameOf(column: string): string {
    const names: Readonly<Record<string, string>> = this.t.table.attribute
    const key = keyOf(column)
    return column.startsWith('attributes.') ? (names[key] ?? key) : key
  }

  #curves() {
    const { plots } = this.t
    const runs = this.#runs.slice(0, mostCurves)
    const ids = this.#same(runs.map(({ row }) => row.id))
    const keys = this.columns.filter((column) => column.startsWith('metrics.')).map(keyOf)
    if (keys.length === 0)
      return html`<nb-empty-state
        .host=${this.host}
        heading=${plots.noCurves}
        text=${plots.noCurvesText}
      ></nb-empty-state>`
    return html`<div class="bar">
        <span class="muted number">${counted(this.t.table.runs, runs.length)}</span>
        ${this.#runs.length > mostCurves ? html`<span class="muted">${fill(plots.mostCurves, { n: mostCurves })}</span>` : nothing}
        ${
          this.state.zoom === null
            ? html`<span class="muted">${this.t.chart.hint}</span>`
            : html`<button class="link" @click=${() => this.#go({ zoom: null }, false)}>
                ${this.t.chart.resetZoom}
              </button>`
        }
      </div>
      <div class="names">
        ${runs.map(
          ({ row }, i) =>
            html`<span class=${i < 6 ? '' : 'dashed'} .style=${`--line:var(--nb-chart-${(i % 6) + 1})`}>
              <button class="link" @click=${() => this.host?.openRun(row.id, 'metrics')}>${row.name}</button>
            </span>`,
        )}
      </div>
      <div class="curves">
        ${keys.map(
          (key) =>
            html`<nb-compare-chart
              .host=${this.host}
              .runIds=${ids}
              .metricKey=${key}
              .range=${this.state.zoom}
              @nb-zoom=${({ detail }: CustomEvent<NbEvents['nb-zoom']>) => this.#go({ zoom: detail.range }, false)}
            ></nb-compare-chart>`,
        )}
      </div>`
  }
  #ids: readonly string[] = []
  /** The same ids stay the same object, so that charts are not begun anew with each drawing. */
  #same(ids: readonly string[]): readonly string[] {
    if (ids.join() !== this.#ids.join()) this.#ids = ids
    return this.#ids
  }

  #differences() {
    const { plots } = this.t
    const ids = this.#same(this.#runs.slice(0, mostCompared).map(({ row }) => row.id))
    return html`${
        this.#runs.length > mostCompared
          ? html`<div class="bar"><span class="muted">${fill(plots.mostCompared, { n: mostCompared })}</span></div>`
          : nothing
      } <nb-run-compare .host=${this.host} .runIds=${ids}></nb-run-compare>`
  }

  #go(change: Partial<RunTableState>, replace = true): void {
    this.dispatchEvent(new CustomEvent('nb-state', { detail: { change, replace } }))
  }
}

const readKnown = async (
  { client, projectId }: Host,
  runIds: readonly string[],
  columns: readonly string[],
): Promise<readonly RunTableRow[]> => {
  const rows: RunTableRow[] = []
  for (let from = 0; from < Math.min(runIds.length, mostPlotted); from += runsAtOnce) {
    const body = { runIds: runIds.slice(from, Math.min(mostPlotted, from + runsAtOnce)), columns: [...columns] }
    rows.push(...(await client.readRunRows({ params: { projectId }, body })).rows)
  }
  return rows
}

const readFirst = async (
  { client, projectId }: Host,
  { experimentIds, filter, order }: RunQuery,
  columns: readonly string[],
): Promise<readonly RunTableRow[]> => {
  const rows: RunTableRow[] = []
  for (let offset = 0; offset < mostPlotted; offset += runsAtOnce) {
    const body = {
      experimentIds: [...experimentIds],
      filter,
      order: [...order],
      columns: [...columns],
      offset,
      limit: runsAtOnce,
    }
    const page = await client.searchRunTable({ params: { projectId }, body })
    rows.push(...page.rows)
    if (page.rows.length < runsAtOnce) break
  }
  return rows
}

/** Register the element. */
export const defineRunPlots = (): void => defineElement('nb-run-plots', NbRunPlots)

declare global {
  interface HTMLElementTagNameMap {
    'nb-run-plots': NbRunPlots
  }
}
