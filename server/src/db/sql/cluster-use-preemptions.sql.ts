/** Attempts that had to make room, or to shrink for others, from $1 to $2 in the projects $3, the latest first, at most $4; with their number in all. */
export const preemptionsOf = `
  SELECT job.id AS "jobId", job.number AS "jobNumber", job.name AS "jobName", project.name AS "projectName",
    job.submitted_by AS "submittedBy", attempt.ended_at AS at, attempt.preempted_why AS why, other.id AS "forJobId",
    other.number AS "forJobNumber",
    greatest(0, round(extract(epoch FROM attempt.ended_at - coalesce(attempt.started_at, attempt.ended_at)) * 1000))::float8 AS "ranMs",
    (count(*) OVER ())::integer AS total
  FROM attempts attempt JOIN jobs job ON job.id = attempt.job_id JOIN projects project ON project.id = job.project_id
    LEFT JOIN jobs other ON other.id = attempt.preempted_for AND other.project_id = ANY($3)
  WHERE (attempt.state = 'preempted' OR (attempt.state = 'resized' AND attempt.preempted_why = 'shrink'))
    AND attempt.ended_at > $1 AND attempt.ended_at <= $2 AND attempt.project_id = ANY($3)
  ORDER BY attempt.ended_at DESC, attempt.id LIMIT $4`
