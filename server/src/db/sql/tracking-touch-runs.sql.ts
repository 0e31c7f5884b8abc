import { prepared } from '../prepared.js'

/** A sign of life of runs, which are locked in the order of their ids. $1 project, $2 ids, $3 now in milliseconds. */
export const touchRuns = prepared(`
  UPDATE runs SET last_seen_at_ms = greatest(last_seen_at_ms, $3)
  FROM (SELECT id FROM runs WHERE project_id = $1 AND id = ANY ($2) ORDER BY id FOR NO KEY UPDATE) AS seen
  WHERE runs.id = seen.id AND runs.project_id = $1`)
