import type { RunStatus } from '@novabrain/contracts'
import { EntitySchema, type EntitySchemaColumnOptions } from 'typeorm'
import { json, optional, primaryId, text } from '../columns.js'
import { ofBlob } from './blobs.js'

/**
 * The tables of tracking. They are read and written by SQL, set-based; the entities say what they hold, and a test holds
 * the migrations to them.
 */
type Columns<T> = Record<keyof T, EntitySchemaColumnOptions>

const bigint = { type: 'bigint' } as const satisfies EntitySchemaColumnOptions
const double = { type: 'double precision' } as const satisfies EntitySchemaColumnOptions
const primaryBigint = { type: 'bigint', primary: true } as const satisfies EntitySchemaColumnOptions
const primaryDouble = { type: 'double precision', primary: true } as const satisfies EntitySchemaColumnOptions

type LifecycleStage = 'active' | 'deleted'

export interface ExperimentRow {
  projectId: string
  id: number
  name: string
  lifecycleStage: LifecycleStage
  artifactLocation: string | null
  createdAtMs: number
  updatedAtMs: number
}

export const ExperimentEntity = new EntitySchema<ExperimentRow>({
  name: 'Experiment',
  tableName: 'experiments',
  columns: {
    projectId: primaryId,
    id: primaryBigint,
    name: text,
    lifecycleStage: text,
    artifactLocation: optional(text),
    createdAtMs: bigint,
    updatedAtMs: bigint,
  } satisfies Columns<ExperimentRow>,
  uniques: [{ columns: ['projectId', 'name'] }],
  foreignKeys: [{ target: 'Project', columnNames: ['projectId'], referencedColumnNames: ['id'] }],
})

export interface ExperimentTagRow {
  projectId: string
  experimentId: number
  key: string
  value: string
}

export const ExperimentTagEntity = new EntitySchema<ExperimentTagRow>({
  name: 'ExperimentTag',
  tableName: 'experiment_tags',
  columns: {
    projectId: primaryId,
    experimentId: primaryBigint,
    key: primaryId,
    value: text,
  } satisfies Columns<ExperimentTagRow>,
})

const ofExperiment = {
  target: 'Experiment',
  columnNames: ['projectId', 'experimentId'],
  referencedColumnNames: ['projectId', 'id'],
}

export interface RunRow {
  id: string
  tenantId: string
  projectId: string
  experimentId: number
  name: string
  status: RunStatus
  lifecycleStage: LifecycleStage
  userName: string
  startedAtMs: number
  endedAtMs: number | null
  deletedAtMs: number | null
  /** The last sign of life, for runs outside jobs. */
  lastSeenAtMs: number
  /** The job whose record the run is. */
  jobId: string | null
  /** The run of the job inside which it was begun. */
  jobRunId: string | null
  /** The last attempt whose program began the run of its job. */
  begunByAttemptId: string | null
}

export const RunEntity = new EntitySchema<RunRow>({
  name: 'Run',
  tableName: 'runs',
  columns: {
    id: primaryId,
    tenantId: text,
    projectId: text,
    experimentId: bigint,
    name: text,
    status: text,
    lifecycleStage: text,
    userName: text,
    startedAtMs: bigint,
    endedAtMs: optional(bigint),
    deletedAtMs: optional(bigint),
    lastSeenAtMs: bigint,
    jobId: optional(text),
    jobRunId: optional(text),
    begunByAttemptId: optional(text),
  } satisfies Columns<RunRow>,
  indices: [
    {
      name: 'runs_newest_idx',
      columns: ['projectId', 'experimentId', 'lifecycleStage', 'startedAtMs', 'id'],
      synchronize: false,
    },
    { columns: ['projectId', 'id'] },
    { columns: ['jobRunId'], where: 'job_run_id IS NOT NULL' },
    { name: 'runs_open_idx', columns: ['id'], where: `status = 'RUNNING' AND job_id IS NULL` },
    { name: 'runs_deleted_idx', columns: ['deletedAtMs'], where: `lifecycle_stage = 'deleted'` },
  ],
  foreignKeys: [ofExperiment],
})

export interface RunPairRow {
  runId: string
  key: string
  value: string
  projectId: string
}

const runPair = { runId: primaryId, key: primaryId, value: text, projectId: text } satisfies Columns<RunPairRow>

export const RunParamEntity = new EntitySchema<RunPairRow>({
  name: 'RunParam',
  tableName: 'run_params',
  columns: runPair,
  indices: [{ name: 'run_params_value_idx', columns: ['projectId', 'key', 'value'], synchronize: false }],
})

