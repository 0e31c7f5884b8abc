import { fail, parseRunColumn, type RunColumn, type RunOrderKey } from '@novabrain/contracts'
import type { SearchTables } from '../../core/tracking/compile-search.js'
import type { OrderKey } from '../../core/tracking/filter.js'
import { runSearchTables } from '../runs/search-tables.js'

/** Where a table of runs finds what it is filtered and ordered by: a search's, and what only a table shows. */
export const tableSearch: SearchTables = {
  ...runSearchTables,
  attributes: {
    ...runSearchTables.attributes,
    duration: '(r.ended_at_ms - r.started_at_ms)',
    experiment_name: 'e.name',
  },
  numbersFirst: true,
}

/** What runs may be grouped by, beside params and tags. */
const groupAttributes: Readonly<Record<string, string>> = {
  run_name: 'r.name',
  status: 'r.status',
  user_id: 'r.user_name',
  experiment_name: 'e.name',
}

/** The columns that texts name, or `invalid_request`. */
export const columnsOf = (names: readonly string[]): RunColumn[] =>
  names.map(
    (name) => parseRunColumn(name) ?? fail('invalid_request', { detail: `No column: ${name}`, field: 'columns' }),
  )

/** The order of a table. Newest first is what every search ends in, and an index has that order. */
export const orderOf = (keys: readonly RunOrderKey[]): OrderKey[] =>
  keys.length === 1 && keys[0]?.column === 'attributes.start_time' && keys[0].descending ? [] : orderKeysOf(keys)

const orderKeysOf = (keys: readonly RunOrderKey[]): OrderKey[] =>
  keys.map(({ column, descending }) => {
    const [{ kind, key } = fail('invalid_request', { detail: `No column: ${column}`, field: 'order' })] = columnsOf([
      column,
    ])
    return { entity: kind, key, descending }
  })

/** The expression and the join of a column that groups are made by. `parameter` is where its key will stand. */
export const groupingOf = (
  { kind, key }: RunColumn,
  index: number,
  parameter: () => string,
): { readonly expression: string; readonly join: string | null } => {
  if (kind === 'attribute') {
    const expression = Object.hasOwn(groupAttributes, key) ? groupAttributes[key] : undefined
    return { expression: expression ?? refuse(key), join: null }
  }
  const { table, on } = tableSearch.keyed[kind] ?? refuse(key)
  if (kind === 'metric') return refuse(key)
  const alias = `g${String(index)}`
  return {
    expression: `${alias}.value`,
    join: `LEFT JOIN ${table} ${alias} ON ${on(alias)} AND ${alias}.key = ${parameter()}`,
  }
}

const refuse = (key: string): never =>
  fail('invalid_request', { detail: `Runs cannot be grouped by ${key}`, field: 'by' })
