import { prepared } from '../prepared.js'
import { ofProject } from './of-project.js'

/** The params of runs among the given keys. $1 project; parallel: $2 run ids, $3 keys. */
export const knownParams = prepared(`
  SELECT p.run_id AS "runId", p.key, p.value
  FROM unnest($2::text[], $3::text[]) AS given (run_id, key)
  JOIN run_params p ON p.run_id = given.run_id AND p.key = given.key AND ${ofProject('p')}`)
