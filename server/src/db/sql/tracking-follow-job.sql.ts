import { prepared } from '../prepared.js'

/** A run is started by the first word that it runs. $3 status, $4 when it was reached, $5 the end of the run. */
const reach = `
  UPDATE runs SET status = $3, ended_at_ms = $5, last_seen_at_ms = greatest(last_seen_at_ms, $4),
    started_at_ms = CASE WHEN status = 'SCHEDULED' AND $3 = 'RUNNING' THEN $4 ELSE started_at_ms END`

const changed = `
  RETURNING id, tenant_id AS "tenantId", project_id AS "projectId", experiment_id::text AS "experimentId", name, status`

/** The run $2 of a job in project $1 follows its job, unless it is there already. */
export const followJob = prepared(`${reach} WHERE project_id = $1 AND id = $2 AND status <> $3 ${changed}`)

/** So do the open runs that were begun inside the job of run $2. */
export const followJobInside = prepared(
  `${reach} WHERE project_id = $1 AND job_run_id = $2 AND status IN ('RUNNING', 'SCHEDULED') ${changed}`,
)
