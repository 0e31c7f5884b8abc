import { prepared } from '../prepared.js'

/** Numbered events after $1 and up to $2, whoever's they are, at most $3. */
export const readEvents = prepared(`
  SELECT cursor, at, tenant_id AS "tenantId", project_id AS "projectId", event FROM outbox_events
  WHERE cursor > $1 AND cursor <= $2 ORDER BY cursor LIMIT $3`)

/** The same of one tenant ($4) and project ($5), with those that concern everybody. */
export const readProjectEvents = `
  SELECT cursor, at, tenant_id AS "tenantId", project_id AS "projectId", event FROM outbox_events
  WHERE cursor > $1 AND cursor <= $2
    AND (tenant_id IS NULL OR tenant_id = $4) AND (project_id IS NULL OR project_id = $5)
  ORDER BY cursor LIMIT $3`

/** The highest number given, and the highest forgotten. */
export const readCursors = prepared(`SELECT last_cursor AS last, pruned_cursor AS pruned FROM outbox_cursor`)
