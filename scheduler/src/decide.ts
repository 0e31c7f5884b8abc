import { gateFor, openCycle, start, viewFor, yieldsToReservation, type Cycle, type Reservation } from './cycle.js'
import type { Decision, HoldCause, PreemptDecision, ResizeDecision, StartDecision } from './model/decision.js'
import type { Hold, Placement, Snapshot, QueuedJob } from './model/snapshot.js'
import type { Policy } from './policy/policy.js'
import { reserve } from './steps/backfill.js'
import { openCauses, type Causes } from './steps/cause.js'
import { openHopeless, type Hopeless } from './steps/hopeless.js'
import { settleHold, holdFreed } from './steps/hold.js'
import { grow, openLonging } from './steps/grow.js'
import { openMemory, type Memory } from './memory.js'
import { maySpare } from './steps/exchange.js'
import { findLater, mayOvertake } from './steps/later.js'
import { findEviction, type Search } from './steps/preempt.js'
import { queueOrders, sameOrders } from './steps/queue-orders.js'
import { findShrink } from './steps/shrink.js'
import { findShorter, mayAsk, someAreLonger } from './steps/shorter.js'
import { describe } from './steps/describe.js'
import { servingOrder, type Leading } from './steps/serving.js'
import type { Kind, Waiter } from './steps/waiters.js'

/** What became of a job in the pass over the queue. `cause` is `null` where the nodes are what is short. */
export type Outcome =
  | { readonly type: 'start'; readonly waiter: Waiter; readonly placement: Placement }
  | {
      readonly type: 'hold'
      readonly waiter: Waiter
      readonly cause: HoldCause | null
      readonly startedAhead: number
    }
  | {
      readonly type: 'reserve'
      readonly waiter: Waiter
      readonly cause: HoldCause | null
      readonly startedAhead: number
      readonly placement: Placement
      readonly atMs: number
      readonly hold: Hold | null
    }

interface Pass {
  readonly cycle: Cycle
  readonly causes: Causes
  /** Jobs with a hold, and gangs that went first in their priority. */
  readonly served: Set<Waiter>
  /** Kinds of jobs that looked for victims in vain, standing behind the reservation or not. */
  readonly fruitless: ReadonlyMap<boolean, Set<Kind>>
  /** The same for those who looked in vain for others to shrink. */
  readonly unyielding: ReadonlyMap<boolean, Set<Kind>>
  /** The same for those who looked in vain for others that came later: who came after them finds even fewer. */
  readonly overtaken: ReadonlyMap<boolean, Set<Kind>>
  /** The least work with which a job of a kind looked in vain for longer ones to evict. */
  readonly tooLong: ReadonlyMap<boolean, Map<Kind, number>>
  /** Those who found nobody of their queue and importance only since they spare somebody, whom others like them may evict; and how many searches showed that. */
  readonly sparing: Set<Waiter>
  sparedSearches: number
  searches: number
}

const held = (cycle: Cycle, waiter: Waiter, cause: HoldCause | null): Outcome => ({
  type: 'hold',
  waiter,
  cause,
  startedAhead: cycle.started.length,
})

const reserved = (cycle: Cycle, waiter: Waiter, reservation: Reservation): Outcome => ({
  type: 'reserve',
  waiter,
  cause: null,
  startedAhead: cycle.started.length,
  placement: reservation.placement,
  atMs: reservation.atMs,
  hold: null,
})

const heldFor = (cycle: Cycle, waiter: Waiter, hold: Hold): Outcome => ({
  type: 'reserve',
  waiter,
  cause: { reason: 'waiting_for_preemption', facts: { victimIds: hold.victimIds } },
  startedAhead: cycle.started.length,
  placement: hold.placement,
  atMs: cycle.nowMs,
  hold,
})

const mayStillSearch = ({ cycle: { policy }, searches }: Pass): boolean =>
  policy.preemption.enabled && searches < policy.preemption.maximumPerCycle

/** Whether somebody is spared by this job whom others like it may evict: what did not help it may help them. */
const mayEvictLessThanOthers = (job: QueuedJob): boolean => (job.evictedBy?.length ?? 0) > 0

