import { Type, type Static } from '@sinclair/typebox'
import { Digest, Id, nullable } from './common.js'
import { MetricValue, RunStatus } from './run.js'

/** A text that PostgreSQL can keep: anything without NUL. */
const Text = (maxLength: number) => Type.String({ maxLength, pattern: '^[^\\u0000]*$' })
const Key = Type.String({ minLength: 1, maxLength: 1000, pattern: '^[^\\u0000]*$' })
const Pair = Type.Object({ key: Key, value: Text(4_000_000) })
const Pairs = Type.Array(Pair, { maxItems: 20_000 })
const Ms = Type.Integer({ minimum: -9_007_199_254_740_991, maximum: 9_007_199_254_740_991 })
const Stage = Type.Union([Type.Literal('active'), Type.Literal('deleted')])
const ModelId = Type.String({ pattern: '^m-[0-9a-f]{32}$' })
const RunId = Type.String({ pattern: '^[0-9a-f]{32}$' })
/** The id of an experiment at its source: digits, as MLflow has it. */
const SourceExperimentId = Type.String({ pattern: '^\\d{1,18}$' })
/**
 * What an entity looked like at its source, in 64 hexadecimal digits. One that comes again with the same mark is left
 * alone, so what people changed here since is never undone by a repeat.
 */
const Mark = Digest

/** Where a history comes from: one store of another tool. A repeat is known by `source`. */
export const Import = Type.Object({ id: Id, projectId: Id, source: Type.String(), label: Type.String() })
export type Import = Static<typeof Import>

/** `label` goes into names that are taken: `fraud (label)`. */
export const OpenImport = Type.Object({
  source: Type.String({ minLength: 1, maxLength: 2000, pattern: '^[^\\u0000]*$' }),
  label: Type.String({ minLength: 1, maxLength: 100, pattern: '^[^\\u0000/:]*$' }),
})
export type OpenImport = Static<typeof OpenImport>

export const ImportedExperiment = Type.Object({
  id: SourceExperimentId,
  name: Type.String({ minLength: 1, maxLength: 500, pattern: '^[^\\u0000]*$' }),
  lifecycleStage: Stage,
  tags: Pairs,
  createdAtMs: Ms,
  updatedAtMs: Ms,
  mark: Mark,
})
export type ImportedExperiment = Static<typeof ImportedExperiment>

/** `into`: the name of one experiment here that takes all of them. */
export const PutImportedExperiments = Type.Object({
  items: Type.Array(ImportedExperiment, { minItems: 1, maxItems: 100 }),
  into: nullable(Type.String({ minLength: 1, maxLength: 500, pattern: '^[^\\u0000]*$' })),
})
export type PutImportedExperiments = Static<typeof PutImportedExperiments>

/** Where it is now: the id and the name that it has here. */
export const PlacedExperiment = Type.Object({ sourceId: Type.String(), id: Type.String(), name: Type.String() })
export type PlacedExperiment = Static<typeof PlacedExperiment>

const ImportedDataset = Type.Object({
  name: Text(500),
  digest: Text(100),
  sourceType: Text(200),
  source: Text(1_000_000),
  schema: nullable(Text(4_000_000)),
  profile: nullable(Text(17_000_000)),
  tags: Pairs,
})

/** A run as it was at its source, without points and files. */
export const ImportedRun = Type.Object({
  id: RunId,
  experimentId: SourceExperimentId,
  name: Text(5000),
  status: RunStatus,
  lifecycleStage: Stage,
  userName: Text(1000),
  startedAtMs: Ms,
  endedAtMs: nullable(Ms),
  params: Pairs,
  tags: Pairs,
  datasets: Type.Array(ImportedDataset, { maxItems: 10_000 }),
  models: Type.Array(
    Type.Object({
      direction: Type.Union([Type.Literal('input'), Type.Literal('output')]),
      modelId: Text(300),
      step: Ms,
    }),
    { maxItems: 10_000 },
  ),
})
export type ImportedRun = Static<typeof ImportedRun>

export const PutImportedRuns = Type.Object({ items: Type.Array(ImportedRun, { minItems: 1, maxItems: 100 }) })
export type PutImportedRuns = Static<typeof PutImportedRuns>

