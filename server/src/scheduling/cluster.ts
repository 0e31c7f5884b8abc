import type { PriorityClass } from '@novabrain/contracts'
import {
  aheadOf,
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
  type SchedJob,
  type SchedNode,
  type SchedQueue,
  type Snapshot,
  type UsageRecord,
} from '@novabrain/scheduler'
import { longestRetryDelayMs } from '../core/jobs/after-attempt.js'
import type { Grant, HoldRecord } from '../db/entities/execution.js'
import { loadCluster, loadNodes } from '../db/sql/execution-load-cluster.sql.js'
import type { Tx } from '../deps.js'
import type { Foresee } from '../modules/jobs/planner.js'
import { requestOf, sameRequest } from './admission.js'

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
  /** Where it makes do with any number of GPUs from `gpuCount` on: how many it can use. */
  readonly maxGpuCount: number | null
  /** What its attempts did before they saved themselves, in milliseconds of one GPU; only of an elastic job. */
  readonly doneGpuMs: number | null
  /** Where it goes on once it has stopped. */
  readonly resizeTo: Grant | null
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

/** What is known beside the rows: what jobs are expected to ask for, how long they run, and with what each is let in. */
export interface Knowledge {
  readonly demand: readonly DemandShare[]
  /** Another function where another answer may come of it. */
  readonly foresee: Foresee
  /** Another function where another answer may come of it. */
  readonly admit: (job: ActiveJob) => JobRequest
}

const nothingKnown: Knowledge = { demand: [], foresee: () => null, admit: requestOf }

/** What the scheduler sees of the rows at an instant. */
export const snapshotOf = (rows: ClusterRows, nowMs: number, known: Partial<Knowledge> = {}): Snapshot =>
  createSnapshots({ movesElastic: false }).of(rows, nowMs, { ...nothingKnown, ...known })

/** How snapshots are made. */
export interface SnapshotOptions {
  /** Whether what elastic jobs save is found on every node, so that they may go on on another one. */
  readonly movesElastic: boolean
}

/** Makes snapshots of rows, one after another. */
export interface Snapshots {
  /** What rows that are the same objects as the last time say is the same object again. */
  of(rows: ClusterRows, nowMs: number, known: Knowledge): Snapshot
}

/** What was made of a job, and with what was known then: with the same, the same comes of it. */
interface Made<T> {
  readonly job: T
  readonly foresee: Foresee
  readonly admit: Knowledge['admit'] | null
}

type RunTimes = Pick<QueuedJob, 'predictedRuntimeMs' | 'cautiousRuntimeMs'>

const runsAlike = (left: RunTimes, right: RunTimes): boolean =>
  left.predictedRuntimeMs === right.predictedRuntimeMs && left.cautiousRuntimeMs === right.cautiousRuntimeMs

const waitsAlike = (left: QueuedJob, right: QueuedJob): boolean =>
  left.notBeforeMs === right.notBeforeMs && runsAlike(left, right) && sameRequest(left.request, right.request)

