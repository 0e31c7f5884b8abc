import { css, html, nothing, type PropertyValues } from 'lit'
import type { Unsubscribe } from '@novabrain/contracts'
import type { Host } from '../host.js'
import { formatMetric } from '../format/number.js'
import { fill } from '../locales/strings.js'
import { along } from '../plots/gradient.js'
import { valueIn, type PlottedRun } from '../plots/plotted-runs.js'
import { scaleOf, type Scale } from '../plots/scale.js'
import { keyOf } from '../table/cell-text.js'
import { NbElement } from './base.js'
import { defineElement } from './define.js'
import { emit } from './events.js'
import { onSize, sheetOf, type Sheet } from './plot-canvas.js'
import { plotStyles } from './plot-styles.js'

const edge = { top: 14, right: 24, bottom: 44, left: 76 } as const

interface Dot {
  readonly run: PlottedRun
  readonly x: number
  readonly y: number
  readonly part: number | null
}

/** Runs as dots over two columns, coloured by a third. A press on a dot opens its run. */
export class NbScatterPlot extends NbElement {
  static override properties = {
    runs: { attribute: false },
    x: { type: String },
    y: { type: String },
    colour: { type: String },
    near: { state: true },
  }
  static override styles = [
    ...plotStyles,
    css`
      canvas.pointing {
        cursor: pointer;
      }
    `,
  ]
  declare runs: readonly PlottedRun[]
  declare x: string
  declare y: string
  declare colour: string | null
  declare private near: Dot | null
  #dots: readonly Dot[] = []
  #scales: { x: Scale; y: Scale; colour: Scale | null } | null = null

  constructor() {
    super()
    this.runs = []
    this.x = ''
    this.y = ''
    this.colour = null
    this.near = null
  }

  protected override start(host: Host): readonly Unsubscribe[] {
    return [host.theme.onChange(() => this.requestUpdate()), onSize(this, () => this.requestUpdate())]
  }
  protected override willUpdate(changed: PropertyValues): void {
    super.willUpdate(changed)
    if (!['runs', 'x', 'y', 'colour'].some((name) => changed.has(name))) return
    const scale = (column: string) =>
      scaleOf(
        this.runs.map((run) => valueIn(run, column)),
        formatMetric,
      )
    this.#scales = { x: scale(this.x), y: scale(this.y), colour: this.colour === null ? null : scale(this.colour) }
    this.near = null
  }

