import type { OrderedPoint } from '../../core/tracking/curve.js'

/** How many series are kept in mind; the runs that were logged to least recently are forgotten first. */
const mostSeries = 50_000

/** A series, and a point that none of its points comes after; `null` while it has none. */
export interface KnownSeries {
  readonly seriesId: string
  readonly last: OrderedPoint | null
}

/** Which series hold the metrics of runs that are being logged to; found once, and asked of no database again. */
export interface SeriesMemory {
  /** The series of a metric, or `undefined` when it is not in mind. */
  get(runId: string, key: string): KnownSeries | undefined
  /** Whether the series of all these metrics are in mind. */
  holds(metrics: readonly { readonly runId: string; readonly key: string }[]): boolean
  /** Keeps series that are committed. */
  keep(series: readonly (KnownSeries & { readonly runId: string; readonly key: string })[]): void
  /** Forgets everything: something in mind has proved to be gone. */
  forget(): void
}

/** A series that was in mind is not there: nothing was kept, and another try finds what is. */
export class SeriesGone extends Error {}

/** Opens an empty memory. */
export const createSeriesMemory = (most = mostSeries): SeriesMemory => {
  const runs = new Map<string, Map<string, KnownSeries>>()
  let count = 0
  const forgetOldest = (): void => {
    for (const [runId, series] of runs) {
      if (count <= most) return
      runs.delete(runId)
      count -= series.size
    }
  }
  return {
    get: (runId, key) => runs.get(runId)?.get(key),
    holds: (metrics) => metrics.every(({ runId, key }) => runs.get(runId)?.has(key) === true),
    keep(series) {
      for (const { runId, key, seriesId, last } of series) {
        const ofRun = runs.get(runId) ?? new Map<string, KnownSeries>()
        runs.delete(runId)
        runs.set(runId, ofRun)
        if (!ofRun.has(key)) count += 1
        ofRun.set(key, { seriesId, last })
      }
      forgetOldest()
    },
    forget() {
      runs.clear()
      count = 0
    },
  }
}
