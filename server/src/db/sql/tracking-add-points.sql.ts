const newer = `m.point_count = 0 OR (latest.step, latest.timestamp_ms, latest.value) > (m.step, m.timestamp_ms, m.value)`

/**
 * Append points and bring the latest values up to date, in one statement. A point that is known already is left alone
 * and not counted. The latest is the one with the greatest (step, timestamp, value), as in MLflow. Answers for each series
 * how many of its points are in no block, and whether a point came late, among those that are.
 * $1 project; parallel: $2 run ids, $3 keys, $4 steps, $5 timestamps in milliseconds, $6 values.
 */
export const addPoints = `
  WITH added AS (
    INSERT INTO metric_points (series_id, step, timestamp_ms, value, project_id)
    SELECT m.series_id, given.step, given.timestamp_ms, given.value, $1
    FROM unnest($2::text[], $3::text[], $4::bigint[], $5::bigint[], $6::double precision[])
      AS given (run_id, key, step, timestamp_ms, value)
    JOIN run_metrics m ON m.run_id = given.run_id AND m.key = given.key
    ON CONFLICT DO NOTHING
    RETURNING series_id, step, timestamp_ms, value
  ), latest AS (
    SELECT DISTINCT ON (series_id) series_id, step, timestamp_ms, value,
      count(*) OVER (PARTITION BY series_id) AS point_count, first_value(step) OVER points AS first_step,
      first_value(timestamp_ms) OVER points AS first_timestamp_ms, first_value(value) OVER points AS first_value
    FROM added WINDOW points AS (PARTITION BY series_id ORDER BY step, timestamp_ms, value)
    ORDER BY series_id, step DESC, timestamp_ms DESC, value DESC
  )
  UPDATE run_metrics m SET
    point_count = m.point_count + latest.point_count,
    step = CASE WHEN ${newer} THEN latest.step ELSE m.step END,
    timestamp_ms = CASE WHEN ${newer} THEN latest.timestamp_ms ELSE m.timestamp_ms END,
    value = CASE WHEN ${newer} THEN latest.value ELSE m.value END
  FROM latest WHERE m.series_id = latest.series_id
  RETURNING m.series_id AS "seriesId", m.point_count - m.summarised_count AS "behind", m.summary_losses AS "losses",
    m.summarised_count > 0 AND (latest.first_step, latest.first_timestamp_ms, latest.first_value)
      <= (m.summarised_step, m.summarised_timestamp_ms, m.summarised_value) AS "late"`
