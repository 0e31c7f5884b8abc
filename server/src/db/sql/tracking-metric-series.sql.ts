import { piecePoints } from '../../core/tracking/tail.js'

/** Room to sort 200,000 points without the disk; until the transaction ends. */
export const roomForSeries = `SELECT set_config('work_mem', '32MB', true)`

const inRange = (column: string): string =>
  `($4::bigint IS NULL OR ${column} >= $4) AND ($5::bigint IS NULL OR ${column} <= $5)`

const points = (condition: string): string => `
    SELECT p.step, p.timestamp_ms, p.value, p.value AS low, p.value AS high, 1 AS point_count
    FROM series JOIN metric_points p ON p.series_id = series.series_id CROSS JOIN covered
    WHERE ${inRange('p.step')} AND ${condition}`

/**
 * One metric for drawing, in at most $6 buckets that hold about equally many points each. A bucket shows its last point and
 * the extremes of all its points (numbers only; a bucket of nothing but NaN shows NaN). With no more points than buckets
 * each point is its own. Buckets are made by rank, not by width of steps, since steps may be all equal or far apart.
 * Where blocks lie within the range their pieces stand for their points, so that a bucket may end up to a piece later than
 * its share; before the first and after the last of them the points themselves are read. Answers also, in each row, how
 * many points the range has, the series, and how many of its points are in no block.
 * $1 project, $2 run, $3 key, $4 first step, $5 last step (null: no bound), $6 buckets.
 */
export const metricSeries = `
  WITH series AS MATERIALIZED (
    SELECT m.series_id, m.point_count - m.summarised_count AS behind
    FROM run_metrics m WHERE m.project_id = $1 AND m.run_id = $2 AND m.key = $3
  ), blocks AS MATERIALIZED (
    SELECT b.* FROM series JOIN metric_blocks b ON b.series_id = series.series_id
    WHERE ${inRange('b.first_step')} AND ${inRange('b.last_step')}
  ), covered AS MATERIALIZED (
    SELECT opening.first_step, opening.first_timestamp_ms, opening.first_value,
      ending.last_step, ending.last_timestamp_ms, ending.last_value
    FROM (SELECT 1) AS always
    LEFT JOIN (SELECT * FROM blocks ORDER BY first_step, first_timestamp_ms, first_value LIMIT 1) AS opening ON true
    LEFT JOIN (SELECT * FROM blocks ORDER BY first_step DESC, first_timestamp_ms DESC, first_value DESC LIMIT 1) AS ending
      ON true
  ), pieces AS (
    SELECT piece.step, piece.timestamp_ms, piece.value, piece.low, piece.high, ${String(piecePoints)} AS point_count
    FROM blocks b, unnest(b.steps, b.timestamps_ms, b.values, b.lows, b.highs)
      AS piece (step, timestamp_ms, value, low, high)
    UNION ALL ${points('covered.first_step IS NULL')}
    UNION ALL ${points('(p.step, p.timestamp_ms, p.value) < (covered.first_step, covered.first_timestamp_ms, covered.first_value)')}
    UNION ALL ${points('(p.step, p.timestamp_ms, p.value) > (covered.last_step, covered.last_timestamp_ms, covered.last_value)')}
  ), placed AS (
    SELECT step, timestamp_ms, value, low, high, sum(point_count) OVER () AS total,
      sum(point_count) OVER (ORDER BY step, timestamp_ms, value ROWS UNBOUNDED PRECEDING) AS nth
    FROM pieces
  ), buckets AS (
    SELECT *, (nth - 1) * least($6::bigint, total) / total AS bucket FROM placed
  ), ended AS (
    SELECT *, lead(bucket) OVER (ORDER BY step, timestamp_ms, value) IS DISTINCT FROM bucket AS is_last FROM buckets
  )
  SELECT max(step) FILTER (WHERE is_last) AS step,
    max(timestamp_ms) FILTER (WHERE is_last) AS "timestampMs",
    max(value) FILTER (WHERE is_last) AS value,
    coalesce(min(low) FILTER (WHERE low <> 'NaN'), 'NaN') AS low,
    coalesce(max(high) FILTER (WHERE high <> 'NaN'), 'NaN') AS high,
    max(total) AS total, (SELECT series_id FROM series) AS "seriesId", (SELECT behind FROM series) AS behind
  FROM ended GROUP BY bucket ORDER BY bucket`
