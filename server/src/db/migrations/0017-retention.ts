import { protect } from '../row-level-security.js'
import { defineMigration } from './define.js'

const nowMs = `(extract(epoch FROM clock_timestamp()) * 1000)::bigint`

/**
 * What was deleted stays for a while and goes then. A run that goes, goes at once; the points of its metrics, which may be
 * millions, are left in a queue and follow in small pieces. A deleted trace is kept as one JSON value, out of the way of
 * every query.
 */
export const retention = defineMigration(17, 'Retention', {
  up: [
    `UPDATE runs SET deleted_at_ms = ${nowMs} WHERE lifecycle_stage = 'deleted' AND deleted_at_ms IS NULL`,
    `CREATE INDEX runs_deleted_idx ON runs (deleted_at_ms) WHERE lifecycle_stage = 'deleted'`,
    `CREATE INDEX logged_models_deleted_idx ON logged_models (updated_at_ms) WHERE lifecycle_stage = 'deleted'`,

    `CREATE TABLE purged_series (
       series_id bigint PRIMARY KEY,
       project_id text NOT NULL
     )`,
    ...protect('purged_series', 'project_id'),

    `CREATE TABLE deleted_traces (
       project_id text NOT NULL,
       id text NOT NULL,
       experiment_id bigint NOT NULL,
       deleted_at_ms bigint NOT NULL,
       content jsonb NOT NULL,
       PRIMARY KEY (project_id, id)
     )`,
    `CREATE INDEX deleted_traces_at_idx ON deleted_traces (deleted_at_ms)`,
    ...protect('deleted_traces', 'project_id'),
  ],
  down: [
    `DROP TABLE deleted_traces`,
    `DROP TABLE purged_series`,
    `DROP INDEX logged_models_deleted_idx`,
    `DROP INDEX runs_deleted_idx`,
  ],
})
