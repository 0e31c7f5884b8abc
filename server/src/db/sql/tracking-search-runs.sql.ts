import { orderText, type Compiled, type OrderExpression } from '../../core/tracking/compile-search.js'
import { runColumns, runTables } from './tracking-run-columns.sql.js'

/**
 * Runs that pass a filter. $1 project, $2 experiment ids, $3 lifecycle stages, $4 offset, $5 limit; then the filter's
 * own. Ties are broken by start, newest first, then by id. The first runs of each experiment and stage are found by
 * themselves, where an index can give the order, and then merged; `single` says that there is but one of each, which then may
 * be read by several processes of the database together. `selected` is what of a run is answered.
 */
export const searchRuns = (
  { conditions, joins, order }: Pick<Compiled, 'conditions' | 'joins' | 'order'>,
  { selected = runColumns, single = false }: { readonly selected?: string; readonly single?: boolean } = {},
): string => {
  const keys = [...order, ...ties]
  const page = (columns: readonly string[], where: readonly string[]) => `
    SELECT ${[selected, ...columns].join(', ')} FROM ${runTables} ${joins.join(' ')}
    WHERE ${['r.project_id = $1', ...where, ...conditions].join(' AND ')}
    ORDER BY ${keys.map(orderText).join(', ')}`
  if (single) return `${page([], inTheOnly)} OFFSET $4 LIMIT $5`
  const named = keys.map(({ direction }, index) => ({ expression: `"order${String(index)}"`, direction }))
  const columns = keys.map(({ expression }, index) => `${expression} AS "order${String(index)}"`)
  return `
  SELECT page.* FROM unnest($2::bigint[]) AS experiment (id), unnest($3::text[]) AS stage (name),
  LATERAL (${page(columns, inEach)} LIMIT $4::int + $5::int) AS page
  ORDER BY ${named.map(orderText).join(', ')} OFFSET $4 LIMIT $5`
}

const inTheOnly = ['r.experiment_id = ($2::bigint[])[1]', 'r.lifecycle_stage = ($3::text[])[1]']
const inEach = ['r.experiment_id = experiment.id', 'r.lifecycle_stage = stage.name']

/** Room to sort and join a hundred thousand runs without the disk; until the transaction ends. */
export const roomForRuns = `SELECT set_config('work_mem', '32MB', true)`

const ties: readonly OrderExpression[] = [
  { expression: 'r.started_at_ms', direction: 'DESC' },
  { expression: 'r.id', direction: 'ASC' },
]
