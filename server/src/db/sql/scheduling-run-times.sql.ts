/**
 * Jobs that succeeded after an instant ($1), of every tenant the newest ($2), oldest first: how long they ran and what they
 * have in common with others. Each tenant is read along the index of its history.
 */
export const schedulingRunTimes = `
SELECT past.*
FROM tenants tenant CROSS JOIN LATERAL (
  SELECT job.id, job.tenant_id AS "tenantId", coalesce(job.submitted_by_id, job.submitted_by) AS owner, job.name,
    job.task ->> 'path' AS script, md5(job.task ->> 'arguments') AS arguments, job.gpu_count AS "gpuCount",
    job.used_run_ms::float8 AS "runMs", extract(epoch FROM job.ended_at)::float8 * 1000 AS "endedAtMs"
  FROM jobs job
  WHERE job.tenant_id = tenant.id AND job.status = 'succeeded' AND job.ended_at > $1
  ORDER BY job.ended_at DESC LIMIT $2) past
ORDER BY past."endedAtMs", past.id`
