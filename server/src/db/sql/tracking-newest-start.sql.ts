/** When the active run that began last began. $1 project, $2 experiment ids. */
export const newestStart = `
  SELECT max(newest.started_at_ms) AS "atMs" FROM unnest($2::bigint[]) AS experiment (id), LATERAL (
    SELECT started_at_ms FROM runs
    WHERE project_id = $1 AND experiment_id = experiment.id AND lifecycle_stage = 'active'
    ORDER BY started_at_ms DESC LIMIT 1
  ) AS newest`
