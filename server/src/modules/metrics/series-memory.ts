import type { OrderedPoint } from '../../core/tracking/curve.js'
import type { Tail } from '../../core/tracking/tail.js'

/** How many series are kept in mind, and how many pieces of their tails; some 60 MB. */
const mostInMind = { series: 50_000, pieces: 200_000 }

/** A series, and a point that none of its points comes after; `null` while it has none. */
export interface KnownSeries {
  readonly seriesId: string
  readonly last: OrderedPoint | null
  /** `null` when not all its points were seen, or some came in another order. */
  readonly tail: Tail | null
}

/** What is known of a metric of a run. */
export interface NamedSeries extends KnownSeries {
  readonly runId: string
  readonly key: string
}

/** Which series hold the metrics of runs that are being logged to; found once, and asked of no database again. */
export interface SeriesMemory {
  /** The series of a metric, or `undefined` when it is not in mind. */
  get(runId: string, key: string): KnownSeries | undefined
  /** Whether the series of all these metrics are in mind. */
  holds(metrics: readonly { readonly runId: string; readonly key: string }[]): boolean
  /** Keeps series that are committed. */
  keep(series: readonly NamedSeries[]): void
  /** Forgets everything: something in mind has proved to be gone. */
  forget(): void
}

/** A series that was in mind is not there: nothing was kept, and another try finds what is. */
export class SeriesGone extends Error {}

/** Opens an empty memory. When there is too much in it, the runs that were logged to least recently are forgotten whole. */
export const createSeriesMemory = (most = mostInMind): SeriesMemory => {
  const runs = new Map<string, Map<string, KnownSeries>>()
  const held = { series: 0, pieces: 0 }
  const count = (series: Iterable<KnownSeries | undefined>, sign: 1 | -1): void => {
    for (const each of series) {
      held.series += each === undefined ? 0 : sign
      held.pieces += sign * (each?.tail?.pieces.length ?? 0)
    }
  }
  const forgetOldest = (): void => {
    for (const [runId, series] of runs) {
      if (held.series <= most.series && held.pieces <= most.pieces) return
      runs.delete(runId)
      count(series.values(), -1)
    }
  }
  return {
    get: (runId, key) => runs.get(runId)?.get(key),
    holds: (metrics) => metrics.every(({ runId, key }) => runs.get(runId)?.has(key) === true),
    keep(series) {
      for (const { runId, key, seriesId, last, tail } of series) {
        const ofRun = runs.get(runId) ?? new Map<string, KnownSeries>()
        runs.delete(runId)
        runs.set(runId, ofRun)
        const known = { seriesId, last, tail }
        count([ofRun.get(key)], -1)
        count([known], 1)
        ofRun.set(key, known)
      }
      forgetOldest()
    },
    forget() {
      runs.clear()
      held.series = 0
      held.pieces = 0
    },
  }
}
