import { gpuSpans } from './cluster-use-spans.js'

/**
 * GPU time from $1 to $2 by project and person, the most first. Of projects that are not among $3 only a sum is told, in a
 * row without names.
 */
export const useByOwner = `
  SELECT span.project_id AS "projectId", project.name AS "projectName",
    CASE WHEN span.project_id IS NULL THEN NULL ELSE span.submitted_by END AS "submittedBy",
    sum(milli * (end_ms - begin_ms))::float8 AS allocated, count(DISTINCT job_id)::integer AS jobs,
    coalesce(sum(milli * (end_ms - begin_ms)) FILTER (WHERE measured), 0)::float8 AS measured,
    coalesce(sum(busy_milli * (end_ms - begin_ms)), 0)::float8 AS busy
  FROM (SELECT CASE WHEN project_id = ANY($3) THEN project_id END AS project_id,
          CASE WHEN project_id = ANY($3) THEN submitted_by END AS submitted_by, job_id, milli, begin_ms, end_ms, measured, busy_milli
        FROM (${gpuSpans}) each) span
    LEFT JOIN projects project ON project.id = span.project_id
  GROUP BY 1, 2, 3 ORDER BY allocated DESC, 1, 3`