export const RunTagEntity = new EntitySchema<RunPairRow>({
  name: 'RunTag',
  tableName: 'run_tags',
  columns: runPair,
  indices: [{ name: 'run_tags_value_idx', columns: ['projectId', 'key', 'value'], synchronize: false }],
})

/** The latest value of a metric of a run, and the number under which its points are kept. */
export interface RunMetricRow {
  runId: string
  key: string
  seriesId: number
  step: number
  timestampMs: number
  value: number
  pointCount: number
  projectId: string
  /** That of the run, kept by the database, so that the runs of an experiment are found in the order of a metric. */
  experimentId: number
  /** How many of the first points are in blocks, and the last of those; how often blocks were lost to a late point. */
  summarisedCount: number
  summarisedStep: number | null
  summarisedTimestampMs: number | null
  summarisedValue: number | null
  summaryLosses: number
}

export const RunMetricEntity = new EntitySchema<RunMetricRow>({
  name: 'RunMetric',
  tableName: 'run_metrics',
  columns: {
    runId: primaryId,
    key: primaryId,
    seriesId: { type: 'bigint', generated: 'identity' as never, generatedIdentity: 'ALWAYS' } as never,
    step: bigint,
    timestampMs: bigint,
    value: double,
    pointCount: bigint,
    projectId: text,
    experimentId: bigint,
    summarisedCount: { ...bigint, default: 0 },
    summarisedStep: { ...bigint, nullable: true },
    summarisedTimestampMs: { ...bigint, nullable: true },
    summarisedValue: { ...double, nullable: true },
    summaryLosses: { type: 'integer', default: 0 },
  } satisfies Columns<RunMetricRow>,
  uniques: [{ columns: ['seriesId'] }],
  indices: [
    {
      name: 'run_metrics_ranked_idx',
      columns: ['projectId', 'experimentId', 'key', 'value', 'runId'],
      synchronize: false,
    },
  ],
})

/** A block of points of a series in short: pieces of equally many, each with its last point and its extremes. */
export interface MetricBlockRow {
  seriesId: number
  firstStep: number
  firstTimestampMs: number
  firstValue: number
  lastStep: number
  lastTimestampMs: number
  lastValue: number
  steps: number[]
  timestampsMs: number[]
  values: number[]
  lows: number[]
  highs: number[]
  projectId: string
}

const bigints = { ...bigint, array: true }
const doubles = { ...double, array: true }

export const MetricBlockEntity = new EntitySchema<MetricBlockRow>({
  name: 'MetricBlock',
  tableName: 'metric_blocks',
  columns: {
    seriesId: primaryBigint,
    firstStep: primaryBigint,
    firstTimestampMs: primaryBigint,
    firstValue: { ...double, primary: true },
    lastStep: bigint,
    lastTimestampMs: bigint,
    lastValue: double,
    steps: bigints,
    timestampsMs: bigints,
    values: doubles,
    lows: doubles,
    highs: doubles,
    projectId: text,
  } satisfies Columns<MetricBlockRow>,
})

export interface MetricPointRow {
  seriesId: number
  step: number
  timestampMs: number
  value: number
  projectId: string
}

export const MetricPointEntity = new EntitySchema<MetricPointRow>({
  name: 'MetricPoint',
  tableName: 'metric_points',
  columns: {
    seriesId: primaryBigint,
    step: primaryBigint,
    timestampMs: primaryBigint,
    value: primaryDouble,
    projectId: text,
  } satisfies Columns<MetricPointRow>,
})

export interface DatasetRow {
  projectId: string
  experimentId: number
  name: string
  digest: string
  sourceType: string
  source: string
  schema: string | null
  profile: string | null
}

export const DatasetEntity = new EntitySchema<DatasetRow>({
  name: 'Dataset',
  tableName: 'datasets',
  columns: {
    projectId: primaryId,
    experimentId: primaryBigint,
    name: primaryId,
    digest: primaryId,
    sourceType: text,
    source: text,
    schema: optional(text),
    profile: optional(text),
  } satisfies Columns<DatasetRow>,
})

export interface RunDatasetRow {
  runId: string
  name: string
  digest: string
  tags: Record<string, string>
  projectId: string
}

export const RunDatasetEntity = new EntitySchema<RunDatasetRow>({
  name: 'RunDataset',
  tableName: 'run_datasets',
  columns: {
    runId: primaryId,
    name: primaryId,
    digest: primaryId,
    tags: json,
    projectId: text,
  } satisfies Columns<RunDatasetRow>,
})

