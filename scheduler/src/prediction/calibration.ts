import { openRunTimeHistory } from './history.js'

/** A past job, as far as foresight is tested on it. */
export interface Ended {
  readonly keys: readonly string[]
  /** Moments on any clock. */
  readonly submitMs: number
  readonly endMs: number
  readonly runMs: number
}

/** How good foresight was: of jobs foreseen when they came, from nothing but those that had ended by then. */
export interface Calibration {
  readonly foreseen: number
  /** Jobs of which nothing could be said. */
  readonly unforeseen: number
  /** The part of jobs that ran no longer than was likely (0.5 is perfect) and than was cautious (0.9). */
  readonly withinLikely: number
  readonly withinCautious: number
  /** Standard deviation of ln(run / likely): the σ of a log-normal error. */
  readonly logError: number
}

/** Replays the past: each job is foreseen as it comes and learnt as it ends. */
export const calibrate = (jobs: readonly Ended[]): Calibration => {
  const history = openRunTimeHistory()
  const byEnd = [...jobs].sort((left, right) => left.endMs - right.endMs)
  let learnt = 0
  const ratios: { readonly likely: number; readonly cautious: number }[] = []
  for (const job of [...jobs].sort((left, right) => left.submitMs - right.submitMs)) {
    for (let next = byEnd[learnt]; next !== undefined && next.endMs <= job.submitMs; next = byEnd[learnt]) {
      history.learn(next.keys, next.runMs)
      learnt += 1
    }
    const foresight = history.foresee(job.keys)
    if (foresight === null) continue
    const runMs = Math.max(1, job.runMs)
    ratios.push({ likely: Math.log(runMs / foresight.likelyMs), cautious: Math.log(runMs / foresight.cautiousMs) })
  }
  const part = (holds: (ratio: (typeof ratios)[number]) => boolean): number =>
    ratios.length === 0 ? 0 : ratios.filter(holds).length / ratios.length
  const mean = ratios.reduce((sum, { likely }) => sum + likely, 0) / Math.max(1, ratios.length)
  const variance = ratios.reduce((sum, { likely }) => sum + (likely - mean) ** 2, 0) / Math.max(1, ratios.length)
  return {
    foreseen: ratios.length,
    unforeseen: jobs.length - ratios.length,
    withinLikely: part(({ likely }) => likely <= 0),
    withinCautious: part(({ cautious }) => cautious <= 0),
    logError: Math.sqrt(variance),
  }
}
