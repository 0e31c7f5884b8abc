import { nothing, plus, type ResourceVector } from '../model/resources.js'
import { givenUpBy, requestAt, takenBy, totalGivenUpBy, totalTakenBy } from '../model/elastic.js'
import { totalOf } from '../model/request.js'
import type { RunningJob, SchedJob, Placement } from '../model/snapshot.js'
import type { Tally } from '../placement/observed.js'
import type { Policy } from '../policy/policy.js'
import { aheadOf } from '../prediction/outlived.js'
import { createCalendar } from './calendar.js'
import { emptyFree, give, take, type Free, type Layout } from './cluster.js'
import { differenceOf } from './difference.js'
import { memo } from './memo.js'
import { bySubmission } from './order.js'
import type { Shapes } from './waiters.js'
import { createSorted, sortedWith } from './sorted.js'

/** Something that will give back what it holds. */
export interface Release {
  readonly job: SchedJob
  readonly total: ResourceVector
  readonly placement: Placement
  readonly endMs: number
  /** By when it has probably given it back: what runs is counted on at its 90th percentile, where that is known. */
  readonly surelyMs: number
  /** Whether the end was predicted, not assumed; and whether that holds for its 90th percentile too. */
  readonly known: boolean
  readonly surelyKnown: boolean
  /** Whether this is what a job that stops will hold when it has begun again with another number of devices. */
  readonly beginsAgain: boolean
}

/** Expected ends in order; equal ones by submission. */
export const byEnd = (left: Release, right: Release): number =>
  left.endMs - right.endMs || bySubmission(left.job, right.job)

/** In order of when they are sure; equal ones by submission. */
export const bySureEnd = (left: Release, right: Release): number =>
  left.surelyMs - right.surelyMs || bySubmission(left.job, right.job)

/** What the running jobs of a queue use. */
export interface QueueUse {
  used: ResourceVector
  /** The part of it that is on its way out. */
  leaving: ResourceVector
  jobs: number
  readonly owners: Map<string, ResourceVector>
}

/** All who run, with their sums. Kept from cycle to cycle and brought up to date by differences. */
export interface Runners {
  /** What each will give back, soonest first. */
  releases(): readonly Release[]
  /** The same, in order of when they are sure. */
  sureReleases(): readonly Release[]
  readonly byQueue: ReadonlyMap<string, QueueUse>
  /** How many run of each priority. */
  readonly byPriority: ReadonlyMap<number, number>
  /** Those that run with any of several numbers of devices, in no order. */
  readonly elastic: ReadonlySet<RunningJob>
  /** Those that could go on where they stopped, or from a checkpoint, in no order. */
  readonly resumable: ReadonlySet<RunningJob>
  /**
   * Takes in who runs at a moment, which may not lie before the last one. Answers what they leave free of the layout: to
   * be copied, not changed.
   */
  update(running: readonly RunningJob[], layout: Layout, nowMs: number): Free
}

const canResume = (job: RunningJob): boolean => job.resumes === true || job.checkpointedAtMs !== null

const stopsForGood = (job: RunningJob): boolean => job.stopping && job.resizing === undefined

/** How long a job had run before this attempt, as far as it goes on from there. */
const wentOnFromMs = (job: RunningJob): number => (job.resumes === true ? job.attainedMs : 0)

/** When an attempt is expected to end. A prediction that all attempts together outlived grows until the end lies ahead. */
export const expectedEndMs = (job: RunningJob, policy: Policy, nowMs: number): number => {
  if (stopsForGood(job)) return nowMs + 1
  const beforeMs = wentOnFromMs(job)
  const end = job.predictedEndMs ?? job.startedAtMs + policy.order.unknownRuntimeMs
  const wholeMs = beforeMs + Math.max(1, end - job.startedAtMs)
  return job.startedAtMs + aheadOf(wholeMs, beforeMs + nowMs - job.startedAtMs - 1) - beforeMs
}

/**
 * By when an attempt has ended in nine of ten cases: what is kept for others behind it counts on that. It grows with the
 * prediction.
 */
export const sureEndMs = (job: RunningJob, policy: Policy, nowMs: number): number => {
  const endMs = expectedEndMs(job, policy, nowMs)
  const cautiousMs = job.cautiousRuntimeMs ?? null
  if (stopsForGood(job) || cautiousMs === null || job.predictedEndMs === null) return endMs
  const beforeMs = wentOnFromMs(job)
  const predictedMs = beforeMs + Math.max(1, job.predictedEndMs - job.startedAtMs)
  const grown = (beforeMs + endMs - job.startedAtMs) / predictedMs
  return Math.max(endMs, job.startedAtMs + Math.round((beforeMs + cautiousMs) * grown) - beforeMs)
}

const minus = (left: ResourceVector, right: ResourceVector): ResourceVector => ({
  gpuMilli: left.gpuMilli - right.gpuMilli,
  cpuMilli: left.cpuMilli - right.cpuMilli,
  memoryMib: left.memoryMib - right.memoryMib,
})