  override render() {
    const { plots } = this.t
    const { near } = this
    const label = fill(plots.scatterLabel, { runs: this.#count, x: keyOf(this.x), y: keyOf(this.y) })
    return html`<div class="plot">
        <canvas
          role="img"
          aria-label=${label}
          class=${near === null ? '' : 'pointing'}
          @pointermove=${this.#move}
          @pointerleave=${() => (this.near = null)}
          @click=${this.#open}
        ></canvas>
        ${near === null ? nothing : this.#note(near)}
      </div>
      ${this.#ramp()}`
  }
  /** Runs that have both values. */
  get #count(): number {
    return this.runs.filter((run) => valueIn(run, this.x) !== null && valueIn(run, this.y) !== null).length
  }
  #note({ run, x, y }: Dot) {
    const columns = [this.x, this.y, ...(this.colour === null ? [] : [this.colour])]
    const right = x > this.clientWidth - 320
    const place = `${right ? `right:${this.clientWidth - x + 12}px` : `left:${x + 12}px`};top:${Math.max(0, y - 30)}px`
    return html`<div class="note" .style=${place}>
      <strong class="ellipsis">${run.row.name}</strong>
      ${[...new Set(columns)].map((column) => {
        const value = valueIn(run, column)
        return html`<span class="muted ellipsis">
          ${keyOf(column)}: ${value === null ? '–' : typeof value === 'number' ? formatMetric(value) : value}
        </span>`
      })}
    </div>`
  }
  #ramp() {
    const scale = this.#scales?.colour ?? null
    if (this.colour === null || scale === null || scale.ticks.length < 2) return nothing
    if (scale.kind === 'places') return this.#places(this.colour, scale)
    const ends = [formatMetric(scale.at(0)), formatMetric(scale.at(1))]
    return html`<div class="scale" aria-hidden="true">
      ${keyOf(this.colour)} <span class="number">${ends[0]}</span><span class="ramp"></span
      ><span class="number">${ends[1]}</span>
    </div>`
  }

  /** Texts lie evenly along the colours: each with its own, as far as they are named. */
  #places(column: string, { ticks, part }: Scale) {
    return html`<div class="scale places" aria-hidden="true">
      ${keyOf(column)}
      ${ticks.map(
        ({ number, text }) =>
          html`<span><i .style=${`background:${rampAt(part(number))}`}></i>${shortened(text, 24)}</span>`,
      )}
    </div>`
  }

  protected override updated(_changed: PropertyValues): void {
    const canvas = this.renderRoot.querySelector('canvas')
    const sheet = canvas === null ? null : sheetOf(this, canvas)
    if (sheet === null || this.#scales === null) return
    this.#dots = this.#placed(sheet, this.#scales)
    this.#draw(sheet, this.#scales)
  }
  #placed(
    { widthPx, heightPx }: Sheet,
    { x, y, colour }: { x: Scale; y: Scale; colour: Scale | null },
  ): readonly Dot[] {
    return this.runs.flatMap((run): Dot[] => {
      const [across, up] = [x.numberOf(valueIn(run, this.x)), y.numberOf(valueIn(run, this.y))]
      if (across === null || up === null) return []
      const number = this.colour === null ? null : (colour?.numberOf(valueIn(run, this.colour)) ?? null)
      return [
        {
          run,
          x: edge.left + padded(x.part(across)) * (widthPx - edge.left - edge.right),
          y: edge.top + (1 - padded(y.part(up))) * (heightPx - edge.top - edge.bottom),
          part: number === null || colour === null ? null : colour.part(number),
        },
      ]
    })
  }
  #draw({ context, widthPx, heightPx, paint }: Sheet, { x, y }: { x: Scale; y: Scale }): void {
    const [right, bottom] = [widthPx - edge.right, heightPx - edge.bottom]
    context.lineWidth = 1
    context.strokeStyle = paint.grid
    context.fillStyle = paint.muted
    context.textBaseline = 'middle'
    context.textAlign = 'end'
    for (const { number, text } of y.ticks) {
      const at = edge.top + (1 - padded(y.part(number))) * (bottom - edge.top)
      context.strokeRect(edge.left, at, right - edge.left, 0)
      context.fillText(shortened(text, 11), edge.left - 8, at)
    }
    context.textAlign = 'center'
    context.textBaseline = 'top'
    for (const { number, text } of x.ticks) {
      const at = edge.left + padded(x.part(number)) * (right - edge.left)
      context.strokeRect(at, edge.top, 0, bottom - edge.top)
      context.fillText(shortened(text, 14), at, bottom + 6)
    }
    context.fillStyle = paint.text
    context.fillText(keyOf(this.x), (edge.left + right) / 2, bottom + 24)
    context.save()
    context.translate(14, (edge.top + bottom) / 2)
    context.rotate(-Math.PI / 2)
    context.fillText(keyOf(this.y), 0, -6)
    context.restore()
    context.globalAlpha = this.#dots.length > 200 ? 0.6 : 0.85
    for (const { x: across, y: down, part } of this.#dots) {
      context.fillStyle = part === null ? paint.line : along(paint.ramp, part)
      context.beginPath()
      context.arc(across, down, 3.5, 0, 2 * Math.PI)
      context.fill()
    }
    context.globalAlpha = 1
    if (this.near === null) return
    context.strokeStyle = paint.text
    context.lineWidth = 2
    context.beginPath()
    context.arc(this.near.x, this.near.y, 6, 0, 2 * Math.PI)
    context.stroke()
  }

  #move = ({ offsetX, offsetY }: PointerEvent): void => {
    let [best, distance]: [Dot | null, number] = [null, 9]
    for (const dot of this.#dots) {
      const away = Math.hypot(dot.x - offsetX, dot.y - offsetY)
      if (away < distance) [best, distance] = [dot, away]
    }
    if (best?.run !== this.near?.run) this.near = best
  }
  #open = (): void => {
    const runId = this.near?.run.row.id
    if (runId !== undefined && emit(this, 'nb-open', { runId, tab: 'overview' })) this.host?.openRun(runId)
  }
}

/** A little room, so that no dot lies on the edge. */
const padded = (part: number): number => 0.03 + part * 0.94

/** The colour at a part of the ramp, for a style sheet. */
const rampAt = (part: number): string =>
  part < 0.5
    ? `color-mix(in srgb, var(--nb-chart-4) ${String(part * 200)}%, var(--nb-chart-1))`
    : `color-mix(in srgb, var(--nb-chart-2) ${String(part * 200 - 100)}%, var(--nb-chart-4))`

const shortened = (text: string, most: number): string => (text.length > most ? `${text.slice(0, most - 1)}…` : text)

/** Register the element. */
export const defineScatterPlot = (): void => defineElement('nb-scatter-plot', NbScatterPlot)

declare global {
  interface HTMLElementTagNameMap {
    'nb-scatter-plot': NbScatterPlot
  }
}
