/**
 * Points of one metric of one run as they were logged, ordered as MLflow does. $1 project, $2 run, $3 key, $4 offset,
 * $5 limit (null for none).
 */
export const metricHistory = `
  SELECT p.step, p.timestamp_ms AS "timestampMs", p.value
  FROM run_metrics m JOIN metric_points p ON p.series_id = m.series_id
  WHERE m.project_id = $1 AND m.run_id = $2 AND m.key = $3 AND p.project_id = $1
  ORDER BY p.timestamp_ms, p.step, p.value
  OFFSET $4 LIMIT $5`
