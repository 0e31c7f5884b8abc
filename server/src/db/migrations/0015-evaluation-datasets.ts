import { protect } from '../row-level-security.js'
import { defineMigration } from './define.js'

/**
 * Evaluation datasets: what a program is asked and what it should answer, a record each; and the experiments they belong to.
 * Two records of a dataset never have the same inputs: `input_hash` is the SHA-256 of their text as PostgreSQL writes it.
 */
export const evaluationDatasets = defineMigration(15, 'EvaluationDatasets', {
  up: [
    `CREATE TABLE evaluation_datasets (
       id text PRIMARY KEY,
       project_id text NOT NULL REFERENCES projects (id),
       name text NOT NULL,
       digest text NOT NULL,
       tags jsonb NOT NULL,
       schema jsonb,
       record_count integer NOT NULL,
       created_by text,
       last_updated_by text,
       created_at_ms bigint NOT NULL,
       updated_at_ms bigint NOT NULL
     )`,
    `CREATE INDEX evaluation_datasets_newest_idx ON evaluation_datasets (project_id, created_at_ms DESC, id DESC)`,
    ...protect('evaluation_datasets', 'project_id'),

    `CREATE TABLE evaluation_dataset_records (
       id text PRIMARY KEY,
       project_id text NOT NULL,
       dataset_id text NOT NULL REFERENCES evaluation_datasets (id) ON DELETE CASCADE,
       input_hash text NOT NULL,
       inputs jsonb NOT NULL,
       outputs jsonb,
       expectations jsonb,
       tags jsonb NOT NULL,
       source jsonb,
       source_id text,
       source_type text,
       created_by text,
       last_updated_by text,
       created_at_ms bigint NOT NULL,
       updated_at_ms bigint NOT NULL,
       UNIQUE (dataset_id, input_hash)
     )`,
    `CREATE INDEX evaluation_dataset_records_page_idx ON evaluation_dataset_records (dataset_id, created_at_ms, id)`,
    ...protect('evaluation_dataset_records', 'project_id'),

    `CREATE TABLE evaluation_dataset_experiments (
       dataset_id text NOT NULL REFERENCES evaluation_datasets (id) ON DELETE CASCADE,
       experiment_id bigint NOT NULL,
       project_id text NOT NULL,
       PRIMARY KEY (dataset_id, experiment_id),
       FOREIGN KEY (project_id, experiment_id) REFERENCES experiments (project_id, id)
     )`,
    `CREATE INDEX evaluation_dataset_experiments_idx ON evaluation_dataset_experiments (project_id, experiment_id)`,
    ...protect('evaluation_dataset_experiments', 'project_id'),
  ],
  down: ['evaluation_dataset_experiments', 'evaluation_dataset_records', 'evaluation_datasets'].map(
    (table) => `DROP TABLE ${table}`,
  ),
})
