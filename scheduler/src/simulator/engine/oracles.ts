import { openRandom } from '../random.js'
import type { OracleMaker } from './core-policy.js'

/** Knows nothing. */
export const noOracle: OracleMaker = () => ({ predict: () => null, ended: () => undefined })

/** A belief about a whole run time that is doubled as long as the job has already run longer (§4.2 of Muri's re-runs). */
export const remainingOf = (believedMs: number, attainedMs: number): number => {
  let wholeMs = Math.max(1, believedMs)
  while (wholeMs <= attainedMs) wholeMs *= 2
  return wholeMs - attainedMs
}

/** Knows every run time and how much of it is left. */
export const truth: OracleMaker = (view) => ({
  predict: ({ id }, _attainedMs) => view.leftMs(id, Number.NEGATIVE_INFINITY),
  ended: () => undefined,
})

/** Knows run times with a log-normal error: the truth × e^(σ·z), drawn once a job; doubled when outlived. */
export const noisy =
  (sigma: number, seed: number): OracleMaker =>
  (view) => {
    const random = openRandom(seed)
    const factors = new Map(view.trace.jobs.map(({ id }) => [id, Math.exp(sigma * random.normal())]))
    return {
      predict: (job, attainedMs) => remainingOf(job.runMs * (factors.get(job.id) ?? 1), attainedMs),
      ended: () => undefined,
    }
  }
