import type { PriorityClass } from '@novabrain/contracts'
import {
  defaultUsageHalfLifeMs,
  priorityOf,
  unlimited,
  type DemandShare,
  type Hold,
  type JobRequest,
  type Placement,
  type QueuedJob,
  type QueueOrder,
  type RunningJob,
  type SchedDevice,
  type SchedNode,
  type SchedQueue,
  type Snapshot,
  type UsageRecord,
} from '@novabrain/scheduler'
import { longestRetryDelayMs } from '../core/jobs/after-attempt.js'
import type { HoldRecord } from '../db/entities/execution.js'
import { loadCluster, loadNodes } from '../db/sql/execution-load-cluster.sql.js'
import type { Tx } from '../deps.js'
import type { Foresee } from '../modules/jobs/planner.js'
import { requestOf } from './admission.js'

/** The cluster as PostgreSQL tells it, read in one statement. */
export interface ClusterRows {
  readonly version: number
  readonly nodes: readonly Omit<SchedNode, 'devices'>[]
  readonly devices: readonly DeviceFacts[]
  readonly queues: readonly QueueFacts[]
  readonly jobs: readonly ActiveJob[]
  readonly allocations: readonly { attemptId: string; nodeId: string; cpuMilli: number; memoryMib: number }[]
  readonly grants: readonly { attemptId: string; deviceId: string; milli: number; memoryMib: number }[]
  readonly reservations: readonly Hold[]
  readonly usage: readonly UsageFacts[]
}

export interface DeviceFacts extends SchedDevice {
  readonly nodeId: string
  readonly simulated: boolean
}

interface QueueFacts {
  readonly tenantId: string
  readonly name: string
  readonly cohort: string | null
  readonly nominalGpuMilli: number | null
  readonly borrowingLimitGpuMilli: number | null
  readonly lendingLimitGpuMilli: number | null
  readonly weight: number
  readonly orderKind: QueueOrder['kind']
  readonly orderFair: boolean
  readonly patienceMs: number | null
}

interface UsageFacts {
  readonly tenantId: string
  readonly queueName: string
  readonly owner: string
  readonly asOfMs: number
  readonly gpuMilli: number
  readonly cpuMilli: number
  readonly memoryMib: number
}

/** A job that has not ended, as far as planning needs it. */
export interface ActiveJob extends Omit<JobRequest, 'replicas'> {
  readonly id: string
  readonly version: number
  readonly tenantId: string
  readonly projectId: string
  readonly status: 'queued' | 'starting' | 'running' | 'stopping'
  readonly queueName: string
  readonly owner: string
  readonly name: string
  /** The path of what it runs, and a hash of the arguments. */
  readonly script: string | null
  readonly arguments: string | null
  readonly priorityClass: PriorityClass
  readonly submittedAtMs: number
  readonly raisedGpuMemoryMib: number | null
  /** What the last jobs of its member and name took of a GPU at most; only told of jobs that wait for a share. */
  readonly gpuPeaksMib?: readonly number[] | null
  readonly predictedRunMs: number | null
  readonly timeLimitMs: number | null
  readonly evictedAtMs: readonly number[]
  /** The jobs for which its attempts were evicted. */
  readonly evictedBy: readonly string[] | null
  readonly usedRunMs: number
  readonly notBeforeMs: number | null
  readonly hold: HoldRecord | null
  /** The attempt that has not ended, if there is one. */
  readonly attemptId: string | null
  readonly startedAtMs: number | null
}

/** Read the cluster as of one instant. */
export const readCluster = async (tx: Tx): Promise<ClusterRows> => {
  const rows: ClusterRows[] = await tx.query(loadCluster)
  const [first] = rows
  if (first === undefined) throw new Error('The cluster could not be read')
  return first
}

/** The nodes alone, which anybody may read: they belong to no tenant. */
export const readNodes = async (tx: Tx): Promise<SchedNode[]> => {
  const rows: Pick<ClusterRows, 'nodes' | 'devices'>[] = await tx.query(loadNodes)
  return rows.flatMap(nodesOf)
}

/** The scheduler knows queues by tenant and name: two tenants' `default` are two queues. */
export const queueKey = (tenantId: string, name: string): string => `${tenantId}/${name}`

/** The name of a queue or cohort as its tenant knows it. */
export const queueNameOf = (key: string): string => key.slice(key.indexOf('/') + 1)

