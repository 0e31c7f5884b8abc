import type { RecordPlace } from '../../core/evaluation-datasets/record-page.js'
import type { DatasetSchema, FieldType } from '../../core/evaluation-datasets/schema.js'
import type { Compiled } from '../../core/tracking/compile-search.js'
import { datasetColumns, searchDatasets } from '../../db/sql/evaluation-datasets-search.sql.js'
import {
  countRounds,
  fieldTypes,
  insertRecords,
  updateRecords,
} from '../../db/sql/evaluation-datasets-upsert-records.sql.js'
import type { ProjectScope, Tx } from '../../deps.js'

/** A dataset without its records. */
export interface EvaluationDataset {
  readonly id: string
  readonly name: string
  readonly digest: string
  readonly tags: Readonly<Record<string, string>>
  readonly schema: DatasetSchema | null
  readonly recordCount: number
  /** As the client told, which need not be a member. */
  readonly createdBy: string | null
  readonly lastUpdatedBy: string | null
  readonly createdAtMs: number
  readonly updatedAtMs: number
}

/** A record; what is JSON is text, exactly as it is kept. */
export interface EvaluationRecord extends RecordPlace {
  readonly inputs: string
  readonly outputs: string | null
  readonly expectations: string | null
  readonly tags: string
  readonly source: string | null
  readonly sourceId: string | null
  readonly sourceType: string | null
  readonly createdBy: string | null
  readonly lastUpdatedBy: string | null
  readonly updatedAtMs: number
}

/** Where a record comes from: what is kept, and two of its parts by which it is found. */
export interface RecordSource {
  readonly value: { readonly source_type: string; readonly source_data: Readonly<Record<string, unknown>> }
  readonly id: string | null
  readonly type: string
}

/** Records to be written: their JSON as it came, and for each an id and a source. */
export interface RecordBatch {
  readonly json: string
  readonly ids: readonly string[]
  readonly sources: readonly (RecordSource | null)[]
}

type Project = Pick<ProjectScope, 'projectId'>

const recordColumns = `
  id, inputs::text, outputs::text, expectations::text, tags::text, source::text, source_id AS "sourceId",
  source_type AS "sourceType", created_by AS "createdBy", last_updated_by AS "lastUpdatedBy",
  created_at_ms AS "createdAtMs", updated_at_ms AS "updatedAtMs"`

