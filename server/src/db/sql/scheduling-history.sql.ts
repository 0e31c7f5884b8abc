/**
 * Every job that waited or ran from $1 to $2, in order of submission, at most the latest $3. Instants are milliseconds since
 * $1; what ran before the window is left out of the run time. Of an elastic job it is told how long it would have run with
 * the least it asked for, were work GPUs × time.
 */
export const schedulingHistory = `
  SELECT * FROM (
    SELECT job.id, job.tenant_id AS "tenantId", job.project_id AS "projectId", job.queue_name AS "queueName",
      coalesce(job.submitted_by_id, job.submitted_by) AS owner, job.submitted_by AS "submittedBy", job.name,
      job.priority_class AS "priorityClass", job.status,
      job.gpu_count AS "gpuCount", job.max_gpu_count AS "maxGpuCount", job.gpu_milli AS "gpuMilli", job.gpu_memory_mib AS "gpuMemoryMib",
      job.gpu_model AS "gpuModel", job.cpu_milli AS "cpuMilli", job.memory_mib AS "memoryMib",
      job.predicted_run_ms AS "predictedRunMs",
      greatest(0, round(extract(epoch FROM job.submitted_at - $1::timestamptz) * 1000))::float8 AS "submitMs",
      round(extract(epoch FROM job.ended_at - $1::timestamptz) * 1000)::float8 AS "endMs",
      greatest(0, round(extract(epoch FROM tries.first_start - $1::timestamptz) * 1000))::float8 AS "firstStartMs",
      coalesce(tries.ran_ms, 0)::float8 AS "ranMs", coalesce(tries.preemptions, 0)::integer AS preemptions
    FROM jobs job LEFT JOIN LATERAL (
      SELECT min(coalesce(started_at, created_at)) AS first_start, count(*) FILTER (WHERE state = 'preempted') AS preemptions,
        round(sum(extract(epoch FROM greatest(interval '0', least(coalesce(ended_at, $2::timestamptz), $2::timestamptz)
          - greatest(coalesce(started_at, created_at), $1::timestamptz))) * 1000
          * CASE WHEN job.max_gpu_count IS NULL THEN 1 ELSE jsonb_array_length(devices)::float8 / job.gpu_count END)) AS ran_ms
      FROM attempts WHERE attempts.job_id = job.id AND coalesce(started_at, created_at) < $2::timestamptz) tries ON true
    WHERE job.submitted_at < $2::timestamptz AND (job.ended_at IS NULL OR job.ended_at > $1::timestamptz)
    ORDER BY job.submitted_at DESC, job.id DESC LIMIT $3) latest
  ORDER BY "submitMs", id`
