import { isBound, viewFor, type Cycle } from '../cycle.js'
import { allOpen, judge } from '../fit.js'
import type { HoldCause, Holder, Suggestion } from '../model/decision.js'
import { totalOf, type JobRequest } from '../model/request.js'
import type { QueuedJob, SchedJob } from '../model/snapshot.js'
import { copyFree, emptyFree, give, type Layout } from './cluster.js'
import { keptBeyondVictims } from './holds.js'
import { bySubmission, isAged, predictedWork } from './order.js'
import { fitsNow, rememberFits, type FitMemory } from './place.js'
import type { QuotaFailure } from './quota.js'
import { holdersOf, openShortageBook } from './shortage.js'
import type { Kind, Shape, Waiter } from './waiters.js'

/** A cause, and the change that would make a request possible at all, where the cause is the cluster itself. */
export interface BarredCause {
  readonly cause: HoldCause
  readonly suggestion: Suggestion | null
}

/** Finds why a job does not start. Equal jobs share one answer, so that ten thousand equal ones cost little. */
export interface Causes {
  /** What no other job has part in: no such queue, no such node, back-off. */
  barred(waiter: Waiter): HoldCause | null
  /** What would make a request possible that no node can run. */
  nearestFeasible(waiter: Waiter): Suggestion | null
  overQuota(waiter: Waiter): HoldCause | null
  /** Why a job does not fit on the nodes; for jobs that were refused a place in this cycle, after all were served. */
  onNodes(waiter: Waiter, startedAhead: number): HoldCause
}

const memo = <Key, T>(known: Map<Key, T>, key: Key, find: () => T): T => {
  const found = known.get(key)
  if (found !== undefined) return found
  const value = find()
  known.set(key, value)
  return value
}

type Bars = (request: JobRequest) => BarredCause | 'open'

/** Tells whether all nodes, schedulable or not, are too little; or only the schedulable ones. */
const openBars = (cycle: Cycle): Bars => {
  const { layout } = cycle
  const empty = emptyFree(layout)
  const whenEmpty = rememberFits(layout, empty, cycle.shapes)
  const opened: Layout = { ...layout, nodes: allOpen(layout.nodes) }
  return (request) => {
    if (whenEmpty.fits(request)) return 'open'
    const feasible = judge(opened, empty, request)
    if (feasible.fits || feasible.facts.lacking === 'nodes') {
      const nodeNames = layout.nodes.filter((node) => !node.schedulable).map((node) => node.name)
      return { cause: { reason: 'node_unavailable', facts: { nodeNames: nodeNames.slice(0, 5) } }, suggestion: null }
    }
    const reason = feasible.facts.lacking === 'gpuModel' ? 'no_node_matches' : 'never_fits'
    return { cause: { reason, facts: feasible.facts }, suggestion: feasible.suggestion }
  }
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
}

const onNodesNow = (cycle: Cycle, job: QueuedJob, fits: Fits, shortage: () => HoldCause): NodeCause => {
  const { layout, now, reservation, holds } = cycle
  if (reservation !== null && isBound(cycle, job) && fits.atEnd().fits(job.request)) {
    return { reason: 'reserved_for_other', facts: { forJobId: reservation.job.id, untilMs: reservation.atMs } }
  }
  if (fits.atStart.fits(job.request)) return 'overtaken'
  const others = holds.filter((live) => live.job.id !== job.id && !cycle.started.includes(live.job))
  if (others.length > 0) {
    const free = copyFree(now.free)
    for (const live of others) {
      give(layout, free, keptBeyondVictims(live.hold, live.victims))
      if (!fitsNow(layout, free, job.request)) continue
      return { reason: 'reserved_for_other', facts: { forJobId: live.job.id, untilMs: null } }
    }
  }
  return shortage()
}

/** Opens the memory of causes for one cycle. */
export const openCauses = (cycle: Cycle): Causes => {
  const bars = openBars(cycle)
  const byNodes = new Map<Shape, BarredCause | 'open'>()
  const byQuota = new Map<Kind, HoldCause>()
  const physical = { bound: new Map<Shape, NodeCause>(), unbound: new Map<Shape, NodeCause>() }
  const short = { bound: new Map<Shape, HoldCause>(), unbound: new Map<Shape, HoldCause>() }
  const shortages = openShortageBook(cycle)
  const quotaHolders = openQuotaHolders(cycle)
  let atEnd: FitMemory | null = null
  const fits: Fits = {
    atStart: rememberFits(cycle.layout, cycle.atStart, cycle.shapes),
    atEnd: () => (atEnd ??= rememberFits(cycle.layout, cycle.now.free, cycle.shapes)),
  }
  let lastAhead: LastAhead | null = null
  const nodesFor = ({ job, kind }: Waiter): BarredCause | 'open' => memo(byNodes, kind.shape, () => bars(job.request))
  return {
    barred(waiter) {
      const { job } = waiter
      if (cycle.quota.queue(job.queueName) === undefined) {
        return { reason: 'queue_not_found', facts: { queueName: job.queueName } }
      }
      const nodes = nodesFor(waiter)
      if (nodes !== 'open') return nodes.cause
      if (job.notBeforeMs <= cycle.nowMs) return null
      return { reason: 'backing_off', facts: { untilMs: job.notBeforeMs } }
    },
    nearestFeasible(waiter) {
      const nodes = nodesFor(waiter)
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
    onNodes({ job, kind }, startedAhead) {
      const view = isBound(cycle, job) ? 'bound' : 'unbound'
      const shortage = (): HoldCause =>
        memo(short[view], kind.shape, () => shortages.of(job.request, viewFor(cycle, job).free))
      const cause = memo(physical[view], kind.shape, () => onNodesNow(cycle, job, fits, shortage))
      if (cause !== 'overtaken') return cause
      lastAhead ??= openLastAhead(cycle.started)
      return overtaken(cycle, job, lastAhead, startedAhead) ?? shortage()
    },
  }
}
