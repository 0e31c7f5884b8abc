import type { BegunUpload } from '../../blobs/store.js'
import type { ProjectScope, Tx } from '../../deps.js'

/** An upload in parts, and which file it becomes. */
export interface UploadRecord extends BegunUpload {
  readonly id: string
  readonly finished: boolean
}

/** Which file an upload becomes. */
export interface UploadPlace {
  readonly ownerKey: string
  readonly path: string
}

type Project = Pick<ProjectScope, 'projectId'>

/** Uploads in parts, in PostgreSQL. */
export const uploadRepository = {
  async insert(tx: Tx, scope: Project, place: UploadPlace, { id, key, uploadId }: UploadRecord, atMs: number) {
    await tx.query(
      `INSERT INTO multipart_uploads (id, project_id, owner_key, path, object_key, store_upload_id, created_at_ms, finished)
       VALUES ($1, $2, $3, $4, $5, $6, $7, false)`,
      [id, scope.projectId, place.ownerKey, place.path, key, uploadId, atMs],
    )
  },

  /** The upload, held until the transaction ends, if it is one of this file. */
  async hold(tx: Tx, scope: Project, place: UploadPlace, id: string): Promise<UploadRecord | null> {
    const rows: UploadRecord[] = await tx.query(
      `SELECT id, object_key AS key, store_upload_id AS "uploadId", finished FROM multipart_uploads
       WHERE project_id = $1 AND id = $2 AND owner_key = $3 AND path = $4 FOR UPDATE`,
      [scope.projectId, id, place.ownerKey, place.path],
    )
    return rows[0] ?? null
  },

  async finish(tx: Tx, scope: Project, id: string): Promise<void> {
    await tx.query(`UPDATE multipart_uploads SET finished = true WHERE project_id = $1 AND id = $2`, [
      scope.projectId,
      id,
    ])
  },

  async delete(tx: Tx, scope: Project, id: string): Promise<void> {
    await tx.query(`DELETE FROM multipart_uploads WHERE project_id = $1 AND id = $2`, [scope.projectId, id])
  },

  /** Those begun before an instant are forgotten, some at a time; the ones that were never finished are told. */
  async forgetOlder(tx: Tx, untilMs: number, limit: number): Promise<{ count: number; open: UploadRecord[] }> {
    const [gone]: [UploadRecord[], number] = await tx.query(
      `DELETE FROM multipart_uploads WHERE id IN (
         SELECT id FROM multipart_uploads WHERE created_at_ms <= $1 ORDER BY created_at_ms LIMIT $2 FOR UPDATE SKIP LOCKED)
       RETURNING id, object_key AS key, store_upload_id AS "uploadId", finished`,
      [untilMs, limit],
    )
    return { count: gone.length, open: gone.filter(({ finished }) => !finished) }
  },
}