const fromNothing: Foresee = () => null

/** What the scheduler sees of the rows at an instant, of what jobs are expected to ask for, and of how long they run. */
export const snapshotOf = (
  rows: ClusterRows,
  nowMs: number,
  demand: readonly DemandShare[] = [],
  foresee: Foresee = fromNothing,
): Snapshot => createSnapshots().of(rows, nowMs, demand, foresee)

/** Makes snapshots of rows, one after another. */
export interface Snapshots {
  /** What rows that are the same objects as the last time say is the same object again. */
  of(rows: ClusterRows, nowMs: number, demand: readonly DemandShare[], foresee: Foresee): Snapshot
}

type RunTimes = Pick<QueuedJob, 'predictedRuntimeMs' | 'cautiousRuntimeMs'>

const runsAlike = (left: RunTimes, right: RunTimes): boolean =>
  left.predictedRuntimeMs === right.predictedRuntimeMs && left.cautiousRuntimeMs === right.cautiousRuntimeMs

/** Opens a maker of snapshots that knows nothing yet. */
export const createSnapshots = (): Snapshots => {
  const queuedBefore = new WeakMap<ActiveJob, QueuedJob>()
  const runningBefore = new WeakMap<ActiveJob, RunningJob>()
  let nodesBefore: { readonly rows: ClusterRows['nodes']; readonly nodes: readonly SchedNode[] } | null = null

  const nodesIn = (rows: ClusterRows): readonly SchedNode[] => {
    if (nodesBefore?.rows !== rows.nodes) nodesBefore = { rows: rows.nodes, nodes: nodesOf(rows) }
    return nodesBefore.nodes
  }
  const waiting = (job: ActiveJob, nowMs: number, foresee: Foresee): QueuedJob => {
    const before = queuedBefore.get(job)
    const queued = queuedOf(job, nowMs, foresee)
    if (before !== undefined && before.notBeforeMs === queued.notBeforeMs && runsAlike(before, queued)) return before
    queuedBefore.set(job, queued)
    return queued
  }
  /** The place of an attempt never changes. */
  const runs = (job: ActiveJob, placement: Placement, foresee: Foresee): RunningJob => {
    const before = runningBefore.get(job)
    const running = runningOf(job, before?.placement ?? placement, foresee)
    if (before !== undefined && before.predictedEndMs === running.predictedEndMs && runsAlike(before, running))
      return before
    runningBefore.set(job, running)
    return running
  }
  return {
    of(rows, nowMs, demand, foresee) {
      const placementOf = placements(rows)
      return {
        nodes: nodesIn(rows),
        queues: rows.queues.map(queueOf),
        queued: rows.jobs.filter(({ status }) => status === 'queued').map((job) => waiting(job, nowMs, foresee)),
        running: rows.jobs.flatMap((job) => {
          const placement = job.attemptId === null ? undefined : placementOf.get(job.attemptId)
          return placement === undefined ? [] : [runs(job, placement, foresee)]
        }),
        holds: rows.reservations.map((hold) => ({ ...hold, expiresAtMs: whole(hold.expiresAtMs) })),
        usage: { halfLifeMs: defaultUsageHalfLifeMs, records: rows.usage.map(usageOf) },
        demand,
      }
    },
  }
}

const nodesOf = ({ nodes, devices }: Pick<ClusterRows, 'nodes' | 'devices'>): SchedNode[] => {
  const byNode = groupBy(devices, ({ nodeId }) => nodeId)
  return nodes.map((node) => ({ ...node, devices: (byNode.get(node.id) ?? []).map(deviceOf) }))
}

const whole = (value: number): number => Math.round(value)

const deviceOf = ({ id, index, kind, model, memoryMib }: SchedDevice): SchedDevice => ({
  id,
  index,
  kind,
  model,
  memoryMib,
})

const queueOf = (queue: QueueFacts): SchedQueue => ({
  name: queueKey(queue.tenantId, queue.name),
  cohort: queue.cohort === null ? null : queueKey(queue.tenantId, queue.cohort),
  nominal: { ...unlimited, gpuMilli: queue.nominalGpuMilli },
  borrowingLimit: { ...unlimited, gpuMilli: queue.borrowingLimitGpuMilli },
  lendingLimit: { ...unlimited, gpuMilli: queue.lendingLimitGpuMilli },
  weight: queue.weight,
  order: { kind: queue.orderKind, fair: queue.orderFair, patienceMs: queue.patienceMs },
})

