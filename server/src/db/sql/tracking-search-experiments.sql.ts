import { orderText, type Compiled } from '../../core/tracking/compile-search.js'

/** What a statement that answers experiments selects, from `experiments e`. */
export const experimentColumns = `
  e.id::text AS id, e.name, e.lifecycle_stage AS "lifecycleStage",
  coalesce(e.artifact_location, 'mlflow-artifacts:/' || e.id) AS "artifactLocation",
  e.created_at_ms AS "createdAtMs", e.updated_at_ms AS "updatedAtMs"`

/** Experiments that pass a filter. $1 project, $2 lifecycle stages, $3 offset, $4 limit; then the filter's own. */
export const searchExperiments = ({ conditions, joins, order }: Compiled): string => `
  SELECT ${experimentColumns} FROM experiments e ${joins.join(' ')}
  WHERE ${['e.project_id = $1', 'e.lifecycle_stage = ANY ($2)', ...conditions].join(' AND ')}
  ORDER BY ${(order.length === 0 ? ['e.created_at_ms DESC', 'e.id'] : [...order.map(orderText), 'e.id DESC']).join(', ')}
  OFFSET $3 LIMIT $4`
