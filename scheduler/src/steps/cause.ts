import { isBound, viewFor, type Cycle } from '../cycle.js'
import type { HoldCause, Holder, Suggestion } from '../model/decision.js'
import { totalOf, type JobRequest } from '../model/request.js'
import type { QueuedJob, SchedJob } from '../model/snapshot.js'
import { copyFree, give, type Free } from './cluster.js'
import { memo } from './memo.js'
import { keptBeyondVictims } from './holds.js'
import { bySubmission, isAged, predictedWork } from './order.js'
import { fitsNow, rememberFits, type FitMemory } from './place.js'
import type { QuotaFailure } from './quota.js'
import { holdersOf, openShortageBook } from './shortage.js'
import type { Kind, Shape, Waiter } from './waiters.js'

/** Finds why a job does not start. Equal jobs share one answer, so that ten thousand equal ones cost little. */
export interface Causes {
  /** What no other job has part in: no such queue, no such node, back-off. */
  barred(waiter: Waiter): HoldCause | null
  /** What would make a request possible that no node can run. */
  nearestFeasible(waiter: Waiter): Suggestion | null
  overQuota(waiter: Waiter): HoldCause | null
  /**
   * Why a job does not fit on the nodes; for jobs that were refused a place in this cycle, after all were served. The
   * same for all of a kind that stand alike to the reservation; each of those that were overtaken has a cause of its own.
   */
  onNodes(waiter: Waiter): HoldCause | 'overtaken'
  /** Who overtook a job that would have fitted when the cycle began. */
  overtaken(waiter: Waiter, startedAhead: number): HoldCause
}

type QuotaHolders = (queueName: string, failure: QuotaFailure) => readonly Holder[]

/** Who uses up a queue, or the pool of its cohort: told alike to all who wait for the same. */
const openQuotaHolders = (cycle: Cycle): QuotaHolders => {
  const known = new Map<string, readonly Holder[]>()
  return (queueName, { kind, resource }) => {
    const cohort = cycle.quota.queue(queueName)?.cohort ?? null
    const pool = kind === 'pool'
    const counts = (other: SchedJob): boolean =>
      other.queueName === queueName || (pool && cycle.quota.queue(other.queueName)?.cohort === cohort)
    return memo(known, `${resource}|${pool}|${queueName}`, () =>
      holdersOf(
        cycle.snapshot.running.filter((other) => counts(other) && totalOf(other.request)[resource] > 0),
        (other) => totalOf(other.request).gpuMilli,
      ),
    )
  }
}

const quotaCause = (cycle: Cycle, queueName: string, failure: QuotaFailure, holders: QuotaHolders): HoldCause => {
  const { kind, resource, needed, used, limit } = failure
  const cohort = cycle.quota.queue(queueName)?.cohort ?? null
  const heldBy = holders(queueName, failure)
  const facts = { queueName, resource, needed, used, limit, pool: kind === 'pool', cohort, heldBy }
  return { reason: kind === 'never' ? 'queue_limit' : 'quota_exceeded', facts }
}

/** Whether a job that started ahead did so because its owner or queue had used less. */
const isFairness = (cycle: Cycle, job: QueuedJob, ahead: QueuedJob): boolean =>
  ahead.priority === job.priority &&
  (ahead.owner !== job.owner || ahead.queueName !== job.queueName) &&
  (ahead.queueName !== job.queueName || cycle.lines.orders.get(job.queueName)?.fair !== false) &&
  bySubmission(ahead, job) > 0 &&
  !isAged(ahead, cycle.policy, cycle.nowMs) &&
  predictedWork(ahead, cycle.policy) >= predictedWork(job, cycle.policy)

type LastAhead = (job: QueuedJob, startedAhead: number) => QueuedJob | undefined

/** Of the jobs that started ahead the last that wants GPUs like the job, or wants none like it; else the last of all. */
const openLastAhead = (started: readonly QueuedJob[]): LastAhead => {
  const wantsGpu = (job: QueuedJob): boolean => job.request.gpuCount > 0
  const lastLike = (gpu: boolean): (QueuedJob | undefined)[] => {
    let last: QueuedJob | undefined
    return started.map((job) => (last = wantsGpu(job) === gpu ? job : last))
  }
  const lasts = { gpu: lastLike(true), cpu: lastLike(false) }
  return (job, startedAhead) => lasts[wantsGpu(job) ? 'gpu' : 'cpu'][startedAhead - 1] ?? started[startedAhead - 1]
}

/** For a job that would have fitted when the cycle began: who came before it, or for whom room was made. */
const overtaken = (cycle: Cycle, job: QueuedJob, lastAhead: LastAhead, startedAhead: number): HoldCause | null => {
  const ahead = lastAhead(job, startedAhead)
  if (ahead !== undefined) {
    const reason = isFairness(cycle, job, ahead) ? 'fair_share' : 'behind_in_queue'
    return { reason, facts: { aheadJobId: ahead.id, startedAhead } }
  }
  const held = cycle.holds.at(-1)
  return held ? { reason: 'reserved_for_other', facts: { forJobId: held.job.id, untilMs: null } } : null
}

