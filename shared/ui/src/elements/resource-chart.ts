import { css, html, type PropertyValues } from 'lit'
import type { Unsubscribe } from '@novabrain/contracts'
import type { Host } from '../host.js'
import { axisOf, paintOf } from '../chart/paint.js'
import { uPlot, uplotStyles } from '../chart/uplot.js'
import { formatMib } from '../format/bytes.js'
import { formatDuration } from '../format/duration.js'
import { formatUse, type ResourceUse } from '../format/resource-use.js'
import { counted, fill } from '../locales/strings.js'
import { NbElement } from './base.js'
import { defineElement } from './define.js'
import { baseStyles } from './styles.js'

const heightPx = 116

/** One resource over time, from nothing up to what was asked for, so that the empty part above the curve is what was not used. */
export class NbResourceChart extends NbElement {
  static override properties = { use: { attribute: false }, cursorText: { state: true } }
  static override styles = [
    baseStyles,
    uplotStyles,
    css`
      h3 {
        font-size: 1em;
        font-weight: 600;
      }
      .plot {
        position: relative;
        min-height: 116px;
      }
    `,
  ]
  declare use: ResourceUse | null
  declare private cursorText: string | null
  #plot: uPlot | null = null
  #drawn: ResourceUse | null = null
  #widthPx = 0

  constructor() {
    super()
    this.use = null
    this.cursorText = null
  }

  protected override start(host: Host): readonly Unsubscribe[] {
    const resize = new ResizeObserver(([entry]) => this.#resize(entry?.contentRect.width ?? 0))
    resize.observe(this)
    return [host.theme.onChange(() => this.#repaint()), () => resize.disconnect(), () => this.#destroy()]
  }

  #resize(widthPx: number): void {
    if (widthPx === 0 || Math.abs(widthPx - this.#widthPx) < 1) return
    this.#widthPx = widthPx
    if (this.#plot === null) this.requestUpdate()
    else this.#plot.setSize({ width: widthPx, height: heightPx })
  }

  override render() {
    const { use, t } = this
    if (use === null) return html``
    return html`<header>
        <h3>${t.resource[use.kind]}</h3>
        <div class="muted number">${this.cursorText ?? this.#summary(use)}</div>
      </header>
      <div class="plot" role="img" aria-label=${`${t.resource[use.kind]}: ${this.#summary(use)}`}></div>`
  }
  #summary(use: ResourceUse): string {
    const { resource } = this.t
    const peak = this.#amount(use, use.peak)
    if (use.asked === null || use.kind === 'gpu') return fill(resource.peak, { peak })
    const sentence = use.kind === 'gpuMemory' ? resource.peakOfGiven : resource.peakOf
    return fill(sentence, { peak, asked: this.#amount(use, use.asked) })
  }
  #amount(use: ResourceUse, value: number): string {
    if (use.unit === 'cores') return counted(this.t.resource.cores, value, { n: formatUse(value) })
    if (use.unit === '%') return `${formatUse(value)} %`
    return formatMib(use.unit === 'GiB' ? value * 1024 : value)
  }

  protected override updated(_changed: PropertyValues): void {
    const { use } = this
    if (use === null || use === this.#drawn || this.#widthPx === 0) return
    const same = this.#drawn?.asked === use.asked && this.#drawn.unit === use.unit
    this.#drawn = use
    if (this.#plot !== null && same) this.#plot.setData(dataOf(use), true)
    else this.#create(use)
  }

  #create(use: ResourceUse): void {
    const into = this.renderRoot.querySelector<HTMLElement>('.plot')
    if (into === null) return
    this.#plot?.destroy()
    const paint = paintOf(this)
    const axis = axisOf(paint)
    const { duration } = this.t
    this.#plot = new uPlot(
      {
        width: this.#widthPx,
        height: heightPx,
        padding: [6, 10, 0, 0],
        legend: { show: false },
        scales: { x: { time: false }, y: { range: (_, _low, high) => [0, topOf(use, high)] } },
        axes: [
          {
            ...axis,
            size: 26,
            gap: 6,
            space: 60,
            grid: { show: false },
            incrs: timeSteps,
            values: (_, ticks) => ticks.map((tick) => formatDuration(tick * 1000, duration)),
          },
          { ...axis, size: 40, gap: 6, space: 26, values: (_, ticks) => ticks.map((tick) => formatUse(tick)) },
        ],
        series: [
          {},
          { stroke: paint.line, fill: paint.band, width: 1.5, points: { show: use.seconds.length < 3, size: 5 } },
          { stroke: paint.muted, width: 1, dash: [4, 4], points: { show: false } },
        ],
        cursor: { y: false, drag: { x: false, y: false, setScale: false }, points: { size: 5 } },
        hooks: { setCursor: [(plot) => this.#point(plot)] },
      },
      dataOf(use),
      into,
    )
  }
  #point(plot: uPlot): void {
    const { use } = this
    const index = plot.cursor.idx ?? -1
    const value = use?.values[index]
    const at = use?.seconds[index]
    this.cursorText =
      use === null || value === undefined || value === null || at === undefined
        ? null
        : `${formatDuration(at * 1000, this.t.duration)} · ${this.#amount(use, value)}`
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
}

/** Seconds between the marks of the time axis. */
const timeSteps = [
  1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14_400, 21_600, 43_200, 86_400, 604_800,
]

const dataOf = (use: ResourceUse): uPlot.AlignedData => [
  [...use.seconds],
  [...use.values],
  use.seconds.map(() => (use.kind === 'gpu' && use.asked === 100 ? null : use.asked)),
]

/** Room for what was asked and for what was used, and a little above. */
const topOf = (use: ResourceUse, high: number | null): number =>
  use.kind === 'gpu' ? Math.max(100, high ?? 0) : Math.max(use.asked ?? 0, high ?? 0, use.peak) * 1.08 || 1

/** Register the element. */
export const defineResourceChart = (): void => defineElement('nb-resource-chart', NbResourceChart)

declare global {
  interface HTMLElementTagNameMap {
    'nb-resource-chart': NbResourceChart
  }
}
