import { yieldsToReservation, type Cycle } from '../cycle.js'
import type { PodPlacement, QueuedJob, RunningJob } from '../model/snapshot.js'
import { copyFree, give, take, type Free } from './cluster.js'
import { bySubmission, widthOf, workIn, workOf } from './order.js'
import { podOn, podsThatFit } from './place.js'
import {
  isEvictable,
  isTold,
  lostByEvictionMs,
  podsHere,
  stoppingIsEnough,
  thin,
  wasEvictedBy,
  type Search,
} from './preempt.js'
import { expectedEndMs } from './runners.js'
import type { Waiter } from './waiters.js'

/** A running job that may make room for shorter work. */
export interface Longer {
  readonly job: RunningJob
  /** How long it will probably still run, and that as work (see `predictedWork`). */
  readonly leftMs: number
  readonly work: number
  /** What its eviction costs itself: work undone, and the restart. */
  readonly costMs: number
}

const none: Search = { simulated: false, eviction: null }

/** Running jobs whose end is foreseen and that the policy lets be ended for shorter work, most left to do first. */
const longerIn = (cycle: Cycle): readonly Longer[] => {
  if (cycle.longer !== null) return cycle.longer
  const { policy, nowMs, snapshot, runners } = cycle
  const { shorterWork, restartCostMs } = policy.preemption
  const candidates = shorterWork === 'any' ? snapshot.running : [...runners.resumable]
  cycle.longer = candidates
    .filter((job) => job.predictedEndMs !== null && isEvictable(job, cycle))
    .map((job): Longer => {
      const leftMs = expectedEndMs(job, policy, nowMs) - nowMs
      const costMs = lostByEvictionMs(job, nowMs) + restartCostMs
      return { job, leftMs, work: workOf(job, leftMs, policy), costMs }
    })
    .sort((left, right) => right.leftMs - left.leftMs || bySubmission(left.job, right.job))
  return cycle.longer
}

/** Whether a job may ask others to make room for shorter work: short work goes first in its queue, and its run time is foreseen. */
export const mayAsk = (cycle: Cycle, { job, kind }: Waiter): boolean =>
  kind.orderKind === 'predicted' && cycle.policy.preemption.shorterWork !== 'never' && job.predictedRuntimeMs !== null

/**
 * Whether one of two was evicted for the other before. For shorter work that happens once to any two jobs, one way or the other: so however wrong what is
 * foreseen may be, n jobs evict each other at most n (n − 1) / 2 times, and every history ends.
 */
const haveMet = (job: QueuedJob, victim: RunningJob): boolean => wasEvictedBy(job, victim) || wasEvictedBy(victim, job)

/** Whether a job may have to leave out somebody whom others like it may end: only who ran was evicted, or had others evicted for it. */
export const maySpare = (job: QueuedJob): boolean => job.attainedMs > 0 || (job.evictedBy?.length ?? 0) > 0

/** Whether anybody runs who may be ended for shorter work. */
export const someAreLonger = (cycle: Cycle): boolean =>
  cycle.policy.preemption.shorterWork !== 'never' && longerIn(cycle).length > 0

/** Whether fairness lets a job pass another: it is of the same owner, or its owner uses no more. */
const isFair = (cycle: Cycle, job: QueuedJob, victim: RunningJob): boolean =>
  job.owner === victim.owner ||
  cycle.shares.ofOwner(job.queueName, job.owner) <= cycle.shares.ofOwner(job.queueName, victim.owner)

/**
 * Who is to go first runs as long as is likely; who is to end others for that, as long as halfway, in logarithms, to what nine
 * of ten do not exceed: close to the mean of a log-normal guess, which lies above its median. Exact guesses stay as they are.
 */
const soberMs = ({ predictedRuntimeMs, cautiousRuntimeMs }: QueuedJob): number => {
  const likelyMs = predictedRuntimeMs ?? 0
  return Math.max(likelyMs, Math.round(Math.sqrt(likelyMs * (cautiousRuntimeMs ?? likelyMs))))
}

/**
 * What an exchange is worth by time: the job starts sooner by as long as the longest victim would still run, and each victim
 * is set back by the job's run time.
 */
const savedTime = (job: QueuedJob, victims: readonly Longer[]): number =>
  victims.reduce((most, { leftMs }) => Math.max(most, leftMs), 0) - victims.length * (job.predictedRuntimeMs ?? 0)

/**
 * The same by work: the job starts sooner by the work that its victims have left, and each of them is set back by the job's.
 * On a full cluster that is the gain of swapping two neighbours in the order of least work (Smith 1956, Naval Research
 * Logistics Quarterly 3). What victims free beyond the job is of use only to others who wait: as far as they are too few the
 * job counts as if it took that too.
 */
const savedWork = ({ policy, lines }: Cycle, job: QueuedJob, victims: readonly Longer[]): number => {
  const freed = victims.reduce((sum, victim) => sum + widthOf(victim.job.request, policy), 0)
  const own = widthOf(job.request, policy)
  const used = Math.max(own, freed - (lines.width() - own))
  return victims.reduce((sum, { work }) => sum + work, 0) - victims.length * workIn(used, soberMs(job), policy)
}

