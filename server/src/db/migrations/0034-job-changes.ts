import { defineMigration } from './define.js'

/**
 * Which jobs changed, by the transaction that did it: one job, or (`job_id` null) all of a name by somebody, of whose memory
 * more is known. It speaks of jobs of every tenant, so only the server itself sees it; anybody's changes are noted.
 */
const changes = `CREATE TABLE job_changes (
  xid xid8 NOT NULL DEFAULT pg_current_xact_id(),
  id bigint GENERATED ALWAYS AS IDENTITY,
  job_id text,
  project_id text,
  submitted_by text,
  name text,
  PRIMARY KEY (xid, id))`

/** One row: changes of transactions before this one are forgotten. */
const forgotten = `CREATE TABLE job_changes_forgotten (
  id integer PRIMARY KEY,
  before xid8 NOT NULL)`

const onlyForTheSystem = (table: string, check: string): string[] => [
  `ALTER TABLE ${table} ENABLE ROW LEVEL SECURITY`,
  `ALTER TABLE ${table} FORCE ROW LEVEL SECURITY`,
  `CREATE POLICY ${table}_scope ON ${table}
    USING ((SELECT current_setting('novabrain.access', true)) = 'system') ${check}`,
]

const noteJob = `CREATE FUNCTION job_changes_note_job() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO job_changes (job_id) VALUES (coalesce(NEW.id, OLD.id));
  RETURN NULL;
END $$`

const noteMemory = `CREATE FUNCTION job_changes_note_memory() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO job_changes (project_id, submitted_by, name) VALUES (NEW.project_id, NEW.submitted_by, NEW.name);
  RETURN NULL;
END $$`

/** The scheduler reads what changed, not what there is. */
export const jobChanges = defineMigration(34, 'JobChanges', {
  up: [
    changes,
    ...onlyForTheSystem('job_changes', 'WITH CHECK (true)'),
    forgotten,
    `INSERT INTO job_changes_forgotten (id, before) VALUES (1, '0')`,
    ...onlyForTheSystem('job_changes_forgotten', ''),
    noteJob,
    noteMemory,
    `CREATE TRIGGER jobs_note_new AFTER INSERT OR DELETE ON jobs FOR EACH ROW EXECUTE FUNCTION job_changes_note_job()`,
    `CREATE TRIGGER jobs_note_change AFTER UPDATE ON jobs FOR EACH ROW
      WHEN (NEW.version <> OLD.version) EXECUTE FUNCTION job_changes_note_job()`,
    `CREATE TRIGGER gpu_memory_peaks_note AFTER INSERT OR UPDATE ON gpu_memory_peaks FOR EACH ROW
      EXECUTE FUNCTION job_changes_note_memory()`,
    `CREATE INDEX jobs_sharing_idx ON jobs (project_id, submitted_by, name) WHERE ended_at IS NULL AND gpu_milli < 1000`,
  ],
  down: [
    `DROP INDEX jobs_sharing_idx`,
    `DROP TRIGGER gpu_memory_peaks_note ON gpu_memory_peaks`,
    `DROP TRIGGER jobs_note_change ON jobs`,
    `DROP TRIGGER jobs_note_new ON jobs`,
    `DROP FUNCTION job_changes_note_memory()`,
    `DROP FUNCTION job_changes_note_job()`,
    `DROP TABLE job_changes_forgotten`,
    `DROP TABLE job_changes`,
  ],
})
