import { EntitySchema, type EntitySchemaColumnOptions } from 'typeorm'
import { json, optional, primaryId, text } from '../columns.js'

/** The tables of evaluation datasets, read and written by SQL. */
type Columns<T> = Record<keyof T, EntitySchemaColumnOptions>

const bigint = { type: 'bigint' } as const satisfies EntitySchemaColumnOptions
const integer = { type: 'integer' } as const satisfies EntitySchemaColumnOptions
const primaryBigint = { type: 'bigint', primary: true } as const satisfies EntitySchemaColumnOptions

export interface EvaluationDatasetRow {
  id: string
  projectId: string
  name: string
  digest: string
  tags: Record<string, string>
  schema: Record<string, unknown> | null
  recordCount: number
  createdBy: string | null
  lastUpdatedBy: string | null
  createdAtMs: number
  updatedAtMs: number
}

export const EvaluationDatasetEntity = new EntitySchema<EvaluationDatasetRow>({
  name: 'EvaluationDataset',
  tableName: 'evaluation_datasets',
  columns: {
    id: primaryId,
    projectId: text,
    name: text,
    digest: text,
    tags: json,
    schema: optional(json),
    recordCount: integer,
    createdBy: optional(text),
    lastUpdatedBy: optional(text),
    createdAtMs: bigint,
    updatedAtMs: bigint,
  } satisfies Columns<EvaluationDatasetRow>,
  indices: [
    { name: 'evaluation_datasets_newest_idx', columns: ['projectId', 'createdAtMs', 'id'], synchronize: false },
  ],
  foreignKeys: [{ target: 'Project', columnNames: ['projectId'], referencedColumnNames: ['id'] }],
})

const ofDataset = {
  target: 'EvaluationDataset',
  columnNames: ['datasetId'],
  referencedColumnNames: ['id'],
  onDelete: 'CASCADE' as const,
}

export interface EvaluationDatasetRecordRow {
  id: string
  projectId: string
  datasetId: string
  inputHash: string
  inputs: Record<string, unknown>
  outputs: unknown
  expectations: Record<string, unknown> | null
  tags: Record<string, unknown>
  source: Record<string, unknown> | null
  sourceId: string | null
  sourceType: string | null
  createdBy: string | null
  lastUpdatedBy: string | null
  createdAtMs: number
  updatedAtMs: number
}

export const EvaluationDatasetRecordEntity = new EntitySchema<EvaluationDatasetRecordRow>({
  name: 'EvaluationDatasetRecord',
  tableName: 'evaluation_dataset_records',
  columns: {
    id: primaryId,
    projectId: text,
    datasetId: text,
    inputHash: text,
    inputs: json,
    outputs: optional(json),
    expectations: optional(json),
    tags: json,
    source: optional(json),
    sourceId: optional(text),
    sourceType: optional(text),
    createdBy: optional(text),
    lastUpdatedBy: optional(text),
    createdAtMs: bigint,
    updatedAtMs: bigint,
  } satisfies Columns<EvaluationDatasetRecordRow>,
  uniques: [{ columns: ['datasetId', 'inputHash'] }],
  indices: [{ name: 'evaluation_dataset_records_page_idx', columns: ['datasetId', 'createdAtMs', 'id'] }],
  foreignKeys: [ofDataset],
})

export interface EvaluationDatasetExperimentRow {
  datasetId: string
  experimentId: number
  projectId: string
}

export const EvaluationDatasetExperimentEntity = new EntitySchema<EvaluationDatasetExperimentRow>({
  name: 'EvaluationDatasetExperiment',
  tableName: 'evaluation_dataset_experiments',
  columns: {
    datasetId: primaryId,
    experimentId: primaryBigint,
    projectId: text,
  } satisfies Columns<EvaluationDatasetExperimentRow>,
  indices: [{ name: 'evaluation_dataset_experiments_idx', columns: ['projectId', 'experimentId'] }],
  foreignKeys: [
    ofDataset,
    { target: 'Experiment', columnNames: ['projectId', 'experimentId'], referencedColumnNames: ['projectId', 'id'] },
  ],
})

/** Every entity of evaluation datasets. */
export const evaluationDatasetEntities = [
  EvaluationDatasetEntity,
  EvaluationDatasetRecordEntity,
  EvaluationDatasetExperimentEntity,
] as const
