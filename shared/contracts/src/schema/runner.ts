import { Type, type Static } from '@sinclair/typebox'
import { Digest, Id, nullable, RelativePath } from './common.js'
import { DeviceGrant, Stage, Task, Verdict } from './job.js'

/** Everything the runner needs to run one attempt; it is fetched with the attempt's token and never written to a log. */
export const AttemptSpec = Type.Object({
  attemptId: Id,
  /** The how manieth try of the job it is, from 1. */
  attemptNumber: Type.Optional(Type.Integer({ minimum: 1 })),
  jobId: Id,
  jobNumber: Type.Integer(),
  projectId: Id,
  runId: Id,
  experimentId: Type.String(),
  task: Task,
  files: Type.Array(
    Type.Object({
      path: RelativePath,
      digest: Digest,
      sizeBytes: Type.Integer(),
      executable: Type.Optional(Type.Boolean()),
    }),
  ),
  /** The lock to materialise, or `null` for the node's own Python. */
  pin: nullable(Type.Object({ digest: Digest, pythonVersion: Type.String(), lock: Type.String() })),
  devices: Type.Array(DeviceGrant),
  cpuMilli: Type.Integer(),
  memoryMib: Type.Integer(),
  environmentVariables: Type.Record(Type.String(), Type.String()),
  timeLimitMs: nullable(Type.Integer()),
  gracePeriodMs: Type.Integer(),
  heartbeatIntervalMs: Type.Integer(),
})
export type AttemptSpec = Static<typeof AttemptSpec>

export const ResourceSample = Type.Object({
  atMs: Type.Integer(),
  cpuMilli: Type.Integer({ minimum: 0 }),
  memoryMib: Type.Integer({ minimum: 0 }),
  gpuMilli: nullable(Type.Integer({ minimum: 0 })),
  gpuMemoryMib: nullable(Type.Integer({ minimum: 0 })),
})
export type ResourceSample = Static<typeof ResourceSample>

/** A sign of life. `sequence` grows by one with each report, so a repeated or late one changes nothing. */
export const Heartbeat = Type.Object({
  sequence: Type.Integer({ minimum: 1 }),
  stage: Stage,
  stageDetail: nullable(Type.String({ maxLength: 300 })),
  samples: Type.Array(ResourceSample, { maxItems: 1000 }),
})
export type Heartbeat = Static<typeof Heartbeat>

/** What the server wants of the runner: go on, or stop the task (with the grace period) and report. */
export const HeartbeatReply = Type.Object({
  command: Type.Union([Type.Literal('continue'), Type.Literal('stop')]),
  stopReason: nullable(
    Type.Union([
      Type.Literal('cancelled'),
      Type.Literal('preempted'),
      Type.Literal('resized'),
      Type.Literal('superseded'),
    ]),
  ),
})
export type HeartbeatReply = Static<typeof HeartbeatReply>

export const AttemptResult = Type.Object({
  verdict: Verdict,
  logSizeBytes: Type.Integer({ minimum: 0 }),
})
export type AttemptResult = Static<typeof AttemptResult>
