import { createHash } from 'node:crypto'
import { Client, type ClientConfig } from 'pg'

const names = new Map<string, string>()

/**
 * A statement that is asked so often that each connection plans it once and keeps it. Its name follows from its text, so
 * that servers which share connections through a pooler mean the same by it.
 */
export const prepared = (text: string): string => {
  names.set(text, `novabrain_${createHash('sha256').update(text).digest('hex').slice(0, 24)}`)
  return text
}

type Query = (...given: readonly unknown[]) => unknown

/** A query by text and values; one that is prepared goes by its name. */
const named = (given: readonly unknown[]): readonly unknown[] => {
  const [text, values, ...rest] = given
  const name = typeof text === 'string' && Array.isArray(values) ? names.get(text) : undefined
  return name === undefined ? given : [{ name, text, values }, ...rest]
}

/** A connection that keeps the plans of the statements that are `prepared`. */
export class PlanKeepingClient extends Client {
  constructor(config?: string | ClientConfig) {
    super(config)
    const query = this.query.bind(this) as Query
    Object.assign(this, { query: (...given: readonly unknown[]) => query(...named(given)) })
  }
}
