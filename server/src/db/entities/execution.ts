import type { DeviceGrant, Job, Node, Queue, Resources, Verdict } from '@novabrain/contracts'
import type { Attempt, Resize } from '@novabrain/contracts'
import { EntitySchema, type EntitySchemaColumnOptions } from 'typeorm'
import { json, optional, primaryId, text, timestamp } from '../columns.js'

type Columns<T> = Record<keyof T, EntitySchemaColumnOptions>

const integer = { type: 'integer' } as const satisfies EntitySchemaColumnOptions
const bigint = { type: 'bigint' } as const satisfies EntitySchemaColumnOptions
const boolean = { type: 'boolean' } as const satisfies EntitySchemaColumnOptions

/** A queue as it is kept; its name is unique in its tenant. */
export interface QueueRow extends Queue {
  tenantId: string
  createdAt: string
}

export const QueueEntity = new EntitySchema<QueueRow>({
  name: 'Queue',
  tableName: 'queues',
  columns: {
    id: primaryId,
    tenantId: text,
    name: text,
    cohort: optional(text),
    nominalGpuMilli: optional(bigint),
    borrowingLimitGpuMilli: optional(bigint),
    lendingLimitGpuMilli: optional(bigint),
    weight: integer,
    orderKind: { ...text, default: 'cluster' },
    orderFair: { type: 'boolean', default: true },
    patienceMs: optional(bigint),
    version: { ...integer, default: 0 },
    createdAt: timestamp,
  } satisfies Columns<QueueRow>,
  uniques: [{ columns: ['tenantId', 'name'] }],
})

/** A machine; it belongs to the installation, not to a tenant. */
export type NodeRow = Pick<Node, 'id' | 'name' | 'executor' | 'state' | 'cpuMilli' | 'memoryMib' | 'lastSeenAt'>

export const NodeEntity = new EntitySchema<NodeRow>({
  name: 'Node',
  tableName: 'nodes',
  columns: {
    id: primaryId,
    name: text,
    executor: text,
    state: text,
    cpuMilli: integer,
    memoryMib: integer,
    lastSeenAt: timestamp,
  } satisfies Columns<NodeRow>,
})

/** A device of a node; one that is no longer found stays as a record, not `present`. */
export interface DeviceRow {
  id: string
  nodeId: string
  index: number
  kind: 'gpu' | 'cpu'
  model: string
  memoryMib: number
  simulated: boolean
  present: boolean
}

export const DeviceEntity = new EntitySchema<DeviceRow>({
  name: 'Device',
  tableName: 'devices',
  columns: {
    id: primaryId,
    nodeId: text,
    index: integer,
    kind: text,
    model: text,
    memoryMib: integer,
    simulated: boolean,
    present: boolean,
  } satisfies Columns<DeviceRow>,
  indices: [{ columns: ['nodeId'] }],
  foreignKeys: [{ target: 'Node', columnNames: ['nodeId'], referencedColumnNames: ['id'], onDelete: 'CASCADE' }],
})

/** The highest job number given in a project. */
export interface JobCounterRow {
  projectId: string
  tenantId: string
  lastNumber: number
}

export const JobCounterEntity = new EntitySchema<JobCounterRow>({
  name: 'JobCounter',
  tableName: 'job_counters',
  columns: { projectId: primaryId, tenantId: text, lastNumber: integer } satisfies Columns<JobCounterRow>,
})

/** Why a job waits, as the scheduler last saw it; what `explainJob` and the queue page tell. */
export interface HoldRecord {
  reason: string
  facts: Record<string, unknown>
  position: number
  /** The smallest change of the request that would start it. */
  suggestion: { change: Partial<Resources> } | null
  estimatedStart: { p50Ms: number; p90Ms: number } | null
}

