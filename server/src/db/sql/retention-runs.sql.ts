/**
 * Runs whose time is over, the longest deleted first, held. Those somebody holds are left for the next time, and so is the
 * run of a job that has not ended. $1 deleted before, milliseconds; $2 how many; $3 those to leave out.
 */
export const overdueRuns = `
  SELECT r.id, r.tenant_id AS "tenantId", r.project_id AS "projectId", r.experiment_id::text AS "experimentId", r.name,
    r.deleted_at_ms AS "deletedAtMs"
  FROM runs r
  WHERE r.lifecycle_stage = 'deleted' AND r.deleted_at_ms <= $1 AND r.id <> ALL ($3::text[])
    AND NOT EXISTS (SELECT FROM jobs j WHERE j.id = r.job_id AND j.ended_at IS NULL)
  ORDER BY r.deleted_at_ms, r.id LIMIT $2 FOR UPDATE OF r SKIP LOCKED`

/** The points are left to `purgeSeries`. $1 runs. */
export const leaveSeries = `
  WITH gone AS (DELETE FROM run_metrics WHERE run_id = ANY ($1) RETURNING series_id, project_id)
  INSERT INTO purged_series (series_id, project_id) SELECT series_id, project_id FROM gone ON CONFLICT DO NOTHING`

/** All that hangs on runs beside metrics and files, and the runs. $1 runs. */
export const forgetRuns: readonly string[] = [
  ...['run_params', 'run_tags', 'run_datasets', 'run_models'].map(
    (table) => `DELETE FROM ${table} WHERE run_id = ANY ($1)`,
  ),
  `DELETE FROM trace_links l USING runs r
   WHERE r.id = ANY ($1) AND l.project_id = r.project_id AND l.kind = 'run' AND l.target = r.id`,
  `DELETE FROM imported_entities i USING runs r
   WHERE r.id = ANY ($1) AND i.project_id = r.project_id AND i.kind = 'run' AND i.target_id = r.id`,
  `DELETE FROM runs WHERE id = ANY ($1)`,
]

/** A piece of the points of a series that is gone; how many it had is told. $1 series, $2 how many. */
export const purgePoints = `
  DELETE FROM metric_points WHERE ctid = ANY (ARRAY(
    SELECT ctid FROM metric_points WHERE series_id = $1 LIMIT $2))`