/** Tries to make room by shrinking others toward the least they make do with. */
const tryShrink = (pass: Pass, waiter: Waiter): Outcome | null => {
  const { cycle } = pass
  const { job, kind } = waiter
  if (!mayStillSearch(pass)) return null
  const unyielding = pass.unyielding.get(yieldsToReservation(cycle, job))
  if (unyielding?.has(kind)) return null
  const search = findShrink(cycle, waiter)
  if (search.simulated) pass.searches += 1
  if (search.eviction !== null) return heldFor(cycle, waiter, holdFreed(cycle, job, search.eviction))
  unyielding?.add(kind)
  return null
}

/** Tries to make room by evicting others; what did not help one job is not tried for an equal one. */
const tryPreempt = (pass: Pass, waiter: Waiter): Outcome | null => {
  const { cycle } = pass
  const { job, kind } = waiter
  if (!mayStillSearch(pass)) return null
  const fruitless = pass.fruitless.get(yieldsToReservation(cycle, job))
  if (fruitless?.has(kind)) return null
  const search = findEviction(cycle, waiter)
  if (search.simulated) pass.searches += 1
  if (search.eviction !== null) return heldFor(cycle, waiter, holdFreed(cycle, job, search.eviction))
  if (mayEvictLessThanOthers(job)) return null
  fruitless?.add(kind)
  return null
}

const spared = (pass: Pass, waiter: Waiter): null => {
  pass.sparing.add(waiter)
  return null
}

/** Looks for others of its queue and importance to evict; who found nobody only since it spares somebody says nothing of others like it. */
const tryExchange = (
  pass: Pass,
  waiter: Waiter,
  find: (cycle: Cycle, waiter: Waiter) => Search,
  inVain: () => void,
): Outcome | null => {
  const { cycle } = pass
  const { job } = waiter
  if (maySpare(job) && pass.sparedSearches >= cycle.policy.preemption.maximumPerCycle) return spared(pass, waiter)
  const search = find(cycle, waiter)
  if (search.spares === true) {
    pass.sparedSearches += 1
    return spared(pass, waiter)
  }
  if (search.simulated) pass.searches += 1
  if (search.eviction !== null) return heldFor(cycle, waiter, holdFreed(cycle, job, search.eviction))
  inVain()
  return null
}

/** Tries to make room by evicting others that came later, if it has waited long enough. */
const tryLater = (pass: Pass, waiter: Waiter): Outcome | null => {
  const { cycle } = pass
  if (!mayStillSearch(pass) || !mayOvertake(cycle, waiter)) return null
  const overtaken = pass.overtaken.get(yieldsToReservation(cycle, waiter.job))
  if (overtaken?.has(waiter.kind)) return null
  return tryExchange(pass, waiter, findLater, () => overtaken?.add(waiter.kind))
}

/** Tries to make room by evicting others that have far more left to do. */
const tryShorter = (pass: Pass, waiter: Waiter): Outcome | null => {
  const { cycle } = pass
  const { job, kind, work } = waiter
  if (!mayStillSearch(pass) || !someAreLonger(cycle) || !mayAsk(cycle, waiter)) return null
  const tooLong = pass.tooLong.get(yieldsToReservation(cycle, job))
  if (work >= (tooLong?.get(kind) ?? Number.POSITIVE_INFINITY)) return null
  return tryExchange(pass, waiter, findShorter, () => tooLong?.set(kind, work))
}

/** From how much work on a job like one that goes on waiting need not look for longer ones to evict. */
const hopelessFrom = (pass: Pass, { type, waiter, ...outcome }: Outcome): number => {
  if (type !== 'hold' || !('cause' in outcome) || outcome.cause !== null) return 0
  if (mayEvictLessThanOthers(waiter.job) || pass.sparing.has(waiter)) return Number.POSITIVE_INFINITY
  if (waiter.kind.orderKind !== 'predicted' || !mayStillSearch(pass) || !someAreLonger(pass.cycle)) return 0
  return mayAsk(pass.cycle, waiter) ? waiter.work : Number.POSITIVE_INFINITY
}

