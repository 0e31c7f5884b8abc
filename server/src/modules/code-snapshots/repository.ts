import type { CodeSnapshot } from '@novabrain/contracts'
import type { ProjectScope, Tx } from '../../deps.js'
import { prepared } from '../../db/prepared.js'
import { rowsOf } from '../../db/rows.js'
import { CodeSnapshotEntity, type CodeSnapshotRow } from '../../db/entities/environment.js'

const snapshotRows = rowsOf(CodeSnapshotEntity)
const snapshotById = prepared(
  `SELECT ${snapshotRows.columns()} FROM code_snapshots WHERE tenant_id = $1 AND project_id = $2 AND id = $3`,
)

/** A snapshot of the project, or `null`. */
export const findSnapshot = async (
  tx: Tx,
  { tenantId, projectId }: ProjectScope,
  id: string,
): Promise<CodeSnapshotRow | null> =>
  snapshotRows.read(await tx.query(snapshotById, [tenantId, projectId, id]))[0] ?? null

const sameSnapshot = `
  SELECT id FROM code_snapshots
  WHERE project_id = $1 AND tenant_id = $2 AND digest = $3 AND git IS NOT DISTINCT FROM $4::jsonb AND excluded = $5::jsonb
    AND files = $6::jsonb
  ORDER BY created_at LIMIT 1`

/** The id of the snapshot that says exactly this already, or `null`. */
export const findSameSnapshot = async (
  tx: Tx,
  scope: ProjectScope,
  { digest, git, excluded, files }: Pick<CodeSnapshot, 'digest' | 'git' | 'excluded' | 'files'>,
): Promise<string | null> => {
  const values = [git === null ? null : JSON.stringify(git), JSON.stringify(excluded), JSON.stringify(files)]
  const rows: { id: string }[] = await tx.query(sameSnapshot, [scope.projectId, scope.tenantId, digest, ...values])
  return rows[0]?.id ?? null
}

export const insertSnapshot = (tx: Tx, row: CodeSnapshotRow): Promise<unknown> => snapshotRows.insert(tx, row)
