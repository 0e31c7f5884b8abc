import type { ProjectScope, Tx } from '../../deps.js'
import type { Compiled } from '../../core/tracking/compile-search.js'
import { groupRows } from '../../core/tracking/group-rows.js'
import { prepared } from '../../db/prepared.js'
import { experimentColumns, searchExperiments } from '../../db/sql/tracking-search-experiments.sql.js'

export interface KeyValue {
  readonly key: string
  readonly value: string
}

export type LifecycleStage = 'active' | 'deleted'

/** An experiment as it is read; its id is the decimal text of a number that is unique in the project. */
export interface Experiment {
  readonly id: string
  readonly name: string
  readonly lifecycleStage: LifecycleStage
  readonly artifactLocation: string
  readonly createdAtMs: number
  readonly updatedAtMs: number
}

type Project = Pick<ProjectScope, 'projectId'>

const one = `SELECT ${experimentColumns} FROM experiments e WHERE e.project_id = $1`
const oneById = prepared(`${one} AND e.id = $2`)
const oneByName = prepared(`${one} AND e.name = $2`)

/** Experiments and their tags in PostgreSQL. Ids are decimal text, checked by the service. */
export const experimentRepository = {
  async find(tx: Tx, scope: Project, id: string): Promise<Experiment | null> {
    const rows: Experiment[] = await tx.query(oneById, [scope.projectId, id])
    return rows[0] ?? null
  },

  async findByName(tx: Tx, scope: Project, name: string): Promise<Experiment | null> {
    const rows: Experiment[] = await tx.query(oneByName, [scope.projectId, name])
    return rows[0] ?? null
  },

  /** Until the transaction ends nobody else makes an experiment in the project, so that numbers are given in turn. */
  async lock(tx: Tx, scope: Project): Promise<void> {
    await tx.query(`SELECT pg_advisory_xact_lock(hashtextextended('experiments/' || $1, 0))`, [scope.projectId])
  },

  /** Ids with eighteen digits, which MLflow's folders have, came with an import; nobody counts on from them. */
  async nextId(tx: Tx, scope: Project): Promise<string> {
    const rows: { id: string }[] = await tx.query(
      `SELECT (coalesce(max(id), 0) + 1)::text AS id FROM experiments WHERE project_id = $1 AND id < 1000000000`,
      [scope.projectId],
    )
    return rows[0]?.id ?? '1'
  },

  /** Adds nothing when the id is there already. */
  async insert(
    tx: Tx,
    scope: Project,
    row: { id: string; name: string; artifactLocation: string | null; atMs: number },
  ): Promise<void> {
    await tx.query(
      `INSERT INTO experiments (project_id, id, name, lifecycle_stage, artifact_location, created_at_ms, updated_at_ms)
       VALUES ($1, $2, $3, 'active', $4, $5, $5) ON CONFLICT (project_id, id) DO NOTHING`,
      [scope.projectId, row.id, row.name, row.artifactLocation, row.atMs],
    )
  },

  /** An experiment as it was elsewhere. */
  async adopt(tx: Tx, scope: Project, row: Omit<Experiment, 'artifactLocation'>): Promise<void> {
    await tx.query(
      `INSERT INTO experiments (project_id, id, name, lifecycle_stage, created_at_ms, updated_at_ms)
       VALUES ($1, $2, $3, $4, $5, $6)`,
      [scope.projectId, row.id, row.name, row.lifecycleStage, row.createdAtMs, row.updatedAtMs],
    )
  },

  /** Whether nothing was ever logged into it. */
  async isEmpty(tx: Tx, scope: Project, id: string): Promise<boolean> {
    const rows: unknown[] = await tx.query(
      `SELECT 1 FROM runs WHERE project_id = $1 AND experiment_id = $2
       UNION ALL SELECT 1 FROM logged_models WHERE project_id = $1 AND experiment_id = $2 LIMIT 1`,
      [scope.projectId, id],
    )
    return rows.length === 0
  },

  async rename(tx: Tx, scope: Project, id: string, name: string, atMs: number): Promise<void> {
    await tx.query(`UPDATE experiments SET name = $3, updated_at_ms = $4 WHERE project_id = $1 AND id = $2`, [
      scope.projectId,
      id,
      name,
      atMs,
    ])
  },

  async setLifecycleStage(tx: Tx, scope: Project, id: string, stage: LifecycleStage, atMs: number): Promise<void> {
    await tx.query(
      `UPDATE experiments SET lifecycle_stage = $3, updated_at_ms = $4 WHERE project_id = $1 AND id = $2`,
      [scope.projectId, id, stage, atMs],
    )
  },

  async search(
    tx: Tx,
    scope: Project,
    stages: readonly LifecycleStage[],
    compiled: Compiled,
    page: { offset: number; limit: number },
  ): Promise<Experiment[]> {
    const parameters = [scope.projectId, stages, page.offset, page.limit, ...compiled.parameters]
    return tx.query(searchExperiments(compiled), parameters)
  },

  async setTags(tx: Tx, scope: Project, id: string, tags: readonly KeyValue[]): Promise<void> {
    for (const { key, value } of tags) {
      await tx.query(
        `INSERT INTO experiment_tags (project_id, experiment_id, key, value) VALUES ($1, $2, $3, $4)
         ON CONFLICT (project_id, experiment_id, key) DO UPDATE SET value = excluded.value`,
        [scope.projectId, id, key, value],
      )
    }
  },

  /** Whether there was such a tag. */
  async deleteTag(tx: Tx, scope: Project, id: string, key: string): Promise<boolean> {
    const [, count]: [unknown, number] = await tx.query(
      `DELETE FROM experiment_tags WHERE project_id = $1 AND experiment_id = $2 AND key = $3`,
      [scope.projectId, id, key],
    )
    return count > 0
  },

  async tagsOf(tx: Tx, scope: Project, ids: readonly string[]): Promise<ReadonlyMap<string, KeyValue[]>> {
    const rows: (KeyValue & { id: string })[] = await tx.query(
      `SELECT experiment_id::text AS id, key, value FROM experiment_tags
       WHERE project_id = $1 AND experiment_id = ANY ($2::bigint[]) ORDER BY experiment_id, key`,
      [scope.projectId, ids],
    )
    return groupRows(rows, (row) => row.id)
  },
}