type NodeCause = HoldCause | 'overtaken'

interface Fits {
  readonly atStart: FitMemory
  readonly atEnd: () => FitMemory
  /** For whom the place is kept without which a request would fit: the first with whose place and those before it does. */
  readonly whenReleased: (request: JobRequest) => QueuedJob | null
}

/** Asks first whether it would help if nothing were held at all: mostly it would not. */
const openReleased = (cycle: Cycle): Fits['whenReleased'] => {
  const { layout, now } = cycle
  const started = new Set(cycle.started)
  const holds = cycle.holds.filter((live) => !started.has(live.job))
  const freeUpTo = (count: number): Free => {
    const free = copyFree(now.free)
    for (const live of holds.slice(0, count)) give(layout, free, keptBeyondVictims(live.hold, live.victims))
    return free
  }
  const atMost = rememberFits(layout, freeUpTo(holds.length), cycle.shapes)
  return (request) => {
    if (holds.length === 0 || !atMost.fits(request)) return null
    let [without, enough] = [0, holds.length]
    while (enough - without > 1) {
      const middle = (without + enough) >> 1
      if (fitsNow(layout, freeUpTo(middle), request)) enough = middle
      else without = middle
    }
    return holds[enough - 1]?.job ?? null
  }
}

const onNodesNow = (cycle: Cycle, job: QueuedJob, fits: Fits, shortage: () => HoldCause): NodeCause => {
  const { reservation } = cycle
  if (reservation !== null && isBound(cycle, job) && fits.atEnd().fits(job.request)) {
    return { reason: 'reserved_for_other', facts: { forJobId: reservation.job.id, untilMs: reservation.atMs } }
  }
  if (fits.atStart.fits(job.request)) return 'overtaken'
  const held = fits.whenReleased(job.request)
  if (held !== null) return { reason: 'reserved_for_other', facts: { forJobId: held.id, untilMs: null } }
  return shortage()
}

/** Opens the memory of causes for one cycle. */
export const openCauses = (cycle: Cycle): Causes => {
  const { bars } = cycle
  const byQuota = new Map<Kind, HoldCause>()
  const physical = { bound: new Map<Shape, NodeCause>(), unbound: new Map<Shape, NodeCause>() }
  const short = { bound: new Map<Shape, HoldCause>(), unbound: new Map<Shape, HoldCause>() }
  const shortages = openShortageBook(cycle)
  const quotaHolders = openQuotaHolders(cycle)
  let atEnd: FitMemory | null = null
  let released: Fits['whenReleased'] | null = null
  const fits: Fits = {
    atStart: rememberFits(cycle.layout, cycle.atStart, cycle.shapes),
    atEnd: () => (atEnd ??= rememberFits(cycle.layout, cycle.now.free, cycle.shapes)),
    whenReleased: (request) => (released ??= openReleased(cycle))(request),
  }
  let lastAhead: LastAhead | null = null
  const viewOf = (job: QueuedJob): 'bound' | 'unbound' => (isBound(cycle, job) ? 'bound' : 'unbound')
  const shortage = (job: QueuedJob, shape: Shape): HoldCause =>
    memo(short[viewOf(job)], shape, () => shortages.of(job.request, viewFor(cycle, job).free))
  return {
    barred(waiter) {
      const { job } = waiter
      if (cycle.quota.queue(job.queueName) === undefined) {
        return { reason: 'queue_not_found', facts: { queueName: job.queueName } }
      }
      const nodes = bars.of(waiter.kind.shape)
      if (nodes !== 'open') return nodes.cause
      if (job.notBeforeMs <= cycle.nowMs) return null
      return { reason: 'backing_off', facts: { untilMs: job.notBeforeMs } }
    },
    nearestFeasible(waiter) {
      const nodes = bars.of(waiter.kind.shape)
      return nodes === 'open' ? null : nodes.suggestion
    },
    overQuota({ kind }) {
      const known = byQuota.get(kind)
      if (known !== undefined) return known
      const failure = cycle.quota.check(kind.queueName, kind.shape.total)
      if (failure === null) return null
      const cause = quotaCause(cycle, kind.queueName, failure, quotaHolders)
      byQuota.set(kind, cause)
      return cause
    },
    onNodes: ({ job, kind }) =>
      memo(physical[viewOf(job)], kind.shape, () => onNodesNow(cycle, job, fits, () => shortage(job, kind.shape))),
    overtaken({ job, kind }, startedAhead) {
      lastAhead ??= openLastAhead(cycle.started)
      return overtaken(cycle, job, lastAhead, startedAhead) ?? shortage(job, kind.shape)
    },
  }
}
