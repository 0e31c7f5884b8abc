import type { Compiled } from '../../core/tracking/compile-search.js'
import { runTables } from './tracking-run-columns.sql.js'

/**
 * How many active runs pass a filter. $1 project, $2 experiment ids, $3 and $4 begun after and up to; then the filter's
 * own.
 */
export const countRuns = ({ conditions }: Pick<Compiled, 'conditions'>): string => `
  SELECT count(*) AS count FROM ${runTables}
  WHERE ${['r.project_id = $1', 'r.experiment_id = ANY ($2::bigint[])', `r.lifecycle_stage = 'active'`, 'r.started_at_ms > $3::bigint AND r.started_at_ms <= $4::bigint', ...conditions].join(' AND ')}`
