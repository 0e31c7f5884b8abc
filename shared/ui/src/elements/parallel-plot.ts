import { css, html, nothing, type PropertyValues } from 'lit'
import type { Unsubscribe } from '@novabrain/contracts'
import type { Host } from '../host.js'
import { formatMetric } from '../format/number.js'
import { fill } from '../locales/strings.js'
import { along } from '../plots/gradient.js'
import { runsWithin, valueIn, type PlottedRun } from '../plots/plotted-runs.js'
import { scaleOf, type Scale } from '../plots/scale.js'
import { keyOf } from '../table/cell-text.js'
import { moved } from '../table/column-layout.js'
import type { Brush } from '../table/state.js'
import { NbElement } from './base.js'
import { defineElement } from './define.js'
import { emit } from './events.js'
import { icons } from './icons.js'
import { onSize, sheetOf, type Sheet } from './plot-canvas.js'
import { plotStyles } from './plot-styles.js'

const topPx = 14
const bottomPx = 34
const sidePx = 70
const reachPx = 16

/**
 * Runs as lines over parallel axes, coloured by the last axis. To draw along an axis keeps the runs of that range; a press on
 * the axis lets them all in again. Sends `nb-brush`, and `nb-axes` when an axis is moved or taken away.
 */
export class NbParallelPlot extends NbElement {
  static override properties = {
    runs: { attribute: false },
    axes: { attribute: false },
    brushes: { attribute: false },
    near: { state: true },
  }
  static override styles = [
    ...plotStyles,
    css`
      .heads {
        position: relative;
        height: 44px;
        margin-top: 6px;
      }
      .axis {
        position: absolute;
        display: flex;
        flex-direction: column;
        align-items: center;
        width: var(--axis-width);
        transform: translateX(-50%);
        text-align: center;
      }
      .axis .name {
        max-width: 100%;
        font-weight: 600;
      }
      .axis .tools {
        display: flex;
        height: 20px;
        opacity: 0;
      }
      .axis:hover .tools,
      .axis:focus-within .tools {
        opacity: 1;
      }
      .axis button {
        min-height: 20px;
        padding: 0 4px;
      }
      canvas {
        cursor: crosshair;
        touch-action: none;
      }
      .left {
        transform: rotate(180deg);
        display: inline-flex;
      }
    `,
  ]
  declare runs: readonly PlottedRun[]
  declare axes: readonly string[]
  declare brushes: readonly Brush[]
  /** The run whose line the pointer is at, and where. */
  declare private near: { readonly run: PlottedRun; readonly x: number; readonly y: number } | null
  #scales = new Map<string, Scale>()
  #held: { readonly column: string; readonly fromY: number } | null = null
  #drawnBrush: Brush | null = null

  constructor() {
    super()
    this.runs = []
    this.axes = []
    this.brushes = []
    this.near = null
  }