/** Evaluation datasets in PostgreSQL. */
export const evaluationDatasetRepository = {
  async insert(tx: Tx, scope: Project, dataset: EvaluationDataset): Promise<void> {
    await tx.query(
      `INSERT INTO evaluation_datasets (id, project_id, name, digest, tags, record_count, created_by, last_updated_by,
         created_at_ms, updated_at_ms)
       VALUES ($1, $2, $3, $4, $5, 0, $6, $6, $7, $7)`,
      [
        dataset.id,
        scope.projectId,
        dataset.name,
        dataset.digest,
        JSON.stringify(dataset.tags),
        dataset.createdBy,
        dataset.createdAtMs,
      ],
    )
  },

  /** With `lock` nobody else changes it or its records until the transaction ends. */
  async find(tx: Tx, scope: Project, id: string, { lock = false } = {}): Promise<EvaluationDataset | null> {
    const rows: EvaluationDataset[] = await tx.query(
      `SELECT ${datasetColumns} FROM evaluation_datasets d WHERE d.project_id = $1 AND d.id = $2
       ${lock ? 'FOR NO KEY UPDATE' : ''}`,
      [scope.projectId, id],
    )
    return rows[0] ?? null
  },

  async search(
    tx: Tx,
    scope: Project,
    page: { readonly experimentIds: readonly string[]; readonly offset: number; readonly limit: number },
    compiled: Compiled,
  ): Promise<EvaluationDataset[]> {
    const own = [scope.projectId, page.experimentIds, page.offset, page.limit]
    return tx.query(searchDatasets(compiled), [...own, ...compiled.parameters])
  },

  async update(tx: Tx, scope: Project, dataset: EvaluationDataset): Promise<void> {
    await tx.query(
      `UPDATE evaluation_datasets SET digest = $3, tags = $4, schema = $5, record_count = $6, last_updated_by = $7,
         updated_at_ms = $8
       WHERE project_id = $1 AND id = $2`,
      [
        scope.projectId,
        dataset.id,
        dataset.digest,
        JSON.stringify(dataset.tags),
        dataset.schema === null ? null : JSON.stringify(dataset.schema),
        dataset.recordCount,
        dataset.lastUpdatedBy,
        dataset.updatedAtMs,
      ],
    )
  },

  /** Its records and links go with it. */
  async delete(tx: Tx, scope: Project, id: string): Promise<void> {
    await tx.query(`DELETE FROM evaluation_datasets WHERE project_id = $1 AND id = $2`, [scope.projectId, id])
  },

  /** Links that are there already stay. */
  async link(tx: Tx, scope: Project, id: string, experimentIds: readonly string[]): Promise<void> {
    await tx.query(
      `INSERT INTO evaluation_dataset_experiments (dataset_id, experiment_id, project_id)
       SELECT $2, unnest($3::bigint[]), $1 ON CONFLICT DO NOTHING`,
      [scope.projectId, id, [...new Set(experimentIds)]],
    )
  },

  /** How many links there were. */
  async unlink(tx: Tx, scope: Project, id: string, experimentIds: readonly string[]): Promise<number> {
    const [, count]: [unknown, number] = await tx.query(
      `DELETE FROM evaluation_dataset_experiments
       WHERE project_id = $1 AND dataset_id = $2 AND experiment_id = ANY ($3::bigint[])`,
      [scope.projectId, id, experimentIds],
    )
    return count
  },

  async experimentIds(tx: Tx, scope: Project, id: string): Promise<string[]> {
    const rows: { id: string }[] = await tx.query(
      `SELECT experiment_id::text AS id FROM evaluation_dataset_experiments
       WHERE project_id = $1 AND dataset_id = $2 ORDER BY experiment_id`,
      [scope.projectId, id],
    )
    return rows.map((row) => row.id)
  },

  /** Write records into a dataset that is held. */
  async upsert(
    tx: Tx,
    scope: Project,
    datasetId: string,
    { json, ids, sources }: RecordBatch,
    atMs: number,
  ): Promise<{ inserted: number; updated: number }> {
    const found: { rounds: number }[] = await tx.query(countRounds, [json])
    const total = { inserted: 0, updated: 0 }
    for (let round = 1; round <= (found[0]?.rounds ?? 0); round += 1) {
      const [, updated]: [unknown, number] = await tx.query(updateRecords, [json, datasetId, round, atMs])
      const told = [json, datasetId, round, atMs, scope.projectId, ids, JSON.stringify(sources)]
      const made: { count: number }[] = await tx.query(insertRecords, told)
      total.updated += updated
      total.inserted += made[0]?.count ?? 0
    }
    return total
  },

  /** The types of the fields of records that came. */
  async fieldTypes(tx: Tx, json: string): Promise<FieldType[]> {
    return tx.query(fieldTypes, [json])
  },

  /** In the order they came. */
  async records(
    tx: Tx,
    scope: Project,
    datasetId: string,
    { after, limit }: { after: RecordPlace | null; limit: number },
  ): Promise<EvaluationRecord[]> {
    return tx.query(
      `SELECT ${recordColumns} FROM evaluation_dataset_records
       WHERE project_id = $1 AND dataset_id = $2
         AND ($3::bigint IS NULL OR (created_at_ms, id) > ($3::bigint, $4::text))
       ORDER BY created_at_ms, id LIMIT $5`,
      [scope.projectId, datasetId, after?.createdAtMs ?? null, after?.id ?? null, limit],
    )
  },

  /** How many there were. */
  async deleteRecords(tx: Tx, scope: Project, datasetId: string, ids: readonly string[]): Promise<number> {
    const [, count]: [unknown, number] = await tx.query(
      `DELETE FROM evaluation_dataset_records WHERE project_id = $1 AND dataset_id = $2 AND id = ANY ($3::text[])`,
      [scope.projectId, datasetId, ids],
    )
    return count
  },

  async countRecords(tx: Tx, scope: Project, datasetId: string): Promise<number> {
    const rows: { count: number }[] = await tx.query(
      `SELECT count(*)::int AS count FROM evaluation_dataset_records WHERE project_id = $1 AND dataset_id = $2`,
      [scope.projectId, datasetId],
    )
    return rows[0]?.count ?? 0
  },
}
