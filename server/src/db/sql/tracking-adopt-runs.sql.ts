/**
 * Take over runs as they were elsewhere; an id that is there already is left alone. A run that is not over is never called
 * silent: its program reports elsewhere. $1 tenant, $2 project; parallel: $3 ids, $4 experiment ids, $5 names, $6 statuses,
 * $7 lifecycle stages, $8 names of users, $9 starts and $10 ends in milliseconds; $11 now. Answers the new ids.
 */
export const adoptRuns = `
  INSERT INTO runs (id, tenant_id, project_id, experiment_id, name, status, lifecycle_stage, user_name,
    started_at_ms, ended_at_ms, deleted_at_ms, last_seen_at_ms)
  SELECT given.id, $1, $2, given.experiment_id, given.name, given.status, given.stage, given.user_name,
    given.started_at_ms, given.ended_at_ms, CASE WHEN given.stage = 'deleted' THEN $11::bigint END,
    CASE WHEN given.status IN ('RUNNING', 'SCHEDULED') THEN 9007199254740991 ELSE $11::bigint END
  FROM unnest($3::text[], $4::bigint[], $5::text[], $6::text[], $7::text[], $8::text[], $9::bigint[], $10::bigint[])
    AS given (id, experiment_id, name, status, stage, user_name, started_at_ms, ended_at_ms)
  ON CONFLICT DO NOTHING
  RETURNING id`

/** Bring runs that were taken over up to date; the parameters are those of `adoptRuns`. */
export const readoptRuns = `
  UPDATE runs r SET name = given.name, status = given.status, lifecycle_stage = given.stage,
    user_name = given.user_name, started_at_ms = given.started_at_ms, ended_at_ms = given.ended_at_ms,
    deleted_at_ms = CASE WHEN given.stage = 'deleted' THEN coalesce(r.deleted_at_ms, $11::bigint) END
  FROM unnest($3::text[], $4::bigint[], $5::text[], $6::text[], $7::text[], $8::text[], $9::bigint[], $10::bigint[])
    AS given (id, experiment_id, name, status, stage, user_name, started_at_ms, ended_at_ms)
  WHERE r.id = given.id AND r.project_id = $2 AND r.tenant_id = $1`
