/**
 * What became of waits, in the order in which they are given: by job ($1) and the instant from which on it waited ($2), when
 * its next attempt was granted a place, and otherwise when it ended. A job that is gone ended now ($3).
 */
export const schedulingWaits = `
SELECT (extract(epoch FROM (
    SELECT min(attempt.created_at) FROM attempts attempt WHERE attempt.job_id = told.job_id AND attempt.created_at >= told.at
  )) * 1000)::float8 AS "startedAtMs",
  (extract(epoch FROM CASE WHEN job.id IS NULL THEN $3::timestamptz ELSE job.ended_at END) * 1000)::float8 AS "endedAtMs"
FROM unnest($1::text[], $2::timestamptz[]) WITH ORDINALITY AS told (job_id, at, place) LEFT JOIN jobs job ON job.id = told.job_id
ORDER BY told.place`
