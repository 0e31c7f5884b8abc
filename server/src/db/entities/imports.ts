import type { RunDigest } from '@novabrain/contracts'
import { EntitySchema, type EntitySchemaColumnOptions } from 'typeorm'
import { json, optional, primaryId, text } from '../columns.js'

/** The tables of imported histories, read and written by SQL as those of tracking. */
type Columns<T> = Record<keyof T, EntitySchemaColumnOptions>

/** A source of another tool, whose history is here or on its way. */
export interface ImportRow {
  id: string
  projectId: string
  source: string
  label: string
  createdAtMs: number
}

export const ImportEntity = new EntitySchema<ImportRow>({
  name: 'Import',
  tableName: 'imports',
  columns: {
    id: primaryId,
    projectId: text,
    source: text,
    label: text,
    createdAtMs: { type: 'bigint' },
  } satisfies Columns<ImportRow>,
  uniques: [{ columns: ['projectId', 'source'] }],
  foreignKeys: [{ target: 'Project', columnNames: ['projectId'], referencedColumnNames: ['id'] }],
})

export type ImportedKind = 'experiment' | 'run' | 'logged_model' | 'registered_model' | 'trace'

/** One entity of a source, and the row that it is here. `mark` is what it looked like when it was found whole. */
export interface ImportedEntityRow {
  importId: string
  kind: ImportedKind
  sourceId: string
  targetId: string
  mark: string | null
  digest: RunDigest | null
  projectId: string
}

export const ImportedEntityEntity = new EntitySchema<ImportedEntityRow>({
  name: 'ImportedEntity',
  tableName: 'imported_entities',
  columns: {
    importId: primaryId,
    kind: primaryId,
    sourceId: primaryId,
    targetId: text,
    mark: optional(text),
    digest: optional(json),
    projectId: text,
  } satisfies Columns<ImportedEntityRow>,
  foreignKeys: [{ target: 'Import', columnNames: ['importId'], referencedColumnNames: ['id'] }],
})
