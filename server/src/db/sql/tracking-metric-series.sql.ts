/** Room to sort 200,000 points without the disk; until the transaction ends. */
export const roomForSeries = `SELECT set_config('work_mem', '32MB', true)`

/**
 * One metric for drawing, in at most $6 buckets that hold equally many points each. A bucket shows its last point and
 * the extremes of all its points (numbers only; a bucket of nothing but NaN shows NaN). With no more points than buckets
 * each point is its own. Buckets are made by rank, not by width of steps, since steps may be all equal or far apart.
 * The whole series has its count beside its latest value; only a part of it is counted.
 * $1 project, $2 run, $3 key, $4 first step, $5 last step (null: no bound), $6 buckets.
 */
export const metricSeries = `
  WITH series AS MATERIALIZED (
    SELECT m.series_id, CASE WHEN $4::bigint IS NULL AND $5::bigint IS NULL THEN m.point_count ELSE (
        SELECT count(*) FROM metric_points p WHERE p.series_id = m.series_id
          AND ($4::bigint IS NULL OR p.step >= $4) AND ($5::bigint IS NULL OR p.step <= $5)
      ) END AS total
    FROM run_metrics m WHERE m.project_id = $1 AND m.run_id = $2 AND m.key = $3
  ), points AS (
    SELECT p.step, p.timestamp_ms, p.value, series.total, least($6, series.total) AS buckets,
      row_number() OVER (ORDER BY p.step, p.timestamp_ms, p.value) AS nth
    FROM series JOIN metric_points p ON p.series_id = series.series_id
    WHERE ($4::bigint IS NULL OR p.step >= $4) AND ($5::bigint IS NULL OR p.step <= $5)
  ), placed AS (
    SELECT step, timestamp_ms, value, total, (nth - 1) * buckets / total AS bucket,
      nth * buckets / total > (nth - 1) * buckets / total AS is_last
    FROM points
  )
  SELECT max(step) FILTER (WHERE is_last) AS step,
    max(timestamp_ms) FILTER (WHERE is_last) AS "timestampMs",
    max(value) FILTER (WHERE is_last) AS value,
    coalesce(min(value) FILTER (WHERE value <> 'NaN'), 'NaN') AS low,
    coalesce(max(value) FILTER (WHERE value <> 'NaN'), 'NaN') AS high,
    max(total) AS total
  FROM placed GROUP BY bucket ORDER BY bucket`