/** A job as it is kept: the noun, what it asked for in columns, and what the scheduler remembers of it. */
export interface JobRow extends Omit<Job, 'attempt' | 'resources'> {
  tenantId: string
  /** Grows with every change of status: a plan made on an older one is refused. */
  version: number
  /** How many GPUs it asks for; at least, where it makes do with up to `maxGpuCount`. */
  gpuCount: number
  maxGpuCount: number | null
  gpuMilli: number
  gpuMemoryMib: number
  gpuModel: string | null
  cpuMilli: number
  memoryMib: number
  environmentVariables: Record<string, string>
  rerunOf: string | null
  submittedById: string | null
  /** The latest attempt. */
  attemptId: string | null
  attemptCount: number
  retryCount: number
  /** After an out-of-memory: whole devices with at least so much. */
  raisedGpuMemoryMib: number | null
  notBefore: string | null
  evictedAtMs: number[]
  predictedRunMs: number | null
  /** Time spent running in attempts that ended. */
  usedRunMs: number
  hold: HoldRecord | null
}

export const JobEntity = new EntitySchema<JobRow>({
  name: 'Job',
  tableName: 'jobs',
  columns: {
    id: primaryId,
    tenantId: text,
    projectId: text,
    number: integer,
    name: text,
    status: text,
    version: integer,
    reason: optional(text),
    task: json,
    gpuCount: integer,
    maxGpuCount: optional(integer),
    gpuMilli: integer,
    gpuMemoryMib: integer,
    gpuModel: optional(text),
    cpuMilli: integer,
    memoryMib: integer,
    queueName: text,
    priorityClass: text,
    pinDigest: optional(text),
    snapshotId: text,
    runId: text,
    experimentId: text,
    timeLimitMs: optional(bigint),
    maxRetries: integer,
    environmentVariables: json,
    rerunOf: optional(text),
    submittedBy: text,
    submittedById: optional(text),
    origin: text,
    submittedAt: timestamp,
    startedAt: optional(timestamp),
    endedAt: optional(timestamp),
    attemptId: optional(text),
    attemptCount: integer,
    retryCount: integer,
    raisedGpuMemoryMib: optional(integer),
    notBefore: optional(timestamp),
    evictedAtMs: json,
    predictedRunMs: optional(bigint),
    usedRunMs: bigint,
    hold: optional(json),
  } satisfies Columns<JobRow>,
  uniques: [{ columns: ['projectId', 'number'] }],
  checks: [
    {
      name: 'jobs_end_check',
      expression: `(status IN ('succeeded', 'failed', 'cancelled')) = (ended_at IS NOT NULL)`,
    },
  ],
  indices: [
    {
      name: 'jobs_active_idx',
      columns: ['submittedAt', 'id'],
      where: 'ended_at IS NULL',
    },
    { name: 'jobs_history_idx', columns: ['tenantId', 'endedAt'], where: 'ended_at IS NOT NULL' },
    { name: 'jobs_submitted_at_idx', columns: ['submittedAt'] },
    { columns: ['runId'] },
    {
      name: 'jobs_sharing_idx',
      columns: ['projectId', 'submittedBy', 'name'],
      where: 'ended_at IS NULL AND gpu_milli < 1000',
    },
    { name: 'jobs_assistant_idx', columns: ['submittedById', 'submittedAt'], where: `origin = 'assistant'` },
  ],
})

/** Where an attempt goes and what it takes there. */
export interface Grant {
  readonly nodeId: string
  readonly nodeName: string
  readonly cpuMilli: number
  readonly memoryMib: number
  readonly devices: readonly DeviceGrant[]
}

/** An attempt as it is kept. */
export interface AttemptRow extends Omit<
  Attempt,
  'nodeId' | 'nodeName' | 'devices' | 'verdict' | 'resizedFrom' | 'resizesTo'
> {
  tenantId: string
  projectId: string
  nodeId: string
  nodeName: string
  devices: DeviceGrant[]
  verdict: Verdict | null
  /** The hash of its token's secret; `null` until it is handed to an executor. */
  secretHash: Buffer | null
  heartbeatSequence: number
  lastSeenAt: string | null
  /** What was asked of it: to stop for good, to make room, or to begin again with another number of devices. */
  command: 'none' | 'cancelled' | 'preempted' | 'resized'
  commandedAt: string | null
  /** How many samples told of its GPUs, and the sum of what they told, thousandths of a GPU. */
  gpuSampleCount: number
  gpuMilliSum: number
  /** Since when it hardly uses its GPUs; `null` while it does, or where nothing is measured. */
  gpuIdleSince: string | null
  /** The job it made room for, or shrank for, and the scheduler's word for why. */
  preemptedFor: string | null
  preemptedWhy: string | null
  /** Where the job goes on when this attempt has ended; kept for it as long as it was told so. */
  resizeTo: Grant | null
  /** What the attempt had of which this one took the place; `forJobId` says for whom it shrank. */
  resizedFrom: (Resize & { readonly forJobId: string | null }) | null
}

