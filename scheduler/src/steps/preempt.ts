import { yieldsToReservation, type Cycle } from '../cycle.js'
import type { PreemptDecision } from '../model/decision.js'
import { givenUpBy, totalGivenUpBy } from '../model/elastic.js'
import { totalOf } from '../model/request.js'
import type { Placement, QueuedJob, RunningJob, SchedJob } from '../model/snapshot.js'
import { copyFree, give, take, type Free } from './cluster.js'
import { bySubmission, isAged } from './order.js'
import { podOn, podsThatFit } from './place.js'
import type { Waiter } from './waiters.js'

const hourMs = 3_600_000
/** Nodes with at most so many possible victims are searched completely; with more, greedily. */
const completeSearch = 8
/** A cluster-wide set is thinned victim by victim up to this size. */
const thinnable = 64

/** Whom to evict, and where the preemptor then starts. */
export interface Eviction {
  /** Absent where the right follows from importance or quota. */
  readonly why?: 'shorter' | 'aged'
  readonly victims: readonly RunningJob[]
  readonly placement: Placement
}

/** What a search found, and whether it took the trouble of a simulation. */
export interface Search {
  /** Whether it found nobody only because it left out somebody whom others like the one it was made for may evict. */
  readonly spares?: boolean
  readonly simulated: boolean
  readonly eviction: Eviction | null
}

/** Work that an eviction undoes: all since the last checkpoint, nothing for those that save themselves. */
export const lostByEvictionMs = (victim: RunningJob, nowMs: number): number =>
  victim.resumes === true ? 0 : Math.max(0, nowMs - (victim.checkpointedAtMs ?? victim.startedAtMs))

/** What evicting a job costs: width × work lost since the last checkpoint, and the restart. Thousandths × seconds. */
export const evictionCost = (victim: RunningJob, cycle: Pick<Cycle, 'policy' | 'nowMs'>): number => {
  const total = totalOf(victim.request)
  const width = Math.max(1, total.gpuMilli, Math.floor(total.cpuMilli / cycle.policy.order.coresPerDevice))
  const lostMs = lostByEvictionMs(victim, cycle.nowMs)
  return width * Math.ceil((lostMs + cycle.policy.preemption.restartCostMs) / 1000)
}

/** Whether an attempt may be ended at all: long enough under way, not evicted too often, and, where that spares it, not started past its age bound. */
export const isEvictable = (job: RunningJob, cycle: Pick<Cycle, 'policy' | 'nowMs'>, sparesAged = true): boolean => {
  const { preemption } = cycle.policy
  const recent = job.evictedAtMs.length === 0 ? 0 : job.evictedAtMs.filter((atMs) => atMs > cycle.nowMs - hourMs).length
  return (
    !job.stopping &&
    cycle.nowMs - job.startedAtMs >= preemption.minimumRunMs &&
    recent < preemption.maximumEvictionsPerHour &&
    !(sparesAged && isAged(job, cycle.policy, job.startedAtMs))
  )
}

/**
 * By what right one job may end another. In its own queue a job preempts less important ones. In other queues it must
 * itself stay inside what its queue owns; then it reclaims from those of its cohort who use more than they own, where
 * its own queue has a stated amount to take back, and it preempts less important ones that have no guarantee. The right
 * does not hold in both directions at once.
 */
export const rightTo = (job: QueuedJob, victim: RunningJob, cycle: Cycle): PreemptDecision['why'] | null => {
  const needed = totalOf(job.request)
  const { quota } = cycle
  const lessImportant = victim.priority < job.priority
  if (victim.queueName === job.queueName) return lessImportant ? 'priority' : null
  if (!quota.isEntitled(job.queueName, needed)) return null
  const borrows = quota.isBorrowing(victim.queueName, needed)
  const cohort = quota.queue(job.queueName)?.cohort ?? null
  const isLent = quota.isBorrowing(victim.queueName, quota.ownedPart(job.queueName, needed))
  if (isLent && cohort !== null && quota.queue(victim.queueName)?.cohort === cohort) return 'reclaim'
  return lessImportant && (borrows || quota.isUnguaranteed(victim.queueName, needed)) ? 'priority' : null
}

const byCost =
  (costOf: (job: RunningJob) => number) =>
  (left: RunningJob, right: RunningJob): number =>
    left.priority - right.priority ||
    costOf(left) - costOf(right) ||
    right.startedAtMs - left.startedAtMs ||
    bySubmission(left, right)

