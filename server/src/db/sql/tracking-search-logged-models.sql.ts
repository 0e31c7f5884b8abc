import { orderText, type Compiled } from '../../core/tracking/compile-search.js'

/** What a statement that answers logged models selects, from `loggedModelTables`. */
export const loggedModelColumns = `
  model.id, model.experiment_id::text AS "experimentId", model.name, model.model_type AS "modelType",
  model.source_run_id AS "sourceRunId", model.status, model.lifecycle_stage AS "lifecycleStage",
  model.creator_name AS "creatorName", model.created_at_ms AS "createdAtMs", model.updated_at_ms AS "updatedAtMs",
  coalesce(e.artifact_location, 'mlflow-artifacts:/' || e.id) || '/models/' || model.id || '/artifacts' AS "artifactUri"`

export const loggedModelTables = `
  logged_models model JOIN experiments e ON e.project_id = model.project_id AND e.id = model.experiment_id`

/**
 * Logged models that pass a filter, newest first. $1 project, $2 experiment ids, $3 offset, $4 limit; then the filter's
 * own.
 */
export const searchLoggedModels = ({ conditions, joins, order }: Compiled): string => `
  SELECT ${loggedModelColumns} FROM ${loggedModelTables} ${joins.join(' ')}
  WHERE ${[
    'model.project_id = $1',
    'model.experiment_id = ANY ($2::bigint[])',
    `model.lifecycle_stage = 'active'`,
    ...conditions,
  ].join(' AND ')}
  ORDER BY ${[...order.map(orderText), 'model.created_at_ms DESC', 'model.id'].join(', ')}
  OFFSET $3 LIMIT $4`
