import type { HoldReason, ReserveDecision, HoldDecision, ResizeDecision } from '../model/decision.js'
import type { Placement, QueuedJob, RunningJob } from '../model/snapshot.js'
import type { Policy } from '../policy/policy.js'

/** Of the decisions of one moment, what a resize is judged by. */
export interface Resizing {
  readonly policy: Policy
  readonly nowMs: number
  readonly queued: ReadonlyMap<string, QueuedJob>
  readonly running: ReadonlyMap<string, RunningJob>
  readonly reserves: readonly ReserveDecision[]
  readonly holds: readonly HoldDecision[]
  readonly resizes: readonly ResizeDecision[]
}

const devicesOf = ({ pods }: Placement): string[] =>
  pods.flatMap(({ devices }) => devices.map(({ deviceId }) => deviceId))

/** Whether two places are the same pods, of which one has all devices of the other and more, in each pod as many. */
const isWithin = (small: Placement, great: Placement): boolean => {
  const widths = new Set(small.pods.map(({ devices }) => devices.length))
  const all = new Set(devicesOf(great))
  return (
    widths.size === 1 &&
    small.pods.length === great.pods.length &&
    small.pods.every((pod, at) => {
      const other = great.pods[at]
      return other?.nodeId === pod.nodeId && other.devices.length > pod.devices.length
    }) &&
    devicesOf(small).every((id) => all.has(id))
  )
}

/** Reasons for which a job waits though no idle device could help it. */
const helpless: readonly HoldReason[] = [
  'never_fits',
  'no_node_matches',
  'node_unavailable',
  'queue_not_found',
  'queue_limit',
  'backing_off',
  'quota_exceeded',
  'waiting_for_preemption',
]

const shrinkFault = ({ queued, reserves }: Resizing, decision: ResizeDecision, job: RunningJob): string | null => {
  const other = queued.get(decision.forJobId ?? '')
  const hold = reserves.find(({ jobId }) => jobId === decision.forJobId)?.hold
  if (other === undefined || !hold?.victimIds.includes(job.id)) return `${job.id} shrinks for nobody`
  if (job.priority > other.priority) return `${job.id} shrinks for the less important ${other.id}`
  if (!isWithin(decision.placement, job.placement)) return `${job.id} shrinks into another place`
  const least = job.elastic?.minimumGpuCount ?? job.request.gpuCount
  return decision.placement.pods.every(({ devices }) => devices.length >= least) ? null : `${job.id} shrinks too far`
}

const growthFault = ({ reserves, holds }: Resizing, decision: ResizeDecision, job: RunningJob): string | null => {
  if (decision.forJobId !== null) return `${job.id} grows for another`
  const before = job.placement.pods[0]?.devices.length ?? 0
  if (decision.placement.pods.some(({ devices }) => devices.length <= before)) return `${job.id} does not grow`
  const most = job.elastic?.maximumGpuCount ?? job.request.gpuCount
  if (decision.placement.pods.some(({ devices }) => devices.length > most)) return `${job.id} grows too far`
  const elsewhere = decision.placement.pods.some(({ nodeId }, at) => nodeId !== job.placement.pods[at]?.nodeId)
  if (elsewhere && job.elastic?.stays === true) return `${job.id} grows on another node, away from what it saved`
  const waiting = holds.find(({ reason }) => !helpless.includes(reason)) ?? reserves.find(({ hold }) => hold === null)
  return waiting === undefined ? null : `${job.id} grows while ${waiting.jobId} waits for devices`
}

const faultOf = (given: Resizing, decision: ResizeDecision): string | null => {
  const job = given.running.get(decision.jobId)
  if (job?.elastic === undefined) return `${decision.jobId} is not elastic, or does not run`
  if (job.stopping) return `${job.id} stops already`
  if (given.nowMs - job.startedAtMs < given.policy.preemption.minimumRunMs) return `${job.id} has just begun`
  return decision.why === 'shrink' ? shrinkFault(given, decision, job) : growthFault(given, decision, job)
}

/** The rule of resizes said once more: inside the range, in place, not too soon, for somebody who waits or into what nobody wants. */
export const resizeFaults = (given: Resizing): (string | null)[] => {
  const ids = given.resizes.map(({ jobId }) => jobId)
  return [
    ids.length === new Set(ids).size ? null : 'a job is resized twice',
    ...given.resizes.map((decision) => faultOf(given, decision)),
  ]
}
