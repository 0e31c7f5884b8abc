import { Type, type Static, type TSchema } from '@sinclair/typebox'
import { Digest, Id, Name, nullable, RelativePath, Slug, Timestamp } from './common.js'

export const JobStatus = Type.Union([
  Type.Literal('queued'),
  Type.Literal('starting'),
  Type.Literal('running'),
  Type.Literal('stopping'),
  Type.Literal('succeeded'),
  Type.Literal('failed'),
  Type.Literal('cancelled'),
])
export type JobStatus = Static<typeof JobStatus>

/** `high` may preempt `normal` and `low`; `normal` may preempt `low`. */
export const PriorityClass = Type.Union([Type.Literal('low'), Type.Literal('normal'), Type.Literal('high')])
export type PriorityClass = Static<typeof PriorityClass>

/** The most GPUs that a range may end with: it lies on one node. */
export const mostGpusOfRange = 128

/**
 * What a job asks for. `gpuCount` whole devices, or with `gpuMilli` < 1000 one share of one device.
 * `gpuMemoryMib` is the memory wanted on each device; 0 lets NovaBrain decide.
 */
export const Resources = Type.Object({
  gpuCount: Type.Integer({ minimum: 0, maximum: 100_000 }),
  /**
   * Where the job makes do with any number of whole devices from `gpuCount` to this one. It says by that that its program
   * saves itself when told to stop, and goes on from there with another number. `null`: exactly `gpuCount`.
   */
  maxGpuCount: Type.Optional(nullable(Type.Integer({ minimum: 1, maximum: mostGpusOfRange }))),
  gpuMilli: Type.Integer({ minimum: 1, maximum: 1000, default: 1000 }),
  gpuMemoryMib: Type.Integer({ minimum: 0, maximum: 16_777_216, default: 0 }),
  gpuModel: Type.Optional(nullable(Type.String({ maxLength: 100 }))),
  cpuMilli: Type.Integer({ minimum: 0, maximum: 100_000_000, default: 1000 }),
  memoryMib: Type.Integer({ minimum: 0, maximum: 1_073_741_824, default: 1024 }),
})
export type Resources = Static<typeof Resources>

/** A field of `Resources` as a change names it: what is left out stays as it is, so nothing has a default. */
const changed = <T extends TSchema>(schema: T): T => ({ ...schema, default: undefined })

/** Some of the fields of a request, and nothing about the others. */
export const ResourceChange = Type.Partial(
  Type.Object({
    gpuCount: changed(Resources.properties.gpuCount),
    maxGpuCount: Resources.properties.maxGpuCount,
    gpuMilli: changed(Resources.properties.gpuMilli),
    gpuMemoryMib: changed(Resources.properties.gpuMemoryMib),
    gpuModel: Resources.properties.gpuModel,
    cpuMilli: changed(Resources.properties.cpuMilli),
    memoryMib: changed(Resources.properties.memoryMib),
  }),
)
export type ResourceChange = Static<typeof ResourceChange>

/** What runs: a notebook or a script of the snapshot, or a kernel that waits for what it is sent. */
export const Task = Type.Union([
  Type.Object({
    kind: Type.Literal('notebook'),
    path: RelativePath,
    /** Values injected after the cell tagged `parameters`, as papermill does. */
    parameters: Type.Record(Type.String({ maxLength: 200 }), Type.Unknown()),
  }),
  Type.Object({
    kind: Type.Literal('script'),
    path: RelativePath,
    arguments: Type.Array(Type.String({ maxLength: 10_000 }), { maxItems: 1000 }),
  }),
  Type.Object({
    kind: Type.Literal('kernel'),
    /** The notebook or script it works for. The kernel starts beside it; it need not be in the snapshot. */
    path: RelativePath,
    /** The kernel ends when nothing ran in it for so long; `null` lets it wait for ever. Half an hour unless said. */
    idleTimeoutMs: Type.Optional(nullable(Type.Integer({ minimum: 1000, maximum: 31_536_000_000 }))),
  }),
])
export type Task = Static<typeof Task>

/** How an attempt ended, judged from evidence. */
export const VerdictKind = Type.Union([
  Type.Literal('succeeded'),
  Type.Literal('exit_code'),
  Type.Literal('signal'),
  Type.Literal('out_of_host_memory'),
  Type.Literal('out_of_gpu_memory'),
  Type.Literal('timed_out'),
  Type.Literal('missing_package'),
  Type.Literal('cell_failed'),
  Type.Literal('environment_failed'),
  Type.Literal('snapshot_failed'),
  Type.Literal('disk_full'),
  Type.Literal('lost'),
  Type.Literal('preempted'),
  Type.Literal('resized'),
  Type.Literal('cancelled'),
])
export type VerdictKind = Static<typeof VerdictKind>

