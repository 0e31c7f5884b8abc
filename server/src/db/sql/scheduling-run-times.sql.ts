/**
 * Jobs that succeeded after an instant ($1), of every tenant the newest ($2), oldest first: how long they ran and what they
 * have in common with others. Each tenant is read along the index of its history. Of an elastic job it is told how long
 * it would have run with the least it asked for, were work GPUs × time.
 */
export const schedulingRunTimes = `
SELECT past.*
FROM tenants tenant CROSS JOIN LATERAL (
  SELECT job.id, job.tenant_id AS "tenantId", coalesce(job.submitted_by_id, job.submitted_by) AS owner, job.name,
    job.task ->> 'path' AS script, md5(job.task ->> 'arguments') AS arguments, job.gpu_count AS "gpuCount",
    CASE WHEN job.max_gpu_count IS NULL THEN job.used_run_ms ELSE (
      SELECT coalesce(round(sum(extract(epoch FROM attempt.ended_at - attempt.started_at) * 1000
        * jsonb_array_length(attempt.devices)) / job.gpu_count), 0)
      FROM attempts attempt WHERE attempt.job_id = job.id AND attempt.state IN ('resized', 'preempted', 'succeeded'))
    END::float8 AS "runMs", extract(epoch FROM job.ended_at)::float8 * 1000 AS "endedAtMs"
  FROM jobs job
  WHERE job.tenant_id = tenant.id AND job.status = 'succeeded' AND job.ended_at > $1
  ORDER BY job.ended_at DESC LIMIT $2) past
ORDER BY past."endedAtMs", past.id`
