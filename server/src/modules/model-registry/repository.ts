import { orderText, type Compiled } from '../../core/tracking/compile-search.js'
import type { Stage } from '../../core/model-registry/stages.js'
import { groupRows } from '../../core/tracking/group-rows.js'
import type { ProjectScope, Tx } from '../../deps.js'
import type { KeyValue } from '../experiments/service.js'
import { modelColumns, ofProject, plainModel, promptTag, versionColumns, versionTables } from './columns.js'

export interface RegisteredModelRecord {
  readonly id: string
  readonly name: string
  readonly description: string | null
  readonly createdAtMs: number
  readonly updatedAtMs: number
}

export interface ModelVersionRecord {
  readonly modelId: string
  readonly modelName: string
  readonly version: number
  readonly stage: Stage
  readonly source: string
  readonly storageLocation: string
  readonly runId: string | null
  readonly runLink: string | null
  readonly loggedModelId: string | null
  readonly description: string | null
  readonly creatorName: string
  readonly createdAtMs: number
  readonly updatedAtMs: number
}

export interface AliasRecord {
  readonly modelId: string
  readonly alias: string
  readonly version: number
}

/** A version by the id of its model and its number. */
export interface VersionKey {
  readonly modelId: string
  readonly version: number
}

type Project = Pick<ProjectScope, 'projectId'>
type Page = { readonly offset: number; readonly limit: number }

const where = (conditions: readonly string[]): string => conditions.join(' AND ')

