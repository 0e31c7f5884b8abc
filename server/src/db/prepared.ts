import { createHash } from 'node:crypto'
import type { Socket } from 'node:net'
import { Client, type ClientConfig } from 'pg'

const names = new Map<string, string>()

/**
 * A statement that is asked so often that each connection plans it once and keeps it. Its name follows from its text, so
 * that servers which share connections through a pooler mean the same by it.
 */
export const prepared = (text: string): string => {
  if (!names.has(text)) names.set(text, `novabrain_${createHash('sha256').update(text).digest('hex').slice(0, 24)}`)
  return text
}

type Query = (...given: readonly unknown[]) => unknown

/** A query by text and values; one that is prepared goes by its name. */
const named = (given: readonly unknown[]): readonly unknown[] => {
  const [text, values, ...rest] = given
  const name = typeof text === 'string' && Array.isArray(values) ? names.get(text) : undefined
  return name === undefined ? given : [{ name, text, values }, ...rest]
}

/** As `pg` answers a statement without rows. */
const begun = { command: 'START', rowCount: null, rows: [] as readonly unknown[] }

/** What `pg` has inside a connection, and does not type. */
interface Wire {
  readonly connection: { readonly stream: Pick<Socket, 'cork' | 'uncork' | 'destroy'> }
}

/**
 * A connection that keeps the plans of the statements that are `prepared`, and sends what it is asked in one turn of the
 * event loop at once: the server works it off in order and answers together. So a transaction begins with its first
 * statements, not a journey before them. Should it not begin, the connection is given up, and with it what was sent after.
 */
export class StatementClient extends Client {
  constructor(config?: string | ClientConfig) {
    super(config)
    // What breaks between two owners concerns neither; without anybody who hears it, it would end the process.
    this.on('error', () => undefined)
    const query = this.query.bind(this) as Query
    const wire = (): Wire['connection']['stream'] => (this as unknown as Wire).connection.stream
    const send: Query = (...given) => {
      const stream = wire()
      stream.cork()
      process.nextTick(() => stream.uncork())
      return query(...named(given))
    }
    const begin = (): Promise<unknown> => {
      void Promise.resolve(send('START TRANSACTION')).catch(() => wire().destroy())
      return Promise.resolve(begun)
    }
    Object.assign(this, { query: (...given: readonly unknown[]) => (isBegin(given) ? begin() : send(...given)) })
  }
}

const isBegin = (given: readonly unknown[]): boolean =>
  given[0] === 'START TRANSACTION' && typeof given[1] !== 'function'
