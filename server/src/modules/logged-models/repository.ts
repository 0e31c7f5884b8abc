import type { Compiled } from '../../core/tracking/compile-search.js'
import { groupRows } from '../../core/tracking/group-rows.js'
import {
  loggedModelColumns,
  loggedModelTables,
  searchLoggedModels,
} from '../../db/sql/tracking-search-logged-models.sql.js'
import type { ProjectScope, Tx } from '../../deps.js'
import type { KeyValue, LifecycleStage } from '../experiments/service.js'

/** MLflow's names. */
export type LoggedModelStatus = 'LOGGED_MODEL_PENDING' | 'LOGGED_MODEL_READY' | 'LOGGED_MODEL_UPLOAD_FAILED'

export interface LoggedModelRecord {
  readonly id: string
  readonly experimentId: string
  readonly name: string
  readonly modelType: string | null
  readonly sourceRunId: string | null
  readonly status: LoggedModelStatus
  readonly lifecycleStage: LifecycleStage
  readonly creatorName: string
  readonly createdAtMs: number
  readonly updatedAtMs: number
  readonly artifactUri: string
}

export interface LoggedModelMetric {
  readonly key: string
  readonly runId: string
  readonly step: number
  readonly timestampMs: number
  readonly value: number
  readonly datasetName: string | null
  readonly datasetDigest: string | null
}

export interface LoggedModelData {
  readonly params: readonly KeyValue[]
  readonly tags: readonly KeyValue[]
  readonly metrics: readonly LoggedModelMetric[]
}

type Project = Pick<ProjectScope, 'projectId'>
type OfModel<T> = T & { readonly modelId: string }

const pairsOf = (table: string) =>
  `SELECT model_id AS "modelId", key, value FROM ${table} WHERE project_id = $1 AND model_id = ANY ($2) ORDER BY key`

const metricsOf = `
  SELECT model_id AS "modelId", key, run_id AS "runId", step, timestamp_ms AS "timestampMs", value,
    dataset_name AS "datasetName", dataset_digest AS "datasetDigest"
  FROM logged_model_metrics WHERE project_id = $1 AND model_id = ANY ($2) ORDER BY key, timestamp_ms, step`

