import type { SearchTables } from '../../core/tracking/compile-search.js'

const ofRun = (alias: string): string => `${alias}.run_id = r.id AND ${alias}.project_id = r.project_id`

/** As much of a value as the indexes on params and tags hold (migration 11). */
const indexedCharacters = 64

/** Where a search over runs finds its entities: latest values, params, tags and datasets of `runs r`. */
export const runSearchTables: SearchTables = {
  attributes: {
    run_id: 'r.id',
    run_name: 'r.name',
    user_id: 'r.user_name',
    status: 'r.status',
    artifact_uri: `(coalesce(e.artifact_location, 'mlflow-artifacts:/' || e.id) || '/' || r.id || '/artifacts')`,
    start_time: 'r.started_at_ms',
    end_time: 'r.ended_at_ms',
  },
  keyed: {
    metric: {
      table: 'run_metrics',
      on: (metric) => `${ofRun(metric)} AND ${metric}.experiment_id = r.experiment_id AND ${metric}.point_count > 0`,
    },
    param: { table: 'run_params', on: ofRun, indexedCharacters },
    tag: { table: 'run_tags', on: ofRun, indexedCharacters },
    dataset: { table: 'run_datasets', on: ofRun },
  },
}