const isNothing = (amount: ResourceVector): boolean =>
  amount.gpuMilli === 0 && amount.cpuMilli === 0 && amount.memoryMib === 0

/** What a job will give back, and when: one that begins again gives back what it has then. */
export const releaseOf = (job: RunningJob, policy: Policy, nowMs: number): Release => {
  const placement = job.resizing ?? job.placement
  return {
    job,
    total: totalOf(requestAt(job, placement)),
    placement,
    endMs: expectedEndMs(job, policy, nowMs),
    surelyMs: sureEndMs(job, policy, nowMs),
    known: job.predictedEndMs !== null || stopsForGood(job),
    surelyKnown: stopsForGood(job) || (job.cautiousRuntimeMs ?? null) !== null,
    beginsAgain: job.resizing !== undefined,
  }
}

/** What one that was told to stop gives back at any moment. */
const stopOf = (job: RunningJob, nowMs: number): Release => ({
  job,
  total: totalGivenUpBy(job),
  placement: { pods: givenUpBy(job) },
  endMs: nowMs + 1,
  surelyMs: nowMs + 1,
  known: true,
  surelyKnown: true,
  beginsAgain: false,
})

/** Opens with nobody running. */
export const openRunners = (shapes: Shapes, policy: Policy, tally: Tally): Runners => {
  const known = new Map<RunningJob, Release>()
  const going = createSorted<Release>(byEnd)
  const goingSurely = createSorted<Release>(bySureEnd)
  const stopping = new Set<RunningJob>()
  const elastic = new Set<RunningJob>()
  const resumable = new Set<RunningJob>()
  const byQueue = new Map<string, QueueUse>()
  const byPriority = new Map<number, number>()
  const outlived = createCalendar<RunningJob>()
  let before: readonly RunningJob[] = []
  let at: { readonly layout: Layout; readonly free: Free } | null = null
  let sinceMs = 0

  const expect = (job: RunningJob, nowMs: number): void => {
    const release = releaseOf(job, policy, nowMs)
    known.set(job, release)
    going.add(release)
    goingSurely.add(release)
    outlived.add(release.endMs + 1, job)
  }
  const forget = (release: Release): void => {
    going.remove(release)
    goingSurely.remove(release)
  }
  const count = (job: RunningJob, sign: 1 | -1): void => {
    tally.count(shapes.of(job.request), sign)
    const total = totalTakenBy(job)
    const sum = sign === 1 ? plus : minus
    const use = memo(byQueue, job.queueName, () => ({ used: nothing, leaving: nothing, jobs: 0, owners: new Map() }))
    use.used = sum(use.used, total)
    use.jobs += sign
    if (job.stopping) use.leaving = sum(use.leaving, totalGivenUpBy(job))
    const own = sum(use.owners.get(job.owner) ?? nothing, total)
    if (isNothing(own)) use.owners.delete(job.owner)
    else use.owners.set(job.owner, own)
    if (use.jobs === 0) byQueue.delete(job.queueName)
    const running = (byPriority.get(job.priority) ?? 0) + sign
    if (running === 0) byPriority.delete(job.priority)
    else byPriority.set(job.priority, running)
  }
  const enter = (job: RunningJob, nowMs: number): void => {
    if (job.stopping) stopping.add(job)
    if (!stopsForGood(job)) expect(job, nowMs)
    if (job.elastic !== undefined) elastic.add(job)
    if (canResume(job)) resumable.add(job)
    count(job, 1)
    if (at !== null) take(at.layout, at.free, takenBy(job))
  }
  const leave = (job: RunningJob): void => {
    const release = known.get(job)
    if (release !== undefined) forget(release)
    known.delete(job)
    stopping.delete(job)
    elastic.delete(job)
    resumable.delete(job)
    count(job, -1)
    if (at !== null) give(at.layout, at.free, takenBy(job))
  }
  const outlive = (nowMs: number): void => {
    for (const job of outlived.due(nowMs)) {
      const release = known.get(job)
      if (release === undefined || release.endMs >= nowMs) continue
      forget(release)
      expect(job, nowMs)
    }
  }
  const layAnew = (layout: Layout): Free => {
    const free = emptyFree(layout)
    for (const job of before) take(layout, free, takenBy(job))
    at = { layout, free }
    return free
  }
  const stops = (): Release[] => [...stopping].map((job) => stopOf(job, sinceMs))
  const isRunning = (job: RunningJob): boolean => known.has(job) || stopping.has(job)
  return {
    byQueue,
    byPriority,
    elastic,
    resumable,
    releases: () => sortedWith(going.items(), stops(), byEnd),
    sureReleases: () => sortedWith(goingSurely.items(), stops(), bySureEnd),
    update(running, layout, nowMs) {
      const { gone, come } = differenceOf(before, running, isRunning)
      gone.forEach(leave)
      outlive(nowMs)
      for (const job of come) enter(job, nowMs)
      before = running
      sinceMs = nowMs
      const free = at?.layout === layout ? at.free : layAnew(layout)
      free.changed.length = 0
      return free
    },
  }
}