/** Logged models in PostgreSQL. */
export const loggedModelRepository = {
  /** `lock` is a clause that holds the row until the transaction ends. */
  async find(
    tx: Tx,
    scope: Project,
    id: string,
    lock: '' | 'FOR SHARE OF model' | 'FOR NO KEY UPDATE OF model' = '',
  ): Promise<LoggedModelRecord | null> {
    const rows: LoggedModelRecord[] = await tx.query(
      `SELECT ${loggedModelColumns} FROM ${loggedModelTables} WHERE model.project_id = $1 AND model.id = $2 ${lock}`,
      [scope.projectId, id],
    )
    return rows[0] ?? null
  },

  /** Those a run made and that are whole, oldest first. */
  async ofRun(tx: Tx, scope: Project, runId: string): Promise<LoggedModelRecord[]> {
    return tx.query(
      `SELECT ${loggedModelColumns} FROM ${loggedModelTables}
       WHERE model.project_id = $1 AND model.source_run_id = $2 AND model.lifecycle_stage = 'active'
         AND model.status = 'LOGGED_MODEL_READY' ORDER BY model.created_at_ms, model.id LIMIT 100`,
      [scope.projectId, runId],
    )
  },

  async insert(
    tx: Tx,
    scope: Project,
    model: Omit<LoggedModelRecord, 'artifactUri' | 'lifecycleStage'>,
  ): Promise<void> {
    await tx.query(
      `INSERT INTO logged_models (id, project_id, experiment_id, name, model_type, source_run_id, status,
         lifecycle_stage, creator_name, created_at_ms, updated_at_ms)
       VALUES ($1, $2, $3, $4, $5, $6, $7, 'active', $8, $9, $9)`,
      [
        model.id,
        scope.projectId,
        model.experimentId,
        model.name,
        model.modelType,
        model.sourceRunId,
        model.status,
        model.creatorName,
        model.createdAtMs,
      ],
    )
  },

  /** A model as it was elsewhere; answers whether its id was free. */
  async adopt(tx: Tx, scope: Project, model: Omit<LoggedModelRecord, 'artifactUri' | 'lifecycleStage'>) {
    const rows: unknown[] = await tx.query(
      `INSERT INTO logged_models (id, project_id, experiment_id, name, model_type, source_run_id, status,
         lifecycle_stage, creator_name, created_at_ms, updated_at_ms)
       VALUES ($1, $2, $3, $4, $5, $6, $7, 'active', $8, $9, $10) ON CONFLICT DO NOTHING RETURNING id`,
      [
        model.id,
        scope.projectId,
        model.experimentId,
        model.name,
        model.modelType,
        model.sourceRunId,
        model.status,
        model.creatorName,
        model.createdAtMs,
        model.updatedAtMs,
      ],
    )
    return rows.length > 0
  },

  async setStatus(tx: Tx, scope: Project, id: string, status: LoggedModelStatus, atMs: number): Promise<void> {
    await tx.query(`UPDATE logged_models SET status = $3, updated_at_ms = $4 WHERE project_id = $1 AND id = $2`, [
      scope.projectId,
      id,
      status,
      atMs,
    ])
  },

  async setLifecycleStage(tx: Tx, scope: Project, id: string, stage: LifecycleStage, atMs: number): Promise<void> {
    await tx.query(
      `UPDATE logged_models SET lifecycle_stage = $3, updated_at_ms = $4 WHERE project_id = $1 AND id = $2`,
      [scope.projectId, id, stage, atMs],
    )
  },

  async setPairs(
    tx: Tx,
    scope: Project,
    table: 'logged_model_params' | 'logged_model_tags',
    id: string,
    pairs: readonly KeyValue[],
  ): Promise<void> {
    const last = [...new Map(pairs.map((pair) => [pair.key, pair.value]))]
    if (last.length === 0) return
    await tx.query(
      `INSERT INTO ${table} (model_id, key, value, project_id)
       SELECT $2, given.key, given.value, $1 FROM unnest($3::text[], $4::text[]) AS given (key, value)
       ON CONFLICT (model_id, key) DO UPDATE SET value = excluded.value`,
      [scope.projectId, id, last.map(([key]) => key), last.map(([, value]) => value)],
    )
  },

  /** Whether there was such a tag. */
  async deleteTag(tx: Tx, scope: Project, id: string, key: string): Promise<boolean> {
    const [, count]: [unknown, number] = await tx.query(
      `DELETE FROM logged_model_tags WHERE project_id = $1 AND model_id = $2 AND key = $3`,
      [scope.projectId, id, key],
    )
    return count > 0
  },

  async search(
    tx: Tx,
    scope: Project,
    page: {
      readonly experimentIds: readonly string[]
      readonly datasets: readonly object[]
      readonly order: readonly { readonly dataset: object | null }[]
      readonly offset: number
      readonly limit: number
    },
    compiled: Compiled,
  ): Promise<LoggedModelRecord[]> {
    const { experimentIds, offset, limit, datasets } = page
    const asked = JSON.stringify({ datasets, order: page.order.map(({ dataset }) => dataset) })
    const parameters = [scope.projectId, experimentIds, offset, limit, asked, ...compiled.parameters]
    return tx.query(searchLoggedModels(compiled), parameters)
  },

  async dataOf(tx: Tx, scope: Project, ids: readonly string[]): Promise<(id: string) => LoggedModelData> {
    const parameters = [scope.projectId, ids]
    const params = byModel<KeyValue>(await tx.query(pairsOf('logged_model_params'), parameters))
    const tags = byModel<KeyValue>(await tx.query(pairsOf('logged_model_tags'), parameters))
    const metrics = byModel<LoggedModelMetric>(await tx.query(metricsOf, parameters))
    return (id) => ({ params: params(id), tags: tags(id), metrics: metrics(id) })
  },
}

const byModel = <T>(rows: readonly OfModel<T>[]): ((id: string) => readonly T[]) => {
  const groups = groupRows(rows, (row) => row.modelId)
  return (id) => groups.get(id) ?? []
}
