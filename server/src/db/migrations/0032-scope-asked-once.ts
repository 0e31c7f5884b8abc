import { askScopeOnce } from '../row-level-security.js'
import { defineMigration } from './define.js'

const policies = ['runs', 'run_params', 'run_tags', 'run_metrics', 'metric_points', 'spans'].map((table) =>
  askScopeOnce(table, 'project_id'),
)

/** What is read and written by the thousand looks up its scope once a statement. */
export const scopeAskedOnce = defineMigration(32, 'ScopeAskedOnce', {
  up: policies.map(({ up }) => up),
  down: policies.map(({ down }) => down),
})
