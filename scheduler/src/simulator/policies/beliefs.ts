import { aheadOf } from '../../prediction/outlived.js'
import { renewEveryMs, type OracleMaker } from '../engine/core-policy.js'
import type { SimView } from '../engine/policy.js'
import type { TraceJob } from '../engine/trace.js'

/** What a policy to compare with believes of run times: the same as ours is told by the same oracle. */
export interface Beliefs {
  /**
   * How long a job will run from now on, milliseconds; an hour where nothing is known. What was learnt of a job when it came, or
   * when beliefs were last renewed, is counted down while it runs and grows by half when outlived, as ours is.
   */
  leftMs(job: TraceJob, nowMs: number): number
  /** Whether those who wait are believed to be others from now on: once an hour, if there was something to learn. */
  renew(nowMs: number): boolean
  /** A job ended: there is something to learn. */
  ended(job: TraceJob): void
}

const unknownMs = 3_600_000

interface Belief {
  readonly leftMs: number
  /** How long it had run when that was believed. */
  readonly attainedMs: number
}

/** Opens what an oracle lets believe on one trace. */
export const openBeliefs = (view: SimView, oracle: OracleMaker): Beliefs => {
  const { predict, ended, learns } = oracle(view)
  const learnt = new Map<string, Belief>()
  let renewedMs = Number.NEGATIVE_INFINITY
  const ask = (job: TraceJob, nowMs: number): Belief => {
    const attainedMs = view.attainedMs(job.id, nowMs)
    return { leftMs: predict(job, attainedMs, nowMs)?.likelyMs ?? unknownMs, attainedMs }
  }
  return {
    leftMs(job, nowMs) {
      if (!learns) return ask(job, nowMs).leftMs
      const belief = learnt.get(job.id) ?? ask(job, nowMs)
      learnt.set(job.id, belief)
      const ranMs = view.attainedMs(job.id, nowMs) - belief.attainedMs
      return aheadOf(belief.leftMs, ranMs) - ranMs
    },
    renew(nowMs) {
      if (!learns || nowMs < renewedMs + renewEveryMs) return false
      renewedMs = nowMs
      learnt.clear()
      return true
    },
    ended(job) {
      learnt.delete(job.id)
      ended(job, view.attainedMs(job.id, Number.POSITIVE_INFINITY))
    },
  }
}
