/**
 * Points of one metric of some runs between two steps (null: no bound), at most $6 a run, spread evenly over its steps
 * with the last one always among them. $1 project, $2 runs, $3 key, $4 first step, $5 last step.
 */
export const metricHistoryRange = `
  SELECT "runId", step, "timestampMs", value FROM (
    SELECT m.run_id AS "runId", p.step, p.timestamp_ms AS "timestampMs", p.value,
      row_number() OVER series AS nth, count(*) OVER (PARTITION BY m.run_id) AS total
    FROM run_metrics m JOIN metric_points p ON p.series_id = m.series_id
    WHERE m.project_id = $1 AND m.run_id = ANY ($2) AND m.key = $3 AND p.project_id = $1
      AND ($4::bigint IS NULL OR p.step >= $4) AND ($5::bigint IS NULL OR p.step <= $5)
    WINDOW series AS (PARTITION BY m.run_id ORDER BY p.step, p.timestamp_ms, p.value)
  ) AS points
  WHERE total <= $6 OR nth * $6 / total > (nth - 1) * $6 / total
  ORDER BY "runId", "timestampMs", step, value`
