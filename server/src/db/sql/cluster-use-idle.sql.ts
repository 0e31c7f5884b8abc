/** Running attempts of the projects $2 that have hardly used their GPUs since $1 or before, the longest first. */
export const idleAttempts = `
  SELECT job.id AS "jobId", job.number AS "jobNumber", job.name AS "jobName", project.name AS "projectName",
    job.submitted_by AS "submittedBy", attempt.node_name AS "nodeName", attempt.gpu_idle_since AS since,
    (SELECT coalesce(sum(held.milli), 0)::integer FROM device_allocations held WHERE held.attempt_id = attempt.id) AS "gpuMilli"
  FROM attempts attempt JOIN jobs job ON job.id = attempt.job_id JOIN projects project ON project.id = job.project_id
  WHERE attempt.state = 'running' AND attempt.gpu_idle_since <= $1 AND attempt.project_id = ANY($2)
  ORDER BY attempt.gpu_idle_since, attempt.id LIMIT 100`
