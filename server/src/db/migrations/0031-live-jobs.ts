import { defineMigration } from './define.js'

const live = `state IN ('submitted', 'accepted', 'running')`
const active = `status IN ('queued', 'starting', 'running', 'stopping')`

/**
 * What has not ended is found by having no end, not by its status: then a change of status touches no index, and PostgreSQL
 * writes the new version of the row beside the old one (it keeps room for that) and clears up by itself.
 */
export const liveJobs = defineMigration(31, 'LiveJobs', {
  up: [
    `UPDATE attempts SET ended_at = coalesce(last_seen_at, created_at) WHERE NOT (${live}) AND ended_at IS NULL`,
    `ALTER TABLE attempts ADD CONSTRAINT attempts_end_check CHECK ((${live}) = (ended_at IS NULL))`,
    `ALTER TABLE attempts SET (fillfactor = 70)`,
    `ALTER TABLE jobs SET (fillfactor = 70)`,
    `DROP INDEX attempts_live_idx`,
    `CREATE UNIQUE INDEX attempts_live_idx ON attempts (job_id) WHERE ended_at IS NULL`,
    `CREATE INDEX attempts_node_idx ON attempts (node_id) WHERE ended_at IS NULL`,
    `DROP INDEX jobs_active_idx`,
    `CREATE INDEX jobs_active_idx ON jobs (submitted_at, id) WHERE ended_at IS NULL`,
    `DROP INDEX jobs_history_idx`,
    `CREATE INDEX jobs_history_idx ON jobs (tenant_id, ended_at) WHERE ended_at IS NOT NULL`,
  ],
  down: [
    `DROP INDEX jobs_history_idx`,
    `CREATE INDEX jobs_history_idx ON jobs (tenant_id, ended_at) WHERE status = 'succeeded'`,
    `DROP INDEX jobs_active_idx`,
    `CREATE INDEX jobs_active_idx ON jobs (submitted_at, id) WHERE ${active}`,
    `DROP INDEX attempts_node_idx`,
    `DROP INDEX attempts_live_idx`,
    `CREATE UNIQUE INDEX attempts_live_idx ON attempts (job_id) WHERE ${live}`,
    `ALTER TABLE jobs RESET (fillfactor)`,
    `ALTER TABLE attempts RESET (fillfactor)`,
    `ALTER TABLE attempts DROP CONSTRAINT attempts_end_check`,
  ],
})
