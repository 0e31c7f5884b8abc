import { Type, type Static } from '@sinclair/typebox'
import { QueueOrderKind } from './cluster.js'
import { Id, Name, nullable, Slug, Timestamp } from './common.js'

/** What a field of a policy may hold; the field says which, and inside what bounds. */
export const PolicyValue = Type.Union([Type.Boolean(), Type.Integer(), Type.String({ maxLength: 100 })])
export type PolicyValue = Static<typeof PolicyValue>

/** A policy by its fields, such as `preemption.enabled`. */
export const PolicyValues = Type.Record(Type.String({ maxLength: 100 }), PolicyValue)
export type PolicyValues = Static<typeof PolicyValues>

/** A field of the policy, told in the language of the asker. The server alone knows which there are. */
export const PolicyField = Type.Object({
  /** Its place in the policy. */
  field: Type.String(),
  kind: Type.Union([Type.Literal('integer'), Type.Literal('flag'), Type.Literal('choice')]),
  label: Type.String(),
  meaning: Type.String(),
  /** For a whole number: what it counts (`ms`, `count`, `factor`, `weight`, `permille`, `quarters`, `cores`, `MiB`) and its bounds. */
  unit: nullable(Type.String()),
  minimum: nullable(Type.Integer()),
  maximum: nullable(Type.Integer()),
  /** For a choice: what may be chosen. */
  choices: nullable(Type.Array(Type.Object({ value: Type.String(), label: Type.String() }))),
  /** It only means something while another field has one of these values. */
  when: nullable(Type.Object({ field: Type.String(), is: Type.Array(Type.String()) })),
  /** Whether the asker may change it. */
  mayChange: Type.Boolean(),
})
export type PolicyField = Static<typeof PolicyField>

/** A policy with a name, to begin from. */
export const PolicyPreset = Type.Object({
  name: Slug,
  title: Type.String(),
  meaning: Type.String(),
  values: PolicyValues,
})
export type PolicyPreset = Static<typeof PolicyPreset>

/** How the jobs of the asker's tenant are scheduled now, and by whose decision. Version 0 is what the server came with. */
export const SchedulingPolicy = Type.Object({
  version: Type.Integer({ minimum: 0 }),
  values: PolicyValues,
  /** The preset that has exactly these values. */
  preset: nullable(Slug),
  changedBy: nullable(Name),
  changedAt: nullable(Timestamp),
  reason: nullable(Type.String()),
  /** Whether the tenant keeps the policy of the whole cluster; others change what is theirs of it. */
  keepsCluster: Type.Boolean(),
  fields: Type.Array(PolicyField),
})
export type SchedulingPolicy = Static<typeof SchedulingPolicy>

/** Some new values, over those of a preset if one is named, and why. With `version` it is refused when somebody was faster. */
export const ChangePolicy = Type.Object({
  values: Type.Optional(PolicyValues),
  preset: Type.Optional(Slug),
  reason: Type.String({ minLength: 1, maxLength: 500 }),
  version: Type.Optional(Type.Integer({ minimum: 0 })),
})
export type ChangePolicy = Static<typeof ChangePolicy>

/** One version of the policy: who made it, when, why, and what was different from the one before. */
export const PolicyChange = Type.Object({
  version: Type.Integer({ minimum: 1 }),
  changedBy: Name,
  changedAt: Timestamp,
  reason: Type.String(),
  preset: nullable(Slug),
  changes: Type.Array(
    Type.Object({ field: Type.String(), before: nullable(PolicyValue), after: nullable(PolicyValue) }),
  ),
})
export type PolicyChange = Static<typeof PolicyChange>

const Resource = Type.Object({
  gpuMilli: nullable(Type.Integer()),
  cpuMilli: nullable(Type.Integer()),
  memoryMib: nullable(Type.Integer()),
})

/** A job of the past as the simulator lives it through again. Times are milliseconds since the beginning of the window. */
export const HistoryJob = Type.Object({
  /** Its id where the asker may see the job, else a number of this document. */
  id: Type.String(),
  submitMs: Type.Integer(),
  request: Type.Object({
    gpuCount: Type.Integer(),
    gpuMilli: Type.Integer(),
    gpuMemoryMib: Type.Integer(),
    gpuModel: nullable(Type.String()),
    cpuMilli: Type.Integer(),
    memoryMib: Type.Integer(),
    replicas: Type.Integer(),
  }),
  /** Between how many GPUs it made do with any number; absent of others. */
  elastic: Type.Optional(Type.Object({ minimumGpuCount: Type.Integer(), maximumGpuCount: Type.Integer() })),
  /**
   * How long it ran inside the window, over all its attempts; of one that has not ended at least what was predicted. Of an
   * elastic job how long it would have run with its least, were work GPUs × time.
   */
  runMs: Type.Integer({ minimum: 0 }),
  /** Whether `runMs` was measured to the end of the job. */
  runIsMeasured: Type.Boolean(),
  queueName: Type.String(),
  owner: Type.String(),
  priority: Type.Integer(),
  /** What it resembles other jobs in, from most to least special. */
  keys: Type.Array(Type.String()),
  /** What was predicted of its run time when it was submitted. */
  predictedRunMs: nullable(Type.Integer()),
  /** What really became of it. */
  firstStartMs: nullable(Type.Integer()),
  endMs: nullable(Type.Integer()),
  preemptions: Type.Integer({ minimum: 0 }),
})
export type HistoryJob = Static<typeof HistoryJob>

