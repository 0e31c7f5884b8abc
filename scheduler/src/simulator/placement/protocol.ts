import { decide } from '../../decide.js'
import type { Decision } from '../../model/decision.js'
import type { DemandShare } from '../../model/demand.js'
import { totalOf, type JobRequest } from '../../model/request.js'
import { unlimited } from '../../model/resources.js'
import type { Placement, QueuedJob, SchedNode, Snapshot } from '../../model/snapshot.js'
import type { PlacementPolicy } from '../../placement/policy.js'
import { fifoPolicy } from '../../policy/presets.js'
import type { Policy } from '../../policy/policy.js'
import { openGradient } from '../../placement/gradient.js'
import { typicalOf } from '../../placement/typical.js'
import { openUsable } from '../../placement/usable.js'
import { emptyFree, layOut, take } from '../../steps/cluster.js'
import { inflate } from './inflate.js'
import type { TracePod } from './trace.js'

/** What was had when the arrived pods had asked for so many percent of the GPUs. Percent of all GPUs where not said. */
export interface ReadOut {
  readonly arrivedPercent: number
  readonly allocatedPercent: number
  /** Idle GPU that the typical requests cannot use (Weng et al., ATC'23). */
  readonly fragmentedPercent: number
  /** The same as percent of what is idle. */
  readonly fragmentedOfIdlePercent: number
}

/** Pods that found no place, by kind. */
export interface FailedPods {
  readonly all: number
  readonly withoutGpu: number
  readonly share: number
  readonly wholeSingle: number
  readonly severalGpus: number
}

/** The result of one sequence under one rule. */
export interface PlacementResult {
  readonly pods: number
  readonly readOuts: readonly ReadOut[]
  readonly failed: FailedPods
  /** Pods on the fullest node: the published runs allow no more than 1,001. */
  readonly mostPodsOnNode: number
}

/** What is placed, and how. */
export interface PlacementRun {
  readonly nodes: readonly SchedNode[]
  readonly pods: readonly TracePod[]
  readonly placement: PlacementPolicy
  /** Of the order of arrival. */
  readonly seed: number
}

/** Percents of the GPUs asked for at which the published runs are read. */
export const readOutPercents: readonly number[] = [50, 60, 70, 80, 85, 90, 95, 100, 105, 110, 115, 120, 125, 130]
const inflatedPercent = 130

const startMs = 1_000_000_000_000

/** First come, first served, once: no gang leads, nothing is reserved or preempted, nobody ages. */
const policyFor = (placement: PlacementPolicy): Policy => ({
  ...fifoPolicy,
  placement,
  reservation: { afterWaitMs: Number.MAX_SAFE_INTEGER },
  explain: { maximumSuggestions: 0 },
})

const jobOf = ({ request }: TracePod, index: number): QueuedJob => ({
  id: String(index),
  queueName: 'all',
  owner: 'all',
  priority: 200,
  submittedAtMs: startMs + index,
  request,
  predictedRuntimeMs: null,
  evictedAtMs: [],
  attainedMs: 0,
  notBeforeMs: 0,
})

/** Equal weight for every pod of the trace, as the published runs find the typical pods. */
export const demandOfTrace = (pods: readonly TracePod[]): DemandShare[] =>
  pods.map(({ request }) => ({ request, weight: 1 }))

const snapshotOf = (
  nodes: readonly SchedNode[],
  queued: readonly QueuedJob[],
  demand: readonly DemandShare[],
): Snapshot => ({
  nodes,
  queues: [
    { name: 'all', cohort: null, nominal: unlimited, borrowingLimit: unlimited, lendingLimit: unlimited, weight: 1 },
  ],
  queued,
  running: [],
  holds: [],
  usage: { halfLifeMs: 1000, records: [] },
  demand,
})