/** Runs and logged models keep their ids; an id that something else has here is refused, and told. */
export const PutOutcome = Type.Object({ taken: Type.Array(Type.String()) })
export type PutOutcome = Static<typeof PutOutcome>

/** Points of one metric of one run; the arrays are parallel. */
export const ImportedSeries = Type.Object({
  runId: RunId,
  key: Key,
  steps: Type.Array(Ms, { maxItems: 20_000 }),
  timestampsMs: Type.Array(Ms, { maxItems: 20_000 }),
  values: Type.Array(MetricValue, { maxItems: 20_000 }),
})
export type ImportedSeries = Static<typeof ImportedSeries>

export const AddImportedPoints = Type.Object({
  series: Type.Array(ImportedSeries, { minItems: 1, maxItems: 5000 }),
})
export type AddImportedPoints = Static<typeof AddImportedPoints>

/** Whose file: a run's or a logged model's. */
export const ImportedArtifactQuery = Type.Object({
  owner: Type.Union([Type.Literal('run'), Type.Literal('logged_model')]),
  ownerId: Type.String({ minLength: 1, maxLength: 100 }),
  path: Type.String({ minLength: 1, maxLength: 1024 }),
})
export type ImportedArtifactQuery = Static<typeof ImportedArtifactQuery>

/** Whose files are asked for. */
export const FindImportedArtifacts = Type.Object({
  ownerIds: Type.Array(Type.String({ minLength: 1, maxLength: 100 }), { maxItems: 100 }),
})
export type FindImportedArtifacts = Static<typeof FindImportedArtifacts>

/** A file of an imported run or logged model, as it is here. */
export const FoundArtifact = Type.Object({
  ownerId: Type.String(),
  path: Type.String(),
  digest: Digest,
  sizeBytes: Type.Integer(),
})
export type FoundArtifact = Static<typeof FoundArtifact>

export const ImportedLoggedModel = Type.Object({
  id: ModelId,
  experimentId: SourceExperimentId,
  name: Text(1000),
  modelType: nullable(Text(1000)),
  sourceRunId: nullable(Text(300)),
  status: Type.Union([
    Type.Literal('LOGGED_MODEL_PENDING'),
    Type.Literal('LOGGED_MODEL_READY'),
    Type.Literal('LOGGED_MODEL_UPLOAD_FAILED'),
  ]),
  params: Pairs,
  tags: Pairs,
  metrics: Type.Array(
    Type.Object({
      key: Key,
      runId: Text(300),
      step: Ms,
      timestampMs: Ms,
      value: MetricValue,
      datasetName: nullable(Text(500)),
      datasetDigest: nullable(Text(100)),
    }),
    { maxItems: 100_000 },
  ),
  createdAtMs: Ms,
  updatedAtMs: Ms,
  mark: Mark,
})
export type ImportedLoggedModel = Static<typeof ImportedLoggedModel>

export const PutImportedLoggedModels = Type.Object({
  items: Type.Array(ImportedLoggedModel, { minItems: 1, maxItems: 100 }),
})
export type PutImportedLoggedModels = Static<typeof PutImportedLoggedModels>

/** Where the files of a version are: in a run or a logged model that was imported, or at an address as it stands. */
const VersionOrigin = Type.Union([
  Type.Object({ kind: Type.Literal('run'), runId: RunId, path: Text(1024) }),
  Type.Object({ kind: Type.Literal('logged_model'), modelId: ModelId }),
  Type.Object({ kind: Type.Literal('version'), name: Text(1000), version: Type.Integer({ minimum: 1 }) }),
  Type.Object({ kind: Type.Literal('address'), address: Text(10_000) }),
])

export const ImportedVersion = Type.Object({
  version: Type.Integer({ minimum: 1, maximum: 2_000_000_000 }),
  origin: VersionOrigin,
  stage: Text(100),
  runId: nullable(Text(300)),
  runLink: nullable(Text(10_000)),
  loggedModelId: nullable(Text(300)),
  description: nullable(Text(1_000_000)),
  userName: Text(1000),
  tags: Pairs,
  createdAtMs: Ms,
  updatedAtMs: Ms,
})
export type ImportedVersion = Static<typeof ImportedVersion>

