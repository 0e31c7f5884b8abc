import type { ClientBase } from 'pg'

/** A table in the order in which it can be filled: after every table that it refers to. */
export interface BackupTable {
  readonly name: string
  readonly columns: readonly string[]
}

const listTables = `
  SELECT c.relname AS name,
         array_agg(a.attname::text ORDER BY a.attnum) FILTER (WHERE a.attgenerated = '') AS columns,
         coalesce((SELECT array_agg(DISTINCT f.confrelid::regclass::text) FROM pg_constraint f
                   WHERE f.conrelid = c.oid AND f.contype = 'f' AND f.confrelid <> c.oid), '{}') AS "refersTo"
  FROM pg_class c
  JOIN pg_namespace n ON n.oid = c.relnamespace AND n.nspname = current_schema()
  JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
  WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition AND c.relname NOT IN ('migrations', 'job_changes', 'job_changes_forgotten')
  GROUP BY c.oid, c.relname ORDER BY c.relname`

interface Row extends BackupTable {
  readonly refersTo: readonly string[]
}

/** The tables of the schema, referred-to ones first; without what means something only in this database. */
export const readTables = async (client: ClientBase): Promise<BackupTable[]> => {
  const { rows } = await client.query<Row>(listTables)
  const sorted: Row[] = []
  const place = (row: Row, above: readonly string[]): void => {
    if (sorted.includes(row) || above.includes(row.name)) return
    for (const name of row.refersTo) {
      const other = rows.find((candidate) => candidate.name === name)
      if (other !== undefined) place(other, [...above, row.name])
    }
    sorted.push(row)
  }
  for (const row of rows) place(row, [])
  return sorted.map(({ name, columns }) => ({ name, columns }))
}

/** A name as SQL takes it. */
export const quoted = (name: string): string => `"${name.replaceAll('"', '""')}"`

/** The names of columns for a `COPY`. */
export const columnList = (table: BackupTable): string => table.columns.map(quoted).join(', ')
