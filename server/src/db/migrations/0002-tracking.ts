import { protect } from '../row-level-security.js'
import { defineMigration } from './define.js'

/**
 * Experiments, runs and what they log. Instants are milliseconds since 1970, as MLflow's clients send them.
 *
 * Stored for size: the points of a metric are the only table that grows with the length of a training, and nothing but
 * drawing a curve reads it. A run table, a filter and an order read `run_metrics`, one row a run and metric with the
 * latest value. A series is a small number in `run_metrics`; its points are clustered by it, and the whole point is the
 * key, so a request that is sent again changes nothing (MLflow's key of a point is the same). The key begins with the
 * series, so the table can be partitioned by it.
 */
export const tracking = defineMigration(2, 'Tracking', {
  up: [
    `CREATE TABLE experiments (
       project_id text NOT NULL REFERENCES projects (id),
       id bigint NOT NULL,
       name text NOT NULL,
       lifecycle_stage text NOT NULL,
       artifact_location text,
       created_at_ms bigint NOT NULL,
       updated_at_ms bigint NOT NULL,
       PRIMARY KEY (project_id, id),
       UNIQUE (project_id, name)
     )`,
    ...protect('experiments', 'project_id'),

    `CREATE TABLE experiment_tags (
       project_id text NOT NULL,
       experiment_id bigint NOT NULL,
       key text NOT NULL,
       value text NOT NULL,
       PRIMARY KEY (project_id, experiment_id, key)
     )`,
    ...protect('experiment_tags', 'project_id'),

    `CREATE TABLE runs (
       id text PRIMARY KEY,
       tenant_id text NOT NULL,
       project_id text NOT NULL,
       experiment_id bigint NOT NULL,
       name text NOT NULL,
       status text NOT NULL,
       lifecycle_stage text NOT NULL,
       user_name text NOT NULL,
       started_at_ms bigint NOT NULL,
       ended_at_ms bigint,
       deleted_at_ms bigint,
       last_seen_at_ms bigint NOT NULL,
       job_id text,
       job_run_id text,
       begun_by_attempt_id text,
       FOREIGN KEY (project_id, experiment_id) REFERENCES experiments (project_id, id)
     ) WITH (fillfactor = 85)`,
    `CREATE INDEX runs_newest_idx ON runs (project_id, experiment_id, lifecycle_stage, started_at_ms DESC, id)`,
    `CREATE INDEX runs_project_id_id_idx ON runs (project_id, id)`,
    `CREATE INDEX runs_job_run_id_idx ON runs (job_run_id) WHERE job_run_id IS NOT NULL`,
    `CREATE INDEX runs_open_idx ON runs (id) WHERE status = 'RUNNING' AND job_id IS NULL`,
    ...protect('runs', 'project_id'),

    `CREATE TABLE run_params (
       run_id text NOT NULL,
       key text NOT NULL,
       value text NOT NULL,
       project_id text NOT NULL,
       PRIMARY KEY (run_id, key)
     )`,
    ...protect('run_params', 'project_id'),

    `CREATE TABLE run_tags (
       run_id text NOT NULL,
       key text NOT NULL,
       value text NOT NULL,
       project_id text NOT NULL,
       PRIMARY KEY (run_id, key)
     )`,
    ...protect('run_tags', 'project_id'),

    `CREATE TABLE run_metrics (
       run_id text NOT NULL,
       key text NOT NULL,
       series_id bigint GENERATED ALWAYS AS IDENTITY,
       step bigint NOT NULL,
       timestamp_ms bigint NOT NULL,
       value double precision NOT NULL,
       point_count bigint NOT NULL,
       project_id text NOT NULL,
       PRIMARY KEY (run_id, key),
       UNIQUE (series_id)
     ) WITH (fillfactor = 80)`,
    ...protect('run_metrics', 'project_id'),

    `CREATE TABLE metric_points (
       series_id bigint NOT NULL,
       step bigint NOT NULL,
       timestamp_ms bigint NOT NULL,
       value double precision NOT NULL,
       project_id text NOT NULL,
       PRIMARY KEY (series_id, step, timestamp_ms, value)
     )`,
    ...protect('metric_points', 'project_id'),

    `CREATE TABLE datasets (
       project_id text NOT NULL,
       experiment_id bigint NOT NULL,
       name text NOT NULL,
       digest text NOT NULL,
       source_type text NOT NULL,
       source text NOT NULL,
       schema text,
       profile text,
       PRIMARY KEY (project_id, experiment_id, name, digest)
     )`,
    ...protect('datasets', 'project_id'),

    `CREATE TABLE run_datasets (
       run_id text NOT NULL,
       name text NOT NULL,
       digest text NOT NULL,
       tags jsonb NOT NULL,
       project_id text NOT NULL,
       PRIMARY KEY (run_id, name, digest)
     )`,
    ...protect('run_datasets', 'project_id'),

    `CREATE TABLE run_models (
       run_id text NOT NULL,
       direction text NOT NULL,
       model_id text NOT NULL,
       step bigint NOT NULL,
       project_id text NOT NULL,
       PRIMARY KEY (run_id, direction, model_id)
     )`,
    ...protect('run_models', 'project_id'),

    `CREATE TABLE logged_models (
       id text PRIMARY KEY,
       project_id text NOT NULL,
       experiment_id bigint NOT NULL,
       name text NOT NULL,
       model_type text,
       source_run_id text,
       status text NOT NULL,
       lifecycle_stage text NOT NULL,
       creator_name text NOT NULL,
       created_at_ms bigint NOT NULL,
       updated_at_ms bigint NOT NULL,
       FOREIGN KEY (project_id, experiment_id) REFERENCES experiments (project_id, id)
     )`,
    `CREATE INDEX logged_models_newest_idx ON logged_models (project_id, experiment_id, created_at_ms DESC, id)`,
    ...protect('logged_models', 'project_id'),

    `CREATE TABLE logged_model_params (
       model_id text NOT NULL,
       key text NOT NULL,
       value text NOT NULL,
       project_id text NOT NULL,
       PRIMARY KEY (model_id, key)
     )`,
    ...protect('logged_model_params', 'project_id'),

    `CREATE TABLE logged_model_tags (
       model_id text NOT NULL,
       key text NOT NULL,
       value text NOT NULL,
       project_id text NOT NULL,
       PRIMARY KEY (model_id, key)
     )`,
    ...protect('logged_model_tags', 'project_id'),

    `CREATE TABLE logged_model_metrics (
       model_id text NOT NULL,
       run_id text NOT NULL,
       key text NOT NULL,
       timestamp_ms bigint NOT NULL,
       step bigint NOT NULL,
       value double precision NOT NULL,
       dataset_name text,
       dataset_digest text,
       project_id text NOT NULL,
       PRIMARY KEY (model_id, key, run_id, step, timestamp_ms)
     )`,
    ...protect('logged_model_metrics', 'project_id'),

    `CREATE TABLE artifacts (
       owner_id text NOT NULL,
       path text NOT NULL,
       digest text NOT NULL,
       size_bytes bigint NOT NULL,
       created_at_ms bigint NOT NULL,
       project_id text NOT NULL,
       PRIMARY KEY (owner_id, path)
     )`,
    `CREATE INDEX artifacts_digest_idx ON artifacts (digest)`,
    ...protect('artifacts', 'project_id'),
  ],
  down: [
    'artifacts',
    'logged_model_metrics',
    'logged_model_tags',
    'logged_model_params',
    'logged_models',
    'run_models',
    'run_datasets',
    'datasets',
    'metric_points',
    'run_metrics',
    'run_tags',
    'run_params',
    'runs',
    'experiment_tags',
    'experiments',
  ].map((table) => `DROP TABLE ${table}`),
})
