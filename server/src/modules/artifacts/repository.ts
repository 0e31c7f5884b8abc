import { artifactListing } from '../../db/sql/tracking-artifact-listing.sql.js'
import type { ProjectScope, Tx } from '../../deps.js'

export interface ArtifactRow {
  readonly digest: string
  readonly sizeBytes: number
}

export interface OwnedArtifact extends ArtifactRow {
  readonly ownerId: string
  readonly path: string
}

export interface ListedArtifact {
  readonly path: string
  readonly isDirectory: boolean
  readonly sizeBytes: number | null
}

/** What lies in a folder, however deep; paths are from the folder. */
export interface FilesUnder {
  readonly items: { path: string; sizeBytes: number }[]
  readonly count: number
  readonly sizeBytes: number
}

type Project = Pick<ProjectScope, 'projectId'>

/** Which file of a run or logged model has which bytes. */
export const artifactRepository = {
  async find(tx: Tx, scope: Project, ownerId: string, path: string): Promise<ArtifactRow | null> {
    const rows: ArtifactRow[] = await tx.query(
      `SELECT digest, size_bytes AS "sizeBytes" FROM artifacts WHERE project_id = $1 AND owner_id = $2 AND path = $3`,
      [scope.projectId, ownerId, path],
    )
    return rows[0] ?? null
  },

  /** A file that is there already is replaced. */
  async save(tx: Tx, scope: Project, ownerId: string, path: string, blob: ArtifactRow, atMs: number): Promise<void> {
    await tx.query(
      `INSERT INTO artifacts (owner_id, path, digest, size_bytes, created_at_ms, project_id)
       VALUES ($1, $2, $3, $4, $5, $6)
       ON CONFLICT (owner_id, path) DO UPDATE
       SET digest = excluded.digest, size_bytes = excluded.size_bytes, created_at_ms = excluded.created_at_ms`,
      [ownerId, path, blob.digest, blob.sizeBytes, atMs, scope.projectId],
    )
  },

  /** Note a file for another owner too, unless that one has one of this path. */
  async keep(tx: Tx, scope: Project, ownerId: string, path: string, { digest, sizeBytes }: ArtifactRow): Promise<void> {
    await tx.query(
      `INSERT INTO artifacts (owner_id, path, digest, size_bytes, created_at_ms, project_id)
       SELECT $1, $2, $3, $4, (extract(epoch FROM now()) * 1000)::bigint, $5 ON CONFLICT (owner_id, path) DO NOTHING`,
      [ownerId, path, digest, sizeBytes, scope.projectId],
    )
  },

  /** Forget what owners have whose name begins so. */
  async forget(tx: Tx, scope: Project, ownerPrefix: string): Promise<void> {
    await tx.query(`DELETE FROM artifacts WHERE project_id = $1 AND starts_with(owner_id, $2)`, [
      scope.projectId,
      ownerPrefix,
    ])
  },

  /** What one owner has, for another too. */
  async copy(tx: Tx, scope: Project, from: string, to: string): Promise<void> {
    await tx.query(
      `INSERT INTO artifacts (owner_id, path, digest, size_bytes, created_at_ms, project_id)
       SELECT $3, path, digest, size_bytes, created_at_ms, project_id FROM artifacts
       WHERE project_id = $1 AND owner_id = $2 ON CONFLICT (owner_id, path) DO NOTHING`,
      [scope.projectId, from, to],
    )
  },

  /** Files get other owners, one for one; what the new ones had is forgotten. */
  async reassign(tx: Tx, scope: Project, from: readonly string[], to: readonly string[]): Promise<void> {
    await tx.query(`DELETE FROM artifacts WHERE project_id = $1 AND owner_id = ANY ($2)`, [scope.projectId, to])
    await tx.query(
      `UPDATE artifacts a SET owner_id = moved.new FROM unnest($2::text[], $3::text[]) AS moved (old, new)
       WHERE a.project_id = $1 AND a.owner_id = moved.old`,
      [scope.projectId, from, to],
    )
  },

  /** The files and folders directly under a folder; `''` is the top. */
  async list(tx: Tx, scope: Project, ownerId: string, folder: string): Promise<ListedArtifact[]> {
    const prefix = folder === '' ? '' : `${folder}/`
    return tx.query(artifactListing, [scope.projectId, ownerId, prefix])
  },

  /** The files in a folder, however deep, by path: the first of them, and how much all are. */
  async under(tx: Tx, scope: Project, ownerId: string, folder: string, limit: number): Promise<FilesUnder> {
    const parameters = [scope.projectId, ownerId, folder === '' ? '' : `${folder}/`]
    const below = `FROM artifacts WHERE project_id = $1 AND owner_id = $2 AND starts_with(path, $3)`
    const [total]: Omit<FilesUnder, 'items'>[] = await tx.query(
      `SELECT count(*)::integer AS count, coalesce(sum(size_bytes), 0)::bigint AS "sizeBytes" ${below}`,
      parameters,
    )
    const items: FilesUnder['items'] = await tx.query(
      `SELECT substr(path, length($3) + 1) AS path, size_bytes AS "sizeBytes" ${below} ORDER BY path COLLATE "C" LIMIT $4`,
      [...parameters, limit],
    )
    return { items, count: total?.count ?? 0, sizeBytes: total?.sizeBytes ?? 0 }
  },

  /**
   * The SHA-256 of what `sha256sum` prints for the files in a folder, by path; of `kept` those that this owner has are
   * taken instead.
   */
  async fingerprint(
    tx: Tx,
    scope: Project,
    { ownerId, folder, kept }: { readonly ownerId: string; readonly folder: string; readonly kept: string },
  ): Promise<string> {
    const [row]: { digest: string }[] = await tx.query(
      `SELECT encode(sha256(convert_to(coalesce(string_agg(
         coalesce(k.digest, a.digest) || '  ' || substr(a.path, length($3) + 1) || E'\\n', '' ORDER BY a.path COLLATE "C"), ''),
         'UTF8')), 'hex') AS digest
       FROM artifacts a LEFT JOIN artifacts k
         ON k.project_id = $1 AND k.owner_id = $4 AND k.path = substr(a.path, length($3) + 1)
       WHERE a.project_id = $1 AND a.owner_id = $2 AND starts_with(a.path, $3)`,
      [scope.projectId, ownerId, folder === '' ? '' : `${folder}/`, kept],
    )
    return row?.digest ?? ''
  },

  /** The folders that hold a file of this name, by path. */
  async foldersWith(tx: Tx, scope: Project, ownerId: string, fileName: string): Promise<string[]> {
    const rows: { folder: string }[] = await tx.query(
      `SELECT left(path, -length($3)) AS folder FROM artifacts
       WHERE project_id = $1 AND owner_id = $2 AND right(path, length($3)) = $3 ORDER BY path COLLATE "C" LIMIT 100`,
      [scope.projectId, ownerId, `/${fileName}`],
    )
    return rows.map(({ folder }) => folder)
  },

  async ofOwners(tx: Tx, scope: Project, ownerIds: readonly string[]): Promise<OwnedArtifact[]> {
    return tx.query(
      `SELECT owner_id AS "ownerId", path, digest, size_bytes AS "sizeBytes" FROM artifacts
       WHERE project_id = $1 AND owner_id = ANY ($2)`,
      [scope.projectId, ownerIds],
    )
  },

  /** Forget a file, or a folder with all in it; answers how many files. */
  async delete(tx: Tx, scope: Project, ownerId: string, path: string): Promise<number> {
    const [, count]: [unknown, number] = await tx.query(
      `DELETE FROM artifacts WHERE project_id = $1 AND owner_id = $2
       AND ($3 = '' OR path = $3 OR starts_with(path, $3 || '/'))`,
      [scope.projectId, ownerId, path],
    )
    return count
  },
}
