import { css, html, nothing, type PropertyValues } from 'lit'
import type { MetricSeries, Unsubscribe } from '@novabrain/contracts'
import type { Host } from '../host.js'
import { axisOf, paintOf } from '../chart/paint.js'
import { chartData, pointsFor } from '../chart/series.js'
import { uPlot, uplotStyles } from '../chart/uplot.js'
import { formatCount, formatMetric } from '../format/number.js'
import { counted, fill } from '../locales/strings.js'
import { NbElement } from './base.js'
import { defineElement } from './define.js'
import { Remote } from './remote.js'
import { baseStyles } from './styles.js'

/** At most this often is a live chart read and drawn. */
const refreshMs = 250

/**
 * One metric over its steps. The server sends at most a point per pixel, with the extremes of what each stands for as a
 * band; zooming asks again for the range. While hidden or scrolled away it neither reads nor draws.
 */
export class NbMetricChart extends NbElement {
  static override properties = {
    runId: { type: String },
    metricKey: { type: String },
    active: { type: Boolean },
    height: { type: Number },
    zoomed: { state: true },
    cursorText: { state: true },
  }
  static override restartOn = ['host', 'runId', 'metricKey']
  static override styles = [
    baseStyles,
    uplotStyles,
    css`
      header {
        display: flex;
        align-items: baseline;
        gap: 8px;
        min-height: 26px;
      }
      h3 {
        font-size: 1em;
        font-weight: 600;
      }
      .value {
        margin-inline-start: auto;
        white-space: nowrap;
      }
      .plot {
        position: relative;
        min-height: var(--chart-height, 180px);
      }
      .u-over {
        cursor: crosshair;
      }
    `,
  ]
  declare runId: string
  declare metricKey: string
  declare active: boolean
  /** Height of the drawing in CSS pixels. */
  declare height: number
  declare private zoomed: readonly [number, number] | null
  declare private cursorText: string | null
  #series = new Remote<MetricSeries>(this)
  #plot: uPlot | null = null
  #drawn: MetricSeries | null = null
  #widthPx = 0
  #visible = false
  #stale = true
  #timer: ReturnType<typeof setTimeout> | undefined

  constructor() {
    super()
    this.runId = ''
    this.metricKey = ''
    this.active = false
    this.height = 180
    this.zoomed = null
    this.cursorText = null
  }

