import { Type, type Static } from '@sinclair/typebox'
import { Digest, Id, nullable, Timestamp } from './common.js'
import { LatestMetric, RunStatus } from './run.js'

/**
 * The name of a registered model: unique in its project. MLflow's rule: no slash and no colon, for it stands in addresses
 * such as `models:/iris/3`; and it is no path to somewhere else.
 */
export const ModelName = Type.String({
  minLength: 1,
  maxLength: 250,
  pattern: '^(?!\\.$|\\.\\.|\\s*$)[^/:\\u0000-\\u001f\\u007f]+$',
})

/** Why an alias was moved, for whoever asks later. */
export const AliasReason = Type.String({ minLength: 1, maxLength: 1000, pattern: '\\S' })

const Version = Type.Integer({ minimum: 1, maximum: 2_147_483_647 })
const Description = Type.String({ maxLength: 5000 })
const Pair = Type.Object({ key: Type.String(), value: Type.String() })

/** A version by the name of its model and its number. */
export const ModelVersionRef = Type.Object({ modelName: Type.String(), version: Version })
export type ModelVersionRef = Static<typeof ModelVersionRef>

/** A version in a list. Its number is never given again, even when the version is deleted. */
export const ModelVersionSummary = Type.Object({
  modelName: Type.String(),
  version: Version,
  aliases: Type.Array(Type.String()),
  description: nullable(Type.String()),
  /** The run it was registered from, if any. */
  run: nullable(Type.Object({ id: Id, name: Type.String() })),
  createdBy: Type.String(),
  createdAt: Timestamp,
})
export type ModelVersionSummary = Static<typeof ModelVersionSummary>

/** A registered model. */
export const Model = Type.Object({
  id: Id,
  name: Type.String(),
  description: nullable(Type.String()),
  tags: Type.Array(Pair),
  aliases: Type.Array(Type.Object({ alias: Type.String(), version: Version })),
  /** The version with the highest number. */
  latestVersion: nullable(ModelVersionSummary),
  versionCount: Type.Integer({ minimum: 0 }),
  /** The number the next version will get. */
  nextVersion: Version,
  createdAt: Timestamp,
  updatedAt: Timestamp,
})
export type Model = Static<typeof Model>

/** One input, output or parameter of a model; `type` is written as MLflow writes it, such as `double` or `Array(long)`. */
export const ModelField = Type.Object({
  name: nullable(Type.String()),
  type: Type.String(),
  required: Type.Boolean(),
  /** For a parameter: what holds when it is not given, as JSON. */
  defaultValue: nullable(Type.String()),
})
export type ModelField = Static<typeof ModelField>

/** What goes in and what comes out. */
export const ModelSignature = Type.Object({
  inputs: Type.Array(ModelField),
  outputs: Type.Array(ModelField),
  params: Type.Array(ModelField),
})
export type ModelSignature = Static<typeof ModelSignature>

/**
 * What the `MLmodel` file of a version says. `unreadable`: there is one, but not in the form that MLflow writes; `missing`:
 * the version has no such file; `elsewhere`: its files are in a store that the server does not read.
 */
export const ModelManifest = Type.Union([
  Type.Object({
    state: Type.Literal('read'),
    /** `null` where the model was saved without a signature. */
    signature: nullable(ModelSignature),
    flavors: Type.Array(Type.Object({ name: Type.String(), version: nullable(Type.String()) })),
    mlflowVersion: nullable(Type.String()),
  }),
  Type.Object({
    state: Type.Union([Type.Literal('missing'), Type.Literal('unreadable'), Type.Literal('elsewhere')]),
  }),
])
export type ModelManifest = Static<typeof ModelManifest>

/** The files of a version; `items` are the first of them, by path. */
export const ModelFiles = Type.Object({
  items: Type.Array(Type.Object({ path: Type.String(), sizeBytes: Type.Integer({ minimum: 0 }) })),
  count: Type.Integer({ minimum: 0 }),
  sizeBytes: Type.Integer({ minimum: 0 }),
  /** Which of them were replaced where the version was made from; the version keeps those of before. */
  replaced: Type.Array(Type.String()),
  /** SHA-256 of what `sha256sum` prints for all of them by path; the audit has that of the day it was registered. */
  digest: Type.String(),
})
export type ModelFiles = Static<typeof ModelFiles>

