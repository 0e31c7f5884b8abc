import type { Comparison, OrderKey } from './filter.js'
import type { EntityKind } from './search-grammar.js'

/** Where the compiler finds things in the tables: SQL of our own, never a user's text. */
export interface SearchTables {
  /** The column, or expression, of each attribute; or, where it takes more, the condition around the test of a column. */
  readonly attributes: Readonly<Record<string, string | ((test: (column: string) => string) => string)>>
  /** For each entity with keys: the table and its condition that joins it with the thing searched. */
  readonly keyed: Partial<Record<EntityKind, KeyedTable>>
  /** For each entity whose keys are in a column of the thing itself: the value of a key, which is a parameter. */
  readonly valueIn?: Partial<Record<EntityKind, (key: string) => string>>
  /** Whether texts that are numbers are ordered as numbers, before all other texts. */
  readonly numbersFirst?: boolean
  /** Conditions for all comparisons of other entities together. */
  readonly others?: (comparisons: readonly Comparison[], tools: ConditionTools) => readonly string[]
}

/** What a table's own conditions are made with. */
export interface ConditionTools {
  /** A value of the user's, as a parameter. */
  readonly bind: (value: unknown) => string
  /** The test of a comparison on a column. */
  readonly test: (column: string, test: Comparison['test']) => string
}

interface KeyedTable {
  readonly table: string
  readonly on: (alias: string) => string
  /** The table to order by, with one row for each key of a thing, when that is another one. */
  readonly orderedBy?: { readonly table: (alias: string) => string; readonly on: (alias: string) => string }
  /** How many characters of a value an index holds; a value that must be equal is looked up by them first. */
  readonly indexedCharacters?: number
}

/** SQL with its parameters; every value of the user is a parameter. */
export interface Compiled {
  /** Conditions to be joined with `AND`; may be empty. */
  readonly conditions: readonly string[]
  readonly joins: readonly string[]
  readonly order: readonly OrderExpression[]
  readonly parameters: readonly unknown[]
}

/** One key of an order. */
export interface OrderExpression {
  readonly expression: string
  /** `ASC` or `DESC`, and where missing values go. */
  readonly direction: string
}

export const orderText = ({ expression, direction }: OrderExpression): string => `${expression} ${direction}`

/**
 * Compile a filter and an order to conditions, joins and order keys. Parameters are numbered on after `firstParameter`
 * values that the statement has already. Missing values come last in either direction, `NaN` just before them.
 */
export const compileSearch = (
  comparisons: readonly Comparison[],
  order: readonly OrderKey[],
  tables: SearchTables,
  firstParameter: number,
): Compiled => {
  const parameters: unknown[] = []
  const bind = (value: unknown): string => `$${String(firstParameter + parameters.push(value))}`
  const known = comparisons.filter(({ entity }) => isKnown(tables, entity))
  const conditions = [
    ...known.map((comparison, index) => condition(comparison, tables, `f${String(index)}`, bind)),
    ...otherConditions(
      comparisons.filter(({ entity }) => !isKnown(tables, entity)),
      tables,
      bind,
    ),
  ]
  const joins: string[] = []
  const keys = order.flatMap((key, index) => orderKey(key, tables, `o${String(index)}`, joins, bind))
  return { conditions, joins, order: keys, parameters }
}

/**
 * The same search among those things alone that have a number in the metric by which they are ordered first, so that an
 * index on its values gives the order by itself; `null` when something else comes first.
 */
export const rankedByMetric = (compiled: Compiled, order: readonly OrderKey[]): Compiled | null => {
  const [first, ...joins] = compiled.joins
  if (order[0]?.entity !== 'metric' || first === undefined) return null
  return {
    ...compiled,
    joins: [first.replace(/^LEFT /, ''), ...joins],
    // NaN sorts after all numbers in PostgreSQL: what is below it is a range of the index.
    conditions: [`o0.value < 'NaN'`, ...compiled.conditions],
    order: compiled.order.slice(1),
  }
}

type Bind = (value: unknown) => string

const isKnown = ({ keyed, valueIn = {} }: SearchTables, entity: EntityKind): boolean =>
  entity === 'attribute' || keyed[entity] !== undefined || valueIn[entity] !== undefined

const otherConditions = (comparisons: readonly Comparison[], tables: SearchTables, bind: Bind): readonly string[] => {
  const [first] = comparisons
  if (first === undefined) return []
  if (tables.others === undefined) throw new Error(`the entity ${first.entity} has no table`)
  return tables.others(comparisons, { bind, test: (column, test) => testOf(column, test, bind) })
}

