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

/** An upload in parts that a client makes past the server. */
export interface MultipartUploadRow {
  id: string
  projectId: string
  /** Whose file it becomes, as in `artifacts`. */
  ownerKey: string
  path: string
  objectKey: string
  storeUploadId: string
  createdAtMs: number
  finished: boolean
}

export const MultipartUploadEntity = new EntitySchema<MultipartUploadRow>({
  name: 'MultipartUpload',
  tableName: 'multipart_uploads',
  columns: {
    id: primaryId,
    projectId: text,
    ownerKey: text,
    path: text,
    objectKey: text,
    storeUploadId: text,
    createdAtMs: bigint,
    finished: { type: 'boolean' },
  } satisfies Columns<MultipartUploadRow>,
  indices: [{ name: 'multipart_uploads_at_idx', columns: ['createdAtMs'] }],
})

/** Every entity of what was deleted, or is not finished. */
export const retentionEntities = [PurgedSeriesEntity, DeletedTraceEntity, MultipartUploadEntity] as const
