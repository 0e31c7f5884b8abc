import type { Import, RunDigest } from '@novabrain/contracts'
import type { ImportedKind } from '../../db/entities/imports.js'
import type { ProjectScope, Tx } from '../../deps.js'

export type { ImportedKind } from '../../db/entities/imports.js'

/** What an entity of a source is here, and what it looked like when it was found whole. */
export interface ImportedEntity {
  readonly sourceId: string
  readonly targetId: string
  readonly mark: string | null
  readonly digest: RunDigest | null
}

type Project = Pick<ProjectScope, 'projectId'>

const columns = `id, project_id AS "projectId", source, label`

/** Sources and what became of their entities, in PostgreSQL. */
export const importRepository = {
  async find(tx: Tx, scope: Project, id: string): Promise<Import | null> {
    const rows: Import[] = await tx.query(`SELECT ${columns} FROM imports WHERE project_id = $1 AND id = $2`, [
      scope.projectId,
      id,
    ])
    return rows[0] ?? null
  },

  /** The import of a source, which is this one if there was none. */
  async findOrInsert(tx: Tx, wanted: Import, atMs: number): Promise<Import> {
    const { id, projectId, source, label } = wanted
    await tx.query(
      `INSERT INTO imports (id, project_id, source, label, created_at_ms) VALUES ($1, $2, $3, $4, $5)
       ON CONFLICT (project_id, source) DO NOTHING`,
      [id, projectId, source, label, atMs],
    )
    const rows: Import[] = await tx.query(`SELECT ${columns} FROM imports WHERE project_id = $1 AND source = $2`, [
      projectId,
      source,
    ])
    return rows[0] ?? wanted
  },

  async entities(
    tx: Tx,
    { id, projectId }: Import,
    kind: ImportedKind,
    sourceIds: readonly string[],
  ): Promise<ReadonlyMap<string, ImportedEntity>> {
    const rows: ImportedEntity[] = await tx.query(
      `SELECT source_id AS "sourceId", target_id AS "targetId", mark, digest FROM imported_entities
       WHERE project_id = $1 AND import_id = $2 AND kind = $3 AND source_id = ANY ($4)`,
      [projectId, id, kind, sourceIds],
    )
    return new Map(rows.map((row) => [row.sourceId, row]))
  },

  /** Note what entities are here. What is not known to be whole has no mark. */
  async save(tx: Tx, { id, projectId }: Import, kind: ImportedKind, rows: readonly ImportedEntity[]): Promise<void> {
    if (rows.length === 0) return
    await tx.query(
      `INSERT INTO imported_entities (import_id, kind, project_id, source_id, target_id, mark, digest)
       SELECT $1, $2, $3, given.source_id, given.target_id, given.mark, given.digest
       FROM unnest($4::text[], $5::text[], $6::text[], $7::jsonb[]) AS given (source_id, target_id, mark, digest)
       ON CONFLICT (import_id, kind, source_id) DO UPDATE
       SET target_id = excluded.target_id, mark = excluded.mark, digest = excluded.digest`,
      [
        id,
        kind,
        projectId,
        rows.map(({ sourceId }) => sourceId),
        rows.map(({ targetId }) => targetId),
        rows.map(({ mark }) => mark),
        rows.map(({ digest }) => (digest === null ? null : JSON.stringify(digest))),
      ],
    )
  },
}
