import type { ProjectScope, Tx } from '../../deps.js'
import { ProjectBlobEntity, type ProjectBlobRow } from '../../db/entities/environment.js'
import type { StoredBlob } from '../../blobs/store.js'

const insertBlob = `
  INSERT INTO project_blobs (project_id, digest, tenant_id, size_bytes, created_at) VALUES ($1, $2, $3, $4, $5)
  ON CONFLICT (project_id, digest) DO NOTHING`

/** Note that the project has these bytes; a repeat changes nothing. */
export const addBlob = (tx: Tx, scope: ProjectScope, blob: StoredBlob, createdAt: string): Promise<unknown> =>
  tx.query(insertBlob, [scope.projectId, blob.digest, scope.tenantId, blob.sizeBytes, createdAt])

/** The row of a blob of the project, or `null`. */
export const findBlob = (
  tx: Tx,
  { tenantId, projectId }: ProjectScope,
  digest: string,
): Promise<ProjectBlobRow | null> => tx.findOneBy(ProjectBlobEntity, { tenantId, projectId, digest })

const sizesOf = `
  SELECT digest, size_bytes AS "sizeBytes" FROM project_blobs
  WHERE project_id = $1 AND tenant_id = $2 AND digest = ANY ($3::text[])`

/** Those of the digests that the project has. */
export const findBlobs = (tx: Tx, scope: ProjectScope, digests: readonly string[]): Promise<StoredBlob[]> =>
  tx.query(sizesOf, [scope.projectId, scope.tenantId, digests])
