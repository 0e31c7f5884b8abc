import type { PreemptDecision, ResizeDecision } from './model/decision.js'
import { givenUpBy, requestAt } from './model/elastic.js'
import { totalOf } from './model/request.js'
import { nothing, type ResourceName } from './model/resources.js'
import type { Hold, Placement, QueuedJob, RunningJob, SchedJob, Snapshot } from './model/snapshot.js'
import type { Policy } from './policy/policy.js'
import type { Memory } from './memory.js'
import type { Bars } from './steps/bars.js'
import { copyFree, lowerNode, take, type Free, type Layout } from './steps/cluster.js'
import { holdIsAlive, keptBeyondVictims, quotaBeyondVictims, stopsFor } from './steps/holds.js'
import { bySubmission } from './steps/order.js'
import type { Evictable } from './steps/preempt.js'
import type { Rule } from './placement/rule.js'
import { createPlacer, type Placer } from './steps/placer.js'
import type { Yielding } from './steps/exchange.js'
import type { Longer } from './steps/shorter.js'
import { openQuotaBook, type QuotaBook } from './steps/quota.js'
import { bySureEnd, releaseOf, type Release, type Runners } from './steps/runners.js'
import { sortedWith } from './steps/sorted.js'
import { openShareBook, type ShareBook } from './steps/share.js'
import type { Lines } from './steps/lines.js'
import type { Shapes } from './steps/waiters.js'

/** A place kept in time for a blocked job. */
export interface Reservation {
  readonly job: QueuedJob
  readonly aged: boolean
  readonly placement: Placement
  readonly atMs: number
  readonly nodeIds: ReadonlySet<string>
}

/** A view of what is free, and the placer that works on it. */
export interface View {
  readonly free: Free
  readonly placer: Placer
}

/** A job past its age bound waits for quota: others may not use up or borrow the resource it lacks. */
export interface Gate {
  readonly job: QueuedJob
  readonly resource: ResourceName
}

/** A hold that binds, with those of its victims that still run. */
export interface LiveHold {
  readonly hold: Hold
  readonly job: QueuedJob
  readonly victims: readonly RunningJob[]
}

/** The working state of one decision. It is made from a snapshot and what was kept of the last one, changed in place, and thrown away. */
export interface Cycle {
  readonly snapshot: Snapshot
  readonly policy: Policy
  readonly nowMs: number
  readonly layout: Layout
  readonly bars: Bars
  readonly told: Memory['told']
  readonly shapes: Shapes
  readonly lines: Lines
  /** What is free now, for anybody. */
  readonly now: View
  /** What is free now as the cycle began, after the holds: tells whether a job was overtaken. */
  readonly atStart: Free
  /** What is free to jobs that would still run when the reservation begins; the same as `now` without one. */
  bound: View
  reservation: Reservation | null
  readonly gates: Gate[]
  readonly quota: QuotaBook
  readonly shares: ShareBook
  readonly holds: LiveHold[]
  /** What running jobs will give back, soonest first; and what started or is held in this cycle. */
  readonly releases: readonly Release[]
  /** The same, in order of when they are sure. */
  readonly surely: () => readonly Release[]
  readonly added: Release[]
  readonly runners: Pick<Runners, 'byQueue' | 'byPriority' | 'elastic' | 'resumable'>
  readonly started: QueuedJob[]
  readonly preempted: Map<string, PreemptDecision>
  readonly resized: Map<string, ResizeDecision>
  /** Who may be evicted, found when first asked for. */
  evictable: Evictable | null
  /** The placement rule, opened when first asked for. */
  readonly rule: () => Rule
  /** Who may be evicted for shorter work, most left to do first; found when first asked for. */
  longer: readonly Longer[] | null
  /** Who may be evicted for a job that came first, last come first; found when first asked for. */
  late: readonly Yielding[] | null
  readonly placer: (free: Free) => Placer
}

