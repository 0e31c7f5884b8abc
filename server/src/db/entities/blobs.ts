import { EntitySchema, type EntitySchemaColumnOptions } from 'typeorm'
import { optional, primaryId } from '../columns.js'

const bigint = { type: 'bigint' } as const satisfies EntitySchemaColumnOptions

/** That the blob store holds, or is about to hold, the bytes with a digest. It is of no tenant. */
export interface BlobRow {
  digest: string
  sizeBytes: number
  /** When they were last uploaded. */
  touchedAtMs: number
  /** Since when nobody is known to refer to them; `null` while somebody does, or may be about to. */
  condemnedAtMs: number | null
}

export const BlobEntity = new EntitySchema<BlobRow>({
  name: 'Blob',
  tableName: 'blobs',
  columns: {
    digest: primaryId,
    sizeBytes: bigint,
    touchedAtMs: bigint,
    condemnedAtMs: optional(bigint),
  } satisfies Record<keyof BlobRow, EntitySchemaColumnOptions>,
  indices: [{ name: 'blobs_condemned_idx', columns: ['condemnedAtMs'], where: 'condemned_at_ms IS NOT NULL' }],
})

/** A row that refers to bytes, by the column `digest`. */
export const ofBlob = {
  target: 'Blob',
  columnNames: ['digest'],
  referencedColumnNames: ['digest'],
}
