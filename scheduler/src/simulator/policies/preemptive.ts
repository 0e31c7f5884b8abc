import type { OracleMaker } from '../engine/core-policy.js'
import { truth } from '../engine/oracles.js'
import { widthOf, type TraceJob } from '../engine/trace.js'
import { openBeliefs } from './beliefs.js'
import { never, rankedPolicy } from './ranked.js'
import type { PolicyMaker } from '../engine/policy.js'

/** What has least left goes first, whatever was evicted for it before; `weightOf` says what its remaining time counts. */
const shortestLeft = (name: string, oracle: OracleMaker, weightOf: (job: TraceJob) => number): PolicyMaker =>
  rankedPolicy({
    name,
    open(view) {
      const beliefs = openBeliefs(view, oracle)
      return {
        key: (job, nowMs) => beliefs.leftMs(job, nowMs) * weightOf(job),
        changesMs: never,
        ended: beliefs.ended,
        reorders: beliefs.renew,
      }
    },
  })

/** Shortest remaining time first, by exact run times unless another oracle is given. */
export const srtf = (oracle: OracleMaker = truth): PolicyMaker => shortestLeft('SRTF', oracle, () => 1)

/** Shortest remaining service first: remaining time × devices (Tiresias, NSDI'19, names it so), exact unless another oracle is given. */
export const srsf = (oracle: OracleMaker = truth): PolicyMaker => shortestLeft('SRSF', oracle, widthOf)

/** Bounds between the queues of 2D-LAS, in device-seconds of attained service (github.com/SymbioticLab/Tiresias). */
export const lasBoundsS: readonly number[] = [3250, 7200, 18_000]

/**
 * Two-dimensional least attained service, discretised (Tiresias-L: Gu et al., NSDI'19): queues by attained time × devices,
 * first come first served inside a queue; nothing is known of run times.
 */
export const las2d = (boundsS: readonly number[] = lasBoundsS): PolicyMaker =>
  rankedPolicy({
    name: '2D-LAS',
    open: (view) => {
      const serviceS = (job: Parameters<typeof widthOf>[0] & { readonly id: string }, nowMs: number): number =>
        (view.attainedMs(job.id, nowMs) * widthOf(job)) / 1000
      return {
        key: (job, nowMs) => boundsS.filter((bound) => serviceS(job, nowMs) >= bound).length,
        changesMs(job, nowMs) {
          const bound = boundsS.find((one) => serviceS(job, nowMs) < one)
          if (bound === undefined) return null
          return nowMs + Math.ceil(((bound - serviceS(job, nowMs)) * 1000) / widthOf(job))
        },
        reorders: () => false,
      }
    },
  })
