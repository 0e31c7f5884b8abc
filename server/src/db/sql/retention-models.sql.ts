/** Logged models whose time is over, as `overdueRuns` does it for runs. */
export const overdueModels = `
  SELECT m.id, p.tenant_id AS "tenantId", m.project_id AS "projectId", m.experiment_id::text AS "experimentId", m.name,
    m.updated_at_ms AS "deletedAtMs"
  FROM logged_models m JOIN projects p ON p.id = m.project_id
  WHERE m.lifecycle_stage = 'deleted' AND m.updated_at_ms <= $1 AND m.id <> ALL ($3::text[])
  ORDER BY m.updated_at_ms, m.id LIMIT $2 FOR UPDATE OF m SKIP LOCKED`

/** Logged models of an experiment that is about to go, deleted themselves or not. $1 project, $2 experiment, $3 how many. */
export const modelsOfExperiment = `
  SELECT m.id, p.tenant_id AS "tenantId", m.project_id AS "projectId", m.experiment_id::text AS "experimentId", m.name,
    m.updated_at_ms AS "deletedAtMs"
  FROM logged_models m JOIN projects p ON p.id = m.project_id
  WHERE m.project_id = $1 AND m.experiment_id = $2 ORDER BY m.id LIMIT $3 FOR UPDATE OF m`

/** All that hangs on logged models beside files, and the models. $1 models. */
export const forgetModels: readonly string[] = [
  ...['logged_model_params', 'logged_model_tags', 'logged_model_metrics'].map(
    (table) => `DELETE FROM ${table} WHERE model_id = ANY ($1)`,
  ),
  `DELETE FROM imported_entities i USING logged_models m
   WHERE m.id = ANY ($1) AND i.project_id = m.project_id AND i.kind = 'logged_model' AND i.target_id = m.id`,
  `DELETE FROM logged_models WHERE id = ANY ($1)`,
]