/** Who may be ended in a cycle. */
export interface Evictable {
  /** Whether jobs of a priority may end anybody at all: a quick answer when nobody may. */
  readonly mayServe: (priority: number) => boolean
  /** One example for each importance and queue, since rights depend on nothing else. */
  readonly kinds: () => ReadonlyMap<string, RunningJob>
  readonly cheapestFirst: () => readonly Candidate[]
}
interface Candidate {
  readonly job: RunningJob
  readonly kind: string
}

const once = <T>(make: () => T): (() => T) => {
  let made: { readonly value: T } | null = null
  return () => (made ??= { value: make() }).value
}

const anything = { gpuMilli: 1, cpuMilli: 1, memoryMib: 1 }

/** A quick answer before anybody is looked at: nobody runs who is less important, or whose queue could owe something. */
const mayServeAtAll = ({ runners, quota }: Cycle, priority: number): boolean => {
  for (const running of runners.byPriority.keys()) if (running < priority) return true
  for (const name of runners.byQueue.keys()) if (!quota.isUnguaranteed(name, anything)) return true
  return false
}

/** The same for every preemptor of a cycle, so it is found once, and only as far as somebody may preempt at all. */
const evictableIn = (cycle: Cycle): Evictable => {
  if (cycle.evictable !== null) return cycle.evictable
  const jobs = cycle.snapshot.running.filter((job) => isEvictable(job, cycle))
  const mayOwe = [...new Set(jobs.map((job) => job.queueName))].some(
    (name) => !cycle.quota.isUnguaranteed(name, anything),
  )
  const lowest = jobs.reduce((least, job) => Math.min(least, job.priority), Number.POSITIVE_INFINITY)
  const candidates = once(() => jobs.map((job): Candidate => ({ job, kind: `${job.priority}|${job.queueName}` })))
  const cheapestFirst = once(() => {
    const costs = new Map(jobs.map((job) => [job, evictionCost(job, cycle)]))
    const compare = byCost((job) => costs.get(job) ?? 0)
    return [...candidates()].sort((left, right) => compare(left.job, right.job))
  })
  cycle.evictable = {
    mayServe: (priority) => mayOwe || lowest < priority,
    kinds: once(() => new Map(candidates().map(({ job, kind }) => [kind, job]))),
    cheapestFirst,
  }
  return cycle.evictable
}

/** Whether a job was told to stop in this very cycle. */
export const isTold = (cycle: Cycle, { id }: RunningJob): boolean => cycle.preempted.has(id) || cycle.resized.has(id)

/** Whether a job was evicted for another before. */
export const wasEvictedBy = (job: SchedJob, other: SchedJob): boolean => job.evictedBy?.includes(other.id) ?? false

/** Those whom a job may end, cheapest first; `fragile` when the right to some could lapse as others end. */
const lawfulFor = (cycle: Cycle, job: QueuedJob): { readonly victims: RunningJob[]; readonly fragile: boolean } => {
  if (!mayServeAtAll(cycle, job.priority)) return { victims: [], fragile: false }
  const { kinds, mayServe, cheapestFirst } = evictableIn(cycle)
  if (!mayServe(job.priority)) return { victims: [], fragile: false }
  const lawful = [...kinds()].filter(([, victim]) => rightTo(job, victim, cycle) !== null)
  if (lawful.length === 0) return { victims: [], fragile: false }
  const names = new Set(lawful.map(([kind]) => kind))
  const victims = cheapestFirst().flatMap((one) =>
    names.has(one.kind) && !isTold(cycle, one.job) && !wasEvictedBy(job, one.job) ? [one.job] : [],
  )
  return { victims, fragile: lawful.some(([, victim]) => mayLapse(cycle, job, victim)) }
}

/** What a set of victims is judged by: how important the most important is, the cost of all, and how many they are. */
interface Price {
  readonly highest: number
  readonly cost: number
  readonly count: number
}
interface Weighed extends Price {
  readonly victims: readonly RunningJob[]
}

const weigh = (cycle: Cycle, victims: readonly RunningJob[]): Weighed => ({
  victims,
  highest: victims.reduce((highest, victim) => Math.max(highest, victim.priority), 0),
  cost: victims.reduce((sum, victim) => sum + evictionCost(victim, cycle), 0),
  count: victims.length,
})

const comparePrices = (left: Price, right: Price): number =>
  left.highest - right.highest || left.cost - right.cost || left.count - right.count

