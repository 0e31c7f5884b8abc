import { prepared } from '../prepared.js'

/**
 * The runs that a batch logs to. $1 project, $2 ids.
 */
export const loggableRuns = prepared(`
  SELECT id, lifecycle_stage AS "lifecycleStage", job_run_id AS "jobRunId", last_seen_at_ms AS "lastSeenAtMs"
  FROM runs WHERE project_id = $1 AND id = ANY ($2)`)
