/** Milliseconds since $1. */
const msOf = (instant: string): string =>
  `(date_part('epoch', ${instant}) * 1000 - (SELECT date_part('epoch', $1::timestamptz) * 1000))`

const sums = (amount: string): string => `
      sum(milli * ${amount}) AS allocated, coalesce(sum(milli * ${amount}) FILTER (WHERE measured), 0) AS measured,
      coalesce(sum(busy_milli * ${amount}), 0) AS busy`

/**
 * GPU time from $1 to $2, in thousandths of a GPU × milliseconds: what was given, what of it was measured, and what was
 * measured to be used; the attempts of that time are read once. In one row, as JSON: `overTime` by steps of $3 milliseconds,
 * those without any left out, and `byOwner` by project and person, the most first. Of projects that are not among $4 only a
 * sum is told there, without names. What lies within one step, as most does, is in no series of steps.
 */
export const useSums = `
  WITH span AS MATERIALIZED (
    SELECT attempt.project_id, attempt.job_id, attempt.gpu_sample_count > 0 AS measured, given.milli,
      ${msOf('greatest(attempt.created_at, $1::timestamptz)')} AS begin_ms,
      ${msOf('least(coalesce(attempt.ended_at, $2::timestamptz), $2::timestamptz)')} AS end_ms,
      CASE WHEN attempt.gpu_sample_count > 0
        THEN least(given.milli, attempt.gpu_milli_sum::float8 / attempt.gpu_sample_count) END AS busy_milli
    FROM attempts attempt
      CROSS JOIN LATERAL (SELECT sum((device ->> 'milli')::integer)::float8 AS milli FROM jsonb_array_elements(attempt.devices) device) given
    WHERE (attempt.ended_at IS NULL OR attempt.ended_at > $1::timestamptz) AND attempt.created_at < $2::timestamptz
      AND given.milli > 0
  ), placed AS (
    SELECT *, floor(begin_ms / $3::float8)::integer AS first_step, ceil(end_ms / $3::float8)::integer - 1 AS last_step FROM span
  ), part AS (
    SELECT first_step AS step, milli, measured, busy_milli, end_ms - begin_ms AS took FROM placed WHERE first_step = last_step
    UNION ALL
    SELECT step, milli, measured, busy_milli,
      least(end_ms, (step + 1) * $3::float8) - greatest(begin_ms, step * $3::float8) AS took
    FROM placed CROSS JOIN LATERAL generate_series(first_step, last_step) step WHERE first_step < last_step
  ), over_time AS (
    SELECT step, ${sums('took')} FROM part GROUP BY step
  ), by_job AS (
    SELECT project_id, job_id, ${sums('(end_ms - begin_ms)')} FROM span GROUP BY project_id, job_id
  ), by_owner AS (
    SELECT told.project_id AS "projectId", project.name AS "projectName",
      CASE WHEN told.project_id IS NOT NULL THEN job.submitted_by END AS "submittedBy",
      sum(by_job.allocated) AS allocated, count(*)::integer AS jobs, sum(by_job.measured) AS measured, sum(by_job.busy) AS busy
    FROM by_job JOIN jobs job ON job.id = by_job.job_id
      CROSS JOIN LATERAL (SELECT CASE WHEN by_job.project_id = ANY($4) THEN by_job.project_id END AS project_id) told
      LEFT JOIN projects project ON project.id = told.project_id
    GROUP BY 1, 2, 3
  )
  SELECT (SELECT coalesce(json_agg(over_time ORDER BY step), '[]') FROM over_time) AS "overTime",
    (SELECT coalesce(json_agg(by_owner ORDER BY allocated DESC, "projectId", "submittedBy"), '[]') FROM by_owner) AS "byOwner"`

/** Room for the sums over a hundred thousand attempts without the disk; until the transaction ends. */
export const roomForSums = `SELECT set_config('work_mem', '64MB', true)`
