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

/** A waiting line with its share of the cohort. Amounts are in GPU thousandths; `null` means no limit. */
export const Queue = Type.Object({
  id: Id,
  name: Slug,
  cohort: nullable(Slug),
  nominalGpuMilli: nullable(Type.Integer({ minimum: 0 })),
  borrowingLimitGpuMilli: nullable(Type.Integer({ minimum: 0 })),
  lendingLimitGpuMilli: nullable(Type.Integer({ minimum: 0 })),
  weight: Type.Integer({ minimum: 1, maximum: 1000 }),
})
export type Queue = Static<typeof Queue>

/** One waiting or running job as the queue page shows it. */
export const QueueEntry = Type.Object({
  jobId: Id,
  jobNumber: Type.Integer(),
  jobName: Type.String(),
  submittedBy: Type.String(),
  queueName: Slug,
  status: Type.String(),
  position: nullable(Type.Integer({ minimum: 1 })),
  gpuCount: Type.Integer(),
  reason: Type.String(),
  message: Type.String(),
  estimatedStart: nullable(EstimatedStart),
  suggestion: nullable(Suggestion),
  submittedAt: Timestamp,
})
export type QueueEntry = Static<typeof QueueEntry>
