import { protect } from '../row-level-security.js'
import { defineMigration } from './define.js'

/**
 * What a member's assistants have used of GPUs since an instant, in all their projects, in thousandths of a GPU ×
 * milliseconds: what ended counts as it was, what has not as the most it may become. A transaction sees the jobs of one
 * project only; this opens the wall for one number of one member.
 */
const usedByAssistants = `
  CREATE FUNCTION used_by_assistants(of_member text, since_at timestamptz) RETURNS bigint LANGUAGE plpgsql AS $$
  DECLARE used bigint; access_before text := current_setting('novabrain.access', true);
  BEGIN
    PERFORM set_config('novabrain.access', 'system', true);
    SELECT coalesce(sum(gpu_count::bigint * gpu_milli *
        CASE WHEN ended_at IS NULL THEN greatest(time_limit_ms, used_run_ms) ELSE used_run_ms END), 0)
      INTO used FROM jobs
      WHERE origin = 'assistant' AND submitted_by_id = of_member AND (ended_at IS NULL OR submitted_at > since_at);
    PERFORM set_config('novabrain.access', access_before, true);
    RETURN used;
  END $$`

/** Who submitted a job, a person or an assistant of theirs; and what an assistant planned, until it is confirmed. */
export const assistantJobs = defineMigration(6, 'AssistantJobs', {
  up: [
    `ALTER TABLE jobs ADD COLUMN origin text NOT NULL DEFAULT 'member'`,
    `ALTER TABLE jobs ALTER COLUMN origin DROP DEFAULT`,
    `CREATE INDEX jobs_assistant_idx ON jobs (submitted_by_id, submitted_at) WHERE origin = 'assistant'`,
    usedByAssistants,
    `CREATE TABLE job_plans (
       id text PRIMARY KEY,
       tenant_id text NOT NULL,
       project_id text NOT NULL,
       member_id text NOT NULL REFERENCES members (id),
       request_digest text NOT NULL,
       secret_hash bytea NOT NULL,
       created_at timestamptz(3) NOT NULL,
       expires_at timestamptz(3) NOT NULL
     )`,
    `CREATE INDEX job_plans_expires_at_idx ON job_plans (expires_at)`,
    ...protect('job_plans', 'project_id'),
  ],
  down: [
    `DROP TABLE job_plans`,
    `DROP FUNCTION used_by_assistants`,
    `DROP INDEX jobs_assistant_idx`,
    `ALTER TABLE jobs DROP COLUMN origin`,
  ],
})
