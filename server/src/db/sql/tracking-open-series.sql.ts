/** Begin the series of metrics that are new to their runs. $1 project; parallel: $2 run ids, $3 keys. */
export const openSeries = `
  INSERT INTO run_metrics (run_id, key, step, timestamp_ms, value, point_count, project_id)
  SELECT new.run_id, new.key, 0, 0, 0, 0, $1
  FROM (SELECT DISTINCT run_id, key FROM unnest($2::text[], $3::text[]) AS given (run_id, key)) AS new
  WHERE NOT EXISTS (SELECT 1 FROM run_metrics m WHERE m.run_id = new.run_id AND m.key = new.key)
  ORDER BY new.run_id, new.key
  ON CONFLICT DO NOTHING`
