import { folderOfSource } from '../../core/model-registry/source.js'
import { isSafePath } from '../../core/tracking/artifact-path.js'
import { versionsMadeOf } from '../../db/sql/retention-needed.sql.js'
import type { ProjectScope, Tx } from '../../deps.js'
import type { VersionFiles } from '../artifacts/version-files.js'
import { ofProject, versionTables } from './columns.js'

/** The name that a version has as an owner of files. */
export const versionIdOf = ({ modelId, version }: { readonly modelId: string; readonly version: number }): string =>
  `${modelId}.${String(version)}`

interface VersionRow {
  readonly modelId: string
  readonly name: string
  readonly version: number
  readonly storageLocation: string
}

/** Where versions have their files, looked up in the registry. */
export const versionFiles: VersionFiles = {
  async rootOf(tx, scope, id) {
    const [, modelId = '', version = ''] = /^([0-9a-f]{32})\.(\d{1,9})$/.exec(id) ?? []
    const [row]: VersionRow[] = await tx.query(
      `SELECT v.model_id AS "modelId", m.name, v.version, v.storage_location AS "storageLocation"
       FROM ${versionTables} WHERE ${ofProject} AND v.model_id = $2 AND v.version = $3`,
      [scope.projectId, modelId, version === '' ? 0 : Number(version)],
    )
    const folder = row === undefined ? null : folderOf(row)
    return row === undefined || folder === null ? null : { ...folder, name: row.name, version: row.version }
  },

  async holding(tx, scope, ownerId, path) {
    await hold(tx, scope, ownerId)
    const rows: VersionRow[] = await tx.query(versionsMadeOf, [scope.projectId, ownerId])
    return rows.flatMap((row) => {
      const folder = folderOf(row)
      if (folder === null || folder.owner.id !== ownerId) return []
      const prefix = folder.path === '' ? '' : `${folder.path}/`
      return path.startsWith(prefix) ? [{ ...row, id: versionIdOf(row), path: path.slice(prefix.length) }] : []
    })
  },
}

/** Whoever makes a version holds these rows too, the other way: see docs/decisions/0018. */
const hold = async (tx: Tx, scope: ProjectScope, ownerId: string): Promise<void> => {
  for (const table of ['runs', 'logged_models'])
    await tx.query(`SELECT 1 FROM ${table} WHERE project_id = $1 AND id = $2 FOR NO KEY UPDATE`, [
      scope.projectId,
      ownerId,
    ])
}

const folderOf = ({ storageLocation }: VersionRow) => {
  const folder = folderOfSource(storageLocation)
  return folder === null || (folder.path !== '' && !isSafePath(folder.path)) ? null : folder
}