/** Keeps those victims, in order, whose queue still has more than it owns when their turn comes: lenders take back no more. */
const lawfulTogether = (cycle: Cycle, job: QueuedJob, victims: readonly RunningJob[]): RunningJob[] => {
  const kept = victims.filter((victim) => {
    if (rightTo(job, victim, cycle) === null) return false
    cycle.quota.remove(victim.queueName, totalOf(victim.request))
    return true
  })
  for (const victim of kept) cycle.quota.add(victim.queueName, totalOf(victim.request))
  return kept
}

const smallestFirst = (left: RunningJob, right: RunningJob): number =>
  totalOf(left.request).gpuMilli - totalOf(right.request).gpuMilli || bySubmission(left, right)

/** Whether the right to end a victim could lapse while others of its queue end first. */
const mayLapse = (cycle: Cycle, job: QueuedJob, victim: RunningJob): boolean =>
  victim.queueName !== job.queueName && !cycle.quota.isUnguaranteed(victim.queueName, totalOf(job.request))

const isLawful = (cycle: Cycle, job: QueuedJob, victims: readonly RunningJob[]): boolean =>
  lawfulTogether(cycle, job, [...victims].sort(smallestFirst)).length === victims.length

/** Leaves out what is not needed, dearest first. */
export const thin = (
  set: readonly RunningJob[],
  enough: (set: readonly RunningJob[]) => boolean,
): readonly RunningJob[] => {
  let kept = set
  for (const victim of [...set].reverse()) {
    const without = kept.filter((other) => other !== victim)
    if (without.length > 0 && enough(without)) kept = without
  }
  return kept
}

export const podsHere = (victims: readonly RunningJob[], nodeId: string) =>
  victims.flatMap((victim) => victim.placement.pods.filter((pod) => pod.nodeId === nodeId))

interface NodeSearch {
  readonly node: number
  readonly candidates: readonly RunningJob[]
  readonly enough: (set: readonly RunningJob[]) => boolean
  readonly rough: Weighed
  /** No set on this node is cheaper than this. */
  readonly bound: Price
}

/** A victim as what it costs and how much of the devices of one node it frees, thousandths. */
interface Offer {
  readonly priority: number
  readonly cost: number
  readonly milli: number
}

/** Adds up offers in an order until together they free enough; `part` is told how much is still missing. */
const addUp = (
  offers: readonly Offer[],
  missing: number,
  order: (left: Offer, right: Offer) => number,
  part: (sum: number, offer: Offer, missing: number) => number,
): number => {
  let [sum, rest] = [0, missing]
  for (const offer of [...offers].sort(order)) {
    if (rest <= 0) break
    sum = part(sum, offer, rest)
    rest -= offer.milli
  }
  return sum
}

const byPriority = (left: Offer, right: Offer): number => left.priority - right.priority
const byDensity = (left: Offer, right: Offer): number => left.cost * right.milli - right.cost * left.milli
const widestFirst = (left: Offer, right: Offer): number => right.milli - left.milli

/**
 * What no set of victims on a node can undercut: they are taken by what each costs for what it frees, the last one in
 * part, as in the relaxed knapsack problem (Dantzig 1957). Importance and number are bounded each for itself.
 */
const lowestPrice = (cycle: Cycle, job: QueuedJob, free: Free, node: number, onNode: readonly RunningJob[]): Price => {
  const { firstDevice, deviceIsGpu, nodes } = cycle.layout
  let missing = job.request.gpuCount * job.request.gpuMilli
  for (let device = firstDevice[node] ?? 0; device < (firstDevice[node + 1] ?? 0); device += 1)
    if (deviceIsGpu[device] === 1) missing -= Math.max(0, free.deviceMilli[device] ?? 0)
  const offers = onNode.map((victim): Offer => {
    const grants = podsHere([victim], nodes[node]?.id ?? '').flatMap((pod) => pod.devices)
    const milli = grants.reduce((sum, grant) => sum + grant.milli, 0)
    return { priority: victim.priority, cost: evictionCost(victim, cycle), milli }
  })
  // Cores or memory are short, not devices: each of them might free enough.
  if (missing <= 0)
    return {
      highest: Math.min(...offers.map(({ priority }) => priority)),
      cost: Math.min(...offers.map(({ cost }) => cost)),
      count: 1,
    }
  const useful = offers.filter(({ milli }) => milli > 0)
  return {
    highest: addUp(useful, missing, byPriority, (_, { priority }) => priority),
    cost: addUp(
      useful,
      missing,
      byDensity,
      (sum, { cost, milli }, rest) => sum + (milli > rest ? Math.floor((cost * rest) / milli) : cost),
    ),
    count: addUp(useful, missing, widestFirst, (sum) => sum + 1),
  }
}

