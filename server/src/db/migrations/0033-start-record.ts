import { defineMigration } from './define.js'

/**
 * One row: how estimated starts are moved by how earlier ones went, and what was told to whom of which that is not yet known.
 * It speaks of jobs of every tenant, so only the server itself sees it.
 */
const record = `CREATE TABLE start_record (
  id integer PRIMARY KEY,
  correction jsonb NOT NULL,
  tellings jsonb NOT NULL,
  usual double precision NOT NULL,
  asked_at timestamptz(3) NOT NULL)`

/** What became of the starts that were foretold. */
export const startRecord = defineMigration(33, 'StartRecord', {
  up: [
    record,
    `ALTER TABLE start_record ENABLE ROW LEVEL SECURITY`,
    `ALTER TABLE start_record FORCE ROW LEVEL SECURITY`,
    `CREATE POLICY start_record_scope ON start_record USING (current_setting('novabrain.access', true) = 'system')`,
  ],
  down: [`DROP TABLE start_record`],
})