export const ImportedRegisteredModel = Type.Object({
  name: Type.String({ minLength: 1, maxLength: 1000, pattern: '^[^\\u0000]*$' }),
  description: nullable(Text(1_000_000)),
  tags: Pairs,
  aliases: Type.Array(Type.Object({ alias: Key, version: Type.Integer({ minimum: 1 }) }), { maxItems: 10_000 }),
  versions: Type.Array(ImportedVersion, { maxItems: 20_000 }),
  createdAtMs: Ms,
  updatedAtMs: Ms,
  mark: Mark,
})
export type ImportedRegisteredModel = Static<typeof ImportedRegisteredModel>

/** The name that it has here. */
export const PlacedRegisteredModel = Type.Object({ sourceName: Type.String(), name: Type.String() })
export type PlacedRegisteredModel = Static<typeof PlacedRegisteredModel>

/**
 * What is in a run, each part as the SHA-256 of its canonical form, which `core/tracking/run-digest.ts` of the server
 * defines, and how much of it there is.
 */
export const RunDigest = Type.Object({
  info: Digest,
  params: Digest,
  tags: Digest,
  metrics: Digest,
  inputs: Digest,
  artifacts: Digest,
  counts: Type.Object({
    params: Type.Integer(),
    tags: Type.Integer(),
    metrics: Type.Integer(),
    points: Type.Integer(),
    inputs: Type.Integer(),
    artifacts: Type.Integer(),
    bytes: Type.Integer(),
  }),
})
export type RunDigest = Static<typeof RunDigest>

/** Which of these runs were imported whole, what they looked like at their source then, and what was in them. */
export const FindImportedRuns = Type.Object({ ids: Type.Array(RunId, { maxItems: 1000 }) })
export type FindImportedRuns = Static<typeof FindImportedRuns>

export const FoundImportedRun = Type.Object({ id: RunId, mark: Mark, digest: RunDigest })
export type FoundImportedRun = Static<typeof FoundImportedRun>

/** What the source says of a run; one that is the same here is noted as imported whole. */
export const VerifyImportedRuns = Type.Object({
  items: Type.Array(Type.Object({ id: RunId, mark: Mark, digest: RunDigest }), { minItems: 1, maxItems: 100 }),
})
export type VerifyImportedRuns = Static<typeof VerifyImportedRuns>

export const VerifiedRun = Type.Object({ id: RunId, digest: RunDigest, same: Type.Boolean() })
export type VerifiedRun = Static<typeof VerifiedRun>

const TraceId = Type.String({ minLength: 1, maxLength: 250, pattern: '^[^\\u0000]*$' })

/** A trace as it was at its source. */
export const ImportedTrace = Type.Object({
  experimentId: SourceExperimentId,
  /** All but the spans, as MLflow's REST API writes it (`TraceInfoV3`, with assessments). */
  info: Type.Record(Type.String(), Type.Unknown()),
  /** As OTLP writes them in JSON. */
  spans: Type.Array(Type.Record(Type.String(), Type.Unknown()), { maxItems: 1_000_000 }),
  /** Runs to which it is linked. */
  runIds: Type.Array(RunId, { maxItems: 10_000 }),
})
export type ImportedTrace = Static<typeof ImportedTrace>

export const PutImportedTraces = Type.Object({ items: Type.Array(ImportedTrace, { minItems: 1, maxItems: 100 }) })
export type PutImportedTraces = Static<typeof PutImportedTraces>

/** Which of these traces were imported whole, and what they looked like at their source then. */
export const FindImportedTraces = Type.Object({ ids: Type.Array(TraceId, { maxItems: 1000 }) })
export type FindImportedTraces = Static<typeof FindImportedTraces>

export const MarkedTrace = Type.Object({ id: TraceId, mark: Mark })
export type MarkedTrace = Static<typeof MarkedTrace>

/** Traces that were read back and found the same. */
export const NoteImportedTraces = Type.Object({ items: Type.Array(MarkedTrace, { minItems: 1, maxItems: 1000 }) })
export type NoteImportedTraces = Static<typeof NoteImportedTraces>

/** What came of an import, for the audit. */
export const FinishImport = Type.Object({
  runs: Type.Integer({ minimum: 0 }),
  points: Type.Integer({ minimum: 0 }),
  artifacts: Type.Integer({ minimum: 0 }),
  bytes: Type.Integer({ minimum: 0 }),
  differences: Type.Integer({ minimum: 0 }),
})
export type FinishImport = Static<typeof FinishImport>
