import { prepared } from '../prepared.js'
import { ofProject } from './of-project.js'

const newer = `m.point_count = 0
    OR (extent.last_step, extent.last_timestamp_ms, extent.last_value) > (m.step, m.timestamp_ms, m.value)`

const growth = `m.point_count, m.summarised_count,
    m.summarised_count > 0 AND (extent.first_step, extent.first_timestamp_ms, extent.first_value)
      <= (m.summarised_step, m.summarised_timestamp_ms, m.summarised_value) AS late`

/** Side by side in the list of what is selected: as a table, PostgreSQL would first lay each array down as one. */
const given = `
    SELECT unnest($2::bigint[]), unnest($3::bigint[]), unnest($4::bigint[]), unnest($5::double precision[]), $1`

const extents = `unnest($6::bigint[], $7::bigint[], $8::bigint[], $9::double precision[],
      $10::bigint[], $11::bigint[], $12::double precision[], $13::bigint[])
    AS extent (series_id, first_step, first_timestamp_ms, first_value, last_step, last_timestamp_ms, last_value, point_count)`

const latest = `
    step = CASE WHEN ${newer} THEN extent.last_step ELSE m.step END,
    timestamp_ms = CASE WHEN ${newer} THEN extent.last_timestamp_ms ELSE m.timestamp_ms END,
    value = CASE WHEN ${newer} THEN extent.last_value ELSE m.value END`

/**
 * Add points and bring the latest values up to date, in one statement. A point that is known already is left alone
 * and not counted. The latest is the one with the greatest (step, timestamp, value), as in MLflow. Answers for each series
 * that grew how many points it has, how many of them are in blocks, and whether a point came late, among those; all are
 * null when there is no such series.
 * $1 project; parallel, a point each: $2 series, $3 steps, $4 timestamps in milliseconds, $5 values; parallel, a series each:
 * $6 series, $7 step, $8 timestamp and $9 value of its first point, $10 step, $11 timestamp and $12 value of its last, $13
 * how many points it is given.
 */
export const addPoints = prepared(`
  WITH added AS (
    INSERT INTO metric_points (series_id, step, timestamp_ms, value, project_id) ${given}
    ON CONFLICT DO NOTHING
    RETURNING series_id
  ), counted AS (
    SELECT series_id, count(*) AS point_count FROM added GROUP BY series_id
  ), grown AS (
  UPDATE run_metrics m SET point_count = m.point_count + counted.point_count, ${latest}
  FROM counted JOIN ${extents} ON extent.series_id = counted.series_id
  WHERE m.series_id = counted.series_id AND ${ofProject('m')}
  RETURNING m.series_id, ${growth}
  )
  SELECT series_id AS "seriesId", grown.point_count AS "pointCount",
    grown.summarised_count AS "toldCount", grown.late FROM counted LEFT JOIN grown USING (series_id)`)

/**
 * The same for points that are new, all of them, which takes a quarter less: nothing is looked up before it is written, and
 * nothing counted. One that is known already fails the statement.
 */
export const appendPoints = prepared(`
  WITH added AS (
    INSERT INTO metric_points (series_id, step, timestamp_ms, value, project_id) ${given}
  ), grown AS (
  UPDATE run_metrics m SET point_count = m.point_count + extent.point_count, ${latest}
  FROM ${extents}
  WHERE m.series_id = extent.series_id AND ${ofProject('m')}
  RETURNING m.series_id, ${growth}
  )
  SELECT extent.series_id AS "seriesId", grown.point_count AS "pointCount",
    grown.summarised_count AS "toldCount", grown.late FROM ${extents} LEFT JOIN grown USING (series_id)`)
