import type { ProjectScope, Tx } from '../../deps.js'
import { modelColumns, ofProject, plainModel, versionColumns, versionTables } from './columns.js'
import type { ModelVersionRecord, RegisteredModelRecord } from './repository.js'

type Project = Pick<ProjectScope, 'projectId'>

/** Where a page of models goes on: after the model that changed at this time and has this id. */
export interface ModelCursor {
  readonly updatedAtMs: number
  readonly id: string
}

/** How many versions a model has, and the highest number it ever gave. */
export interface VersionCount {
  readonly count: number
  readonly highest: number
}

/** A step of an alias out of the audit. */
export interface AliasMoveRow {
  readonly alias: string
  readonly from: number | null
  readonly to: number | null
  readonly reason: string | null
  readonly memberName: string | null
  readonly at: Date
}

export interface VersionOfRun extends Pick<ModelVersionRecord, 'modelName' | 'version' | 'loggedModelId'> {
  readonly storageLocation: string
}

/** So many runs of an experiment are looked at for the name that it is known by. */
const recentRuns = 500

/** What the pages of models read, in PostgreSQL. */
export const modelPagesRepository = {
  /** A page of models, those that changed last first; one more than `limit` tells whether there are more. */
  async page(
    tx: Tx,
    scope: Project,
    { search, after, limit }: { search: string; after: ModelCursor | null; limit: number },
  ): Promise<RegisteredModelRecord[]> {
    return tx.query(
      `SELECT ${modelColumns} FROM registered_models m
       WHERE m.project_id = $1 AND ${plainModel} AND ($2 = '' OR strpos(lower(m.name), lower($2)) > 0)
         AND ($3::bigint IS NULL OR (m.updated_at_ms, m.id) < ($3, $4))
       ORDER BY m.updated_at_ms DESC, m.id DESC LIMIT $5`,
      [scope.projectId, search, after?.updatedAtMs ?? null, after?.id ?? null, limit],
    )
  },

  async countsOf(tx: Tx, scope: Project, modelIds: readonly string[]): Promise<(modelId: string) => VersionCount> {
    const rows: (VersionCount & { modelId: string })[] = await tx.query(
      `SELECT model_id AS "modelId", max(version) AS highest,
         (count(*) FILTER (WHERE lifecycle_stage = 'active'))::integer AS count
       FROM model_versions WHERE project_id = $1 AND model_id = ANY ($2) GROUP BY model_id`,
      [scope.projectId, modelIds],
    )
    const counts = new Map(rows.map(({ modelId, ...count }) => [modelId, count]))
    return (modelId) => counts.get(modelId) ?? { count: 0, highest: 0 }
  },

  /** The version with the highest number, of each of these models. */
  async newestOf(tx: Tx, scope: Project, modelIds: readonly string[]): Promise<ModelVersionRecord[]> {
    return tx.query(
      `SELECT DISTINCT ON (v.model_id) ${versionColumns} FROM ${versionTables}
       WHERE ${ofProject} AND v.model_id = ANY ($2) ORDER BY v.model_id, v.version DESC`,
      [scope.projectId, modelIds],
    )
  },

  /** Versions of a model below a number, newest first. */
  async versionsBelow(
    tx: Tx,
    scope: Project,
    modelId: string,
    { below, limit }: { below: number | null; limit: number },
  ): Promise<ModelVersionRecord[]> {
    return tx.query(
      `SELECT ${versionColumns} FROM ${versionTables}
       WHERE ${ofProject} AND v.model_id = $2 AND ($3::integer IS NULL OR v.version < $3)
       ORDER BY v.version DESC LIMIT $4`,
      [scope.projectId, modelId, below, limit],
    )
  },

  /** What was registered from a run, newest first. */
  async versionsOfRun(tx: Tx, scope: Project, runId: string): Promise<VersionOfRun[]> {
    return tx.query(
      `SELECT m.name AS "modelName", v.version, v.logged_model_id AS "loggedModelId",
         v.storage_location AS "storageLocation"
       FROM ${versionTables} WHERE ${ofProject} AND v.run_id = $2 ORDER BY v.created_at_ms DESC, v.version DESC LIMIT 100`,
      [scope.projectId, runId],
    )
  },

  /** The model that a recent run of an experiment was registered as last, or `null`. */
  async nameInExperiment(tx: Tx, scope: Project, experimentId: string): Promise<string | null> {
    const rows: { name: string }[] = await tx.query(
      `SELECT m.name FROM (
         SELECT id FROM runs WHERE project_id = $1 AND experiment_id = $2 AND lifecycle_stage = 'active'
         ORDER BY started_at_ms DESC, id LIMIT $3
       ) AS recent JOIN ${versionTables} ON v.run_id = recent.id
       WHERE ${ofProject} AND ${plainModel} ORDER BY v.created_at_ms DESC LIMIT 1`,
      [scope.projectId, experimentId, recentRuns],
    )
    return rows[0]?.name ?? null
  },

  /** The names of runs, those that are there. */
  async runNames(tx: Tx, scope: Project, runIds: readonly string[]): Promise<ReadonlyMap<string, string>> {
    const rows: { id: string; name: string }[] = await tx.query(
      `SELECT id, name FROM runs WHERE project_id = $1 AND id = ANY ($2)`,
      [scope.projectId, runIds],
    )
    return new Map(rows.map(({ id, name }) => [id, name]))
  },

  /** Where the aliases of a version came from and went, newest first, out of the audit. */
  async aliasMoves(
    tx: Tx,
    scope: ProjectScope,
    { modelId, version, limit }: { modelId: string; version: number; limit: number },
  ): Promise<AliasMoveRow[]> {
    return tx.query(
      `SELECT a.detail ->> 'alias' AS alias, (a.detail ->> 'from')::integer AS "from",
         (a.detail ->> 'version')::integer AS "to", a.detail ->> 'reason' AS reason, m.name AS "memberName", a.at
       FROM audit_events a LEFT JOIN members m ON m.id = a.member_id AND m.tenant_id = a.tenant_id
       WHERE a.tenant_id = $1 AND a.project_id = $2 AND a.action IN ('model_alias.set', 'model_alias.delete')
         AND a.subject_id = $3
         AND ((a.detail ->> 'version')::integer = $4 OR (a.detail ->> 'from')::integer = $4)
       ORDER BY a.id DESC LIMIT $5`,
      [scope.tenantId, scope.projectId, modelId, version, limit],
    )
  },
}
