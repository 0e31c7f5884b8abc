import { bookResize, occupy, type Cycle } from '../cycle.js'
import type { Outcome } from '../decide.js'
import { sized, requestAt } from '../model/elastic.js'
import { totalOf } from '../model/request.js'
import { nothing, type ResourceVector } from '../model/resources.js'
import type { DeviceGrant, Placement, RunningJob, SchedJob } from '../model/snapshot.js'
import { give } from './cluster.js'
import { createHeap } from './heap.js'
import { bySubmission } from './order.js'
import { orderKindOf } from './queue-orders.js'
import { memoryOn, slotsOn } from './place.js'
import type { Placer } from './placer.js'
import { expectedEndMs } from './runners.js'
import { mayResize } from './shrink.js'

/** Who waits for what elastic jobs could grow into. */
export interface Longing {
  note(outcome: Outcome): void
  /** Whether nobody waits for devices that a queue could be given. */
  isQuiet(queueName: string): boolean
}

/** Causes that no idle device mends. */
const isHelpless = (outcome: Outcome): boolean => {
  if (outcome.type === 'start' || outcome.cause === null) return false
  switch (outcome.cause.reason) {
    case 'never_fits':
    case 'no_node_matches':
    case 'node_unavailable':
    case 'queue_not_found':
    case 'queue_limit':
    case 'backing_off':
    case 'waiting_for_preemption':
      return true
    default:
      return false
  }
}

/** Listens to what becomes of those who wait. Whoever lacks quota keeps its queue and cohort from growing; whoever lacks devices, everybody. */
export const openLonging = (cycle: Cycle): Longing => {
  let all = false
  const queues = new Set<string>()
  const cohortOf = (name: string): string | null => cycle.quota.queue(name)?.cohort ?? null
  return {
    note(outcome) {
      if (outcome.type === 'start' || isHelpless(outcome)) return
      const { job } = outcome.waiter
      if (outcome.cause?.reason === 'quota_exceeded') queues.add(job.queueName)
      else all = true
    },
    isQuiet: (name) =>
      !all &&
      [...queues].every((other) => other !== name && (cohortOf(name) === null || cohortOf(other) !== cohortOf(name))),
  }
}

/** A job that starts or runs, as wide as it has grown so far. */
interface Growing {
  readonly job: SchedJob
  /** `null` for one that starts. */
  readonly runs: RunningJob | null
  readonly before: Placement
  /** What is left to do, in seconds of one device a pod. */
  readonly workS: number
  placement: Placement
}

const widthOf = ({ placement }: Pick<Growing, 'placement'>): number => placement.pods[0]?.devices.length ?? 0

const oneMore = ({ request }: SchedJob): ResourceVector => ({
  ...nothing,
  gpuMilli: totalOf(sized(request, 1)).gpuMilli,
})

/** Another device for each pod, on its own node; `null` where one finds none. */
const furtherDevices = (cycle: Cycle, { job, placement }: Growing): DeviceGrant[] | null => {
  const { layout, now } = cycle
  const taken = new Set<number>()
  const grants: DeviceGrant[] = []
  for (const { nodeId, devices } of placement.pods) {
    const node = layout.nodeIndex.get(nodeId) ?? -1
    if (!layout.nodes[node]?.schedulable) return null
    const own = new Set(devices.map(({ deviceId }) => deviceId))
    for (let device = layout.firstDevice[node] ?? 0; device < (layout.firstDevice[node + 1] ?? 0); device += 1) {
      const deviceId = layout.deviceIds[device] ?? ''
      if (own.has(deviceId) || taken.has(device) || slotsOn(layout, now.free, device, job.request) === 0) continue
      taken.add(device)
      grants.push({
        deviceId,
        milli: job.request.gpuMilli,
        memoryMib: memoryOn(job.request, layout.deviceMemory[device] ?? 0),
      })
      break
    }
  }
  return grants.length === placement.pods.length ? grants : null
}

