/** One line of a plot: points in the order of x. */
export interface PlotLine {
  readonly name: string
  readonly points: readonly (readonly [x: number, y: number])[]
}

/** Bars side by side: a value for each series in each group. */
export interface PlotBars {
  readonly groups: readonly string[]
  readonly series: readonly { readonly name: string; readonly values: readonly (number | null)[] }[]
}

/** What a plot is labelled with. */
export interface PlotLabels {
  readonly title: string
  readonly x: string
  readonly y: string
}

export interface Axis {
  readonly max: number
  readonly ticks: readonly number[]
}

const width = 760
const height = 260
const margin = { left: 56, right: 12, top: 12, bottom: 44 }
const inner = { width: width - margin.left - margin.right, height: height - margin.top - margin.bottom }

/** Text that is safe in HTML and SVG. */
export const escaped = (text: string): string =>
  text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`)

/** An axis from 0 with four to eight round steps that reaches `most`. */
export const axisTo = (most: number): Axis => {
  if (!(most > 0)) return { max: 1, ticks: [0, 1] }
  const rough = most / 5
  const power = 10 ** Math.floor(Math.log10(rough))
  const step = ([1, 2, 2.5, 5, 10].find((factor) => factor * power >= rough) ?? 10) * power
  const count = Math.ceil(most / step - 1e-9)
  return { max: count * step, ticks: Array.from({ length: count + 1 }, (_, at) => Number((at * step).toPrecision(12))) }
}

const short = (value: number): string =>
  value >= 1_000_000 ? `${value / 1_000_000}M` : value >= 10_000 ? `${value / 1000}k` : String(value)

const fixed = (value: number): string => value.toFixed(1)
const text = (x: number, y: number, words: string, anchor: string): string =>
  `<text x="${fixed(x)}" y="${fixed(y)}" text-anchor="${anchor}">${escaped(words)}</text>`

const atY = (axis: Axis, value: number): number => margin.top + inner.height * (1 - value / axis.max)

const frame = (labels: PlotLabels, y: Axis, xLabels: string, body: string): string => {
  const rows = y.ticks.map((tick) => {
    const at = atY(y, tick)
    return `<line class="grid" x1="${margin.left}" x2="${width - margin.right}" y1="${fixed(at)}" y2="${fixed(at)}"/>${text(margin.left - 8, at + 4, short(tick), 'end')}`
  })
  const yTitle = `<text transform="translate(14 ${margin.top + inner.height / 2}) rotate(-90)" text-anchor="middle">${escaped(labels.y)}</text>`
  return `<svg viewBox="0 0 ${width} ${height}" role="img" aria-label="${escaped(labels.title)}">${rows.join('')}${yTitle}${xLabels}${text(margin.left + inner.width / 2, height - 6, labels.x, 'middle')}${body}</svg>`
}

/** How values of x become places: straight, or by their logarithm between the least and the greatest. */
export type XScale = 'linear' | 'log'

/** Lines over a common x, each in the colour of its place in the list. */
export const linePlot = (
  labels: PlotLabels,
  lines: readonly PlotLine[],
  {
    scale,
    ticks,
    yMost,
  }: { readonly scale: XScale; readonly ticks: readonly (readonly [number, string])[]; readonly yMost?: number },
): string => {
  const all = lines.flatMap(({ points }) => points)
  const y = axisTo(yMost ?? all.reduce((most, point) => Math.max(most, point[1]), 0))
  const place = (x: number): number => (scale === 'log' ? Math.log(Math.max(x, Number.MIN_VALUE)) : x)
  const xs = [...all.map(([x]) => x), ...ticks.map(([x]) => x)].map(place)
  const low = xs.reduce((least, x) => Math.min(least, x), Number.POSITIVE_INFINITY)
  const high = xs.reduce((most, x) => Math.max(most, x), Number.NEGATIVE_INFINITY)
  const atX = (x: number): number => margin.left + (high > low ? ((place(x) - low) / (high - low)) * inner.width : 0)
  const xLabels = ticks.map(([x, words]) => text(atX(x), height - margin.bottom + 16, words, 'middle')).join('')
  const path = ({ name, points }: PlotLine, at: number): string =>
    `<polyline class="line s${at % 8}" points="${points.map(([x, value]) => `${fixed(atX(x))},${fixed(atY(y, value))}`).join(' ')}"><title>${escaped(name)}</title></polyline>`
  return frame(labels, y, xLabels, lines.map(path).join(''))
}

/** Bars in groups; `say` gives the words for a value that is pointed at. */
export const barPlot = (labels: PlotLabels, { groups, series }: PlotBars, say: (value: number) => string): string => {
  const y = axisTo(
    series.flatMap(({ values }) => values).reduce<number>((most, value) => Math.max(most, value ?? 0), 0),
  )
  const groupWidth = inner.width / Math.max(1, groups.length)
  const barWidth = (groupWidth * 0.8) / Math.max(1, series.length)
  const bar = (value: number | null, group: number, at: number, name: string): string => {
    if (value === null) return ''
    const x = margin.left + group * groupWidth + groupWidth * 0.1 + at * barWidth
    const top = atY(y, value)
    return `<rect class="bar s${at % 8}" x="${fixed(x)}" y="${fixed(top)}" width="${fixed(barWidth * 0.9)}" height="${fixed(atY(y, 0) - top)}"><title>${escaped(`${name}: ${say(value)}`)}</title></rect>`
  }
  const xLabels = groups
    .map((group, at) => text(margin.left + (at + 0.5) * groupWidth, height - margin.bottom + 16, group, 'middle'))
    .join('')
  const bars = series.flatMap(({ name, values }, at) => values.map((value, group) => bar(value, group, at, name)))
  return frame(labels, y, xLabels, bars.join(''))
}
