import type { Compiled } from '../../core/tracking/compile-search.js'
import { runTables } from './tracking-run-columns.sql.js'

/** What groups are made by, and of: SQL of our own; keys are parameters. */
export interface Grouping {
  /** The expressions whose values make a group. */
  readonly by: readonly string[]
  readonly joins: readonly string[]
  /** The values of metrics whose spread is wanted. */
  readonly metrics: readonly string[]
}

/** No NaN, and none of the largest numbers, which stand for infinities. */
const numbers = (metric: string): string => `FILTER (WHERE abs(${metric}) < 1e300)`

const spread = (metric: string, index: number): string => {
  const of = (name: string, call: string) => `${call} ${numbers(metric)} AS "${name}${String(index)}"`
  return [
    of('count', `count(${metric})`),
    of('mean', `avg(${metric})`),
    of('low', `min(${metric})`),
    of('high', `max(${metric})`),
  ].join(', ')
}

/** Active runs that pass a filter, in groups, the largest first. $1 project, $2 experiment ids, $3 offset, $4 limit. */
export const groupRuns = ({ conditions }: Pick<Compiled, 'conditions'>, { by, joins, metrics }: Grouping): string => `
  SELECT ${[
    ...by.map((expression, index) => `${expression} AS "value${String(index)}"`),
    'count(*) AS "runCount"',
    'max(r.started_at_ms) AS "newestAtMs"',
    'count(*) OVER () AS "total"',
    ...metrics.map(spread),
  ].join(', ')}
  FROM ${runTables} ${joins.join(' ')}
  WHERE ${['r.project_id = $1', 'r.experiment_id = ANY ($2::bigint[])', `r.lifecycle_stage = 'active'`, ...conditions].join(' AND ')}
  GROUP BY ${by.map((_, index) => String(index + 1)).join(', ')}
  ORDER BY "runCount" DESC, ${by.map((_, index) => String(index + 1)).join(', ')} OFFSET $3 LIMIT $4`