const devicesOnly = (placement: Placement, grants: readonly DeviceGrant[]): Placement => ({
  pods: placement.pods.map(({ nodeId }, at) => ({
    nodeId,
    cpuMilli: 0,
    memoryMib: 0,
    devices: grants.slice(at, at + 1),
  })),
})

const widen = (cycle: Cycle, growing: Growing): boolean => {
  const { job, placement } = growing
  if (widthOf(growing) >= (job.elastic?.maximumGpuCount ?? 0)) return false
  if (cycle.quota.check(job.queueName, oneMore(job)) !== null) return false
  const grants = furtherDevices(cycle, growing)
  if (grants === null) return false
  occupy(cycle, devicesOnly(placement, grants), false)
  cycle.quota.add(job.queueName, oneMore(job))
  growing.placement = {
    pods: placement.pods.map((pod, at) => ({ ...pod, devices: [...pod.devices, ...grants.slice(at, at + 1)] })),
  }
  return true
}

const bySubmissionOf = (left: Growing, right: Growing): number => bySubmission(left.job, right.job)

/** Least first: what is left to do × the devices it has. */
const turnOf = (growing: Growing): number => growing.workS * widthOf(growing)

/**
 * Gives idle devices one by one to whoever gains most by it: one more of g devices adds about 1 / g to the speed where that
 * grows less and less, and the sooner a job ends the more that is worth, as in shortest remaining service first.
 */
const fill = (cycle: Cycle, growing: readonly Growing[]): void => {
  const open = createHeap<Growing>([...growing], turnOf, bySubmissionOf)
  for (let next = open.peek(); next !== null; next = open.peek()) {
    if (widen(cycle, next)) open.sinkTop()
    else open.pop()
  }
}

/** Takes back what a job had grown by in this cycle. */
const undo = (cycle: Cycle, growing: Growing): void => {
  const steps = widthOf(growing) - (growing.before.pods[0]?.devices.length ?? 0)
  for (let step = 0; step < steps; step += 1) {
    const at = widthOf(growing) - 1
    const last = growing.placement.pods.flatMap(({ devices }) => devices.slice(at))
    give(cycle.layout, cycle.now.free, devicesOnly(growing.placement, last).pods)
    cycle.quota.remove(growing.job.queueName, oneMore(growing.job))
    growing.placement = {
      pods: growing.placement.pods.map((pod) => ({ ...pod, devices: pod.devices.slice(0, at) })),
    }
  }
}

/**
 * Whether a running job gains by beginning again so much wider: with as much work left as devices × time says, it saves more
 * than θ times what beginning again costs.
 */
const pays = ({ policy, nowMs }: Cycle, { runs, before, placement }: Growing): boolean => {
  if (runs === null) return true
  const [old, wide] = [widthOf({ placement: before }), widthOf({ placement })]
  const leftMs = expectedEndMs(runs, policy, nowMs) - nowMs
  const { benefitPermille, restartCostMs } = policy.preemption
  return leftMs * (wide - old) * 1000 > benefitPermille * restartCostMs * wide
}

/** What is left to do; the same of all where the order does not look at it. */
const workS = ({ policy, lines }: Cycle, { queueName, request }: SchedJob, leftMs: number): number =>
  orderKindOf(lines.orders.get(queueName), policy) === 'predicted' ? Math.ceil(leftMs / 1000) * request.gpuCount : 1

const startsOf = (cycle: Cycle, outcomes: readonly Outcome[], longing: Longing): Growing[] => {
  const starts: Growing[] = []
  for (const outcome of outcomes) {
    if (outcome.type !== 'start' || outcome.waiter.job.elastic === undefined) continue
    const { waiter, placement } = outcome
    if (!longing.isQuiet(waiter.job.queueName)) continue
    const leftMs = waiter.job.predictedRuntimeMs ?? cycle.policy.order.unknownRuntimeMs
    const left = workS(cycle, waiter.job, leftMs)
    starts.push({ job: waiter.job, runs: null, before: placement, workS: left, placement })
  }
  return starts
}

