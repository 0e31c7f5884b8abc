import { yieldsToReservation, type Cycle } from '../cycle.js'
import type { PodPlacement, QueuedJob, RunningJob } from '../model/snapshot.js'
import { copyFree, give, take, type Free } from './cluster.js'
import { podOn, podsThatFit } from './place.js'
import { isTold, podsHere, stoppingIsEnough, thin, wasEvictedBy, type Eviction, type Search } from './preempt.js'
import type { Waiter } from './waiters.js'

/** A running job that may make room for one of its queue and importance. */
export interface Yielding {
  readonly job: RunningJob
}

/** By what right a job may end others of its queue and importance, and what that is worth. */
export interface Exchange<One extends Yielding> {
  readonly why: NonNullable<Eviction['why']>
  /** Those who may be ended; who is to go first stands first. */
  readonly candidates: readonly One[]
  /** Above 0 it is worth it, and more is better. */
  worthOf(victims: readonly One[]): number
}

const none: Search = { simulated: false, eviction: null }

/**
 * Whether one of two was evicted for the other before. By such rights that happens once to any two jobs, one way or the other: so however wrong what is
 * foreseen may be, n jobs evict each other at most n (n − 1) / 2 times, and every history ends.
 */
const haveMet = (job: QueuedJob, victim: RunningJob): boolean => wasEvictedBy(job, victim) || wasEvictedBy(victim, job)

/** Whether a job may have to leave out somebody whom others like it may end: only who ran was evicted, or had others evicted for it. */
export const maySpare = (job: QueuedJob): boolean => job.attainedMs > 0 || (job.evictedBy?.length ?? 0) > 0

/** The nodes kept for another behind which a job stands. */
const nodesClosedTo = (cycle: Cycle, job: QueuedJob): ReadonlySet<string> =>
  yieldsToReservation(cycle, job) ? (cycle.reservation?.nodeIds ?? new Set()) : new Set()

/** Whether a job of the same queue and importance may be looked at at all: it was not told to stop in this cycle, and holds nothing that is kept for another. */
export const mayYield = (cycle: Cycle, { job }: Waiter): ((victim: RunningJob) => boolean) => {
  const closed = nodesClosedTo(cycle, job)
  return (victim) =>
    victim.queueName === job.queueName &&
    victim.priority === job.priority &&
    !isTold(cycle, victim) &&
    !victim.placement.pods.some((pod) => closed.has(pod.nodeId))
}

interface Cleared<One extends Yielding> {
  readonly node: number
  readonly victims: readonly One[]
  readonly worth: number
}

/** Who would have to go for one pod on a node: as few of the first as will do. `null` if all do not do. */
const clear = <One extends Yielding>(
  cycle: Cycle,
  { job }: Waiter,
  exchange: Exchange<One>,
  free: Free,
  [node, onNode]: readonly [number, readonly One[]],
): Cleared<One> | null => {
  const nodeId = cycle.layout.nodes[node]?.id ?? ''
  const byJob = new Map(onNode.map((one) => [one.job, one]))
  const enough = (set: readonly RunningJob[]): boolean => {
    const pods = podsHere(set, nodeId)
    give(cycle.layout, free, pods)
    const fits = podsThatFit(cycle.layout, free, node, job.request, 1) > 0
    take(cycle.layout, free, pods)
    return fits
  }
  const jobs = onNode.map((one) => one.job)
  const count = jobs.findIndex((_, at) => enough(jobs.slice(0, at + 1))) + 1
  if (count === 0) return null
  const victims = thin(jobs.slice(0, count), enough).flatMap((victim) => byJob.get(victim) ?? [])
  return { node, victims, worth: exchange.worthOf(victims) }
}

const byNodeOf = <One extends Yielding>(cycle: Cycle, candidates: readonly One[]): Map<number, One[]> => {
  const byNode = new Map<number, One[]>()
  for (const one of candidates) {
    for (const nodeId of new Set(one.job.placement.pods.map((pod) => pod.nodeId))) {
      const node = cycle.layout.nodeIndex.get(nodeId)
      if (node === undefined || !cycle.layout.nodes[node]?.schedulable) continue
      const others = byNode.get(node)
      if (others) others.push(one)
      else byNode.set(node, [one])
    }
  }
  return byNode
}

const byWorth = <One extends Yielding>(left: Cleared<One>, right: Cleared<One>): number =>
  right.worth - left.worth || left.node - right.node

/** Nodes that have room for a pod as it is. */
const roomy = (cycle: Cycle, { job }: Waiter, free: Free): number[] =>
  [...cycle.layout.nodes.keys()].filter(
    (node) => cycle.layout.nodes[node]?.schedulable && podsThatFit(cycle.layout, free, node, job.request, 1) > 0,
  )

const searchAmong = <One extends Yielding>(cycle: Cycle, waiter: Waiter, exchange: Exchange<One>): Search => {
  const { job } = waiter
  const { why, candidates } = exchange
  if (candidates.length === 0) return none
  const free = copyFree(cycle.now.free)
  const closed = [...nodesClosedTo(cycle, job)].flatMap((nodeId) => cycle.layout.nodeIndex.get(nodeId) ?? [])
  for (const node of closed) free.cpu[node] = -1
  if (stoppingIsEnough(cycle, waiter, free, closed)) return { simulated: true, eviction: null }
  const open = roomy(cycle, waiter, free)
  const isOpen = new Set(open)
  const cleared = [...byNodeOf(cycle, candidates)].flatMap((one) =>
    isOpen.has(one[0]) ? [] : (clear(cycle, waiter, exchange, free, one) ?? []),
  )
  const asIs = open.map((node): Cleared<One> => ({ node, victims: [], worth: 0 }))
  const chosen = [...asIs, ...cleared.sort(byWorth)].slice(0, job.request.replicas)
  const victims = [...new Set(chosen.flatMap((one) => one.victims))]
  if (chosen.length < job.request.replicas || victims.length === 0 || exchange.worthOf(victims) <= 0)
    return { simulated: true, eviction: null }
  for (const victim of victims) give(cycle.layout, free, victim.job.placement.pods)
  const pods = chosen.map(({ node }): PodPlacement => podOn(cycle.layout, free, node, job.request, cycle.rule()))
  return { simulated: true, eviction: { why, victims: victims.map((victim) => victim.job), placement: { pods } } }
}

/**
 * Simulates first: who would have to end so that the job starts, one pod a node, where it is worth most. Whoever met it before is left out; if that
 * is all that was in the way, the search says so, since it tells nothing of others like this job.
 */
export const findExchange = <One extends Yielding>(cycle: Cycle, waiter: Waiter, exchange: Exchange<One>): Search => {
  const { candidates } = exchange
  const open = candidates.filter((one) => !haveMet(waiter.job, one.job))
  const found = searchAmong(cycle, waiter, { ...exchange, candidates: open })
  if (found.eviction !== null || open.length === candidates.length) return found
  const spares = searchAmong(cycle, waiter, exchange).eviction !== null
  return spares ? { simulated: true, eviction: null, spares } : { simulated: true, eviction: null }
}
