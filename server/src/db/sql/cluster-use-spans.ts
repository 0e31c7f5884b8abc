/**
 * The GPU time that attempts were given between two instants ($1, $2), one row an attempt: from when, to when, how many
 * thousandths of GPUs, and what it was measured to use of them on the mean (`NULL` unmeasured). For the statements on use.
 */
export const gpuSpans = `
  SELECT attempt.id AS attempt_id, attempt.project_id, job.submitted_by, job.id AS job_id, attempt.gpu_sample_count > 0 AS measured,
    extract(epoch FROM greatest(attempt.created_at, $1::timestamptz))::float8 * 1000 AS begin_ms,
    extract(epoch FROM least(coalesce(attempt.ended_at, $2::timestamptz), $2::timestamptz))::float8 * 1000 AS end_ms, given.milli,
    CASE WHEN attempt.gpu_sample_count > 0
      THEN least(given.milli, attempt.gpu_milli_sum::float8 / attempt.gpu_sample_count) END AS busy_milli
  FROM attempts attempt JOIN jobs job ON job.id = attempt.job_id
    CROSS JOIN LATERAL (SELECT sum((device ->> 'milli')::integer) AS milli FROM jsonb_array_elements(attempt.devices) device) given
  WHERE (attempt.ended_at IS NULL OR attempt.ended_at > $1::timestamptz) AND attempt.created_at < $2::timestamptz
    AND given.milli > 0`
