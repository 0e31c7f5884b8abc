import { prepared } from '../prepared.js'
import { ofProject } from './of-project.js'

/**
 * The runs that a batch logs to. $1 project, $2 ids.
 */
export const loggableRuns = prepared(`
  SELECT id, lifecycle_stage AS "lifecycleStage", job_run_id AS "jobRunId", last_seen_at_ms AS "lastSeenAtMs"
  FROM runs WHERE ${ofProject('runs')} AND id = ANY ($2)`)