export const AttemptEntity = new EntitySchema<AttemptRow>({
  name: 'Attempt',
  tableName: 'attempts',
  columns: {
    id: primaryId,
    tenantId: text,
    projectId: text,
    jobId: text,
    number: integer,
    state: text,
    version: integer,
    stage: optional(text),
    stageDetail: optional(text),
    nodeId: text,
    nodeName: text,
    devices: json,
    verdict: optional(json),
    secretHash: optional({ type: 'bytea' }),
    heartbeatSequence: integer,
    lastSeenAt: optional(timestamp),
    command: text,
    commandedAt: optional(timestamp),
    gpuSampleCount: { ...bigint, default: 0 },
    gpuMilliSum: { ...bigint, default: 0 },
    gpuIdleSince: optional(timestamp),
    preemptedFor: optional(text),
    preemptedWhy: optional(text),
    resizeTo: optional(json),
    resizedFrom: optional(json),
    logSizeBytes: bigint,
    createdAt: timestamp,
    startedAt: optional(timestamp),
    endedAt: optional(timestamp),
  } satisfies Columns<AttemptRow>,
  uniques: [{ columns: ['jobId', 'number'] }],
  checks: [
    {
      name: 'attempts_end_check',
      expression: `(state IN ('submitted', 'accepted', 'running')) = (ended_at IS NULL)`,
    },
  ],
  indices: [
    {
      name: 'attempts_live_idx',
      columns: ['jobId'],
      unique: true,
      where: 'ended_at IS NULL',
    },
    { name: 'attempts_node_idx', columns: ['nodeId'], where: 'ended_at IS NULL' },
    { name: 'attempts_ended_at_idx', columns: ['endedAt'] },
  ],
  foreignKeys: [{ target: 'Job', columnNames: ['jobId'], referencedColumnNames: ['id'], onDelete: 'CASCADE' }],
})

/** What a live attempt holds of its node; gone when the attempt ends. */
export interface AllocationRow {
  attemptId: string
  projectId: string
  nodeId: string
  cpuMilli: number
  memoryMib: number
}

export const AllocationEntity = new EntitySchema<AllocationRow>({
  name: 'Allocation',
  tableName: 'allocations',
  columns: {
    attemptId: primaryId,
    projectId: text,
    nodeId: text,
    cpuMilli: integer,
    memoryMib: integer,
  } satisfies Columns<AllocationRow>,
  indices: [{ columns: ['nodeId'] }],
  foreignKeys: [
    { target: 'Attempt', columnNames: ['attemptId'], referencedColumnNames: ['id'], onDelete: 'CASCADE' },
    { target: 'Node', columnNames: ['nodeId'], referencedColumnNames: ['id'] },
  ],
})

/** What a live attempt holds of a device. A trigger refuses more than the device has. */
export interface DeviceAllocationRow {
  attemptId: string
  deviceId: string
  projectId: string
  milli: number
  memoryMib: number
}

export const DeviceAllocationEntity = new EntitySchema<DeviceAllocationRow>({
  name: 'DeviceAllocation',
  tableName: 'device_allocations',
  columns: {
    attemptId: primaryId,
    deviceId: primaryId,
    projectId: text,
    milli: integer,
    memoryMib: integer,
  } satisfies Columns<DeviceAllocationRow>,
  indices: [{ columns: ['deviceId'] }],
  foreignKeys: [
    {
      target: 'Allocation',
      columnNames: ['attemptId'],
      referencedColumnNames: ['attemptId'],
      onDelete: 'CASCADE',
    },
    { target: 'Device', columnNames: ['deviceId'], referencedColumnNames: ['id'] },
  ],
})