const liveHolds = (snapshot: Snapshot, lines: Lines, layout: Layout, nowMs: number): LiveHold[] => {
  if (snapshot.holds.length === 0) return []
  const stopping = snapshot.running.filter((job) => job.stopping)
  return snapshot.holds
    .flatMap((hold) => {
      const waiter = lines.find(hold.jobId)
      if (waiter === undefined || !holdIsAlive(hold, stopping, layout, nowMs)) return []
      const victims = stopping.filter((running) => stopsFor(hold, running))
      const victimIds = victims.map((victim) => victim.id).sort()
      return [{ hold: { ...hold, victimIds }, job: waiter.job, victims }]
    })
    .sort((left, right) => bySubmission(left.job, right.job))
}

/** When the job of a hold is expected to end: its place is taken until then, and no longer. */
export const holdEndMs = (hold: Hold, job: SchedJob, policy: Policy, nowMs: number): number =>
  Math.max(nowMs, hold.expiresAtMs) + Math.max(1, job.predictedRuntimeMs ?? policy.order.unknownRuntimeMs)

type JobIds = { readonly size: number; has(jobId: string): boolean }

const without = (releases: readonly Release[], jobIds: JobIds): readonly Release[] =>
  jobIds.size === 0 ? releases : releases.filter((release) => !jobIds.has(release.job.id))

/** Leaves out what victims give back when they stop; where one begins again with less, that part of it is still to come. */
const withoutStops = (releases: readonly Release[], jobIds: JobIds): readonly Release[] =>
  jobIds.size === 0 ? releases : releases.filter((release) => release.beginsAgain || !jobIds.has(release.job.id))

/** Starts the working state from what was kept: everything that runs or is held is taken, in the cluster, the quotas and the shares. */
export const openCycle = (snapshot: Snapshot, memory: Memory, nowMs: number): Cycle => {
  const { policy, shapes, lines, runners } = memory
  lines.update(snapshot.queued, nowMs)
  const { layout, bars, capacity } = memory.cluster(snapshot.nodes)
  const free = copyFree(runners.update(snapshot.running, layout, nowMs))
  const quota = openQuotaBook(snapshot.queues)
  for (const [name, { used, leaving }] of runners.byQueue) {
    quota.add(name, used)
    quota.leave(name, leaving)
  }
  const holds = liveHolds(snapshot, lines, layout, nowMs)
  const stopsForHold = new Set(holds.flatMap((live) => live.hold.victimIds))
  for (const live of holds) {
    take(layout, free, keptBeyondVictims(live.hold, live.victims))
    quota.add(live.job.queueName, quotaBeyondVictims(live.hold, live.job, live.victims))
  }
  const rule = memory.ruleFor(snapshot, layout)
  const placer = (view: Free): Placer => createPlacer(layout, view, rule)
  const now: View = { free, placer: placer(free) }
  return {
    snapshot,
    policy,
    nowMs,
    layout,
    bars,
    told: memory.told,
    shapes,
    lines,
    now,
    atStart: copyFree(free),
    bound: now,
    reservation: null,
    gates: [],
    quota,
    shares: openShareBook(snapshot, { capacity, present: runners.byQueue, policy }, nowMs),
    holds,
    releases: withoutStops(runners.releases(), stopsForHold),
    surely: () => withoutStops(runners.sureReleases(), stopsForHold),
    added: [],
    runners,
    started: [],
    preempted: new Map(),
    resized: new Map(),
    evictable: null,
    rule,
    longer: null,
    late: null,
    placer,
  }
}

/** Whether a job stands behind the reservation: all but the reserved one, and more important ones unless that has aged. */
export const yieldsToReservation = (cycle: Cycle, job: QueuedJob): boolean => {
  const { reservation } = cycle
  if (reservation === null || reservation.job.id === job.id) return false
  return reservation.aged || job.priority <= reservation.job.priority
}

/** Whether a job may not use what is reserved: it yields to the reservation and would still run when that begins. */
export const isBound = (cycle: Cycle, job: QueuedJob): boolean =>
  cycle.reservation !== null &&
  yieldsToReservation(cycle, job) &&
  (job.predictedRuntimeMs === null || cycle.nowMs + job.predictedRuntimeMs > cycle.reservation.atMs)