export const Verdict = Type.Object({
  kind: VerdictKind,
  exitCode: nullable(Type.Integer()),
  signal: nullable(Type.String({ maxLength: 20 })),
  /** The line of output, or the measurement, that decided. */
  evidence: nullable(Type.String({ maxLength: 4000 })),
  /** For a notebook: the first cell that failed, counted from 0. */
  cellIndex: nullable(Type.Integer({ minimum: 0 })),
  /** For `missing_package`: the module that was not found. */
  module: nullable(Type.String({ maxLength: 300 })),
})
export type Verdict = Static<typeof Verdict>

/** What an attempt is doing, in the order it happens. */
export const Stage = Type.Union([
  Type.Literal('starting'),
  Type.Literal('fetching_code'),
  Type.Literal('preparing_environment'),
  Type.Literal('running'),
  Type.Literal('saving'),
])
export type Stage = Static<typeof Stage>

export const AttemptState = Type.Union([
  Type.Literal('submitted'),
  Type.Literal('accepted'),
  Type.Literal('running'),
  Type.Literal('succeeded'),
  Type.Literal('failed'),
  Type.Literal('preempted'),
  Type.Literal('resized'),
  Type.Literal('cancelled'),
  Type.Literal('lost'),
])
export type AttemptState = Static<typeof AttemptState>

/** A device given to an attempt: all of it (`milli` 1000) or a share. */
export const DeviceGrant = Type.Object({
  deviceId: Id,
  index: Type.Integer({ minimum: 0 }),
  model: Type.String(),
  milli: Type.Integer({ minimum: 1, maximum: 1000 }),
  memoryMib: Type.Integer({ minimum: 0 }),
  /** All the memory of the device; grants of older versions do not tell it. */
  deviceMemoryMib: Type.Optional(Type.Integer({ minimum: 0 })),
  simulated: Type.Boolean(),
})
export type DeviceGrant = Static<typeof DeviceGrant>

/** How many devices an attempt has that another takes the place of, or took, and why it does. */
export const Resize = Type.Object({
  gpuCount: Type.Integer({ minimum: 1 }),
  why: Type.Union([Type.Literal('shrink'), Type.Literal('grow')]),
})
export type Resize = Static<typeof Resize>

/** One try at running a job. `version` grows with every change of state. */
export const Attempt = Type.Object({
  id: Id,
  jobId: Id,
  number: Type.Integer({ minimum: 1 }),
  state: AttemptState,
  version: Type.Integer({ minimum: 0 }),
  stage: nullable(Stage),
  stageDetail: nullable(Type.String({ maxLength: 300 })),
  nodeId: nullable(Id),
  nodeName: nullable(Type.String()),
  devices: Type.Array(DeviceGrant),
  /** Only of an attempt that began in place of one with another number of devices: how many that had. */
  resizedFrom: Type.Optional(Resize),
  /** Only of an attempt that saves itself, or did, so that another goes on with another number of devices: how many. */
  resizesTo: Type.Optional(Resize),
  verdict: nullable(Verdict),
  logSizeBytes: Type.Integer({ minimum: 0 }),
  createdAt: Timestamp,
  startedAt: nullable(Timestamp),
  endedAt: nullable(Timestamp),
})
export type Attempt = Static<typeof Attempt>

/** Who asked: a person, or an assistant in a person's name, for which there are limits. */
export const JobOrigin = Type.Union([Type.Literal('member'), Type.Literal('assistant')])
export type JobOrigin = Static<typeof JobOrigin>

/** A request for compute. `number` counts jobs of the project and is what people say: `#18`. */
export const Job = Type.Object({
  id: Id,
  projectId: Id,
  number: Type.Integer({ minimum: 1 }),
  name: Name,
  status: JobStatus,
  /** Why the status is what it is: a code of the hold reasons, verdict kinds or error catalogue. */
  reason: nullable(Type.String({ maxLength: 100 })),
  task: Task,
  resources: Resources,
  queueName: Slug,
  priorityClass: PriorityClass,
  pinDigest: nullable(Digest),
  snapshotId: Id,
  runId: Id,
  experimentId: Type.String(),
  timeLimitMs: nullable(Type.Integer({ minimum: 1000 })),
  maxRetries: Type.Integer({ minimum: 0, maximum: 10 }),
  submittedBy: Name,
  origin: JobOrigin,
  submittedAt: Timestamp,
  startedAt: nullable(Timestamp),
  endedAt: nullable(Timestamp),
  /** The latest attempt, if any was made. */
  attempt: nullable(Attempt),
})
export type Job = Static<typeof Job>

