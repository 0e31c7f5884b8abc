import { orderText, type Compiled } from '../../core/tracking/compile-search.js'

/** What a statement that answers datasets selects, from `evaluation_datasets d`. */
export const datasetColumns = `
  d.id, d.name, d.digest, d.tags, d.schema, d.record_count AS "recordCount", d.created_by AS "createdBy",
  d.last_updated_by AS "lastUpdatedBy", d.created_at_ms AS "createdAtMs", d.updated_at_ms AS "updatedAtMs"`

/** Datasets that pass a filter. `$1` project, `$2` experiments or none, `$3` offset, `$4` limit; then the filter's own. */
export const searchDatasets = ({ conditions, order }: Compiled): string => `
  SELECT ${datasetColumns} FROM evaluation_datasets d
  WHERE ${[
    'd.project_id = $1',
    `(cardinality($2::bigint[]) = 0 OR EXISTS (
       SELECT 1 FROM evaluation_dataset_experiments e
       WHERE e.project_id = $1 AND e.dataset_id = d.id AND e.experiment_id = ANY ($2)))`,
    ...conditions,
  ].join(' AND ')}
  ORDER BY ${[...(order.length === 0 ? ['d.created_at_ms DESC'] : order.map(orderText)), 'd.id DESC'].join(', ')}
  OFFSET $3 LIMIT $4`