/** What would have to go on one node, found greedily; `null` if even all of them would not do. */
const searchNode = (
  cycle: Cycle,
  job: QueuedJob,
  free: Free,
  node: number,
  onNode: readonly RunningJob[],
  fragile: boolean,
): NodeSearch | null => {
  const nodeId = cycle.layout.nodes[node]?.id ?? ''
  const enough = (set: readonly RunningJob[]): boolean => {
    const pods = podsHere(set, nodeId)
    give(cycle.layout, free, pods)
    const fits = podsThatFit(cycle.layout, free, node, job.request, 1) > 0
    take(cycle.layout, free, pods)
    return fits && (!fragile || isLawful(cycle, job, set))
  }
  const candidates = fragile ? lawfulTogether(cycle, job, onNode) : onNode
  if (candidates.length === 0 || !enough(candidates)) return null
  const rough = weigh(cycle, thin(candidates, enough))
  return { node, candidates: onNode, enough, rough, bound: lowestPrice(cycle, job, free, node, onNode) }
}

/** The prices of all sets of some victims, by the bits that say who is in them. */
const pricesOfSets = (cycle: Cycle, victims: readonly RunningJob[]): Price[] => {
  const alone = victims.map((victim) => weigh(cycle, [victim]))
  const prices: Price[] = [{ highest: 0, cost: 0, count: 0 }]
  for (let mask = 1; mask < 2 ** victims.length; mask += 1) {
    const last = alone[31 - Math.clz32(mask)]
    const others = prices[mask - 2 ** (31 - Math.clz32(mask))]
    if (last === undefined || others === undefined) break
    const highest = Math.max(last.highest, others.highest)
    prices.push({ highest, cost: last.cost + others.cost, count: others.count + 1 })
  }
  return prices
}

/** The cheapest set on a node that is enough and beats what is known; `null` when there is none. */
const cheapestSubset = (cycle: Cycle, { candidates, enough }: NodeSearch, known: Price): Weighed | null => {
  const better = pricesOfSets(cycle, candidates)
    .map((price, mask) => ({ price, mask }))
    .filter(({ price }) => price.count > 0 && comparePrices(price, known) < 0)
    .sort((left, right) => comparePrices(left.price, right.price) || left.mask - right.mask)
  for (const { price, mask } of better) {
    const victims = candidates.filter((_, index) => (mask >> index) & 1)
    if (enough(victims)) return { ...price, victims }
  }
  return null
}

/**
 * For one pod: the cheapest set on one node, over all nodes. Those that cannot beat what was found before are passed over;
 * on a node with very many possible victims the greedy set counts.
 */
const onOneNode = (
  cycle: Cycle,
  job: QueuedJob,
  free: Free,
  candidates: readonly RunningJob[],
  fragile: boolean,
): Eviction | null => {
  const byNode = new Map<number, RunningJob[]>()
  for (const victim of candidates) {
    for (const nodeId of new Set(victim.placement.pods.map((pod) => pod.nodeId))) {
      const node = cycle.layout.nodeIndex.get(nodeId)
      if (node === undefined || !cycle.layout.nodes[node]?.schedulable) continue
      const others = byNode.get(node)
      if (others) others.push(victim)
      else byNode.set(node, [victim])
    }
  }
  const searches = [...byNode]
    .sort(([left], [right]) => left - right)
    .flatMap(([node, onNode]) => searchNode(cycle, job, free, node, onNode, fragile) ?? [])
    .sort((left, right) => comparePrices(left.rough, right.rough) || left.node - right.node)
  let best: { readonly node: number; readonly set: Weighed } | null = null
  for (const search of searches) {
    if (best === null || comparePrices(search.rough, best.set) < 0) best = { node: search.node, set: search.rough }
    if (search.candidates.length > completeSearch || comparePrices(search.bound, best.set) >= 0) continue
    const set = cheapestSubset(cycle, search, best.set)
    if (set !== null) best = { node: search.node, set }
  }
  if (best === null) return null
  const { victims } = best.set
  give(cycle.layout, free, podsHere(victims, cycle.layout.nodes[best.node]?.id ?? ''))
  return { victims, placement: { pods: [podOn(cycle.layout, free, best.node, job.request, cycle.rule())] } }
}

