import type { Clock, Outbox } from '../deps.js'
import { prepared } from './prepared.js'

/** The channel that wakes the relay when something was committed. */
export const outboxChannel = 'novabrain_outbox'

const insertEvent = prepared(`
  WITH kept AS (INSERT INTO outbox_events (tenant_id, project_id, at, event) VALUES ($1, $2, $3, $4) RETURNING at)
  SELECT pg_notify('${outboxChannel}', '') FROM kept`)

/** The outbox in its table. PostgreSQL delivers the wake-up only when the transaction commits. */
export const createOutbox = (clock: Clock): Outbox => ({
  async append(tx, scope, event) {
    await tx.query(insertEvent, [scope.tenantId, scope.projectId, clock.now(), JSON.stringify(event)])
  },
})
