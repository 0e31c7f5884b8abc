import { prepared } from '../prepared.js'

/** A sign of life of runs. $1 project, $2 ids, $3 now in milliseconds. */
export const touchRuns = prepared(`
  UPDATE runs SET last_seen_at_ms = greatest(last_seen_at_ms, $3) WHERE project_id = $1 AND id = ANY ($2)`)