/** What an exchange is worth, in thousandths, if what evictions cost counts θ times. Above 0 it pays. */
const worthOf = (cycle: Cycle, job: QueuedJob, victims: readonly Longer[]): number => {
  const { exchange, benefitPermille } = cycle.policy.preemption
  const inWork = exchange === 'work'
  const costOf = (victim: Longer): number => (inWork ? workOf(victim.job, victim.costMs, cycle.policy) : victim.costMs)
  const cost = victims.reduce((sum, victim) => sum + costOf(victim), 0)
  return 1000 * (inWork ? savedWork(cycle, job, victims) : savedTime(job, victims)) - benefitPermille * cost
}

interface Cleared {
  readonly node: number
  readonly victims: readonly Longer[]
  readonly worth: number
}

/** Who would have to go for one pod on a node: as few of those as will do that have most left. `null` if all do not do. */
const clear = (cycle: Cycle, { job }: Waiter, free: Free, node: number, onNode: readonly Longer[]): Cleared | null => {
  const nodeId = cycle.layout.nodes[node]?.id ?? ''
  const byJob = new Map(onNode.map((longer) => [longer.job, longer]))
  const enough = (set: readonly RunningJob[]): boolean => {
    const pods = podsHere(set, nodeId)
    give(cycle.layout, free, pods)
    const fits = podsThatFit(cycle.layout, free, node, job.request, 1) > 0
    take(cycle.layout, free, pods)
    return fits
  }
  const jobs = onNode.map((longer) => longer.job)
  const count = jobs.findIndex((_, at) => enough(jobs.slice(0, at + 1))) + 1
  if (count === 0) return null
  const victims = thin(jobs.slice(0, count), enough).flatMap((victim) => byJob.get(victim) ?? [])
  return { node, victims, worth: worthOf(cycle, job, victims) }
}

const byNodeOf = (cycle: Cycle, candidates: readonly Longer[]): Map<number, Longer[]> => {
  const byNode = new Map<number, Longer[]>()
  for (const longer of candidates) {
    for (const nodeId of new Set(longer.job.placement.pods.map((pod) => pod.nodeId))) {
      const node = cycle.layout.nodeIndex.get(nodeId)
      if (node === undefined || !cycle.layout.nodes[node]?.schedulable) continue
      const others = byNode.get(node)
      if (others) others.push(longer)
      else byNode.set(node, [longer])
    }
  }
  return byNode
}

const byWorth = (left: Cleared, right: Cleared): number => right.worth - left.worth || left.node - right.node

/** Nodes that have room for a pod as it is. */
const roomy = (cycle: Cycle, { job }: Waiter, free: Free): Cleared[] =>
  [...cycle.layout.nodes.keys()]
    .filter(
      (node) => cycle.layout.nodes[node]?.schedulable && podsThatFit(cycle.layout, free, node, job.request, 1) > 0,
    )
    .map((node) => ({ node, victims: [], worth: 0 }))

/**
 * Simulates first: running jobs of the same importance and queue with so much more left to do that ending them pays, one
 * pod a node. Shortest remaining service first, with the cost of interruptions counted: they are ended only if what is
 * saved is above θ times what is lost, and what they free is kept for the job.
 */
export const findShorter = (cycle: Cycle, waiter: Waiter): Search => {
  const { job, work } = waiter
  const longer = longerIn(cycle)
  const reserved = yieldsToReservation(cycle, job) ? [...(cycle.reservation?.nodeIds ?? [])] : []
  const candidates = longer.filter(
    (one) =>
      one.work > work &&
      one.job.queueName === job.queueName &&
      one.job.priority === job.priority &&
      !isTold(cycle, one.job) &&
      worthOf(cycle, job, [one]) > 0 &&
      isFair(cycle, job, one.job) &&
      !one.job.placement.pods.some((pod) => reserved.includes(pod.nodeId)),
  )
  const open = candidates.filter((one) => !haveMet(job, one.job))
  const found = searchAmong(cycle, waiter, open, reserved)
  if (found.eviction !== null || open.length === candidates.length) return found
  const spares = searchAmong(cycle, waiter, candidates, reserved).eviction !== null
  return spares ? { simulated: true, eviction: null, spares } : { simulated: true, eviction: null }
}

const searchAmong = (
  cycle: Cycle,
  waiter: Waiter,
  candidates: readonly Longer[],
  reserved: readonly string[],
): Search => {
  const { job } = waiter
  if (candidates.length === 0) return none
  const free = copyFree(cycle.now.free)
  const closed = reserved.flatMap((nodeId) => cycle.layout.nodeIndex.get(nodeId) ?? [])
  for (const node of closed) free.cpu[node] = -1
  if (stoppingIsEnough(cycle, waiter, free, closed)) return { simulated: true, eviction: null }
  const open = roomy(cycle, waiter, free)
  const isOpen = new Set(open.map(({ node }) => node))
  const cleared = [...byNodeOf(cycle, candidates)].flatMap(([node, onNode]) =>
    isOpen.has(node) ? [] : (clear(cycle, waiter, free, node, onNode) ?? []),
  )
  const chosen = [...open, ...cleared.sort(byWorth)].slice(0, job.request.replicas)
  const victims = [...new Set(chosen.flatMap((one) => one.victims))]
  if (chosen.length < job.request.replicas || victims.length === 0 || worthOf(cycle, job, victims) <= 0)
    return { simulated: true, eviction: null }
  for (const victim of victims) give(cycle.layout, free, victim.job.placement.pods)
  const pods = chosen.map(({ node }): PodPlacement => podOn(cycle.layout, free, node, job.request, cycle.rule()))
  return {
    simulated: true,
    eviction: { isForShorter: true, victims: victims.map((victim) => victim.job), placement: { pods } },
  }
}
