/**
 * Metrics that name the logged model they measure. $1 project; parallel: $2 model ids, $3 run ids, $4 keys, $5 steps,
 * $6 timestamps in milliseconds, $7 values, $8 names and $9 digests of datasets.
 */
export const addModelMetrics = `
  INSERT INTO logged_model_metrics
    (model_id, run_id, key, step, timestamp_ms, value, dataset_name, dataset_digest, project_id)
  SELECT given.model_id, given.run_id, given.key, given.step, given.timestamp_ms, given.value,
    given.dataset_name, given.dataset_digest, $1
  FROM unnest($2::text[], $3::text[], $4::text[], $5::bigint[], $6::bigint[], $7::double precision[], $8::text[], $9::text[])
    AS given (model_id, run_id, key, step, timestamp_ms, value, dataset_name, dataset_digest)
  JOIN logged_models model ON model.id = given.model_id AND model.project_id = $1
  ON CONFLICT DO NOTHING`
