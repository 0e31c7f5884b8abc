import type { ProjectScope, Tx } from '../../deps.js'
import { ProjectBlobEntity, type ProjectBlobRow } from '../../db/entities/environment.js'
import type { StoredBlob } from '../../blobs/store.js'

const insertBlob = `
  INSERT INTO project_blobs (project_id, digest, tenant_id, size_bytes, created_at, touched_at_ms)
  VALUES ($1, $2, $3, $4, $5, $6)
  ON CONFLICT (project_id, digest) DO UPDATE SET touched_at_ms = greatest(project_blobs.touched_at_ms, $6)`

/** Note that the project has these bytes; a repeat only says that somebody wants them. */
export const addBlob = (
  tx: Tx,
  scope: ProjectScope,
  blob: StoredBlob,
  at: { readonly createdAt: string; readonly atMs: number },
): Promise<unknown> =>
  tx.query(insertBlob, [scope.projectId, blob.digest, scope.tenantId, blob.sizeBytes, at.createdAt, at.atMs])

/** The row of a blob of the project, or `null`. */
export const findBlob = (
  tx: Tx,
  { tenantId, projectId }: ProjectScope,
  digest: string,
): Promise<ProjectBlobRow | null> => tx.findOneBy(ProjectBlobEntity, { tenantId, projectId, digest })

/** In one order, so that two that want the same do not wait for each other. */
const touchBlobs = `
  UPDATE project_blobs p SET touched_at_ms = greatest(p.touched_at_ms, $4)
  FROM (SELECT digest FROM project_blobs WHERE project_id = $1 AND tenant_id = $2 AND digest = ANY ($3::text[])
        ORDER BY digest FOR UPDATE) AS held
  WHERE p.project_id = $1 AND p.digest = held.digest
  RETURNING p.digest, p.size_bytes AS "sizeBytes"`

/**
 * Those of the digests that the project has, which somebody is about to refer to: whoever clears up what nobody uses finds
 * their rows changed and lets them be.
 */
export const touchProjectBlobs = async (
  tx: Tx,
  scope: ProjectScope,
  digests: readonly string[],
  atMs: number,
): Promise<StoredBlob[]> => {
  const [rows]: [StoredBlob[], number] = await tx.query(touchBlobs, [scope.projectId, scope.tenantId, digests, atMs])
  return rows
}