export const SubmitJob = Type.Object({
  name: Type.Optional(Name),
  task: Task,
  resources: Type.Partial(Resources),
  queueName: Type.Optional(Slug),
  priorityClass: Type.Optional(PriorityClass),
  /** `null` runs in the node's own Python, for scripts that need none pinned. */
  pinDigest: nullable(Digest),
  snapshotId: Id,
  experimentName: Type.Optional(Type.String({ minLength: 1, maxLength: 500 })),
  timeLimitMs: Type.Optional(nullable(Type.Integer({ minimum: 1000, maximum: 31_536_000_000 }))),
  maxRetries: Type.Optional(Type.Integer({ minimum: 0, maximum: 10 })),
  environmentVariables: Type.Optional(
    Type.Record(Type.String({ pattern: '^[A-Za-z_][A-Za-z0-9_]{0,199}$' }), Type.String({ maxLength: 10_000 })),
  ),
  /** `assistant` says that no person pressed the button: the job then needs a time limit, and counts for the day's limit. */
  origin: Type.Optional(JobOrigin),
  /** The job this one repeats, for the record. */
  rerunOf: Type.Optional(nullable(Id)),
})
export type SubmitJob = Static<typeof SubmitJob>

/** What a change of a waiting job may name; what is left out stays as it was asked for. */
export const AmendJob = Type.Object({ resources: ResourceChange })
export type AmendJob = Static<typeof AmendJob>

/** A running job that holds what a waiting one needs. Of a job of another project only how much and until when is told. */
export const Holder = Type.Object({
  jobId: nullable(Id),
  jobNumber: nullable(Type.Integer({ minimum: 1 })),
  jobName: nullable(Type.String()),
  submittedBy: nullable(Type.String()),
  /** What it holds, thousandths of a GPU. */
  gpuMilli: Type.Integer({ minimum: 0 }),
  /** When it is expected to end; `null` when nobody knows. */
  until: nullable(Timestamp),
})
export type Holder = Static<typeof Holder>

/** The smallest change of a request that would help: given as it stands to `amendJob`, it is made. */
export const Suggestion = Type.Object({
  change: ResourceChange,
  message: Type.String(),
  /** Whether the job would start at once; otherwise the change makes it possible at all. */
  startsNow: Type.Boolean(),
})
export type Suggestion = Static<typeof Suggestion>

/** A moment as a range: half of such predictions come true by `p50`, nine of ten by `p90`. */
export const EstimatedStart = Type.Object({ p50: Timestamp, p90: Timestamp })
export type EstimatedStart = Static<typeof EstimatedStart>

/** Why a job waits, where it stands, when it may start, and the smallest change that would start it now. */
export const Explanation = Type.Object({
  jobId: Id,
  status: JobStatus,
  /** `ready`, or the code of the first failing constraint. */
  reason: Type.String(),
  message: Type.String(),
  position: nullable(Type.Integer({ minimum: 1 })),
  /** Facts behind the message: `needed`, `free`, `heldBy` and so on. */
  facts: Type.Record(Type.String(), Type.Unknown()),
  /** Who holds what it needs, the soonest end first; only the first few. */
  holders: Type.Array(Holder),
  estimatedStart: nullable(EstimatedStart),
  suggestion: nullable(Suggestion),
})
export type Explanation = Static<typeof Explanation>

/** What would happen to such a request now; nothing is kept. */
export const PreviewJob = Type.Object({
  resources: Type.Partial(Resources),
  queueName: Type.Optional(Slug),
  priorityClass: Type.Optional(PriorityClass),
  /** The name the job would have: jobs of the same name tell what it will probably take. */
  name: Type.Optional(Name),
  /** What it would run: jobs that ran the same tell how long it will probably take. */
  task: Type.Optional(Task),
  timeLimitMs: Type.Optional(nullable(Type.Integer({ minimum: 1000 }))),
})
export const JobPreview = Type.Object({
  startsNow: Type.Boolean(),
  message: Type.String(),
  reason: Type.String(),
  expectedWaitMs: nullable(Type.Integer({ minimum: 0 })),
  resources: Resources,
  device: nullable(Type.Object({ model: Type.String(), memoryMib: Type.Integer(), simulated: Type.Boolean() })),
  nodeName: nullable(Type.String()),
  /** The most memory on each GPU that the last jobs of this member and name took; `null` when none is known. */
  peakGpuMemoryMib: nullable(Type.Integer({ minimum: 0 })),
  /** How long it will probably run, milliseconds; `null` while nothing has ended that tells. */
  expectedRunMs: nullable(Type.Integer({ minimum: 0 })),
})
export type JobPreview = Static<typeof JobPreview>