/**
 * What the own cluster was asked for in a window, as a trace for the simulator: nodes and queues as they are now, and
 * every job that waited or ran, in order of submission. It holds no code, no data and no names but those of the asker.
 */
export const SchedulingHistory = Type.Object({
  name: Type.String(),
  from: Timestamp,
  to: Timestamp,
  nodes: Type.Array(
    Type.Object({
      id: Type.String(),
      name: Type.String(),
      schedulable: Type.Boolean(),
      cpuMilli: Type.Integer(),
      memoryMib: Type.Integer(),
      devices: Type.Array(
        Type.Object({
          id: Type.String(),
          index: Type.Integer(),
          kind: Type.Union([Type.Literal('gpu'), Type.Literal('cpu')]),
          model: Type.String(),
          memoryMib: Type.Integer(),
        }),
      ),
    }),
  ),
  queues: Type.Array(
    Type.Object({
      name: Type.String(),
      cohort: nullable(Type.String()),
      nominal: Resource,
      borrowingLimit: Resource,
      lendingLimit: Resource,
      weight: Type.Integer(),
      order: Type.Optional(
        nullable(
          Type.Object({
            kind: QueueOrderKind,
            fair: Type.Boolean(),
            patienceMs: nullable(Type.Integer({ minimum: 0 })),
          }),
        ),
      ),
    }),
  ),
  jobs: Type.Array(HistoryJob),
  /** The policy that holds now, to compare others with. */
  policy: PolicyValues,
  /** Whether older jobs of the window were left out, because there are more than one document carries. */
  truncated: Type.Boolean(),
})
export type SchedulingHistory = Static<typeof SchedulingHistory>

/** A span of time that leads look at. */
export const UseWindow = Type.Union([Type.Literal('day'), Type.Literal('week'), Type.Literal('month')])
export type UseWindow = Static<typeof UseWindow>

const GpuHours = Type.Number({ minimum: 0 })
const Permille = Type.Integer({ minimum: 0, maximum: 1000 })
const JobNamed = {
  jobId: Id,
  jobNumber: Type.Integer({ minimum: 1 }),
  jobName: Type.String(),
  projectName: Type.String(),
  submittedBy: Type.String(),
}

/** One step of the use over time. */
export const UseStep = Type.Object({
  from: Timestamp,
  /** Of the GPU time there is now in such a step: what was given to jobs. `null` before the server was there. */
  allocated: nullable(Permille),
  /** Of the same: what jobs were measured to use. `null` where nothing was measured. */
  busy: nullable(Permille),
})
export type UseStep = Static<typeof UseStep>

/** What one person used in one project; of what the asker may not see there is one row without names. */
export const TeamUse = Type.Object({
  projectId: nullable(Id),
  projectName: nullable(Type.String()),
  submittedBy: nullable(Type.String()),
  gpuHours: GpuHours,
  /** Its part of all GPU time that was given. */
  share: Permille,
  jobs: Type.Integer({ minimum: 0 }),
  /** How much of what was given to it was used, as far as it was measured. */
  busy: nullable(Permille),
})
export type TeamUse = Static<typeof TeamUse>

/** A job that had to stop for another, and why. */
export const PreemptionTold = Type.Object({
  ...JobNamed,
  at: Timestamp,
  /** How long the attempt had run, milliseconds. */
  ranMs: Type.Integer({ minimum: 0 }),
  /** `priority`: the other is more important; `reclaim`: its queue took back what it owns; `shorter`: it has far less left to
   * do; `shrink`: it goes on with fewer GPUs; `shutdown`: the server stopped; `null` for older ones. */
  why: nullable(Type.String()),
  /** The job it made room for; `null` where the asker may not see it. */
  forJobNumber: nullable(Type.Integer()),
  forJobId: nullable(Id),
})
export type PreemptionTold = Static<typeof PreemptionTold>

/** A job that holds GPUs and hardly uses them. */
export const IdleJob = Type.Object({
  ...JobNamed,
  nodeName: Type.String(),
  gpuMilli: Type.Integer({ minimum: 0 }),
  /** Since when every sample showed at most a twentieth of its GPUs in use. */
  since: Timestamp,
})
export type IdleJob = Static<typeof IdleJob>

/** How the GPUs of the cluster are used, now and over a window. Amounts are thousandths of a GPU, shares thousandths. */
export const ClusterUse = Type.Object({
  window: UseWindow,
  from: Timestamp,
  to: Timestamp,
  stepMs: Type.Integer(),
  now: Type.Object({
    gpuCount: Type.Integer({ minimum: 0 }),
    allocatedMilli: Type.Integer({ minimum: 0 }),
    /** GPUs that nobody holds any part of. */
    wholeFree: Type.Integer({ minimum: 0 }),
    /** How much of what is free the jobs of the window, on the mean, could not use where it lies; `null` with nothing free or no jobs. */
    fragmentation: nullable(Permille),
    waiting: Type.Integer({ minimum: 0 }),
    running: Type.Integer({ minimum: 0 }),
  }),
  total: Type.Object({
    gpuHours: GpuHours,
    allocated: nullable(Permille),
    busy: nullable(Permille),
    /** How much of the given GPU time was measured at all: simulated GPUs and other systems tell nothing. */
    measured: Permille,
    preemptions: Type.Integer({ minimum: 0 }),
  }),
  overTime: Type.Array(UseStep),
  teams: Type.Array(TeamUse),
  preemptions: Type.Array(PreemptionTold),
  idle: Type.Array(IdleJob),
})
export type ClusterUse = Static<typeof ClusterUse>
