import type { MetricSeries } from '@novabrain/contracts'
import { plottable } from '../format/number.js'

/** A series as uPlot draws it: steps, values, and the lower and upper edge of the band. */
export type ChartData = [number[], (number | null)[], (number | null)[], (number | null)[]]

/**
 * A metric series as columns. Equal steps (a metric logged twice in one) keep their order; the chart draws them on one
 * vertical. Without downsampling the band is empty.
 */
export const chartData = (series: MetricSeries): ChartData => {
  const values = series.steps.map((_, i) => plottable(series.values[i]))
  if (!series.downsampled) return [[...series.steps], values, values, values]
  const edge = (side: MetricSeries['low']) => series.steps.map((_, i) => plottable(side[i]) ?? values[i] ?? null)
  return [[...series.steps], values, edge(series.low), edge(series.high)]
}

/** How many points to ask for: one per device pixel of width, within what the server gives. */
export const pointsFor = (widthPx: number, pixelRatio: number): number =>
  Math.min(4000, Math.max(100, Math.round(widthPx * pixelRatio)))