  protected override start(host: Host): readonly Unsubscribe[] {
    this.#series.reset()
    this.#destroy()
    this.zoomed = null
    this.#stale = true
    const seen = new IntersectionObserver(([entry]) => this.#seen(entry?.isIntersecting ?? false), {
      rootMargin: '200px',
    })
    seen.observe(this)
    const resize = new ResizeObserver(([entry]) => this.#resize(entry?.contentRect.width ?? 0))
    resize.observe(this)
    const visibility = () => this.#refresh()
    document.addEventListener('visibilitychange', visibility)
    return [
      host.events.subscribe([`run:${this.runId}`], (message) => {
        if (message.type !== 'reset' && !(message.type === 'hint' && message.hint.type === 'metrics')) return
        if (message.type === 'hint' && message.hint.type === 'metrics' && message.hint.runId !== this.runId) return
        this.#stale = true
        this.#later()
      }),
      host.theme.onChange(() => this.#repaint()),
      () => seen.disconnect(),
      () => resize.disconnect(),
      () => document.removeEventListener('visibilitychange', visibility),
      () => {
        clearTimeout(this.#timer)
        this.#timer = undefined
      },
      () => this.#destroy(),
    ]
  }

  #seen(visible: boolean): void {
    this.#visible = visible
    this.#refresh()
  }
  #later(): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined
      this.#refresh()
    }, refreshMs)
  }
  #refresh(): void {
    if (!this.#visible || !this.#stale || document.visibilityState === 'hidden' || this.#widthPx === 0) return
    this.#stale = false
    void this.#read()
  }
  async #read(): Promise<void> {
    const { host, runId, metricKey } = this
    if (host === null || metricKey === '') return
    await this.#series.load(() => {
      const range = this.zoomed === null ? {} : { fromStep: this.zoomed[0], toStep: this.zoomed[1] }
      const maxPoints = pointsFor(this.#widthPx, devicePixelRatio)
      const params = { projectId: host.projectId, runId }
      return host.client.getMetricSeries({ params, query: { key: metricKey, maxPoints, ...range } })
    })
  }

  #resize(widthPx: number): void {
    if (Math.abs(widthPx - this.#widthPx) < 1) return
    this.#widthPx = widthPx
    if (widthPx === 0) return
    this.#plot?.setSize({ width: widthPx, height: this.height })
    this.#refresh()
  }

  override render() {
    const series = this.#series.value
    const last = series?.values.at(-1)
    return html`<header>
        <h3 class="ellipsis mono" title=${this.metricKey}>${this.metricKey}</h3>
        ${
          this.zoomed === null
            ? nothing
            : html`<button class="link" @click=${() => this.#zoom(null)}>${this.t.chart.resetZoom}</button>`
        }
        <span class="value number muted">
          ${this.cursorText ?? (last === undefined ? nothing : `${this.t.latest} ${formatMetric(last)}`)}
        </span>
      </header>
      <div
        class="plot"
        role="img"
        aria-label=${this.#summary(series)}
        title=${this.t.chart.hint}
        .style=${`--chart-height:${this.height}px`}
      ></div>`
  }
  #summary(series: MetricSeries | null): string {
    const value = series?.values.at(-1)
    if (series === null || value === undefined) return fill(this.t.chart.label, { key: this.metricKey })
    return fill(this.t.chart.summary, {
      key: this.metricKey,
      n: formatCount(series.pointCount),
      value: formatMetric(value),
      step: series.steps.at(-1) ?? 0,
    })
  }

  protected override updated(_changed: PropertyValues): void {
    const series = this.#series.value
    if (series === null || series === this.#drawn || this.#widthPx === 0) return
    this.#drawn = series
    const data = chartData(series)
    if (this.#plot === null) this.#create(data)
    else this.#plot.setData(data, true)
  }

  #create(data: uPlot.AlignedData): void {
    const into = this.renderRoot.querySelector<HTMLElement>('.plot')
    if (into === null) return
    const paint = paintOf(this)
    const axis = axisOf(paint)
    const line = { stroke: paint.line, width: 1.5, spanGaps: false, points: { show: data[0].length < 3, size: 6 } }
    const edge = { stroke: 'transparent', width: 0, points: { show: false } }
    this.#plot = new uPlot(
      {
        width: this.#widthPx,
        height: this.height,
        padding: [8, 24, 0, 0],
        legend: { show: false },
        scales: { x: { time: false } },
        axes: [
          { ...axis, size: 28, gap: 4, values: (_, ticks) => ticks.map((tick) => formatMetric(tick)) },
          { ...axis, size: 56, gap: 6, values: (_, ticks) => ticks.map((tick) => formatMetric(tick)) },
        ],
        series: [{}, line, edge, edge],
        bands: [{ series: [3, 2], fill: paint.band }],
        cursor: { y: false, drag: { x: true, y: false, setScale: false }, points: { size: 6 } },
        hooks: {
          setSelect: [(plot) => this.#select(plot)],
          setCursor: [(plot) => this.#point(plot)],
        },
      },
      data,
      into,
    )
    this.#plot.over.addEventListener('dblclick', () => this.#zoom(null))
  }

  #select(plot: uPlot): void {
    const { left, width } = plot.select
    if (width < 4) return
    const from = Math.floor(plot.posToVal(left, 'x'))
    const to = Math.ceil(plot.posToVal(left + width, 'x'))
    plot.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false)
    if (to > from) this.#zoom([from, to])
  }
  #zoom(range: readonly [number, number] | null): void {
    this.zoomed = range
    this.#stale = false
    void this.#read()
  }
  #point(plot: uPlot): void {
    const { idx } = plot.cursor
    const step = idx === null || idx === undefined ? undefined : plot.data[0][idx]
    const value = idx === null || idx === undefined ? undefined : plot.data[1]?.[idx]
    const { t } = this
    this.cursorText =
      step === undefined || value === undefined || value === null
        ? null
        : `${t.step} ${formatCount(step)} · ${formatMetric(value)}`
  }

  #repaint(): void {
    this.#destroy()
    this.requestUpdate()
  }
  #destroy(): void {
    this.#plot?.destroy()
    this.#plot = null
    this.#drawn = null
  }

  /** How many points there are in all, for captions. */
  get caption(): string {
    return counted(this.t.points, this.#series.value?.pointCount ?? 0)
  }
}

/** Register the element. */
export const defineMetricChart = (): void => defineElement('nb-metric-chart', NbMetricChart)

declare global {
  interface HTMLElementTagNameMap {
    'nb-metric-chart': NbMetricChart
  }
}
