import { prepared } from '../prepared.js'

/**
 * Keep params; one that is known keeps its first value. Answers the values that hold now.
 * $1 project; parallel: $2 run ids, $3 keys, $4 values; no (run, key) twice.
 */
export const addParams = prepared(`
  INSERT INTO run_params (run_id, key, value, project_id)
  SELECT given.run_id, given.key, given.value, $1
  FROM unnest($2::text[], $3::text[], $4::text[]) AS given (run_id, key, value)
  ORDER BY given.run_id, given.key
  ON CONFLICT (run_id, key) DO UPDATE SET value = run_params.value
  RETURNING run_id AS "runId", key, value`)
