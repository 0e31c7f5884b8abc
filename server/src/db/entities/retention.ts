import { EntitySchema, type EntitySchemaColumnOptions } from 'typeorm'
import { json, primaryId, text } from '../columns.js'

type Columns<T> = Record<keyof T, EntitySchemaColumnOptions>

const bigint = { type: 'bigint' } as const satisfies EntitySchemaColumnOptions

/** A series of a run that is gone, whose points are still there. */
export interface PurgedSeriesRow {
  seriesId: number
  projectId: string
}

export const PurgedSeriesEntity = new EntitySchema<PurgedSeriesRow>({
  name: 'PurgedSeries',
  tableName: 'purged_series',
  columns: {
    seriesId: { type: 'bigint', primary: true },
    projectId: text,
  } satisfies Columns<PurgedSeriesRow>,
})

/** A trace that was deleted, with its spans, assessments and links, as rows of their tables. */
export interface DeletedTraceRow {
  projectId: string
  id: string
  experimentId: number
  deletedAtMs: number
  content: Record<string, unknown>
}

export const DeletedTraceEntity = new EntitySchema<DeletedTraceRow>({
  name: 'DeletedTrace',
  tableName: 'deleted_traces',
  columns: {
    projectId: primaryId,
    id: primaryId,
    experimentId: bigint,
    deletedAtMs: bigint,
    content: json,
  } satisfies Columns<DeletedTraceRow>,
  indices: [{ name: 'deleted_traces_at_idx', columns: ['deletedAtMs'] }],
})

/** Every entity of what was deleted. */
export const retentionEntities = [PurgedSeriesEntity, DeletedTraceEntity] as const
