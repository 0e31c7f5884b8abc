import { protect } from '../row-level-security.js'
import { defineMigration } from './define.js'

/**
 * The model registry: registered models, their versions, and for both tags; aliases that name a version. A model has an
 * id beside its name, so that a new name is one row. A version that is deleted keeps its row, since its number is never
 * given again.
 */
export const modelRegistry = defineMigration(7, 'ModelRegistry', {
  up: [
    `CREATE TABLE registered_models (
       id text PRIMARY KEY,
       project_id text NOT NULL REFERENCES projects (id),
       name text NOT NULL,
       description text,
       created_at_ms bigint NOT NULL,
       updated_at_ms bigint NOT NULL,
       UNIQUE (project_id, name)
     )`,
    ...protect('registered_models', 'project_id'),

    `CREATE TABLE registered_model_tags (
       model_id text NOT NULL REFERENCES registered_models (id) ON DELETE CASCADE,
       key text NOT NULL,
       value text NOT NULL,
       project_id text NOT NULL,
       PRIMARY KEY (model_id, key)
     )`,
    ...protect('registered_model_tags', 'project_id'),

    `CREATE TABLE model_versions (
       model_id text NOT NULL REFERENCES registered_models (id) ON DELETE CASCADE,
       version integer NOT NULL,
       project_id text NOT NULL,
       lifecycle_stage text NOT NULL,
       stage text NOT NULL,
       source text NOT NULL,
       storage_location text NOT NULL,
       run_id text,
       run_link text,
       logged_model_id text,
       description text,
       creator_name text NOT NULL,
       created_at_ms bigint NOT NULL,
       updated_at_ms bigint NOT NULL,
       PRIMARY KEY (model_id, version)
     )`,
    `CREATE INDEX model_versions_newest_idx ON model_versions (project_id, updated_at_ms DESC)`,
    `CREATE INDEX model_versions_run_idx ON model_versions (project_id, run_id) WHERE run_id IS NOT NULL`,
    ...protect('model_versions', 'project_id'),

    `CREATE TABLE model_version_tags (
       model_id text NOT NULL,
       version integer NOT NULL,
       key text NOT NULL,
       value text NOT NULL,
       project_id text NOT NULL,
       PRIMARY KEY (model_id, version, key),
       FOREIGN KEY (model_id, version) REFERENCES model_versions (model_id, version) ON DELETE CASCADE
     )`,
    ...protect('model_version_tags', 'project_id'),

    `CREATE TABLE registered_model_aliases (
       model_id text NOT NULL,
       alias text NOT NULL,
       version integer NOT NULL,
       project_id text NOT NULL,
       PRIMARY KEY (model_id, alias),
       FOREIGN KEY (model_id, version) REFERENCES model_versions (model_id, version) ON DELETE CASCADE
     )`,
    `CREATE INDEX registered_model_aliases_version_idx ON registered_model_aliases (model_id, version)`,
    ...protect('registered_model_aliases', 'project_id'),
  ],
  down: [
    'registered_model_aliases',
    'model_version_tags',
    'model_versions',
    'registered_model_tags',
    'registered_models',
  ].map((table) => `DROP TABLE ${table}`),
})
