/** The latest value of each metric of runs. $1 project, $2 ids. */
export const metricsOfRuns = `
  SELECT run_id AS "runId", key, step, timestamp_ms AS "timestampMs", value, point_count AS "pointCount"
  FROM run_metrics WHERE project_id = $1 AND run_id = ANY ($2) AND point_count > 0 ORDER BY run_id, key`
