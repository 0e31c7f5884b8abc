import { EntitySchema, type EntitySchemaColumnOptions } from 'typeorm'
import { optional, primaryId, text } from '../columns.js'

/** The tables of the model registry, read and written by SQL as those of tracking. */
type Columns<T> = Record<keyof T, EntitySchemaColumnOptions>

const bigint = { type: 'bigint' } as const satisfies EntitySchemaColumnOptions
const integer = { type: 'integer' } as const satisfies EntitySchemaColumnOptions
const primaryInteger = { type: 'integer', primary: true } as const satisfies EntitySchemaColumnOptions

export interface RegisteredModelRow {
  id: string
  projectId: string
  name: string
  description: string | null
  createdAtMs: number
  updatedAtMs: number
}

export const RegisteredModelEntity = new EntitySchema<RegisteredModelRow>({
  name: 'RegisteredModel',
  tableName: 'registered_models',
  columns: {
    id: primaryId,
    projectId: text,
    name: text,
    description: optional(text),
    createdAtMs: bigint,
    updatedAtMs: bigint,
  } satisfies Columns<RegisteredModelRow>,
  uniques: [{ columns: ['projectId', 'name'] }],
  indices: [{ name: 'registered_models_changed_idx', columns: ['projectId', 'updatedAtMs', 'id'], synchronize: false }],
  foreignKeys: [{ target: 'Project', columnNames: ['projectId'], referencedColumnNames: ['id'] }],
})

export interface RegisteredModelTagRow {
  modelId: string
  key: string
  value: string
  projectId: string
}

export const RegisteredModelTagEntity = new EntitySchema<RegisteredModelTagRow>({
  name: 'RegisteredModelTag',
  tableName: 'registered_model_tags',
  columns: {
    modelId: primaryId,
    key: primaryId,
    value: text,
    projectId: text,
  } satisfies Columns<RegisteredModelTagRow>,
  foreignKeys: [
    { target: 'RegisteredModel', columnNames: ['modelId'], referencedColumnNames: ['id'], onDelete: 'CASCADE' },
  ],
})

/** A version of a registered model. `source` is what it was made of, `storageLocation` where its files are. */
export interface ModelVersionRow {
  modelId: string
  version: number
  projectId: string
  lifecycleStage: 'active' | 'deleted'
  stage: string
  source: string
  storageLocation: string
  runId: string | null
  runLink: string | null
  loggedModelId: string | null
  description: string | null
  creatorName: string
  createdAtMs: number
  updatedAtMs: number
}

export const ModelVersionEntity = new EntitySchema<ModelVersionRow>({
  name: 'ModelVersion',
  tableName: 'model_versions',
  columns: {
    modelId: primaryId,
    version: primaryInteger,
    projectId: text,
    lifecycleStage: text,
    stage: text,
    source: text,
    storageLocation: text,
    runId: optional(text),
    runLink: optional(text),
    loggedModelId: optional(text),
    description: optional(text),
    creatorName: text,
    createdAtMs: bigint,
    updatedAtMs: bigint,
  } satisfies Columns<ModelVersionRow>,
  indices: [
    { name: 'model_versions_newest_idx', columns: ['projectId', 'updatedAtMs'], synchronize: false },
    { name: 'model_versions_run_idx', columns: ['projectId', 'runId'], synchronize: false },
  ],
  foreignKeys: [
    { target: 'RegisteredModel', columnNames: ['modelId'], referencedColumnNames: ['id'], onDelete: 'CASCADE' },
  ],
})

const ofVersion = {
  target: 'ModelVersion',
  columnNames: ['modelId', 'version'],
  referencedColumnNames: ['modelId', 'version'],
  onDelete: 'CASCADE' as const,
}

export interface ModelVersionTagRow extends RegisteredModelTagRow {
  version: number
}

export const ModelVersionTagEntity = new EntitySchema<ModelVersionTagRow>({
  name: 'ModelVersionTag',
  tableName: 'model_version_tags',
  columns: {
    modelId: primaryId,
    version: primaryInteger,
    key: primaryId,
    value: text,
    projectId: text,
  } satisfies Columns<ModelVersionTagRow>,
  foreignKeys: [ofVersion],
})

export interface RegisteredModelAliasRow {
  modelId: string
  alias: string
  version: number
  projectId: string
}

export const RegisteredModelAliasEntity = new EntitySchema<RegisteredModelAliasRow>({
  name: 'RegisteredModelAlias',
  tableName: 'registered_model_aliases',
  columns: {
    modelId: primaryId,
    alias: primaryId,
    version: integer,
    projectId: text,
  } satisfies Columns<RegisteredModelAliasRow>,
  indices: [{ name: 'registered_model_aliases_version_idx', columns: ['modelId', 'version'] }],
  foreignKeys: [ofVersion],
})

/** Every entity of the model registry. */
export const modelRegistryEntities = [
  RegisteredModelEntity,
  RegisteredModelTagEntity,
  ModelVersionEntity,
  ModelVersionTagEntity,
  RegisteredModelAliasEntity,
] as const
