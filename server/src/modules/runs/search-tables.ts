import type { SearchTables } from '../../core/tracking/compile-search.js'

const ofRun = (alias: string): string => `${alias}.run_id = r.id`

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
    metric: { table: 'run_metrics', on: (metric) => `${ofRun(metric)} AND ${metric}.point_count > 0` },
    param: { table: 'run_params', on: ofRun },
    tag: { table: 'run_tags', on: ofRun },
    dataset: { table: 'run_datasets', on: ofRun },
  },
}
