import type { Compiled } from '../../core/tracking/compile-search.js'
import { runColumns, runTables } from './tracking-run-columns.sql.js'

/**
 * Runs that pass a filter. $1 project, $2 experiment ids, $3 lifecycle stages, $4 offset, $5 limit; then the filter's
 * own. Ties are broken by start, newest first, then by id.
 */
export const searchRuns = ({ conditions, joins, order }: Compiled): string => `
  SELECT ${runColumns} FROM ${runTables} ${joins.join(' ')}
  WHERE ${['r.project_id = $1', 'r.experiment_id = ANY ($2::bigint[])', 'r.lifecycle_stage = ANY ($3)', ...conditions].join(' AND ')}
  ORDER BY ${[...order, 'r.started_at_ms DESC', 'r.id'].join(', ')}
  OFFSET $4 LIMIT $5`