/** A job whose queue has no room: an aged one stops others from taking what it waits for. */
const settleQuota = (pass: Pass, waiter: Waiter, cause: HoldCause): Outcome => {
  const { cycle } = pass
  const { job, aged } = waiter
  if (cause.reason === 'quota_exceeded') {
    const preempting = tryShrink(pass, waiter) ?? tryPreempt(pass, waiter)
    if (preempting !== null) return preempting
    const isFirst = cycle.gates.every((gate) => gate.job.queueName !== job.queueName)
    if (isFirst && aged) cycle.gates.push({ job, resource: cause.facts.resource })
  }
  return held(cycle, waiter, cause)
}

const settle = (pass: Pass, waiter: Waiter): Outcome => {
  const { cycle, causes } = pass
  const { job, kind } = waiter
  const barred = causes.barred(waiter)
  if (barred !== null) return held(cycle, waiter, barred)
  const overQuota = causes.overQuota(waiter)
  if (overQuota !== null) return settleQuota(pass, waiter, overQuota)
  const gate = gateFor(cycle, job)
  if (gate !== null) {
    return held(cycle, waiter, { reason: 'reserved_for_other', facts: { forJobId: gate.job.id, untilMs: null } })
  }
  const placement = viewFor(cycle, job).placer.find(kind.shape)
  if (placement !== null) {
    start(cycle, job, placement)
    return { type: 'start', waiter, placement }
  }
  const preempting =
    tryShrink(pass, waiter) ?? tryPreempt(pass, waiter) ?? tryLater(pass, waiter) ?? tryShorter(pass, waiter)
  if (preempting !== null) return preempting
  const mayReserve = cycle.reservation === null && (pass.served.has(waiter) || waiter.aged)
  const reservation = mayReserve ? reserve(cycle, waiter) : null
  return reservation === null ? held(cycle, waiter, null) : reserved(cycle, waiter, reservation)
}

const settleHolds = (cycle: Cycle): Outcome[] =>
  [...cycle.holds].flatMap((live): Outcome[] => {
    const waiter = cycle.lines.find(live.job.id)
    if (waiter === undefined) return []
    const placement = settleHold(cycle, live)
    return [placement === null ? heldFor(cycle, waiter, live.hold) : { type: 'start', waiter, placement }]
  })

/** Gangs that waited start oldest first, until one finds the nodes short: that one is given a place in time. */
const leadingIn = (cycle: Cycle, causes: Causes): Leading => ({
  isOpen: () => cycle.reservation === null,
  mayLead: (waiter) =>
    causes.barred(waiter) === null && cycle.quota.check(waiter.job.queueName, waiter.kind.shape.total) === null,
})

/** Serves all who wait, or leaves out those of whom it is known that they will go on waiting. */
const serve = (cycle: Cycle, causes: Causes, hopeless: Hopeless | null): readonly Outcome[] => {
  const outcomes = settleHolds(cycle)
  const longing = openLonging(cycle)
  const served = new Set(outcomes.map(({ waiter }) => waiter))
  const setsOfKinds = () => new Map([true, false].map((yields) => [yields, new Set<Kind>()]))
  const tooLong = new Map([true, false].map((yields) => [yields, new Map<Kind, number>()]))
  const pass: Pass = {
    cycle,
    causes,
    served,
    fruitless: setsOfKinds(),
    unyielding: setsOfKinds(),
    overtaken: setsOfKinds(),
    tooLong,
    sparing: new Set(),
    sparedSearches: 0,
    searches: 0,
  }
  const order = servingOrder(cycle.lines, cycle.shares, leadingIn(cycle, causes), {
    served,
    nextPart: () => hopeless?.nextPart(),
    isHopeless: (waiter) => hopeless?.has(waiter) ?? false,
    pastHopeless: hopeless?.past ?? ((_kinds, at) => at),
  })
  for (let waiter = order.next(); waiter !== null; waiter = order.next()) {
    // The last one of a line has its turn for the sake of the order; if it is hopeless, that is all it has.
    if (hopeless?.has(waiter)) continue
    const outcome = settle(pass, waiter)
    longing.note(outcome)
    hopeless?.note(outcome, waiter.aged || served.has(waiter), hopelessFrom(pass, outcome))
    if (hopeless === null || outcome.type !== 'hold') outcomes.push(outcome)
  }
  return grow(cycle, longing, outcomes)
}