/** Registered models and their versions in PostgreSQL. */
export const modelRegistryRepository = {
  /** A model by name; with `lock` nobody else changes it until the transaction ends. */
  async findModel(tx: Tx, scope: Project, name: string, lock = false): Promise<RegisteredModelRecord | null> {
    const rows: RegisteredModelRecord[] = await tx.query(
      `SELECT ${modelColumns} FROM registered_models m WHERE m.project_id = $1 AND m.name = $2${lock ? ' FOR UPDATE' : ''}`,
      [scope.projectId, name],
    )
    return rows[0] ?? null
  },

  /** Whether the name was free. */
  async insertModel(tx: Tx, scope: Project, model: RegisteredModelRecord): Promise<boolean> {
    const rows: unknown[] = await tx.query(
      `INSERT INTO registered_models (id, project_id, name, description, created_at_ms, updated_at_ms)
       VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (project_id, name) DO NOTHING RETURNING id`,
      [model.id, scope.projectId, model.name, model.description, model.createdAtMs, model.updatedAtMs],
    )
    return rows.length > 0
  },

  async updateModel(
    tx: Tx,
    scope: Project,
    id: string,
    { name, description, atMs }: { name: string; description: string | null; atMs: number },
  ): Promise<void> {
    await tx.query(
      `UPDATE registered_models SET name = $3, description = $4, updated_at_ms = $5 WHERE project_id = $1 AND id = $2`,
      [scope.projectId, id, name, description, atMs],
    )
  },

  async touchModel(tx: Tx, scope: Project, id: string, atMs: number): Promise<void> {
    await tx.query(`UPDATE registered_models SET updated_at_ms = $3 WHERE project_id = $1 AND id = $2`, [
      scope.projectId,
      id,
      atMs,
    ])
  },

  /** All versions of a model were changed with it: it has another name. */
  async touchVersions(tx: Tx, scope: Project, modelId: string, atMs: number): Promise<void> {
    await tx.query(`UPDATE model_versions SET updated_at_ms = $3 WHERE project_id = $1 AND model_id = $2`, [
      scope.projectId,
      modelId,
      atMs,
    ])
  },

  /** With its versions, tags and aliases. */
  async deleteModel(tx: Tx, scope: Project, id: string): Promise<void> {
    await tx.query(`DELETE FROM registered_models WHERE project_id = $1 AND id = $2`, [scope.projectId, id])
  },

  async searchModels(
    tx: Tx,
    scope: Project,
    { offset, limit, prompts }: Page & { readonly prompts: boolean },
    { conditions, joins, order, parameters }: Compiled,
  ): Promise<RegisteredModelRecord[]> {
    return tx.query(
      `SELECT ${modelColumns} FROM registered_models m ${joins.join(' ')}
       WHERE ${where(['m.project_id = $1', ...(prompts ? [] : [plainModel]), ...conditions])}
       ORDER BY ${[...order.map(orderText), 'm.name'].join(', ')} OFFSET $2 LIMIT $3`,
      [scope.projectId, offset, limit, ...parameters],
    )
  },

  async setModelTags(tx: Tx, scope: Project, modelId: string, tags: readonly KeyValue[]): Promise<void> {
    const last = [...new Map(tags.map(({ key, value }) => [key, value]))]
    await tx.query(
      `INSERT INTO registered_model_tags (model_id, key, value, project_id)
       SELECT $2, given.key, given.value, $1 FROM unnest($3::text[], $4::text[]) AS given (key, value)
       ON CONFLICT (model_id, key) DO UPDATE SET value = excluded.value`,
      [scope.projectId, modelId, last.map(([key]) => key), last.map(([, value]) => value)],
    )
  },

  async deleteModelTag(tx: Tx, scope: Project, modelId: string, key: string): Promise<void> {
    await tx.query(`DELETE FROM registered_model_tags WHERE project_id = $1 AND model_id = $2 AND key = $3`, [
      scope.projectId,
      modelId,
      key,
    ])
  },

  async modelTagsOf(tx: Tx, scope: Project, modelIds: readonly string[]): Promise<(modelId: string) => KeyValue[]> {
    const rows: (KeyValue & { modelId: string })[] = await tx.query(
      `SELECT model_id AS "modelId", key, value FROM registered_model_tags
       WHERE project_id = $1 AND model_id = ANY ($2) ORDER BY model_id, key`,
      [scope.projectId, modelIds],
    )
    const groups = groupRows(rows, (row) => row.modelId)
    return (modelId) => groups.get(modelId) ?? []
  },

  async setAlias(tx: Tx, scope: Project, { modelId, version }: VersionKey, alias: string): Promise<void> {
    await tx.query(
      `INSERT INTO registered_model_aliases (model_id, alias, version, project_id) VALUES ($2, $3, $4, $1)
       ON CONFLICT (model_id, alias) DO UPDATE SET version = excluded.version`,
      [scope.projectId, modelId, alias, version],
    )
  },

  async deleteAlias(tx: Tx, scope: Project, modelId: string, alias: string): Promise<void> {
    await tx.query(`DELETE FROM registered_model_aliases WHERE project_id = $1 AND model_id = $2 AND alias = $3`, [
      scope.projectId,
      modelId,
      alias,
    ])
  },

  /** The version an alias names, or `null`. */
  async versionOfAlias(tx: Tx, scope: Project, modelId: string, alias: string): Promise<number | null> {
    const rows: { version: number }[] = await tx.query(
      `SELECT version FROM registered_model_aliases WHERE project_id = $1 AND model_id = $2 AND alias = $3`,
      [scope.projectId, modelId, alias],
    )
    return rows[0]?.version ?? null
  },

  async aliasesOf(tx: Tx, scope: Project, modelIds: readonly string[]): Promise<(modelId: string) => AliasRecord[]> {
    const rows: AliasRecord[] = await tx.query(
      `SELECT model_id AS "modelId", alias, version FROM registered_model_aliases
       WHERE project_id = $1 AND model_id = ANY ($2) ORDER BY model_id, alias`,
      [scope.projectId, modelIds],
    )
    const groups = groupRows(rows, (row) => row.modelId)
    return (modelId) => groups.get(modelId) ?? []
  },

  /** The number of the next version; deleted ones count, so that no number is given twice. */
  async nextVersion(tx: Tx, scope: Project, modelId: string): Promise<number> {
    const rows: { next: number }[] = await tx.query(
      `SELECT coalesce(max(version), 0) + 1 AS next FROM model_versions WHERE project_id = $1 AND model_id = $2`,
      [scope.projectId, modelId],
    )
    return rows[0]?.next ?? 1
  },

  /** What a version is made of, which nobody deletes until the transaction ends. What is not there is no fault. */
  async holdOrigin(
    tx: Tx,
    scope: Project,
    { runId, loggedModelId }: { readonly runId: string | null; readonly loggedModelId: string | null },
  ): Promise<void> {
    await tx.query(`SELECT 1 FROM runs WHERE project_id = $1 AND id = $2 FOR SHARE`, [scope.projectId, runId])
    await tx.query(`SELECT 1 FROM logged_models WHERE project_id = $1 AND id = $2 FOR SHARE`, [
      scope.projectId,
      loggedModelId,
    ])
  },

  async insertVersion(tx: Tx, scope: Project, version: Omit<ModelVersionRecord, 'modelName'>): Promise<void> {
    await tx.query(
      `INSERT INTO model_versions (model_id, version, project_id, lifecycle_stage, stage, source, storage_location,
         run_id, run_link, logged_model_id, description, creator_name, created_at_ms, updated_at_ms)
       VALUES ($1, $2, $3, 'active', $4, $5, $6, $7, $8, $9, $10, $11, $12, $12)`,
      [
        version.modelId,
        version.version,
        scope.projectId,
        version.stage,
        version.source,
        version.storageLocation,
        version.runId,
        version.runLink,
        version.loggedModelId,
        version.description,
        version.creatorName,
        version.createdAtMs,
      ],
    )
  },

  /** A version as it was elsewhere, under its number; one that is there is brought up to date. */
  async adoptVersion(tx: Tx, scope: Project, version: Omit<ModelVersionRecord, 'modelName'>): Promise<void> {
    await tx.query(
      `INSERT INTO model_versions (model_id, version, project_id, lifecycle_stage, stage, source, storage_location,
         run_id, run_link, logged_model_id, description, creator_name, created_at_ms, updated_at_ms)
       VALUES ($1, $2, $3, 'active', $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
       ON CONFLICT (model_id, version) DO UPDATE
       SET stage = excluded.stage, description = excluded.description, updated_at_ms = excluded.updated_at_ms`,
      [
        version.modelId,
        version.version,
        scope.projectId,
        version.stage,
        version.source,
        version.storageLocation,
        version.runId,
        version.runLink,
        version.loggedModelId,
        version.description,
        version.creatorName,
        version.createdAtMs,
        version.updatedAtMs,
      ],
    )
  },

  async findModelById(tx: Tx, scope: Project, id: string): Promise<RegisteredModelRecord | null> {
    const rows: RegisteredModelRecord[] = await tx.query(
      `SELECT ${modelColumns} FROM registered_models m WHERE m.project_id = $1 AND m.id = $2 FOR UPDATE`,
      [scope.projectId, id],
    )
    return rows[0] ?? null
  },

  async findVersion(tx: Tx, scope: Project, name: string, version: number): Promise<ModelVersionRecord | null> {
    const rows: ModelVersionRecord[] = await tx.query(
      `SELECT ${versionColumns} FROM ${versionTables} WHERE ${ofProject} AND m.name = $2 AND v.version = $3`,
      [scope.projectId, name, version],
    )
    return rows[0] ?? null
  },

  async updateVersion(
    tx: Tx,
    scope: Project,
    { modelId, version }: VersionKey,
    { stage, description, atMs }: { stage: Stage; description: string | null; atMs: number },
  ): Promise<void> {
    await tx.query(
      `UPDATE model_versions SET stage = $4, description = $5, updated_at_ms = $6
       WHERE project_id = $1 AND model_id = $2 AND version = $3`,
      [scope.projectId, modelId, version, stage, description, atMs],
    )
  },

  /** Send the other versions in a stage to the archive. */
  async archiveOthers(tx: Tx, scope: Project, { modelId, version }: VersionKey, stage: Stage, atMs: number) {
    await tx.query(
      `UPDATE model_versions SET stage = 'Archived', updated_at_ms = $5
       WHERE project_id = $1 AND model_id = $2 AND version <> $3 AND stage = $4 AND lifecycle_stage = 'active'`,
      [scope.projectId, modelId, version, stage, atMs],
    )
  },

  /** Its number stays taken; what it was made of and its aliases are forgotten. */
  async deleteVersion(tx: Tx, scope: Project, { modelId, version }: VersionKey, atMs: number): Promise<void> {
    const key = [scope.projectId, modelId, version]
    await tx.query(`DELETE FROM registered_model_aliases WHERE project_id = $1 AND model_id = $2 AND version = $3`, key)
    await tx.query(
      `UPDATE model_versions SET lifecycle_stage = 'deleted', source = '', storage_location = '', run_id = NULL,
         run_link = NULL, logged_model_id = NULL, description = NULL, updated_at_ms = $4
       WHERE project_id = $1 AND model_id = $2 AND version = $3`,
      [...key, atMs],
    )
  },

  /** The newest version in each stage, of each of these models. */
  async latestVersions(tx: Tx, scope: Project, modelIds: readonly string[]): Promise<ModelVersionRecord[]> {
    return tx.query(
      `SELECT DISTINCT ON (v.model_id, v.stage) ${versionColumns} FROM ${versionTables}
       WHERE ${ofProject} AND v.model_id = ANY ($2) ORDER BY v.model_id, v.stage, v.version DESC`,
      [scope.projectId, modelIds],
    )
  },

  async searchVersions(
    tx: Tx,
    scope: Project,
    { offset, limit, prompts }: Page & { readonly prompts: boolean },
    { conditions, joins, order, parameters }: Compiled,
  ): Promise<ModelVersionRecord[]> {
    const plain = `NOT EXISTS (SELECT 1 FROM model_version_tags p WHERE p.model_id = v.model_id AND ${promptTag})`
    return tx.query(
      `SELECT ${versionColumns} FROM ${versionTables} ${joins.join(' ')}
       WHERE ${where([ofProject, ...(prompts ? [] : [plain]), ...conditions])}
       ORDER BY ${[...order.map(orderText), 'm.name', 'v.version DESC'].join(', ')} OFFSET $2 LIMIT $3`,
      [scope.projectId, offset, limit, ...parameters],
    )
  },

  async setVersionTags(tx: Tx, scope: Project, key: VersionKey, tags: readonly KeyValue[]): Promise<void> {
    const last = [...new Map(tags.map((tag) => [tag.key, tag.value]))]
    await tx.query(
      `INSERT INTO model_version_tags (model_id, version, key, value, project_id)
       SELECT $2, $3, given.key, given.value, $1 FROM unnest($4::text[], $5::text[]) AS given (key, value)
       ON CONFLICT (model_id, version, key) DO UPDATE SET value = excluded.value`,
      [scope.projectId, key.modelId, key.version, last.map(([name]) => name), last.map(([, value]) => value)],
    )
  },

  async deleteVersionTag(tx: Tx, scope: Project, { modelId, version }: VersionKey, key: string): Promise<void> {
    await tx.query(
      `DELETE FROM model_version_tags WHERE project_id = $1 AND model_id = $2 AND version = $3 AND key = $4`,
      [scope.projectId, modelId, version, key],
    )
  },

  async versionTagsOf(
    tx: Tx,
    scope: Project,
    keys: readonly VersionKey[],
  ): Promise<(key: VersionKey) => readonly KeyValue[]> {
    const rows: (KeyValue & VersionKey)[] = await tx.query(
      `SELECT t.model_id AS "modelId", t.version, t.key, t.value
       FROM unnest($2::text[], $3::integer[]) AS wanted (model_id, version)
       JOIN model_version_tags t ON t.model_id = wanted.model_id AND t.version = wanted.version
       WHERE t.project_id = $1 ORDER BY t.model_id, t.version, t.key`,
      [scope.projectId, keys.map(({ modelId }) => modelId), keys.map(({ version }) => version)],
    )
    const groups = groupRows(rows, ({ modelId, version }) => `${modelId}/${String(version)}`)
    return ({ modelId, version }) => groups.get(`${modelId}/${String(version)}`) ?? []
  },
}
