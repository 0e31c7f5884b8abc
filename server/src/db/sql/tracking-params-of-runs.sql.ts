/** The params of runs. $1 project, $2 ids. */
export const paramsOfRuns = `
  SELECT run_id AS "runId", key, value FROM run_params
  WHERE project_id = $1 AND run_id = ANY ($2) ORDER BY run_id, key`