/** Opens a maker of snapshots that knows nothing yet. */
export const createSnapshots = ({ movesElastic }: SnapshotOptions): Snapshots => {
  const queuedBefore = new WeakMap<ActiveJob, Made<QueuedJob>>()
  const runningBefore = new WeakMap<ActiveJob, Made<RunningJob>>()
  let nodesBefore: { readonly rows: ClusterRows['nodes']; readonly nodes: readonly SchedNode[] } | null = null

  const nodesIn = (rows: ClusterRows): readonly SchedNode[] => {
    if (nodesBefore?.rows !== rows.nodes) nodesBefore = { rows: rows.nodes, nodes: nodesOf(rows) }
    return nodesBefore.nodes
  }
  /** A pause is looked at anew, since the clock may be set back. */
  const waiting = (job: ActiveJob, nowMs: number, { foresee, admit }: Knowledge): QueuedJob => {
    const before = queuedBefore.get(job)
    if (before?.foresee === foresee && before.admit === admit && job.notBeforeMs === null) return before.job
    const queued = { ...queuedOf(job, nowMs, foresee, movesElastic), request: admit(job) }
    const kept = before !== undefined && waitsAlike(before.job, queued) ? before.job : queued
    queuedBefore.set(job, { job: kept, foresee, admit })
    return kept
  }
  /** The place of an attempt never changes. */
  const runs = (job: ActiveJob, placement: Placement, { foresee }: Knowledge): RunningJob => {
    const before = runningBefore.get(job)
    if (before?.foresee === foresee) return before.job
    const running = runningOf(job, before?.job.placement ?? placement, foresee, movesElastic)
    const isSame = before?.job.predictedEndMs === running.predictedEndMs && runsAlike(before.job, running)
    const kept = isSame ? before.job : running
    runningBefore.set(job, { job: kept, foresee, admit: null })
    return kept
  }
  return {
    of(rows, nowMs, known) {
      const placementOf = placements(rows)
      const queued: QueuedJob[] = []
      const running: RunningJob[] = []
      for (const job of rows.jobs) {
        if (job.status === 'queued') queued.push(waiting(job, nowMs, known))
        const placement = job.attemptId === null ? undefined : placementOf.get(job.attemptId)
        if (placement !== undefined) running.push(runs(job, placement, known))
      }
      return {
        nodes: nodesIn(rows),
        queues: rows.queues.map(queueOf),
        queued,
        running,
        holds: rows.reservations.map((hold) => ({ ...hold, expiresAtMs: whole(hold.expiresAtMs) })),
        usage: { halfLifeMs: defaultUsageHalfLifeMs, records: rows.usage.map(usageOf) },
        demand: known.demand,
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

/**
 * A job that says with how many GPUs it makes do says by that that it goes on where it saved itself; on another node only
 * if it `moves`.
 */
export const elasticOf = (
  job: Pick<ActiveJob, 'gpuCount' | 'maxGpuCount'>,
  moves: boolean,
): Pick<SchedJob, 'elastic' | 'resumes'> => {
  if (job.maxGpuCount === null) return {}
  const range = { minimumGpuCount: job.gpuCount, maximumGpuCount: job.maxGpuCount }
  return { elastic: moves ? range : { ...range, stays: true }, resumes: true }
}

const commonOf = (job: ActiveJob, { likelyMs, cautiousMs }: RunTime, moves: boolean) => ({
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
  ...elasticOf(job, moves),
})

interface RunTime {
  readonly likelyMs: number | null
  readonly cautiousMs: number | null
}

/**
 * What history says, or said when the job was submitted. A time limit bounds it; without history it says nothing, as most
 * limits are set far too high.
 */
const runTimeOf = (job: ActiveJob, foresee: Foresee, gpuCount = job.gpuCount): RunTime => {
  const foresight = foresee(job)
  const bounded = (ms: number | null): number | null =>
    ms === null ? null : Math.max(1, Math.min(leftMs(job, ms, gpuCount), limitOf(job) ?? Infinity))
  return {
    likelyMs: bounded(foresight?.likelyMs ?? job.predictedRunMs),
    cautiousMs: bounded(foresight?.cautiousMs ?? null),
  }
}

/** Of an elastic job all attempts together have its time limit. */
const limitOf = ({ timeLimitMs, maxGpuCount, usedRunMs }: ActiveJob): number | null =>
  timeLimitMs === null || maxGpuCount === null ? timeLimitMs : Math.max(1, timeLimitMs - usedRunMs)

/**
 * What is left with so many GPUs to an elastic job that takes so long with the least: as much work, counted in GPUs × time,
 * less what it saved.
 */
const leftMs = ({ maxGpuCount, gpuCount: least, doneGpuMs }: ActiveJob, ms: number, gpuCount: number): number => {
  if (maxGpuCount === null) return ms
  const doneMs = doneGpuMs ?? 0
  return Math.ceil((aheadOf(Math.max(1, ms) * least, doneMs) - doneMs) / Math.max(1, gpuCount))
}

const queuedOf = (job: ActiveJob, nowMs: number, foresee: Foresee, moves: boolean): QueuedJob => ({
  ...commonOf(job, runTimeOf(job, foresee), moves),
  notBeforeMs: notBeforeOf(job, nowMs),
})

const notBeforeOf = (job: ActiveJob, nowMs: number): number => pauseEnd(whole(job.notBeforeMs ?? 0), nowMs)

/** A pause that ends later than any pause can was begun before the clock was set back. It is over. */
const pauseEnd = (notBeforeMs: number, nowMs: number): number =>
  notBeforeMs - nowMs > longestRetryDelayMs ? 0 : notBeforeMs

/** How many devices a running job has: an elastic one as many as it was given. */
const widthOf = (job: ActiveJob, { pods }: Placement): number =>
  job.maxGpuCount === null ? job.gpuCount : (pods[0]?.devices.length ?? job.gpuCount)

/** What a running job was let in with: a job that asks for a share may hold whole devices. */
const heldBy = (job: ActiveJob, placement: Placement): JobRequest => {
  const request = requestOf(job)
  const milli = placement.pods.flatMap(({ devices }) => devices.map((grant) => grant.milli))
  return { ...request, gpuCount: widthOf(job, placement), gpuMilli: Math.max(request.gpuMilli, ...milli) }
}

const placementOf = ({ nodeId, cpuMilli, memoryMib, devices }: Grant): Placement => ({
  pods: [
    {
      nodeId,
      cpuMilli,
      memoryMib,
      devices: devices.map(({ deviceId, milli, memoryMib: mib }) => ({ deviceId, milli, memoryMib: mib })),
    },
  ],
})

const runningOf = (job: ActiveJob, placement: Placement, foresee: Foresee, moves: boolean): RunningJob => {
  const startedAtMs = whole(job.startedAtMs ?? job.submittedAtMs)
  const runTime = runTimeOf(job, foresee, widthOf(job, placement))
  const runMs = runTime.likelyMs ?? limitOf(job)
  return {
    ...commonOf(job, runTime, moves),
    request: heldBy(job, placement),
    placement,
    ...(job.resizeTo === null ? {} : { resizing: placementOf(job.resizeTo) }),
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