const placementsById = (decisions: readonly Decision[]): ReadonlyMap<string, Placement> =>
  new Map(
    decisions.flatMap((decision) => (decision.type === 'start' ? [[decision.jobId, decision.placement] as const] : [])),
  )

const kindOf = ({ gpuCount, gpuMilli }: JobRequest): Exclude<keyof FailedPods, 'all'> => {
  if (gpuCount === 0) return 'withoutGpu'
  if (gpuCount > 1) return 'severalGpus'
  return gpuMilli < 1000 ? 'share' : 'wholeSingle'
}

const failedOf = (requests: readonly JobRequest[]): FailedPods => {
  const failed = { all: requests.length, withoutGpu: 0, share: 0, wholeSingle: 0, severalGpus: 0 }
  for (const request of requests) failed[kindOf(request)] += 1
  return failed
}

const gpuMilliOf = (nodes: readonly SchedNode[]): number =>
  nodes.reduce((sum, node) => sum + 1000 * node.devices.length, 0)

const mostPods = (placements: Iterable<Placement>): number => {
  const counts = new Map<string, number>()
  for (const { pods } of placements) for (const { nodeId } of pods) counts.set(nodeId, (counts.get(nodeId) ?? 0) + 1)
  return Math.max(0, ...counts.values())
}

/** Plays what was decided once more, in order of arrival, and reads the cluster at each percent on the way. */
const readOuts = (
  { nodes, pods }: PlacementRun,
  arrived: readonly TracePod[],
  placements: ReadonlyMap<string, Placement>,
): ReadOut[] => {
  const layout = layOut(nodes)
  const free = emptyFree(layout)
  const usable = openUsable(layout, typicalOf(demandOfTrace(pods)))
  const gradient = openGradient(layout, usable)
  const capacity = gpuMilliOf(nodes)
  const read = (arrivedPercent: number, allocated: number): ReadOut => {
    const fragmented =
      layout.nodes.reduce((sum, _, node) => sum + gradient.fragmentation(free, node), 0) / usable.weight
    return {
      arrivedPercent,
      allocatedPercent: (100 * allocated) / capacity,
      fragmentedPercent: (100 * fragmented) / capacity,
      fragmentedOfIdlePercent: allocated < capacity ? (100 * fragmented) / (capacity - allocated) : 0,
    }
  }
  const outs: ReadOut[] = []
  let [asked, allocated] = [0, 0]
  arrived.forEach(({ request }, index) => {
    const milli = totalOf(request).gpuMilli
    const placement = placements.get(String(index))
    asked += milli
    if (placement !== undefined) {
      allocated += milli
      take(layout, free, placement.pods)
    }
    for (let next = readOutPercents[outs.length]; next !== undefined && asked * 100 >= next * capacity;) {
      outs.push(read(next, allocated))
      next = readOutPercents[outs.length]
    }
  })
  return [...outs, ...readOutPercents.slice(outs.length).map((percent) => read(percent, allocated))]
}

/**
 * Places a shuffled and inflated trace with the very scheduler that the server runs: one cycle over all pods in order of
 * arrival. Since nothing departs, what found no place never finds one later, so this is the published protocol (Weng et
 * al., ATC'23): pods come one by one, each is placed or lost, until 130 % of the GPUs were asked for.
 */
export const runPlacement = (run: PlacementRun): PlacementResult => {
  const limitMilli = (gpuMilliOf(run.nodes) * inflatedPercent) / 100
  const arrived = inflate(run.pods, limitMilli, run.seed)
  const snapshot = snapshotOf(run.nodes, arrived.map(jobOf), demandOfTrace(run.pods))
  const placements = placementsById(decide(snapshot, policyFor(run.placement), startMs + arrived.length))
  return {
    pods: arrived.length,
    readOuts: readOuts(run, arrived, placements),
    failed: failedOf(arrived.flatMap(({ request }, index) => (placements.has(String(index)) ? [] : [request]))),
    mostPodsOnNode: mostPods(placements.values()),
  }
}
