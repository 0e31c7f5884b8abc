import { widthOf } from '../engine/trace.js'
import { never, rankedPolicy } from './ranked.js'
import type { PolicyMaker } from '../engine/policy.js'

/** Shortest remaining time first, told exact run times. */
export const srtf: PolicyMaker = rankedPolicy({
  name: 'SRTF',
  open: (view) => ({ key: ({ id }, nowMs) => view.leftMs(id, nowMs), changesMs: never, isRestless: false }),
})

/** Shortest remaining service first: exact remaining time × devices (Tiresias, NSDI'19, names it so). */
export const srsf: PolicyMaker = rankedPolicy({
  name: 'SRSF',
  open: (view) => ({
    key: (job, nowMs) => view.leftMs(job.id, nowMs) * widthOf(job),
    changesMs: never,
    isRestless: false,
  }),
})

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
        isRestless: false,
      }
    },
  })