const decideWith = (memory: Memory, snapshot: Snapshot, nowMs: number): Decision[] => {
  const cycle = openCycle(snapshot, memory, nowMs)
  const causes = openCauses(cycle)
  const outcomes = serve(cycle, causes, null)
  return [...cycle.preempted.values(), ...cycle.resized.values(), ...describe(cycle, causes, outcomes)]
}

/** What is to be done at once, out of all that was decided. */
export interface Actions {
  readonly preempts: readonly PreemptDecision[]
  readonly resizes: readonly ResizeDecision[]
  readonly starts: readonly StartDecision[]
  /** Holds that go on or are new. All others have lapsed. */
  readonly holds: readonly Hold[]
}

const actWith = (memory: Memory, snapshot: Snapshot, nowMs: number): Actions => {
  const cycle = openCycle(snapshot, memory, nowMs)
  const outcomes = serve(cycle, openCauses(cycle), openHopeless(cycle, memory))
  return {
    preempts: [...cycle.preempted.values()],
    resizes: [...cycle.resized.values()],
    starts: outcomes.flatMap((outcome) =>
      outcome.type === 'start' ? { type: 'start', jobId: outcome.waiter.job.id, placement: outcome.placement } : [],
    ),
    holds: outcomes.flatMap((outcome) => (outcome.type === 'reserve' ? (outcome.hold ?? []) : [])),
  }
}

/** What of some decisions is to be done at once: what `act` answers without the rest. */
export const actionsOf = (decisions: readonly Decision[]): Actions => ({
  preempts: decisions.filter((decision) => decision.type === 'preempt'),
  resizes: decisions.filter((decision) => decision.type === 'resize'),
  starts: decisions.filter((decision) => decision.type === 'start'),
  holds: decisions.flatMap((decision) => (decision.type === 'reserve' ? (decision.hold ?? []) : [])),
})

/** A scheduler that remembers: cycle by cycle it works out anew only what changed. */
export interface Scheduler {
  /**
   * What is to be done now, and nothing about those who go on waiting: its cost hardly grows with their number.
   * The same as `actionsOf` what `decide` answers.
   */
  act(snapshot: Snapshot, nowMs: number): Actions
  /** The same as `decide` answers; decisions that did not change are the same objects as the last time. */
  decide(snapshot: Snapshot, nowMs: number): Decision[]
}

/**
 * Opens a scheduler. It keeps what it worked out of the jobs, nodes and queues that it saw, and finds them again by
 * identity: whoever changes one must hand in a new object, as `evolve` does.
 */
export const openScheduler = (policy: Policy): Scheduler => {
  let memory = openMemory(policy, new Map())
  const memoryFor = ({ queues }: Snapshot, nowMs: number): Memory => {
    const orders = queueOrders(queues)
    if (memory.isWornOut(nowMs) || !sameOrders(memory.lines.orders, orders)) memory = openMemory(policy, orders)
    return memory
  }
  return {
    act: (snapshot, nowMs) => actWith(memoryFor(snapshot, nowMs), snapshot, nowMs),
    decide: (snapshot, nowMs) => decideWith(memoryFor(snapshot, nowMs), snapshot, nowMs),
  }
}

/**
 * What to do now. Pure: the same snapshot, policy and time give the same decisions, and nothing given is changed.
 * Preemptions and resizes come first, then one decision for every queued job: those with a hold, then the others in serving order.
 *
 * Jobs start greedily in that order; what is free only shrinks on the way, so a job that did not fit when its turn
 * came does not fit at the end either, and nothing lawful is left idle.
 */
export const decide = (snapshot: Snapshot, policy: Policy, nowMs: number): Decision[] =>
  openScheduler(policy).decide(snapshot, nowMs)