  protected override start(host: Host): readonly Unsubscribe[] {
    return [host.theme.onChange(() => this.requestUpdate()), onSize(this, () => this.requestUpdate())]
  }
  protected override willUpdate(changed: PropertyValues): void {
    super.willUpdate(changed)
    if (changed.has('runs') || changed.has('axes'))
      this.#scales = new Map(
        this.axes.map((column) => [
          column,
          scaleOf(
            this.runs.map((run) => valueIn(run, column)),
            formatMetric,
          ),
        ]),
      )
  }

  /** The runs within every brush. */
  get within(): readonly PlottedRun[] {
    return runsWithin(this.runs, this.#shownBrushes, this.#scales)
  }
  get #shownBrushes(): readonly Brush[] {
    const drawn = this.#drawnBrush
    return drawn === null ? this.brushes : [...this.brushes.filter(({ column }) => column !== drawn.column), drawn]
  }

  override render() {
    const { plots } = this.t
    const { near } = this
    const label = fill(plots.parallelLabel, { runs: this.runs.length, axes: this.axes.map(keyOf).join(', ') })
    return html`<div class="heads">${this.axes.map((column, i) => this.#head(column, i))}</div>
      <div class="plot">
        <canvas
          role="img"
          aria-label=${label}
          @pointerdown=${this.#down}
          @pointermove=${this.#move}
          @pointerup=${this.#up}
          @pointercancel=${this.#up}
          @pointerleave=${() => (this.near = null)}
        ></canvas>
        ${near === null ? nothing : this.#note(near)}
      </div>
      ${this.#ramp()}`
  }
  #head(column: string, index: number) {
    const { plots } = this.t
    const name = keyOf(column)
    const move = (by: number) => emit(this, 'nb-axes', { axes: moved(this.axes, index, index + by) })
    const left = `calc(${sidePx}px + (100% - ${2 * sidePx}px) * ${this.axes.length < 2 ? 0.5 : index / (this.axes.length - 1)})`
    const width = `calc((100% - ${2 * sidePx}px) / ${Math.max(1, this.axes.length - 1)} - 8px)`
    return html`<div class="axis" .style=${`left:${left};--axis-width:max(60px, min(170px, ${width}))`}>
      <span class="name ellipsis" title=${column}>${name}</span>
      <span class="tools">
        <button
          class="quiet"
          ?disabled=${index === 0}
          aria-label=${fill(plots.moveLeft, { name })}
          @click=${() => move(-1)}
        >
          <span class="left">${icons.open}</span>
        </button>
        <button
          class="quiet"
          aria-label=${fill(plots.removeAxis, { name })}
          @click=${() => emit(this, 'nb-axes', { axes: this.axes.filter((each) => each !== column) })}
        >
          ${icons.close}
        </button>
        <button
          class="quiet"
          ?disabled=${index === this.axes.length - 1}
          aria-label=${fill(plots.moveRight, { name })}
          @click=${() => move(1)}
        >
          ${icons.open}
        </button>
      </span>
    </div>`
  }
  #note({ run, x, y }: { run: PlottedRun; x: number; y: number }) {
    const right = x > this.clientWidth - 320
    const place = `${right ? `right:${this.clientWidth - x + 12}px` : `left:${x + 12}px`};top:${Math.max(0, y - 40)}px`
    return html`<div class="note" .style=${place}>
      <strong class="ellipsis">${run.row.name}</strong>
      ${this.axes.map((column) => html`<span class="muted ellipsis">${keyOf(column)}: ${this.#textOf(run, column)}</span>`)}
    </div>`
  }
  #textOf(run: PlottedRun, column: string): string {
    const value = valueIn(run, column)
    return value === null ? '–' : typeof value === 'number' ? formatMetric(value) : value
  }
  #ramp() {
    const column = this.axes.at(-1)
    const scale = column === undefined ? undefined : this.#scales.get(column)
    if (column === undefined || scale === undefined || scale.ticks.length < 2) return nothing
    const ends =
      scale.kind === 'places'
        ? [scale.ticks[0]?.text ?? '', scale.ticks.at(-1)?.text ?? '']
        : [formatMetric(scale.at(0)), formatMetric(scale.at(1))]
    return html`<div class="scale" aria-hidden="true">
      ${keyOf(column)} <span class="number">${ends[0]}</span><span class="ramp"></span
      ><span class="number">${ends[1]}</span>
    </div>`
  }

  #xOf(index: number, widthPx: number): number {
    return this.axes.length < 2 ? widthPx / 2 : sidePx + ((widthPx - 2 * sidePx) * index) / (this.axes.length - 1)
  }
  #yOf(part: number | null, heightPx: number): number {
    return part === null ? heightPx - 10 : topPx + (heightPx - topPx - bottomPx) * (1 - part)
  }
  #place(run: PlottedRun, column: string, heightPx: number): number {
    const scale = this.#scales.get(column)
    const number = scale?.numberOf(valueIn(run, column)) ?? null
    return this.#yOf(number === null || scale === undefined ? null : scale.part(number), heightPx)
  }

  protected override updated(_changed: PropertyValues): void {
    const canvas = this.renderRoot.querySelector('canvas')
    const sheet = canvas === null ? null : sheetOf(this, canvas)
    if (sheet !== null) this.#draw(sheet)
  }
  #draw(sheet: Sheet): void {
    const { context, paint } = sheet
    const within = new Set(this.within)
    const outside = this.runs.filter((run) => !within.has(run))
    context.lineJoin = 'round'
    context.lineWidth = 1
    context.strokeStyle = paint.grid
    context.globalAlpha = Math.min(1, Math.max(0.15, 120 / Math.max(1, outside.length)))
    for (const run of outside) this.#line(sheet, run)
    context.globalAlpha = Math.min(0.9, Math.max(0.12, 40 / Math.max(1, within.size)))
    context.lineWidth = 1.3
    const column = this.axes.at(-1)
    const scale = column === undefined ? undefined : this.#scales.get(column)
    for (const run of within) {
      const number = column === undefined ? null : (scale?.numberOf(valueIn(run, column)) ?? null)
      context.strokeStyle = number === null || scale === undefined ? paint.muted : along(paint.ramp, scale.part(number))
      this.#line(sheet, run)
    }
    context.globalAlpha = 1
    if (this.near !== null) {
      context.lineWidth = 2.5
      context.strokeStyle = paint.text
      this.#line(sheet, this.near.run)
    }
    this.axes.forEach((axis, index) => this.#axis(sheet, axis, index))
  }
  #line({ context, widthPx, heightPx }: Sheet, run: PlottedRun): void {
    context.beginPath()
    this.axes.forEach((column, index) => {
      const [x, y] = [this.#xOf(index, widthPx), this.#place(run, column, heightPx)]
      if (index === 0) context.moveTo(x, y)
      else context.lineTo(x, y)
    })
    context.stroke()
  }
  #axis({ context, paint, widthPx, heightPx }: Sheet, column: string, index: number): void {
    const scale = this.#scales.get(column)
    if (scale === undefined) return
    const x = this.#xOf(index, widthPx)
    context.strokeStyle = paint.muted
    context.lineWidth = 1
    context.beginPath()
    context.moveTo(x, this.#yOf(1, heightPx))
    context.lineTo(x, this.#yOf(0, heightPx))
    context.stroke()
    const brush = this.#shownBrushes.find((each) => each.column === column)
    if (brush !== undefined) {
      const [top, bottom] = [this.#yOf(scale.part(brush.high), heightPx), this.#yOf(scale.part(brush.low), heightPx)]
      context.fillStyle = paint.band
      context.fillRect(x - 9, top, 18, Math.max(3, bottom - top))
      context.strokeStyle = paint.line
      context.strokeRect(x - 9, top, 18, Math.max(3, bottom - top))
    }
    context.textBaseline = 'middle'
    context.textAlign = 'start'
    context.lineWidth = 3
    for (const { number, text } of scale.ticks) {
      const y = this.#yOf(scale.part(number), heightPx)
      const short = text.length > 18 ? `${text.slice(0, 17)}…` : text
      // A ground under the letters, so that lines do not cross them.
      context.globalAlpha = 0.8
      context.strokeStyle = getComputedStyle(this).getPropertyValue('--nb-bg') || 'transparent'
      context.strokeText(short, x + 6, y)
      context.globalAlpha = 1
      context.fillStyle = paint.text
      context.fillText(short, x + 6, y)
      context.fillRect(x - 3, y - 0.5, 6, 1)
    }
    if (this.runs.some((run) => scale.numberOf(valueIn(run, column)) === null)) {
      context.fillStyle = paint.muted
      context.fillText(this.t.plots.missing, x + 6, heightPx - 10)
    }
  }

  #axisAt(event: PointerEvent): string | null {
    const { clientWidth } = event.currentTarget as HTMLElement
    const index = this.axes.findIndex((_, i) => Math.abs(this.#xOf(i, clientWidth) - event.offsetX) <= reachPx)
    return this.axes[index] ?? null
  }
  #down = (event: PointerEvent): void => {
    const column = this.#axisAt(event)
    if (column === null) {
      const { near } = this
      if (near !== null && emit(this, 'nb-open', { runId: near.run.row.id, tab: 'overview' }))
        this.host?.openRun(near.run.row.id)
      return
    }
    ;(event.currentTarget as HTMLElement).setPointerCapture(event.pointerId)
    this.#held = { column, fromY: event.offsetY }
    this.near = null
  }
  #move = (event: PointerEvent): void => {
    const canvas = event.currentTarget as HTMLElement
    if (this.#held === null) return this.#seek(event.offsetX, event.offsetY, canvas)
    const { column, fromY } = this.#held
    const scale = this.#scales.get(column)
    if (scale === undefined || Math.abs(event.offsetY - fromY) < 3) return
    const partAt = (y: number) =>
      Math.min(1, Math.max(0, 1 - (y - topPx) / Math.max(1, canvas.clientHeight - topPx - bottomPx)))
    const [a, b] = [scale.at(partAt(fromY)), scale.at(partAt(event.offsetY))]
    this.#drawnBrush = { column, low: Math.min(a, b), high: Math.max(a, b) }
    this.requestUpdate()
  }
  #up = (): void => {
    const held = this.#held
    this.#held = null
    if (held === null) return
    const rest = this.brushes.filter(({ column }) => column !== held.column)
    const drawn = this.#drawnBrush
    this.#drawnBrush = null
    emit(this, 'nb-brush', { brushes: drawn === null ? rest : [...rest, drawn] })
    this.requestUpdate()
  }
  #seek(x: number, y: number, { clientWidth, clientHeight }: HTMLElement): void {
    const index = this.axes.findIndex((_, i) => this.#xOf(i + 1, clientWidth) >= x && this.#xOf(i, clientWidth) <= x)
    const [left, right] = [this.axes[index], this.axes[index + 1]]
    if (left === undefined || right === undefined) return void (this.near = null)
    const [from, to] = [this.#xOf(index, clientWidth), this.#xOf(index + 1, clientWidth)]
    const share = (x - from) / Math.max(1, to - from)
    let [best, distance]: [PlottedRun | null, number] = [null, 7]
    for (const run of this.within) {
      const [a, b] = [this.#place(run, left, clientHeight), this.#place(run, right, clientHeight)]
      const away = Math.abs(a + (b - a) * share - y)
      if (away < distance) [best, distance] = [run, away]
    }
    if (best !== this.near?.run) this.near = best === null ? null : { run: best, x, y }
  }
}

/** Register the element. */
export const defineParallelPlot = (): void => defineElement('nb-parallel-plot', NbParallelPlot)

declare global {
  interface HTMLElementTagNameMap {
    'nb-parallel-plot': NbParallelPlot
  }
}