const condition = (comparison: Comparison, tables: SearchTables, alias: string, bind: Bind): string => {
  const { entity, key, test } = comparison
  if (entity === 'attribute') {
    const found = attributeOf(tables, key)
    const onColumn = (column: string) => testOf(column, test, bind)
    return typeof found === 'string' ? onColumn(found) : found(onColumn)
  }
  const value = tables.valueIn?.[entity]
  if (value !== undefined) return testOf(value(bind(key)), test, bind)
  if (entity === 'dataset') return datasetCondition(comparison, tables, alias, bind)
  const { table, on, indexedCharacters = null } = keyedOf(tables, entity)
  const found = `SELECT 1 FROM ${table} ${alias} WHERE ${on(alias)} AND ${alias}.key = ${bind(key)}`
  if (test.kind === 'null') return `${test.negated ? '' : 'NOT '}EXISTS (${found})`
  const compared = [...startOf(alias, test, indexedCharacters, bind), testOf(`${alias}.value`, test, bind)]
  return `EXISTS (${found} AND ${compared.join(' AND ')}${entity === 'metric' ? numbersOnly(alias, test) : ''})`
}

const startOf = (alias: string, test: Comparison['test'], characters: number | null, bind: Bind): string[] =>
  characters !== null && test.kind === 'text' && test.operator === '='
    ? [`left(${alias}.value, ${String(characters)}) = left(${bind(test.value)}, ${String(characters)})`]
    : []

/** For PostgreSQL NaN is the greatest number; here it is unequal to every number, and in no order with any. */
const numbersOnly = (alias: string, test: Comparison['test']): string =>
  test.kind === 'number' && test.operator === '!=' ? '' : ` AND ${alias}.value <> 'NaN'`

const datasetCondition = ({ key, test }: Comparison, tables: SearchTables, alias: string, bind: Bind): string => {
  const { table, on } = keyedOf(tables, 'dataset')
  const column = key === 'context' ? `${alias}.tags ->> 'mlflow.data.context'` : `${alias}.${key}`
  return `EXISTS (SELECT 1 FROM ${table} ${alias} WHERE ${on(alias)} AND ${testOf(column, test, bind)})`
}

const testOf = (column: string, test: Comparison['test'], bind: Bind): string => {
  switch (test.kind) {
    case 'number':
      return `${column} ${test.operator} ${bind(test.value)}::double precision`
    case 'text':
      if (test.operator === 'RLIKE') return `${column} ~ ${bind(test.value)}`
      return test.operator === 'LIKE' || test.operator === 'ILIKE'
        ? `${column} ${test.operator} ${bind(test.value)} ESCAPE ''`
        : `${column} ${test.operator} ${bind(test.value)}`
    case 'list':
      return `${test.negated ? 'NOT ' : ''}${column} = ANY (${bind(test.values)}::text[])`
    case 'null':
      return `${column} IS ${test.negated ? 'NOT ' : ''}NULL`
  }
}

const orderKey = (
  key: OrderKey,
  tables: SearchTables,
  alias: string,
  joins: string[],
  bind: Bind,
): OrderExpression[] => {
  const direction = key.descending ? 'DESC' : 'ASC'
  if (key.entity === 'attribute') {
    const column = attributeOf(tables, key.key)
    if (typeof column !== 'string') throw new Error(`the attribute ${key.key} has no order`)
    return [{ expression: column, direction: `${direction} NULLS LAST` }]
  }
  const value = tables.valueIn?.[key.entity]
  if (value !== undefined) return [{ expression: value(bind(key.key)), direction: `${direction} NULLS LAST` }]
  const keyed = keyedOf(tables, key.entity)
  const { table, on } = keyed.orderedBy ?? { table: () => keyed.table, on: keyed.on }
  joins.push(`LEFT JOIN ${table(alias)} ${alias} ON ${on(alias)} AND ${alias}.key = ${bind(key.key)}`)
  const rank =
    key.entity === 'metric'
      ? `CASE WHEN ${alias}.value IS NULL THEN 2 WHEN ${alias}.value = 'NaN' THEN 1 ELSE 0 END`
      : `CASE WHEN ${alias}.value IS NULL THEN 1 ELSE 0 END`
  return [
    { expression: rank, direction: 'ASC' },
    ...(tables.numbersFirst === true && key.entity !== 'metric' ? [numberOf(`${alias}.value`, direction)] : []),
    { expression: `${alias}.value`, direction },
  ]
}

/** A text that is a number, within what a double holds. */
const looksLikeNumber = String.raw`^[+-]?(\d{1,100}(\.\d{0,100})?|\.\d{1,100})([eE][+-]?\d{1,2})?$`

/** Most texts that are none are told by their first character, from `+` to `9`, at a tenth of the cost. */
const numberOf = (value: string, direction: string): OrderExpression => ({
  expression: `CASE WHEN ascii(${value}) BETWEEN 43 AND 57 AND ${value} ~ '${looksLikeNumber}' THEN ${value}::double precision END`,
  direction: `${direction} NULLS LAST`,
})

const attributeOf = (tables: SearchTables, key: string): SearchTables['attributes'][string] => {
  const column = tables.attributes[key]
  if (column === undefined) throw new Error(`the attribute ${key} has no column`)
  return column
}

const keyedOf = (tables: SearchTables, entity: EntityKind) => {
  const keyed = tables.keyed[entity]
  if (keyed === undefined) throw new Error(`the entity ${entity} has no table`)
  return keyed
}
