import type { FramedEvent } from './records.js'

/** The latest events in memory, so that a thousand clients that come back at once do not each ask the database. */
export interface RecentEvents {
  add(events: readonly FramedEvent[]): void
  /** Up to `limit` events after a number, or `null` if one of them may have been let go. */
  after(cursor: number, limit: number): readonly FramedEvent[] | null
}

/** Keep as many of the latest events as fit in `maxCharacters`; before `start` nothing is known. */
export const createRecentEvents = (start: number, maxCharacters: number): RecentEvents => {
  let events: FramedEvent[] = []
  let characters = 0
  let completeAfter = start
  return {
    add(more) {
      events.push(...more)
      characters += more.reduce((sum, { frame }) => sum + frame.length, 0)
      let gone = 0
      for (; characters > maxCharacters && gone < events.length; gone += 1) {
        characters -= events[gone]?.frame.length ?? 0
        completeAfter = events[gone]?.cursor ?? completeAfter
      }
      if (gone > 0) events = events.slice(gone)
    },
    after(cursor, limit) {
      if (cursor < completeAfter) return null
      const first = events.findIndex((event) => event.cursor > cursor)
      return first === -1 ? [] : events.slice(first, first + limit)
    },
  }
}
