import type { EntitySchema } from 'typeorm'
import type { Tx } from '../deps.js'
import { snakeCase } from './naming.js'
import { prepared } from './prepared.js'

/** Rows of an entity whose statements each connection plans once: for the tables that every job goes through. */
export interface Rows<T> {
  /** The columns of a select list, by the names of the code; of a table that goes by another name there. */
  columns(alias?: string): string
  /** What such a select list answered. */
  read(found: readonly unknown[]): T[]
  insert(tx: Tx, row: T): Promise<void>
  /** Change these columns of the row with that id. */
  update(tx: Tx, id: string, patch: Partial<T>): Promise<void>
}

type Row = Record<string, unknown>

/** Opens the rows of an entity whose key is `id`. */
export const rowsOf = <T extends object>({ options }: EntitySchema<T>): Rows<T> => {
  const table = options.tableName ?? options.name
  const columns = Object.entries(options.columns) as [string, { readonly type?: unknown }][]
  const keys = columns.map(([key]) => key)
  const keysOf = (type: string) => columns.filter(([, column]) => column.type === type).map(([key]) => key)
  const instants = keysOf('timestamptz')
  const documents = new Set(keysOf('jsonb'))
  const statements = new Map<string, string>()

  const valueOf = (row: Row, key: string): unknown => {
    const value = row[key] ?? null
    return value !== null && documents.has(key) ? JSON.stringify(value) : value
  }
  const insert = prepared(
    `INSERT INTO ${table} (${keys.map(snakeCase).join(', ')}) VALUES (${keys.map((_, at) => `$${String(at + 1)}`).join(', ')})`,
  )
  const updateOf = (changed: readonly string[]): string => {
    const known = statements.get(changed.join())
    if (known !== undefined) return known
    const set = changed.map((key, at) => `${snakeCase(key)} = $${String(at + 2)}`).join(', ')
    const statement = prepared(`UPDATE ${table} SET ${set} WHERE id = $1`)
    statements.set(changed.join(), statement)
    return statement
  }
  return {
    columns: (alias = table) => keys.map((key) => `${alias}.${snakeCase(key)} AS "${key}"`).join(', '),
    read: (found) =>
      (found as Row[]).map((row) => {
        for (const key of instants) if (row[key] instanceof Date) row[key] = row[key].toISOString()
        return row as T
      }),
    async insert(tx, row) {
      await tx.query(
        insert,
        keys.map((key) => valueOf(row as Row, key)),
      )
    },
    async update(tx, id, patch) {
      const changed = keys.filter((key) => (patch as Row)[key] !== undefined)
      if (changed.length === 0) return
      await tx.query(updateOf(changed), [id, ...changed.map((key) => valueOf(patch as Row, key))])
    },
  }
}
