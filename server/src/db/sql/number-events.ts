import { prepared } from '../prepared.js'

/**
 * Give the next numbers to committed events that have none, in the order of their ids, without gaps: the counter's row
 * and the events' change in one statement. Only the holder of the relay's lock runs it. Answers how many it numbered.
 */
export const numberEvents = prepared(`
  WITH waiting AS (
    SELECT id, row_number() OVER (ORDER BY id) AS place
    FROM (SELECT id FROM outbox_events WHERE cursor IS NULL ORDER BY id LIMIT 1000) AS first
  ), counter AS (
    UPDATE outbox_cursor SET last_cursor = last_cursor + (SELECT count(*) FROM waiting)
    WHERE EXISTS (SELECT FROM waiting)
    RETURNING last_cursor - (SELECT count(*) FROM waiting) AS before
  ), numbered AS (
    UPDATE outbox_events AS e SET cursor = counter.before + waiting.place
    FROM waiting, counter WHERE e.id = waiting.id
    RETURNING 1
  )
  SELECT count(*)::int AS count FROM numbered`)