export interface RunModelRow {
  runId: string
  direction: 'input' | 'output'
  modelId: string
  step: number
  projectId: string
}

export const RunModelEntity = new EntitySchema<RunModelRow>({
  name: 'RunModel',
  tableName: 'run_models',
  columns: {
    runId: primaryId,
    direction: primaryId,
    modelId: primaryId,
    step: bigint,
    projectId: text,
  } satisfies Columns<RunModelRow>,
})

export interface LoggedModelRow {
  id: string
  projectId: string
  experimentId: number
  name: string
  modelType: string | null
  sourceRunId: string | null
  status: string
  lifecycleStage: LifecycleStage
  creatorName: string
  createdAtMs: number
  updatedAtMs: number
}

export const LoggedModelEntity = new EntitySchema<LoggedModelRow>({
  name: 'LoggedModel',
  tableName: 'logged_models',
  columns: {
    id: primaryId,
    projectId: text,
    experimentId: bigint,
    name: text,
    modelType: optional(text),
    sourceRunId: optional(text),
    status: text,
    lifecycleStage: text,
    creatorName: text,
    createdAtMs: bigint,
    updatedAtMs: bigint,
  } satisfies Columns<LoggedModelRow>,
  indices: [
    {
      name: 'logged_models_newest_idx',
      columns: ['projectId', 'experimentId', 'createdAtMs', 'id'],
      synchronize: false,
    },
    { name: 'logged_models_deleted_idx', columns: ['updatedAtMs'], where: `lifecycle_stage = 'deleted'` },
  ],
  foreignKeys: [ofExperiment],
})

export interface LoggedModelPairRow {
  modelId: string
  key: string
  value: string
  projectId: string
}

const modelPair = {
  modelId: primaryId,
  key: primaryId,
  value: text,
  projectId: text,
} satisfies Columns<LoggedModelPairRow>

export const LoggedModelParamEntity = new EntitySchema<LoggedModelPairRow>({
  name: 'LoggedModelParam',
  tableName: 'logged_model_params',
  columns: modelPair,
})

export const LoggedModelTagEntity = new EntitySchema<LoggedModelPairRow>({
  name: 'LoggedModelTag',
  tableName: 'logged_model_tags',
  columns: modelPair,
})

export interface LoggedModelMetricRow {
  modelId: string
  runId: string
  key: string
  timestampMs: number
  step: number
  value: number
  datasetName: string | null
  datasetDigest: string | null
  projectId: string
}

export const LoggedModelMetricEntity = new EntitySchema<LoggedModelMetricRow>({
  name: 'LoggedModelMetric',
  tableName: 'logged_model_metrics',
  columns: {
    modelId: primaryId,
    key: primaryId,
    runId: primaryId,
    step: primaryBigint,
    timestampMs: primaryBigint,
    value: double,
    datasetName: optional(text),
    datasetDigest: optional(text),
    projectId: text,
  } satisfies Columns<LoggedModelMetricRow>,
})

/** A file of a run or a logged model, and the digest of its bytes. */
export interface ArtifactRow {
  ownerId: string
  path: string
  digest: string
  sizeBytes: number
  createdAtMs: number
  projectId: string
}

export const ArtifactEntity = new EntitySchema<ArtifactRow>({
  name: 'Artifact',
  tableName: 'artifacts',
  columns: {
    ownerId: primaryId,
    path: primaryId,
    digest: text,
    sizeBytes: bigint,
    createdAtMs: bigint,
    projectId: text,
  } satisfies Columns<ArtifactRow>,
  indices: [{ columns: ['digest'] }],
  foreignKeys: [ofBlob],
})

/** That runs of an experiment have logged a key. */
export interface RunKeyRow {
  projectId: string
  experimentId: number
  kind: string
  key: string
}

export const RunKeyEntity = new EntitySchema<RunKeyRow>({
  name: 'RunKey',
  tableName: 'run_keys',
  columns: {
    projectId: primaryId,
    experimentId: primaryBigint,
    kind: primaryId,
    key: primaryId,
  } satisfies Columns<RunKeyRow>,
})

/** Every entity of tracking. */
export const trackingEntities = [
  ExperimentEntity,
  ExperimentTagEntity,
  RunEntity,
  RunParamEntity,
  RunTagEntity,
  RunMetricEntity,
  RunKeyEntity,
  MetricPointEntity,
  MetricBlockEntity,
  DatasetEntity,
  RunDatasetEntity,
  RunModelEntity,
  LoggedModelEntity,
  LoggedModelParamEntity,
  LoggedModelTagEntity,
  LoggedModelMetricEntity,
  ArtifactEntity,
] as const
