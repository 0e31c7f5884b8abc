/** Runs outside jobs that were last seen before $1 (milliseconds) end as FAILED; at most 500 at a time. */
export const expireRuns = `
  UPDATE runs SET status = 'FAILED', ended_at_ms = greatest(last_seen_at_ms, started_at_ms)
  WHERE id IN (
    SELECT id FROM runs
    WHERE status = 'RUNNING' AND job_id IS NULL AND last_seen_at_ms < $1
    ORDER BY id LIMIT 500 FOR UPDATE SKIP LOCKED)
  RETURNING id, tenant_id AS "tenantId", project_id AS "projectId", experiment_id::text AS "experimentId", name, status`
