import {
  decide,
  fifoPolicy,
  type DemandShare,
  type JobRequest,
  type PlacementPolicy,
  type RunningJob,
  type SchedNode,
  type Snapshot,
} from '@novabrain/scheduler'
import { openRule } from '../../../scheduler/src/placement/open.js'
import { emptyFree, layOut, take } from '../../../scheduler/src/steps/cluster.js'
import { about, aJob, aRequest, aSnapshot, noon } from '../builders.js'

/** So often a request is asked for; no cores unless said. */
export const asked = (weight: number, request: Partial<JobRequest> = {}): DemandShare => ({
  request: aRequest({ cpuMilli: 0, ...request }),
  weight,
})

/** A cluster with what runs on it, and what is expected to be asked for. */
export interface Scene {
  readonly nodes: readonly SchedNode[]
  readonly running?: readonly RunningJob[]
  readonly demand?: readonly DemandShare[]
}

/** The score that a rule gives each node for a request, by node. Least is best. */
export const scores = (
  placement: PlacementPolicy,
  { nodes, running = [], demand = [] }: Scene,
  request: Partial<JobRequest>,
): Readonly<Record<string, number>> => {
  const layout = layOut(nodes)
  const free = emptyFree(layout)
  for (const job of running) take(layout, free, job.placement.pods)
  const rule = openRule(placement, layout, () => demand)
  return Object.fromEntries(layout.nodes.map(({ id }, node) => [id, rule.score(free, node, aRequest(request))]))
}

/** Where the scheduler starts one job: its node and devices; `null` where it does not. */
export const placeOf = (
  placement: PlacementPolicy,
  { nodes, running = [], demand = [] }: Scene,
  request: Partial<JobRequest>,
): string[] | null => {
  const snapshot: Snapshot = aSnapshot({ nodes, running, demand, queued: [aJob('j', request)] })
  const decision = about(decide(snapshot, { ...fifoPolicy, placement }, noon), 'j')
  if (decision.type !== 'start') return null
  return decision.placement.pods.flatMap((pod) => [pod.nodeId, ...pod.devices.map(({ deviceId }) => deviceId)])
}