/** For gangs over several nodes and for quota: the shortest run of cheapest victims that is enough, then thinned. */
const anywhere = (
  cycle: Cycle,
  { job, kind }: Waiter,
  base: Free,
  closed: readonly number[],
  candidates: readonly RunningJob[],
): Eviction | null => {
  const placeWithout = (set: readonly RunningJob[]): Placement | null => {
    for (const victim of set) cycle.quota.remove(victim.queueName, totalOf(victim.request))
    const failure = cycle.quota.check(job.queueName, totalOf(job.request))
    for (const victim of set) cycle.quota.add(victim.queueName, totalOf(victim.request))
    if (failure !== null) return null
    const free = copyFree(base)
    for (const victim of set) give(cycle.layout, free, victim.placement.pods)
    for (const node of closed) free.cpu[node] = -1
    return cycle.placer(free).find(kind.shape)
  }
  const lawful = lawfulTogether(cycle, job, candidates)
  if (lawful.length === 0 || placeWithout(lawful) === null) return null
  let tooFew = 0
  let enough = lawful.length
  while (enough - tooFew > 1) {
    const middle = (tooFew + enough) >> 1
    if (placeWithout(lawful.slice(0, middle)) === null) tooFew = middle
    else enough = middle
  }
  const suffices = (set: readonly RunningJob[]): boolean => isLawful(cycle, job, set) && placeWithout(set) !== null
  const prefix = lawful.slice(0, enough)
  const places = new Set(placeWithout(prefix)?.pods.map((pod) => pod.nodeId))
  const near = prefix.filter((victim) => victim.placement.pods.some((pod) => places.has(pod.nodeId)))
  const few = near.length > 0 && suffices(near) ? near : prefix
  const victims = few.length <= thinnable ? thin(few, suffices) : few
  const placement = placeWithout(victims)
  return placement === null ? null : { victims, placement }
}

/** Whether waiting for jobs that already stop would do, so that nobody need be evicted. */
export const stoppingIsEnough = (
  cycle: Cycle,
  { job, kind }: Waiter,
  base: Free,
  closed: readonly number[],
): boolean => {
  const held = new Set(cycle.holds.flatMap((live) => live.hold.victimIds))
  const stopping = cycle.snapshot.running.filter((other) => other.stopping && !held.has(other.id))
  if (stopping.length === 0) return false
  const free = copyFree(base)
  for (const other of stopping) give(cycle.layout, free, givenUpBy(other))
  for (const node of closed) free.cpu[node] = -1
  for (const other of stopping) cycle.quota.remove(other.queueName, totalGivenUpBy(other))
  const allowed = cycle.quota.check(job.queueName, totalOf(job.request)) === null
  for (const other of stopping) cycle.quota.add(other.queueName, totalGivenUpBy(other))
  return allowed && cycle.placer(free).find(kind.shape) !== null
}

/**
 * Simulates first: the cheapest lawful set of victims after whose end the job certainly starts, or `null`. Cheapest is
 * least important, then least work lost, then fewest.
 */
export const findEviction = (cycle: Cycle, waiter: Waiter): Search => {
  const { job, kind } = waiter
  const lawful = lawfulFor(cycle, job)
  if (lawful.victims.length === 0) return { simulated: false, eviction: null }
  const base = copyFree(cycle.now.free)
  const reserved = yieldsToReservation(cycle, job) ? [...(cycle.reservation?.nodeIds ?? [])] : []
  const closed = reserved.flatMap((nodeId) => cycle.layout.nodeIndex.get(nodeId) ?? [])
  for (const node of closed) base.cpu[node] = -1
  const isClosed = (victim: RunningJob): boolean => victim.placement.pods.some((pod) => reserved.includes(pod.nodeId))
  const candidates = reserved.length === 0 ? lawful.victims : lawful.victims.filter((victim) => !isClosed(victim))
  if (candidates.length === 0) return { simulated: false, eviction: null }
  if (stoppingIsEnough(cycle, waiter, base, closed)) return { simulated: true, eviction: null }
  const quotaAllows = cycle.quota.check(job.queueName, kind.shape.total) === null
  const eviction =
    job.request.replicas === 1 && quotaAllows
      ? onOneNode(cycle, job, base, candidates, lawful.fragile)
      : anywhere(cycle, waiter, base, closed, candidates)
  return { simulated: true, eviction }
}
