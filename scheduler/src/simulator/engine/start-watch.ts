import type { Decision, EstimatedStart } from '../../model/decision.js'
import { openCorrector } from '../../prediction/start-correction.js'
import { afterAsking, emptyStartRecord, type Telling } from '../../prediction/start-record.js'
import { quantile } from './metrics.js'

/** A start that was foretold to somebody who waited, and when it came. Milliseconds. */
export interface Foretold {
  readonly jobId: string
  readonly toldMs: number
  /** The moments that it was to come by as likely more as less, and in nine of ten cases. */
  readonly p50Ms: number
  readonly p90Ms: number
  /** What the forecast said, before it was corrected by how earlier ones had gone. */
  readonly uncorrected: EstimatedStart
  readonly startedMs: number
}

/** Listens to what waiting jobs are told of their start, and to their starts. */
export interface StartWatch {
  told(decisions: readonly Decision[], nowMs: number): void
  started(jobId: string, nowMs: number): void
  /** Every telling whose job has started since. */
  foretold(): readonly Foretold[]
  /** How often a waiting job was told that nobody knows. */
  untold(): number
}

type Open = Omit<Foretold, 'startedMs'>

const estimatesIn = (decisions: readonly Decision[]) =>
  decisions.flatMap((decision) =>
    decision.type === 'hold' || decision.type === 'reserve'
      ? { jobId: decision.jobId, estimate: decision.estimatedStart }
      : [],
  )

const isTold = (one: {
  jobId: string
  estimate: EstimatedStart | null
}): one is { jobId: string; estimate: EstimatedStart } => one.estimate !== null

/** Opens a watch that has heard nothing yet. It learns from what it hears, as the server does. */
export const watchStarts = (): StartWatch => {
  const open = new Map<string, Open[]>()
  const foretold: Foretold[] = []
  let untold = 0
  let record = emptyStartRecord
  let startedMs = new Map<string, number>()
  const endOf = ({ jobId }: Telling) => {
    const atMs = startedMs.get(jobId)
    return atMs === undefined ? null : { atMs, started: true }
  }
  return {
    told(decisions, nowMs) {
      const waiting = estimatesIn(decisions)
      const told = waiting.filter(isTold)
      untold += waiting.length - told.length
      record = afterAsking(record, { nowMs, foretold: told, endOf })
      startedMs = new Map()
      const corrector = openCorrector(record.correction)
      for (const { jobId, estimate } of told) {
        const tellings = open.get(jobId) ?? []
        open.set(jobId, tellings)
        tellings.push({ jobId, toldMs: nowMs, ...corrector.correct(estimate, nowMs), uncorrected: estimate })
      }
    },
    started(jobId, nowMs) {
      if (!startedMs.has(jobId)) startedMs.set(jobId, nowMs)
      for (const telling of open.get(jobId) ?? []) foretold.push({ ...telling, startedMs: nowMs })
      open.delete(jobId)
    },
    foretold: () => foretold,
    untold: () => untold,
  }
}

/** How far estimates of one horizon were off. */
export interface EstimateError {
  /** Estimates of a wait from `fromMs` up to `toMs`. */
  readonly fromMs: number
  readonly toMs: number
  readonly count: number
  /** The part that started by the likely moment (0.5 is perfect), and by the far end of the range (0.9). */
  readonly byP50: number
  readonly byP90: number
  /** The median of the error of the likely moment, either way; and of it as a part of the foretold wait. */
  readonly medianErrorMs: number
  readonly medianRelativeError: number
  /** The median of how far away the far end was, as a part of how long it really took. */
  readonly medianReach: number
}

const [minute, hour] = [60_000, 3_600_000]
const horizonsMs = [0, 10 * minute, hour, 6 * hour, 24 * hour, Number.POSITIVE_INFINITY]

const errorOf = (fromMs: number, toMs: number, all: readonly Foretold[]): EstimateError => {
  const some = all.filter(({ toldMs, p50Ms }) => p50Ms - toldMs >= fromMs && p50Ms - toldMs < toMs)
  const part = (holds: (one: Foretold) => boolean): number => some.filter(holds).length / Math.max(1, some.length)
  const errorMs = ({ startedMs, p50Ms }: Foretold): number => Math.abs(startedMs - p50Ms)
  return {
    fromMs,
    toMs,
    count: some.length,
    byP50: part(({ startedMs, p50Ms }) => startedMs <= p50Ms),
    byP90: part(({ startedMs, p90Ms }) => startedMs <= p90Ms),
    medianErrorMs: quantile(some.map(errorMs), 0.5),
    medianRelativeError: quantile(
      some.map((one) => errorMs(one) / Math.max(minute, one.p50Ms - one.toldMs)),
      0.5,
    ),
    medianReach: quantile(
      some.map(({ toldMs, p90Ms, startedMs }) => (p90Ms - toldMs) / Math.max(minute, startedMs - toldMs)),
      0.5,
    ),
  }
}

/** The errors of estimates, by how far ahead they looked; the last line is all of them together. */
export const estimateErrors = (foretold: readonly Foretold[]): EstimateError[] => [
  ...horizonsMs.slice(1).map((toMs, at) => errorOf(horizonsMs[at] ?? 0, toMs, foretold)),
  errorOf(0, Number.POSITIVE_INFINITY, foretold),
]
