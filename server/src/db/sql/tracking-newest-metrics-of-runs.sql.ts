import { prepared } from '../prepared.js'

/** The $3 metrics of each run that were logged last. $1 project, $2 ids. */
export const newestMetricsOfRuns = prepared(`
  SELECT m.run_id AS "runId", m.key, m.step, m.timestamp_ms AS "timestampMs", m.value, m.point_count AS "pointCount"
  FROM unnest($2::text[]) AS wanted (id)
  CROSS JOIN LATERAL (
    SELECT * FROM run_metrics
    WHERE run_id = wanted.id AND project_id = $1 AND point_count > 0
    ORDER BY timestamp_ms DESC, key LIMIT $3
  ) AS m
  ORDER BY m.run_id, m.key`)
