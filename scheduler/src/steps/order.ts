import { isGang, totalOf, type JobRequest } from '../model/request.js'
import type { SchedJob } from '../model/snapshot.js'
import type { Policy } from '../policy/policy.js'

/** Earlier submitted first, then smaller id: the end of every ordering. */
export const bySubmission = (left: SchedJob, right: SchedJob): number =>
  left.submittedAtMs - right.submittedAtMs || (left.id < right.id ? -1 : left.id > right.id ? 1 : 0)

/** How long a job may wait before it goes ahead of all others. */
export const ageBoundMs = (job: SchedJob, policy: Policy): number => {
  const predicted = (job.predictedRuntimeMs ?? 0) * policy.ageBound.factor
  return Math.min(policy.ageBound.maximumMs, Math.max(policy.ageBound.minimumMs, predicted))
}

/** From when on a job has waited its bound; time it ran in earlier attempts does not count as waiting. */
export const agesAtMs = (job: SchedJob, policy: Policy): number =>
  job.submittedAtMs + job.attainedMs + ageBoundMs(job, policy)

/** Whether a job has waited its bound at a moment. */
export const isAged = (job: SchedJob, policy: Policy, atMs: number): boolean => atMs >= agesAtMs(job, policy)

/**
 * Predicted work: run time × width^α, where the width is in thousandths of a device (16 cores, say, weigh as one).
 * α counts in quarters, so products and two correctly rounded square roots give the same whole number on every machine.
 * Shortest remaining service with α below 1, after Muri (SIGCOMM'22) and its re-runs.
 */
export const predictedWork = (job: SchedJob, policy: Policy): number =>
  workOf(job, job.predictedRuntimeMs ?? policy.order.unknownRuntimeMs, policy)

/** The same for a job that will run so much longer. */
export const workOf = (job: SchedJob, runtimeMs: number, policy: Policy): number =>
  workIn(widthOf(job.request, policy), runtimeMs, policy)

/** How much of a cluster a request takes, in thousandths of a device. */
export const widthOf = (request: JobRequest, policy: Policy): number => {
  const { gpuMilli, cpuMilli } = totalOf(request)
  return Math.max(1, gpuMilli, Math.floor(cpuMilli / policy.order.coresPerDevice))
}

/** Work of so long a time in such a width. */
export const workIn = (width: number, runtimeMs: number, policy: Policy): number => {
  const runtimeSeconds = Math.ceil(runtimeMs / 1000)
  let power = 1
  for (let quarter = 0; quarter < policy.order.widthQuarters; quarter += 1) power *= width
  return runtimeSeconds * Math.floor(Math.sqrt(Math.sqrt(power)))
}

/** From when on a gang goes first in its priority; boundless for what is no gang. */
export const leadsAtMs = (job: SchedJob, policy: Policy): number =>
  isGang(job.request) ? job.submittedAtMs + job.attainedMs + policy.reservation.afterWaitMs : Number.POSITIVE_INFINITY

/** The least-served-first shares that the order asks for; they change while jobs start. */
export interface Shares {
  ofQueue(queueName: string): number
  ofOwner(queueName: string, owner: string): number
}