/** Where a version comes from: back to the run, and from there to environment, code and data. */
export const ModelLineage = Type.Object({
  run: nullable(
    Type.Object({
      id: Id,
      name: Type.String(),
      status: RunStatus,
      deleted: Type.Boolean(),
      experimentId: Type.String(),
      experimentName: Type.String(),
      userName: Type.String(),
      jobNumber: nullable(Type.Integer({ minimum: 1 })),
    }),
  ),
  environment: nullable(
    Type.Object({
      pinDigest: Digest,
      pythonVersion: Type.String(),
      packageCount: Type.Integer({ minimum: 0 }),
    }),
  ),
  /** A snapshot of a job; or, for a run outside jobs, what its program said of its repository. */
  code: nullable(
    Type.Object({
      snapshotId: nullable(Id),
      fileCount: nullable(Type.Integer({ minimum: 0 })),
      commit: nullable(Type.String()),
      branch: nullable(Type.String()),
      dirty: nullable(Type.Boolean()),
    }),
  ),
  datasets: Type.Array(
    Type.Object({
      name: Type.String(),
      digest: Type.String(),
      /** Such as `training`. */
      context: nullable(Type.String()),
      sourceType: Type.String(),
    }),
  ),
  loggedModel: nullable(Type.Object({ id: Type.String(), name: Type.String(), modelType: nullable(Type.String()) })),
  /** The latest values of the run, by name. */
  metrics: Type.Array(LatestMetric),
})
export type ModelLineage = Static<typeof ModelLineage>

/** An alias came to a version or left it: by whom, when and why. A program of MLflow gives no reason. */
export const AliasMove = Type.Object({
  alias: Type.String(),
  /** The version it left; `null` when it was new. */
  from: nullable(Version),
  /** The version it came to; `null` when it was removed. */
  to: nullable(Version),
  reason: nullable(Type.String()),
  /** `null` when a job did it. */
  memberName: nullable(Type.String()),
  at: Timestamp,
})
export type AliasMove = Static<typeof AliasMove>

/** A version with all that is known of it. */
export const ModelVersion = Type.Composite([
  ModelVersionSummary,
  Type.Object({
    modelId: Id,
    updatedAt: Timestamp,
    /** The address it was registered with. */
    source: Type.String(),
    tags: Type.Array(Pair),
    lineage: ModelLineage,
    manifest: ModelManifest,
    files: nullable(ModelFiles),
    /** Newest first, at most 200. */
    history: Type.Array(AliasMove),
  }),
])
export type ModelVersion = Static<typeof ModelVersion>

/** Which model of a run: one that it logged, or a folder of its files. */
export const ModelChoice = Type.Union([
  Type.Object({ kind: Type.Literal('logged_model'), loggedModelId: Type.String({ minLength: 1, maxLength: 100 }) }),
  Type.Object({ kind: Type.Literal('folder'), path: Type.String({ minLength: 1, maxLength: 1024 }) }),
])
export type ModelChoice = Static<typeof ModelChoice>

/** A model that a run left, and the versions that were made of it. */
export const RunModel = Type.Object({
  choice: ModelChoice,
  /** The name it was logged under, or the path of its folder. */
  name: Type.String(),
  modelType: nullable(Type.String()),
  sizeBytes: Type.Integer({ minimum: 0 }),
  versions: Type.Array(ModelVersionRef),
})
export type RunModel = Static<typeof RunModel>

/** The models of a run, and under which name the next version would be registered. */
export const RunModels = Type.Object({
  items: Type.Array(RunModel),
  /** Every version that was registered from the run, newest first. */
  versions: Type.Array(ModelVersionRef),
  /** The model that runs of this experiment were registered as; else a free name. `null` where there is nothing to register. */
  suggestion: nullable(Type.Object({ name: Type.String(), version: Version, isNew: Type.Boolean() })),
})
export type RunModels = Static<typeof RunModels>

/** Make a version of a model of a run; a name that is new makes the registered model too. */
export const RegisterModel = Type.Object({
  choice: ModelChoice,
  name: ModelName,
  description: Type.Optional(Description),
})
export type RegisterModel = Static<typeof RegisterModel>

export const DescribeModel = Type.Object({ description: Description })
export const SetModelAlias = Type.Object({ version: Version, reason: AliasReason })
export const RemoveModelAlias = Type.Object({ reason: AliasReason })
