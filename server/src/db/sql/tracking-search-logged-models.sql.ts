import { orderText, type Compiled } from '../../core/tracking/compile-search.js'

/** What a statement that answers logged models selects, from `loggedModelTables`. */
export const loggedModelColumns = `
  model.id, model.experiment_id::text AS "experimentId", model.name, model.model_type AS "modelType",
  model.source_run_id AS "sourceRunId", model.status, model.lifecycle_stage AS "lifecycleStage",
  model.creator_name AS "creatorName", model.created_at_ms AS "createdAtMs", model.updated_at_ms AS "updatedAtMs",
  coalesce(e.artifact_location, 'mlflow-artifacts:/' || e.id) || '/models/' || model.id || '/artifacts' AS "artifactUri"`

export const loggedModelTables = `
  logged_models model JOIN experiments e ON e.project_id = model.project_id AND e.id = model.experiment_id`

/** Whether a metric was measured on one of the datasets asked for; when none is asked for, any was. */
export const measuredOnOne = (alias: string): string => `(jsonb_array_length($5::jsonb -> 'datasets') = 0 OR EXISTS (
  SELECT 1 FROM jsonb_to_recordset($5::jsonb -> 'datasets') AS asked (name text, digest text)
  WHERE asked.name = ${alias}.dataset_name AND (asked.digest IS NULL OR asked.digest = ${alias}.dataset_digest)))`

/** The newest value of each metric of a model, on the dataset that the order asks for; the alias `o2` is its third key. */
export const newestMetrics = (alias: string): string => {
  const asked = `($5::jsonb -> 'order' -> ${alias.slice(1)})`
  return `(SELECT DISTINCT ON (model_id, key) model_id, key, value FROM logged_model_metrics
    WHERE coalesce(${asked} ->> 'name' = dataset_name, ${asked} ->> 'name' IS NULL)
      AND coalesce(${asked} ->> 'digest' = dataset_digest, ${asked} ->> 'digest' IS NULL)
    ORDER BY model_id, key, timestamp_ms DESC, step DESC, run_id)`
}

/**
 * Logged models that pass a filter, newest first. $1 project, $2 experiment ids, $3 offset, $4 limit, $5 the datasets of
 * the filter and of each key of the order; then the filter's own.
 */
export const searchLoggedModels = ({ conditions, joins, order }: Compiled): string => `
  SELECT ${loggedModelColumns} FROM ${loggedModelTables} ${joins.join(' ')}
  WHERE ${[
    'model.project_id = $1',
    'model.experiment_id = ANY ($2::bigint[])',
    `model.lifecycle_stage = 'active'`,
    `(jsonb_array_length($5::jsonb -> 'datasets') = 0 OR EXISTS (
       SELECT 1 FROM logged_model_metrics measured
       WHERE measured.model_id = model.id AND ${measuredOnOne('measured')}))`,
    ...conditions,
  ].join(' AND ')}
  ORDER BY ${[...order.map(orderText), 'model.created_at_ms DESC', 'model.id'].join(', ')}
  OFFSET $3 LIMIT $4`
