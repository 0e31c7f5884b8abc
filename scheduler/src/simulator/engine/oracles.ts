import { openRunTimeHistory } from '../../prediction/history.js'
import { aheadOf } from '../../prediction/outlived.js'
import { openRandom } from '../random.js'
import type { Belief, OracleMaker } from './core-policy.js'

/** Knows nothing. */
export const noOracle: OracleMaker = () => ({ predict: () => null, learns: false, ended: () => undefined })

const exactly = (ms: number): Belief => ({ likelyMs: ms, cautiousMs: ms })

/** Knows every run time and how much of it is left. */
export const truth: OracleMaker = (view) => ({
  predict: ({ id }, _attainedMs, nowMs) => exactly(view.leftMs(id, nowMs)),
  learns: false,
  ended: () => undefined,
})

/** What nine of ten draws of a standard normal distribution do not exceed. */
const ninetieth = 1.2816

/**
 * Knows run times with a log-normal error: the truth × e^(σ·z), drawn once a job; half more when outlived. It knows its σ, so
 * its cautious belief is the 90th percentile.
 */
export const noisy =
  (sigma: number, seed: number): OracleMaker =>
  (view) => {
    const random = openRandom(seed)
    const factors = new Map(view.trace.jobs.map(({ id }) => [id, Math.exp(sigma * random.normal())]))
    return {
      predict(job, attainedMs) {
        const believedMs = job.runMs * (factors.get(job.id) ?? 1)
        return {
          likelyMs: aheadOf(believedMs, attainedMs) - attainedMs,
          cautiousMs: aheadOf(believedMs * Math.exp(ninetieth * sigma), attainedMs) - attainedMs,
        }
      },
      learns: false,
      ended: () => undefined,
    }
  }

/** Knows what a server would: the run times of jobs that ended, by what jobs have in common. */
export const learnt: OracleMaker = () => {
  const history = openRunTimeHistory()
  return {
    predict: (job, attainedMs) => history.foresee(job.keys, attainedMs),
    learns: true,
    ended: (job, ranMs) => history.learn(job.keys, ranMs),
  }
}
