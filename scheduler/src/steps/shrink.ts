import { yieldsToReservation, type Cycle } from '../cycle.js'
import { givenUpBy, sized, totalGivenUpBy } from '../model/elastic.js'
import { totalOf } from '../model/request.js'
import type { Placement, QueuedJob, RunningJob } from '../model/snapshot.js'
import { copyFree, give, type Free } from './cluster.js'
import { bySubmission } from './order.js'
import { isTold, stoppingIsEnough, type Search } from './preempt.js'
import type { Shape, Waiter } from './waiters.js'

/** A running job that stops, and begins again with so many devices a pod: the first of those it has. */
const shrunkTo = (job: RunningJob, gpuCount: number): RunningJob => ({
  ...job,
  stopping: true,
  resizing: { pods: job.placement.pods.map((pod) => ({ ...pod, devices: pod.devices.slice(0, gpuCount) })) },
})

/** Whether an attempt ran long enough to be told to begin again with another number of devices. */
export const mayResize = (cycle: Cycle, job: RunningJob): boolean =>
  cycle.policy.preemption.enabled &&
  !job.stopping &&
  !isTold(cycle, job) &&
  cycle.nowMs - job.startedAtMs >= cycle.policy.preemption.minimumRunMs

/**
 * Whether a job may have what another uses beyond the least it makes do with. That was idle when it was given, so it takes
 * no more right than to be of the same importance, in the same queue or inside what the own queue owns.
 */
const mayTakeFrom = (cycle: Cycle, job: QueuedJob, other: RunningJob): boolean =>
  other.priority <= job.priority &&
  (other.queueName === job.queueName || cycle.quota.isEntitled(job.queueName, totalOf(job.request)))

const leastOf = (job: RunningJob): number => job.elastic?.minimumGpuCount ?? job.request.gpuCount

/** Who has more than the least and may lose some of it to a job: whoever has most first. */
const donorsFor = (cycle: Cycle, job: QueuedJob): RunningJob[] => {
  const reserved = yieldsToReservation(cycle, job) ? cycle.reservation?.nodeIds : undefined
  return [...cycle.runners.elastic]
    .filter(
      (other) =>
        other.request.gpuCount > leastOf(other) &&
        mayResize(cycle, other) &&
        mayTakeFrom(cycle, job, other) &&
        !(reserved !== undefined && other.placement.pods.some(({ nodeId }) => reserved.has(nodeId))),
    )
    .sort((left, right) => right.request.gpuCount - left.request.gpuCount || bySubmission(left, right))
}

/** Sizes in which a job might start, greatest first; the last one is the least. */
const sizesOf = ({ request, elastic }: QueuedJob): number[] =>
  elastic === undefined
    ? [request.gpuCount]
    : Array.from(
        { length: elastic.maximumGpuCount - elastic.minimumGpuCount + 1 },
        (_, at) => elastic.maximumGpuCount - at,
      )

/** Down to how many devices somebody shrinks for a job: not below it, unless it is the least that job makes do with. */
const floorFor = (job: QueuedJob, size: number, other: RunningJob): number =>
  size > job.request.gpuCount ? Math.max(size, leastOf(other)) : leastOf(other)

interface Trial {
  readonly cycle: Cycle
  readonly job: QueuedJob
  readonly shape: Shape
  readonly base: Free
}

/** Where the job would start if these had shrunk as far as said, by cluster and quota; `null` if nowhere. */
const placeAfter = ({ cycle, job, shape, base }: Trial, donors: readonly RunningJob[]): Placement | null => {
  for (const donor of donors) cycle.quota.remove(donor.queueName, totalGivenUpBy(donor))
  const failure = cycle.quota.check(job.queueName, shape.total)
  for (const donor of donors) cycle.quota.add(donor.queueName, totalGivenUpBy(donor))
  if (failure !== null) return null
  const free = copyFree(base)
  for (const donor of donors) give(cycle.layout, free, givenUpBy(donor))
  return cycle.placer(free).find(shape)
}

/** The fewest of some donors, in their order, after whom the job starts; `null` if all of them are not enough. */
const fewest = (trial: Trial, donors: readonly RunningJob[]): readonly RunningJob[] | null => {
  if (donors.length === 0 || placeAfter(trial, donors) === null) return null
  let tooFew = 0
  let enough = donors.length
  while (enough - tooFew > 1) {
    const middle = (tooFew + enough) >> 1
    if (placeAfter(trial, donors.slice(0, middle)) === null) tooFew = middle
    else enough = middle
  }
  return donors.slice(0, enough)
}

/** Lets one of several keep as many devices as it can while the job still starts; it is left out where it can keep all. */
const relaxed = (trial: Trial, donors: readonly RunningJob[], donor: RunningJob): readonly RunningJob[] => {
  const withSize = (size: number): readonly RunningJob[] =>
    donors.flatMap((other) => {
      if (other.id !== donor.id) return [other]
      return size === donor.request.gpuCount ? [] : [shrunkTo(donor, size)]
    })
  let enough = donor.resizing?.pods[0]?.devices.length ?? 0
  let tooMany = donor.request.gpuCount + 1
  while (tooMany - enough > 1) {
    const middle = (enough + tooMany) >> 1
    if (placeAfter(trial, withSize(middle)) === null) tooMany = middle
    else enough = middle
  }
  return withSize(enough)
}

/** With more donors than this, each shrinks as far as it may. */
const relaxable = 8

/** The same set with nobody smaller than needed, those with fewest devices spared first. */
const relax = (trial: Trial, donors: readonly RunningJob[]): readonly RunningJob[] =>
  donors.length > relaxable ? donors : donors.toReversed().reduce((kept, donor) => relaxed(trial, kept, donor), donors)

/**
 * Simulates first: who gives up devices beyond the least it makes do with so that a job starts, itself with as many as leave
 * nobody with fewer, or with the least. Nobody else is evicted, so it is tried before any eviction.
 */
export const findShrink = (cycle: Cycle, waiter: Waiter): Search => {
  const { job } = waiter
  if (cycle.runners.elastic.size === 0 || job.request.gpuCount === 0) return { simulated: false, eviction: null }
  const donors = donorsFor(cycle, job)
  if (donors.length === 0) return { simulated: false, eviction: null }
  const base = copyFree(cycle.now.free)
  const reserved = yieldsToReservation(cycle, job) ? [...(cycle.reservation?.nodeIds ?? [])] : []
  const closed = reserved.flatMap((nodeId) => cycle.layout.nodeIndex.get(nodeId) ?? [])
  for (const node of closed) base.cpu[node] = -1
  if (stoppingIsEnough(cycle, waiter, base, closed)) return { simulated: true, eviction: null }
  for (const size of sizesOf(job)) {
    const trial: Trial = { cycle, job, shape: cycle.shapes.of(sized(job.request, size)), base }
    const shrunk = donors.flatMap((donor) => {
      const floor = floorFor(job, size, donor)
      return donor.request.gpuCount > floor ? [shrunkTo(donor, floor)] : []
    })
    const few = fewest(trial, shrunk)
    if (few === null) continue
    const victims = relax(trial, few)
    const placement = placeAfter(trial, victims)
    if (placement !== null && victims.length > 0) return { simulated: true, eviction: { victims, placement } }
  }
  return { simulated: true, eviction: null }
}
