import { css, html, nothing, type PropertyValues } from 'lit'
import type { MetricSeries, Unsubscribe } from '@novabrain/contracts'
import type { Host } from '../host.js'
import { axisOf, linesOf, paintOf } from '../chart/paint.js'
import { pointsFor } from '../chart/series.js'
import { uPlot, uplotStyles } from '../chart/uplot.js'
import { formatMetric, plottable } from '../format/number.js'
import { fill } from '../locales/strings.js'
import { NbElement } from './base.js'
import { defineElement } from './define.js'
import { emit } from './events.js'
import { Remote } from './remote.js'
import { baseStyles } from './styles.js'

const heightPx = 200

/**
 * One metric of several runs over its steps, a line each in the colour of its run. Read when it comes into view, and again
 * for another `range` of steps; to draw over the chart sends `nb-zoom` with the range, a double press with `null`.
 */
export class NbCompareChart extends NbElement {
  static override properties = {
    runIds: { attribute: false },
    metricKey: { type: String },
    range: { attribute: false },
  }
  static override restartOn = ['host', 'runIds', 'metricKey', 'range']
  static override styles = [
    baseStyles,
    uplotStyles,
    css`
      h3 {
        font-size: 1em;
        font-weight: 600;
        min-height: 26px;
      }
      .plot {
        min-height: 200px;
      }
      .none {
        margin-top: -190px;
        min-height: 190px;
      }
    `,
  ]
  declare runIds: readonly string[]
  declare metricKey: string
  /** The steps that are shown; `null`: all. */
  declare range: readonly [number, number] | null
  #series = new Remote<readonly (MetricSeries | null)[]>(this)
  #plot: uPlot | null = null
  #drawn: readonly (MetricSeries | null)[] | null = null
  #widthPx = 0
  #visible = false

  constructor() {
    super()
    this.runIds = []
    this.metricKey = ''
    this.range = null
  }

  protected override start(host: Host): readonly Unsubscribe[] {
    this.#series.reset()
    this.#destroy()
    const seen = new IntersectionObserver(([entry]) => {
      this.#visible = entry?.isIntersecting ?? false
      this.#read(host)
    })
    seen.observe(this)
    const resize = new ResizeObserver(([entry]) => {
      this.#widthPx = entry?.contentRect.width ?? 0
      this.#plot?.setSize({ width: this.#widthPx, height: heightPx })
      this.#read(host)
    })
    resize.observe(this)
    return [
      host.theme.onChange(() => {
        this.#destroy()
        this.requestUpdate()
      }),
      () => seen.disconnect(),
      () => resize.disconnect(),
      () => this.#destroy(),
    ]
  }

  #read(host: Host): void {
    if (!this.#visible || this.#widthPx === 0 || this.#series.value !== null || this.#series.loading) return
    const steps = this.range === null ? {} : { fromStep: Math.floor(this.range[0]), toStep: Math.ceil(this.range[1]) }
    const query = { key: this.metricKey, maxPoints: pointsFor(this.#widthPx, devicePixelRatio), ...steps }
    const one = (runId: string) =>
      host.client.getMetricSeries({ params: { projectId: host.projectId, runId }, query }).catch(() => null)
    void this.#series.load(() => Promise.all(this.runIds.map(one)))
  }

  override render() {
    const { value } = this.#series
    const empty = value?.every((each) => (each?.steps.length ?? 0) === 0) ?? false
    return html`<h3 class="ellipsis mono" title=${this.metricKey}>${this.metricKey}</h3>
      <div class="plot" role="img" aria-label=${fill(this.t.chart.label, { key: this.metricKey })}></div>
      ${empty ? html`<p class="muted none">${this.t.plots.noPoints}</p>` : nothing}`
  }

  protected override updated(_changed: PropertyValues): void {
    const series = this.#series.value
    if (series === null || series === this.#drawn || this.#widthPx === 0) return
    if (series.every((each) => (each?.steps.length ?? 0) === 0)) return
    this.#drawn = series
    const into = this.renderRoot.querySelector<HTMLElement>('.plot')
    if (into !== null) this.#draw(into, series)
  }

  #draw(into: HTMLElement, series: readonly (MetricSeries | null)[]): void {
    const axis = axisOf(paintOf(this))
    const colours = linesOf(this)
    const tables = series.map((each): uPlot.AlignedData => [
      each === null ? [] : [...each.steps],
      each === null ? [] : each.values.map((value) => plottable(value)),
    ])
    const values = (_: uPlot, ticks: readonly number[]) => ticks.map((tick) => formatMetric(tick))
    this.#plot = new uPlot(
      {
        width: this.#widthPx,
        height: heightPx,
        padding: [8, 24, 0, 0],
        legend: { show: false },
        scales: { x: { time: false } },
        axes: [
          { ...axis, size: 28, gap: 4, values },
          { ...axis, size: 56, gap: 6, values },
        ],
        series: [
          {},
          ...series.map((_, i) => ({
            stroke: colours[i % colours.length] ?? 'currentColor',
            width: 1.5,
            spanGaps: true,
            points: { show: false },
            ...(i < colours.length ? {} : { dash: [6, 4] }),
          })),
        ],
        cursor: { y: false, drag: { x: true, y: false, setScale: false } },
        hooks: { setSelect: [(plot) => this.#select(plot)] },
      },
      uPlot.join(tables),
      into,
    )
    this.#plot.over.addEventListener('dblclick', () => emit(this, 'nb-zoom', { range: null }))
  }
  #select(plot: uPlot): void {
    const { left, width } = plot.select
    if (width < 4) return
    const range = [Math.floor(plot.posToVal(left, 'x')), Math.ceil(plot.posToVal(left + width, 'x'))] as const
    plot.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false)
    if (range[1] > range[0]) emit(this, 'nb-zoom', { range })
  }
  #destroy(): void {
    this.#plot?.destroy()
    this.#plot = null
    this.#drawn = null
  }
}

/** Register the element. */
export const defineCompareChart = (): void => defineElement('nb-compare-chart', NbCompareChart)

declare global {
  interface HTMLElementTagNameMap {
    'nb-compare-chart': NbCompareChart
  }
}