/** The gate that stops a job: of its own queue, or of its cohort when it would borrow. */
export const gateFor = (cycle: Cycle, job: SchedJob): Gate | null => {
  if (cycle.gates.length === 0) return null
  const needed = totalOf(job.request)
  const cohort = cycle.quota.queue(job.queueName)?.cohort ?? null
  const stops = (gate: Gate): boolean => {
    if (gate.job.id === job.id || needed[gate.resource] === 0) return false
    if (gate.job.queueName === job.queueName) return true
    const sameCohort = cohort !== null && cycle.quota.queue(gate.job.queueName)?.cohort === cohort
    return sameCohort && !cycle.quota.isEntitled(job.queueName, { ...nothing, [gate.resource]: needed[gate.resource] })
  }
  return cycle.gates.find(stops) ?? null
}

/** What a job may use. */
export const viewFor = (cycle: Cycle, job: QueuedJob): View => (isBound(cycle, job) ? cycle.bound : cycle.now)

/** Takes pods out of what is free, in both views. */
export const occupy = (cycle: Cycle, placement: Placement, bound: boolean): void => {
  take(cycle.layout, cycle.now.free, placement.pods)
  if (cycle.bound === cycle.now) return
  if (bound) return take(cycle.layout, cycle.bound.free, placement.pods)
  for (const nodeId of new Set(placement.pods.map((pod) => pod.nodeId))) {
    const node = cycle.layout.nodeIndex.get(nodeId)
    if (node !== undefined) lowerNode(cycle.layout, cycle.bound.free, cycle.now.free, node)
  }
}

/** Books that a hold stays: its place, with what its victims still use, is given back when its job has ended. */
export const keepHeld = (cycle: Cycle, { hold, job, victims }: LiveHold): void => {
  const pods = [...victims.flatMap(givenUpBy), ...keptBeyondVictims(hold, victims)]
  const endMs = holdEndMs(hold, job, cycle.policy, cycle.nowMs)
  const known = job.predictedRuntimeMs !== null
  const total = totalOf(requestAt(job, hold.placement))
  const placement = { pods }
  cycle.added.push({ job, total, placement, endMs, surelyMs: endMs, known, surelyKnown: false, beginsAgain: false })
}

const untouched = (cycle: Cycle, releases: readonly Release[]): readonly Release[] =>
  without(without(releases, cycle.preempted), cycle.resized)

/**
 * What those give back in time who run and go on as they are, in order of the ends; what was booked in this cycle is in
 * `added`, where victims come with the holds they make room for.
 */
export const untouchedReleases = (cycle: Cycle): readonly Release[] => untouched(cycle, cycle.releases)

/** The same, in order of when they are sure. */
export const untouchedSurely = (cycle: Cycle): readonly Release[] => untouched(cycle, cycle.surely())

/** Everything that is given back in time, in order of when that is sure. */
export const sureReleases = (cycle: Cycle): readonly Release[] =>
  sortedWith(untouchedSurely(cycle), cycle.added, bySureEnd)

/** Books that a job stops and begins again with another number of devices; what it will give back then is told apart. */
export const bookResize = (cycle: Cycle, told: RunningJob, decision: ResizeDecision): void => {
  cycle.resized.set(told.id, decision)
  cycle.added.push(releaseOf(told, cycle.policy, cycle.nowMs))
}

/** Books the start of a job. */
export const start = (cycle: Cycle, job: QueuedJob, placement: Placement): void => {
  const total = totalOf(requestAt(job, placement))
  occupy(cycle, placement, isBound(cycle, job))
  cycle.quota.add(job.queueName, total)
  cycle.shares.charge(job, total)
  cycle.started.push(job)
  const runtimeMs = job.predictedRuntimeMs ?? cycle.policy.order.unknownRuntimeMs
  cycle.added.push({
    job,
    total,
    placement,
    endMs: cycle.nowMs + Math.max(1, runtimeMs),
    surelyMs: cycle.nowMs + Math.max(1, runtimeMs),
    known: job.predictedRuntimeMs !== null,
    surelyKnown: false,
    beginsAgain: false,
  })
}
