import { prepared } from '../prepared.js'
import { ofProject } from './of-project.js'

/** The series of metrics that are begun already, with their latest values. $1 project; parallel: $2 run ids, $3 keys. */
export const findSeries = prepared(`
  SELECT m.run_id AS "runId", m.key, m.series_id AS "seriesId",
    m.step, m.timestamp_ms AS "timestampMs", m.value, m.point_count AS "pointCount"
  FROM unnest($2::text[], $3::text[]) AS given (run_id, key)
  JOIN run_metrics m ON m.run_id = given.run_id AND m.key = given.key AND ${ofProject('m')}`)

/** Begin the series of metrics that are new to their runs. $1 project; parallel: $2 run ids, $3 keys. */
export const openSeries = `
  INSERT INTO run_metrics (run_id, key, step, timestamp_ms, value, point_count, project_id)
  SELECT new.run_id, new.key, 0, 0, 0, 0, $1 FROM unnest($2::text[], $3::text[]) AS new (run_id, key)
  ORDER BY new.run_id, new.key
  ON CONFLICT DO NOTHING`
