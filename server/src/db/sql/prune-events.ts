/** Forget the events up to the newest one older than $1, and remember up to which number that was. */
export const pruneEvents = `
  WITH bound AS (
    SELECT coalesce(max(cursor), 0) AS cursor FROM outbox_events WHERE cursor IS NOT NULL AND at < $1
  ), gone AS (
    DELETE FROM outbox_events USING bound WHERE outbox_events.cursor <= bound.cursor
  )
  UPDATE outbox_cursor SET pruned_cursor = greatest(pruned_cursor, bound.cursor) FROM bound`

/** Forget the answers under idempotency keys older than $1. */
export const pruneIdempotencyKeys = `DELETE FROM idempotency_keys WHERE created_at < $1`
