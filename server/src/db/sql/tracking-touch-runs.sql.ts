import { prepared } from '../prepared.js'
import { ofProject } from './of-project.js'

/** A sign of life of runs, which are locked in the order of their ids. $1 project, $2 ids, $3 now in milliseconds. */
export const touchRuns = prepared(`
  UPDATE runs SET last_seen_at_ms = greatest(last_seen_at_ms, $3)
  FROM (SELECT id FROM runs WHERE ${ofProject('runs')} AND id = ANY ($2) ORDER BY id FOR NO KEY UPDATE) AS seen
  WHERE runs.id = seen.id AND ${ofProject('runs')}`)
