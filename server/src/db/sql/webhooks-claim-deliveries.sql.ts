/**
 * Take messages that are due, of each webhook the oldest alone, so that a receiver that does not answer holds up nobody else. What
 * was taken is due again at `$4`: should its server end before it says what became of it, another takes it then.
 * `$1` now, `$2` webhooks that have one under way, `$3` how many.
 */
export const claimDeliveries = `
  WITH due AS (
    SELECT d.id FROM webhooks w
    CROSS JOIN LATERAL (
      SELECT id FROM webhook_deliveries WHERE webhook_id = w.id AND next_at_ms <= $1
      ORDER BY next_at_ms, id LIMIT 1 FOR UPDATE SKIP LOCKED
    ) d
    WHERE NOT w.id = ANY ($2::text[]) LIMIT $3
  )
  UPDATE webhook_deliveries m SET tries = m.tries + 1, next_at_ms = $4
  FROM due JOIN webhook_deliveries taken ON taken.id = due.id JOIN webhooks w ON w.id = taken.webhook_id
  WHERE m.id = due.id
  RETURNING m.id, m.webhook_id AS "webhookId", m.body, m.tries, w.url, w.secret`