const commonOf = (job: ActiveJob, { likelyMs, cautiousMs }: RunTime) => ({
  id: job.id,
  queueName: queueKey(job.tenantId, job.queueName),
  owner: job.owner,
  priority: priorityOf(job.priorityClass),
  submittedAtMs: whole(job.submittedAtMs),
  request: requestOf(job),
  predictedRuntimeMs: likelyMs,
  cautiousRuntimeMs: cautiousMs,
  evictedAtMs: job.evictedAtMs,
  ...(job.evictedBy === null ? {} : { evictedBy: job.evictedBy }),
  attainedMs: job.usedRunMs,
})

interface RunTime {
  readonly likelyMs: number | null
  readonly cautiousMs: number | null
}

/**
 * What history says, or said when the job was submitted. A time limit bounds it; without history it says nothing, as most
 * limits are set far too high.
 */
const runTimeOf = (job: ActiveJob, foresee: Foresee): RunTime => {
  const foresight = foresee(job)
  const bounded = (ms: number | null): number | null =>
    ms === null ? null : Math.max(1, Math.min(ms, job.timeLimitMs ?? Infinity))
  return {
    likelyMs: bounded(foresight?.likelyMs ?? job.predictedRunMs),
    cautiousMs: bounded(foresight?.cautiousMs ?? null),
  }
}

const queuedOf = (job: ActiveJob, nowMs: number, foresee: Foresee): QueuedJob => ({
  ...commonOf(job, runTimeOf(job, foresee)),
  notBeforeMs: notBeforeOf(job, nowMs),
})

const notBeforeOf = (job: ActiveJob, nowMs: number): number => pauseEnd(whole(job.notBeforeMs ?? 0), nowMs)

/** A pause that ends later than any pause can was begun before the clock was set back. It is over. */
const pauseEnd = (notBeforeMs: number, nowMs: number): number =>
  notBeforeMs - nowMs > longestRetryDelayMs ? 0 : notBeforeMs

/** What a running job was let in with: a job that asks for a share may hold whole devices. */
const heldBy = (job: ActiveJob, { pods }: Placement): JobRequest => {
  const request = requestOf(job)
  const milli = pods.flatMap(({ devices }) => devices.map((grant) => grant.milli))
  return { ...request, gpuMilli: Math.max(request.gpuMilli, ...milli) }
}

const runningOf = (job: ActiveJob, placement: Placement, foresee: Foresee): RunningJob => {
  const startedAtMs = whole(job.startedAtMs ?? job.submittedAtMs)
  const runTime = runTimeOf(job, foresee)
  const runMs = runTime.likelyMs ?? job.timeLimitMs
  return {
    ...commonOf(job, runTime),
    request: heldBy(job, placement),
    placement,
    startedAtMs,
    stopping: job.status === 'stopping',
    predictedEndMs: runMs === null ? null : startedAtMs + runMs,
    checkpointedAtMs: null,
  }
}

const placements = ({ allocations, grants }: ClusterRows): ReadonlyMap<string, Placement> => {
  const byAttempt = groupBy(grants, ({ attemptId }) => attemptId)
  return new Map(
    allocations.map(({ attemptId, nodeId, cpuMilli, memoryMib }) => {
      const held = byAttempt.get(attemptId) ?? []
      const devices = held.map(({ deviceId, milli, memoryMib: mib }) => ({ deviceId, milli, memoryMib: mib }))
      return [attemptId, { pods: [{ nodeId, cpuMilli, memoryMib, devices }] }]
    }),
  )
}

const usageOf = (usage: UsageFacts): UsageRecord => ({
  queueName: queueKey(usage.tenantId, usage.queueName),
  owner: usage.owner,
  asOfMs: whole(usage.asOfMs),
  amountSeconds: { gpuMilli: usage.gpuMilli, cpuMilli: usage.cpuMilli, memoryMib: usage.memoryMib },
})

const groupBy = <T>(items: readonly T[], keyOf: (item: T) => string): ReadonlyMap<string, readonly T[]> => {
  const groups = new Map<string, T[]>()
  for (const item of items) {
    const group = groups.get(keyOf(item))
    if (group === undefined) groups.set(keyOf(item), [item])
    else group.push(item)
  }
  return groups
}
