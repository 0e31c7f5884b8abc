import { protect } from '../row-level-security.js'
import { defineMigration } from './define.js'

/**
 * Where imported histories come from, and what became of each of their entities: which row here it is, and (once it was
 * found whole) what it looked like at its source. A repeat is known by it.
 */
export const imports = defineMigration(8, 'Imports', {
  up: [
    `CREATE TABLE imports (
       id text PRIMARY KEY,
       project_id text NOT NULL REFERENCES projects (id),
       source text NOT NULL,
       label text NOT NULL,
       created_at_ms bigint NOT NULL,
       UNIQUE (project_id, source)
     )`,
    ...protect('imports', 'project_id'),

    `CREATE TABLE imported_entities (
       import_id text NOT NULL REFERENCES imports (id),
       kind text NOT NULL,
       source_id text NOT NULL,
       target_id text NOT NULL,
       mark text,
       digest jsonb,
       project_id text NOT NULL,
       PRIMARY KEY (import_id, kind, source_id)
     )`,
    ...protect('imported_entities', 'project_id'),
  ],
  down: ['imported_entities', 'imports'].map((table) => `DROP TABLE ${table}`),
})
