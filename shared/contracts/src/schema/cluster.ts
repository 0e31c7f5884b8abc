import { Type, type Static } from '@sinclair/typebox'
import { Id, nullable, Slug, Timestamp } from './common.js'
import { EstimatedStart, Suggestion } from './job.js'

/** An accelerator of a node. Compute is counted in thousandths (`freeMilli` of 1000), memory in MiB. */
export const Device = Type.Object({
  id: Id,
  index: Type.Integer({ minimum: 0 }),
  kind: Type.Union([Type.Literal('gpu'), Type.Literal('cpu')]),
  model: Type.String(),
  memoryMib: Type.Integer({ minimum: 0 }),
  freeMilli: Type.Integer({ minimum: 0, maximum: 1000 }),
  freeMemoryMib: Type.Integer({ minimum: 0 }),
  simulated: Type.Boolean(),
  heldBy: Type.Array(
    Type.Object({ jobId: Id, jobNumber: Type.Integer(), jobName: Type.String(), milli: Type.Integer() }),
  ),
})
export type Device = Static<typeof Device>

export const Node = Type.Object({
  id: Id,
  name: Type.String(),
  executor: Type.Union([Type.Literal('local'), Type.Literal('slurm'), Type.Literal('kubernetes')]),
  state: Type.Union([Type.Literal('ready'), Type.Literal('draining'), Type.Literal('lost')]),
  cpuMilli: Type.Integer({ minimum: 0 }),
  memoryMib: Type.Integer({ minimum: 0 }),
  freeCpuMilli: Type.Integer({ minimum: 0 }),
  freeMemoryMib: Type.Integer({ minimum: 0 }),
  devices: Type.Array(Device),
  lastSeenAt: Timestamp,
})
export type Node = Static<typeof Node>

/**
 * How a queue has its own jobs served: least predicted work first, as they came, or as the policy of the cluster says. No
 * other queue is moved by it.
 */
export const QueueOrderKind = Type.Union([
  Type.Literal('cluster'),
  Type.Literal('predicted'),
  Type.Literal('submitted'),
])
export type QueueOrderKind = Static<typeof QueueOrderKind>

const Limits = {
  cohort: nullable(Slug),
  nominalGpuMilli: nullable(Type.Integer({ minimum: 0 })),
  borrowingLimitGpuMilli: nullable(Type.Integer({ minimum: 0 })),
  lendingLimitGpuMilli: nullable(Type.Integer({ minimum: 0 })),
  weight: Type.Integer({ minimum: 1, maximum: 1000 }),
}

const OwnOrder = {
  orderKind: QueueOrderKind,
  /** Whether whoever has had least of the queue goes first in it; otherwise its people count alike. */
  orderFair: Type.Boolean(),
  /** A job that has waited so long goes first in the queue; `null`: none does, until the policy of the cluster says so. */
  patienceMs: nullable(Type.Integer({ minimum: 0, maximum: 31_536_000_000 })),
}

/** A waiting line with its share of the cohort. Amounts are in GPU thousandths; `null` means no limit. */
export const Queue = Type.Object({
  id: Id,
  name: Slug,
  ...Limits,
  ...OwnOrder,
  /** Grows with every change. */
  version: Type.Integer({ minimum: 0 }),
})
export type Queue = Static<typeof Queue>

/** A queue as it shall be. What is left out of its order stays as it is. */
export const PutQueue = Type.Object({
  ...Limits,
  orderKind: Type.Optional(OwnOrder.orderKind),
  orderFair: Type.Optional(OwnOrder.orderFair),
  patienceMs: Type.Optional(OwnOrder.patienceMs),
  /** Why, for those who read the history of the queue. */
  reason: Type.Optional(Type.String({ minLength: 1, maxLength: 500, pattern: '\\S' })),
  /** The version that was looked at: if the queue has another by now, nothing is changed. */
  version: Type.Optional(Type.Integer({ minimum: 0 })),
})
export type PutQueue = Static<typeof PutQueue>

/** One version of a queue, and what it changed. */
export const QueueChange = Type.Object({
  version: Type.Integer({ minimum: 1 }),
  changedBy: Type.String(),
  changedAt: Timestamp,
  reason: nullable(Type.String()),
  changes: Type.Array(
    Type.Object({
      field: Type.String(),
      before: nullable(Type.Union([Type.String(), Type.Number(), Type.Boolean()])),
      after: nullable(Type.Union([Type.String(), Type.Number(), Type.Boolean()])),
    }),
  ),
})
export type QueueChange = Static<typeof QueueChange>

/** One waiting or running job as the queue page shows it. */
export const QueueEntry = Type.Object({
  jobId: Id,
  jobNumber: Type.Integer(),
  jobName: Type.String(),
  submittedBy: Type.String(),
  queueName: Slug,
  status: Type.String(),
  position: nullable(Type.Integer({ minimum: 1 })),
  /** What it has, or asks for while it waits. */
  gpuCount: Type.Integer(),
  /** The most it can use, where it makes do with any number from `minGpuCount` on. */
  minGpuCount: Type.Optional(Type.Integer()),
  maxGpuCount: Type.Optional(Type.Integer()),
  reason: Type.String(),
  message: Type.String(),
  estimatedStart: nullable(EstimatedStart),
  suggestion: nullable(Suggestion),
  submittedAt: Timestamp,
})
export type QueueEntry = Static<typeof QueueEntry>