const runnersOf = (cycle: Cycle, longing: Longing): Growing[] =>
  [...cycle.runners.elastic]
    .filter((job) => mayResize(cycle, job) && longing.isQuiet(job.queueName))
    .sort(bySubmission)
    .map((job) => {
      const left = workS(cycle, job, expectedEndMs(job, cycle.policy, cycle.nowMs) - cycle.nowMs)
      return { job, runs: job, before: job.placement, workS: left, placement: job.placement }
    })

/** Where a running job finds more devices than it could have in place: it begins again anyway, so it may begin elsewhere. */
const moveTo = (cycle: Cycle, placer: Placer, growing: Growing): Placement | null => {
  const { job, before } = growing
  if (job.elastic?.stays === true) return null
  const most = job.elastic?.maximumGpuCount ?? 0
  for (let size = most; size > widthOf(growing); size -= 1) {
    const request = sized(job.request, size)
    const further = totalOf(sized(job.request, size - widthOf(growing))).gpuMilli
    if (cycle.quota.check(job.queueName, { ...nothing, gpuMilli: further }) !== null) continue
    const placement = placer.find(cycle.shapes.of(request))
    if (placement !== null) return pays(cycle, { ...growing, before, placement }) ? placement : null
  }
  return null
}

const move = (cycle: Cycle, growing: Growing, placement: Placement): void => {
  undo(cycle, growing)
  const further = widthOf({ placement }) - widthOf({ placement: growing.before })
  occupy(cycle, placement, false)
  cycle.quota.add(growing.job.queueName, {
    ...nothing,
    gpuMilli: totalOf(sized(growing.job.request, further)).gpuMilli,
  })
  growing.placement = placement
}

/** Lets those begin again elsewhere who could not have as many devices in place. */
const moveWhereWorthIt = (cycle: Cycle, runners: readonly Growing[]): void => {
  const placer = cycle.placer(cycle.now.free)
  const inTurn = [...runners].sort((left, right) => turnOf(left) - turnOf(right) || bySubmissionOf(left, right))
  for (const one of inTurn) {
    const placement = moveTo(cycle, placer, one)
    if (placement !== null) move(cycle, one, placement)
  }
}

const bookStart = (cycle: Cycle, { job, placement }: Growing): void => {
  const at = cycle.added.findIndex((release) => release.job === job)
  const known = cycle.added[at]
  if (known === undefined) return
  cycle.added[at] = { ...known, placement, total: totalOf(requestAt(job, placement)) }
}

const bookGrowth = (cycle: Cycle, job: RunningJob, placement: Placement): void => {
  const told = { ...job, stopping: true, resizing: placement }
  bookResize(cycle, told, { type: 'resize', jobId: job.id, why: 'grow', forJobId: null, placement })
}

/**
 * Gives what is idle when all had their turn, and for which nobody waits, to elastic jobs: those that start begin wider,
 * those that run begin again, where they are or elsewhere, if that pays. Answers the outcomes with the starts as wide as they became.
 */
export const grow = (cycle: Cycle, longing: Longing, outcomes: readonly Outcome[]): readonly Outcome[] => {
  const starts = startsOf(cycle, outcomes, longing)
  let runners = runnersOf(cycle, longing)
  if (starts.length + runners.length === 0) return outcomes
  for (;;) {
    const all = [...starts, ...runners]
    fill(cycle, all)
    const vain = new Set(
      runners.filter((one) => widthOf(one) > widthOf({ placement: one.before }) && !pays(cycle, one)),
    )
    if (vain.size === 0) break
    for (const one of all) undo(cycle, one)
    runners = runners.filter((one) => !vain.has(one))
  }
  moveWhereWorthIt(cycle, runners)
  for (const one of starts) if (one.placement !== one.before) bookStart(cycle, one)
  for (const { runs, before, placement } of runners)
    if (runs !== null && widthOf({ placement }) > widthOf({ placement: before })) bookGrowth(cycle, runs, placement)
  const placements = new Map(starts.map(({ job, placement }) => [job.id, placement]))
  return outcomes.map((outcome) =>
    outcome.type === 'start'
      ? { ...outcome, placement: placements.get(outcome.waiter.job.id) ?? outcome.placement }
      : outcome,
  )
}
