/** What a statement that answers runs selects, from `runs r JOIN experiments e`. */
export const runColumns = `
  r.id, r.tenant_id AS "tenantId", r.project_id AS "projectId", r.experiment_id::text AS "experimentId",
  e.name AS "experimentName", r.name, r.status, r.lifecycle_stage AS "lifecycleStage", r.user_name AS "userName",
  r.started_at_ms AS "startedAtMs", r.ended_at_ms AS "endedAtMs", r.job_id AS "jobId", r.job_run_id AS "jobRunId",
  r.begun_by_attempt_id AS "begunByAttemptId",
  coalesce(e.artifact_location, 'mlflow-artifacts:/' || e.id) || '/' || r.id || '/artifacts' AS "artifactUri"`

/** Where such a statement finds them. */
export const runTables = `runs r JOIN experiments e ON e.project_id = r.project_id AND e.id = r.experiment_id`
