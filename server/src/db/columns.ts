import type { EntitySchemaColumnOptions } from 'typeorm'

/** ISO 8601 text in the code, `timestamptz` in PostgreSQL. */
const isoText = {
  to: (value: unknown) => value,
  from: (value: unknown) => (value instanceof Date ? value.toISOString() : value),
}

/** The primary key of an entity: an id. */
export const primaryId = { type: 'text', primary: true } as const satisfies EntitySchemaColumnOptions

/** A text column; ids, names and digests are text. */
export const text = { type: 'text' } as const satisfies EntitySchemaColumnOptions

/** An instant, milliseconds precise, as ISO text in the code. */
export const timestamp = {
  type: 'timestamptz',
  precision: 3,
  transformer: isoText,
} as const satisfies EntitySchemaColumnOptions

/** A JSON value. */
export const json = { type: 'jsonb' } as const satisfies EntitySchemaColumnOptions

/** The same column, where the value may be missing. */
export const optional = <C extends EntitySchemaColumnOptions>(column: C) => ({ ...column, nullable: true }) as const
