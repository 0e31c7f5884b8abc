/** Programs keep prompts as registered models; who asks for models does not mean them. */
export const promptTag = `p.key = 'mlflow.prompt.is_prompt' AND p.value = 'true'`

/** A registered model `m` that is no prompt. */
export const plainModel = `NOT EXISTS (SELECT 1 FROM registered_model_tags p WHERE p.model_id = m.id AND ${promptTag})`

/** What a statement that answers models selects, from `registered_models m`. */
export const modelColumns = `m.id, m.name, m.description, m.created_at_ms AS "createdAtMs", m.updated_at_ms AS "updatedAtMs"`

/** What a statement that answers versions selects, from `versionTables`. */
export const versionColumns = `
  v.model_id AS "modelId", m.name AS "modelName", v.version, v.stage, v.source,
  v.storage_location AS "storageLocation", v.run_id AS "runId", v.run_link AS "runLink",
  v.logged_model_id AS "loggedModelId", v.description, v.creator_name AS "creatorName",
  v.created_at_ms AS "createdAtMs", v.updated_at_ms AS "updatedAtMs"`
export const versionTables = `model_versions v JOIN registered_models m ON m.id = v.model_id`

/** Versions `v` of the project `$1` that were not deleted. */
export const ofProject = `v.project_id = $1 AND v.lifecycle_stage = 'active'`
