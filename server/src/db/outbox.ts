import type { Clock, Outbox, Tx } from '../deps.js'
import { prepared } from './prepared.js'
import { lastly, ringAfter } from './transaction-end.js'

/** The channel that wakes the relay when something was committed. */
export const outboxChannel = 'novabrain_outbox'

/** The events of a transaction in their order. $1 a list of them, each with where it belongs and when it was. */
const insertEvents = prepared(`
  INSERT INTO outbox_events (tenant_id, project_id, at, event)
  SELECT kept ->> 'tenantId', kept ->> 'projectId', (kept ->> 'at')::timestamptz, kept -> 'event'
  FROM jsonb_array_elements($1::jsonb) WITH ORDINALITY AS given (kept, place) ORDER BY place`)

/**
 * The outbox in its table. What a transaction appends is written with its commit, so events of one transaction have ids
 * beside each other; the relay is woken after it.
 */
export const createOutbox = (clock: Clock): Outbox => {
  const gathered = new WeakMap<Tx, object[]>()

  const open = (tx: Tx): object[] => {
    const events: object[] = []
    gathered.set(tx, events)
    lastly(tx, 'outbox_events', () => tx.query(insertEvents, [JSON.stringify(events)]))
    ringAfter(tx, outboxChannel)
    return events
  }
  return {
    append(tx, { tenantId, projectId }, event) {
      const events = gathered.get(tx) ?? open(tx)
      events.push({ tenantId, projectId, at: clock.now(), event })
      return Promise.resolve()
    },
  }
}
