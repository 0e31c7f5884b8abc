import { fail, type EventRecord } from '@novabrain/contracts'
import { readCursors, readProjectEvents } from '../../db/sql/read-events.js'
import { systemScope, type Deps, type ProjectScope } from '../../deps.js'
import { recordOf, type NumberedRow } from '../../realtime/records.js'

export type EventService = ReturnType<typeof createEventService>

/** Numbered events of a project, read from the table. */
export const createEventService = ({ database }: Pick<Deps, 'database'>) => {
  const cursors = async (): Promise<{ last: number; pruned: number }> => {
    const [row]: { last: number; pruned: number }[] = await database.transaction(systemScope, (tx) =>
      tx.query(readCursors),
    )
    return { last: Number(row?.last ?? 0), pruned: Number(row?.pruned ?? 0) }
  }
  return {
    /** The highest number given and the highest forgotten. */
    cursors,

    /** Events of a viewer's project after one number and up to another. */
    async between(scope: ProjectScope, after: number, upTo: number, limit: number): Promise<EventRecord[]> {
      const rows: NumberedRow[] = await database.transaction(scope, (tx) =>
        tx.query(readProjectEvents, [after, upTo, limit, scope.tenantId, scope.projectId]),
      )
      return rows.map(recordOf)
    },

    /**
     * A page of events after a cursor, and the cursor to go on from, which passes over the events of others. Errors:
     * `event_cursor_expired` for a cursor from before what is kept, or from a life of the database that is not this one.
     */
    async list(
      scope: ProjectScope,
      { after = 0, limit = 200 }: { after?: number; limit?: number },
    ): Promise<{ items: EventRecord[]; cursor: number }> {
      const { last, pruned } = await cursors()
      if ((after !== 0 && after < pruned) || after > last) return fail('event_cursor_expired')
      const items = await this.between(scope, after, last, limit)
      return { items, cursor: items.length < limit ? last : (items.at(-1)?.cursor ?? last) }
    },

    /** How many committed events wait for their number. */
    async unnumbered(): Promise<number> {
      const [row]: { count: number }[] = await database.transaction(systemScope, (tx) =>
        tx.query('SELECT count(*)::int AS count FROM outbox_events WHERE cursor IS NULL'),
      )
      return row?.count ?? 0
    },
  }
}
