import { datasetKeys, spanSearchKeys, type EntityKind, type SearchGrammar } from './search-grammar.js'
import { FilterFault, tokensOf, type Token } from './filter-tokens.js'

export type NumericOperator = '>' | '>=' | '!=' | '=' | '<' | '<='
export type TextOperator = '=' | '!=' | 'LIKE' | 'ILIKE' | 'RLIKE'

/** One condition; a filter is the conjunction of its comparisons. */
export type Comparison = {
  readonly entity: EntityKind
  /** The key of the metric, param or tag; of an attribute its name, aliases resolved. */
  readonly key: string
  readonly test:
    | { readonly kind: 'number'; readonly operator: NumericOperator; readonly value: number }
    | { readonly kind: 'text'; readonly operator: TextOperator; readonly value: string }
    | { readonly kind: 'list'; readonly negated: boolean; readonly values: readonly string[] }
    | { readonly kind: 'null'; readonly negated: boolean }
}

/** Why a text could not be read; `position` counts characters from 1. */
export interface Malformed {
  readonly message: string
  readonly position: number
}

export type Parsed<T> = { readonly ok: true; readonly value: T } | ({ readonly ok: false } & Malformed)

/**
 * Read a filter in MLflow's grammar:
 *
 *     filter     := comparison (AND comparison)*        no OR, no parentheses, keywords in any case
 *     comparison := [entity "."] key operator value     key may stand in "quotes" or `backticks`
 *
 * An empty text is the filter that everything passes. As in MLflow, quotes inside a quoted value are kept as written.
 */
export const parseFilter = (text: string, grammar: SearchGrammar): Parsed<readonly Comparison[]> =>
  attempt(() => {
    const cursor = cursorOf(text)
    const comparisons: Comparison[] = []
    if (cursor.peek() === undefined) return comparisons
    for (;;) {
      comparisons.push(comparison(cursor, grammar))
      const next = cursor.peek()
      if (next === undefined) return comparisons
      if (!isWord(next, 'AND')) throw clause(next)
      cursor.take()
    }
  })

type SortableEntity = Extract<EntityKind, 'attribute' | 'metric' | 'param' | 'tag' | 'metadata'>

const isSortable = (entity: EntityKind): entity is SortableEntity =>
  entity === 'attribute' || entity === 'metric' || entity === 'param' || entity === 'tag' || entity === 'metadata'

/** One key of an order: `metrics.loss DESC`. */
export interface OrderKey {
  readonly entity: SortableEntity
  readonly key: string
  readonly descending: boolean
}

/** Read one `order_by` clause, `identifier [ASC|DESC]`. */
export const parseOrder = (text: string, grammar: SearchGrammar): Parsed<OrderKey> =>
  attempt(() => {
    const cursor = cursorOf(text)
    const { entity, key, position } = identifier(cursor, grammar)
    if (!isSortable(entity)) throw new FilterFault(`Invalid order_by clause '${text}'.`, position)
    const direction = cursor.peek()
    if (direction === undefined) return { entity, key, descending: false }
    cursor.take()
    const rest = cursor.peek()
    if (rest !== undefined) {
      throw new FilterFault(`Invalid order_by clause '${text}'. Could not be parsed.`, rest.position)
    }
    if (isWord(direction, 'ASC')) return { entity, key, descending: false }
    if (isWord(direction, 'DESC')) return { entity, key, descending: true }
    throw new FilterFault(`Invalid ordering key in order_by clause '${text}'.`, direction.position)
  })

interface Cursor {
  peek(): Token | undefined
  take(): Token
}

const cursorOf = (text: string): Cursor => {
  const tokens = tokensOf(text)
  let at = 0
  return {
    peek: () => tokens[at],
    take() {
      const token = tokens[at]
      if (token === undefined)
        throw new FilterFault('Invalid comparison clause. The filter ends too early', text.length)
      at += 1
      return token
    },
  }
}

const attempt = <T>(read: () => T): Parsed<T> => {
  try {
    return { ok: true, value: read() }
  } catch (fault) {
    if (fault instanceof FilterFault) return { ok: false, message: fault.message, position: fault.position + 1 }
    throw fault
  }
}

const isWord = (token: Token, word: string): boolean => token.kind === 'name' && token.text.toUpperCase() === word

const clause = (token: Token): FilterFault =>
  new FilterFault(`Invalid clause(s) in filter string: '${token.text}'`, token.position)

const comparison = (cursor: Cursor, grammar: SearchGrammar): Comparison => {
  const { entity, key, numeric, position } = identifier(cursor, grammar)
  const operator = operatorOf(cursor)
  if (operator.text === 'IS NULL' || operator.text === 'IS NOT NULL') {
    const named = entity === 'attribute' && grammar.nullAttributes?.includes(key) === true
    if (!named && !grammar.nullTests.includes(entity)) {
      const allowed = grammar.nullTests.map((kind) => `${kind}s`).join(' and ')
      throw new FilterFault(
        `IS NULL / IS NOT NULL is only supported for ${allowed}, not for '${entity}' '${key}'`,
        position,
      )
    }
    return { entity, key, test: { kind: 'null', negated: operator.text === 'IS NOT NULL' } }
  }
  const asNumber = numeric || (isAssessment(entity) && orderOperators.includes(operator.text))
  const test = asNumber ? numberTest(cursor, entity, key, operator) : textTest(cursor, grammar, entity, key, operator)
  return { entity, key, test }
}

interface Identifier {
  readonly entity: EntityKind
  readonly key: string
  readonly numeric: boolean
  readonly position: number
}

const identifier = (cursor: Cursor, grammar: SearchGrammar): Identifier => {
  const first = cursor.take()
  if (first.kind === 'mark') throw clause(first)
  if (first.kind !== 'name' && first.kind !== 'quoted') throw notAnIdentifier(first)
  const { prefix, key } = splitIdentifier(first)
  if (prefix === null) return attribute(grammar, key, first.position)
  const entity = Object.hasOwn(grammar.entities, prefix) ? grammar.entities[prefix] : undefined
  if (entity === undefined) {
    const known = [...new Set(Object.values(grammar.entities))].map((kind) => `'${kind}'`).join(', ')
    throw new FilterFault(`Invalid entity type '${prefix}'. Valid values are [${known}]`, first.position)
  }
  if (entity === 'attribute') return attribute(grammar, key, first.position)
  if (entity === 'dataset' && !datasetKeys.includes(key)) {
    const known = datasetKeys.map((name) => `'${name}'`).join(', ')
    throw new FilterFault(`Invalid dataset key '${key}' specified. Valid keys are '{${known}}'`, first.position)
  }
  if (entity === 'span') return spanIdentifier(key, first.position)
  return { entity, key, numeric: entity === 'metric', position: first.position }
}

const spanIdentifier = (key: string, position: number): Identifier => {
  const name = /^attributes\.(.+)$/s.exec(key)?.[1]
  if (name !== undefined) return { entity: 'span', key: `attributes.${unquoted(name)}`, numeric: false, position }
  if (spanSearchKeys.includes(key)) return { entity: 'span', key, numeric: false, position }
  throw new FilterFault(
    `Invalid span attribute '${key}'. Supported attributes: name, status, type, attributes.<attribute_name>.`,
    position,
  )
}

const isAssessment = (entity: EntityKind): boolean => entity === 'feedback' || entity === 'expectation'

const notAnIdentifier = (token: Token): FilterFault =>
  new FilterFault(`Invalid comparison clause. Expected 'Identifier' found '${token.text}'`, token.position)

const splitIdentifier = (token: { kind: 'name' | 'quoted'; value: string }): { prefix: string | null; key: string } => {
  if (token.kind === 'quoted') return { prefix: null, key: token.value }
  const dot = token.value.indexOf('.')
  if (dot < 0) return { prefix: null, key: token.value }
  return { prefix: unquoted(token.value.slice(0, dot)), key: unquoted(token.value.slice(dot + 1)) }
}

const unquoted = (text: string): string => (/^(["'`]).*\1$/s.test(text) && text.length >= 2 ? text.slice(1, -1) : text)

const attribute = (grammar: SearchGrammar, name: string, position: number): Identifier => {
  if (Object.hasOwn(grammar.numericAttributes, name)) {
    return { entity: 'attribute', key: grammar.numericAttributes[name] ?? name, numeric: true, position }
  }
  if (Object.hasOwn(grammar.textAttributes, name)) {
    return { entity: 'attribute', key: grammar.textAttributes[name] ?? name, numeric: false, position }
  }
  const known = [...Object.keys(grammar.textAttributes), ...Object.keys(grammar.numericAttributes)]
  const list = known.map((key) => `'${key}'`).join(', ')
  throw new FilterFault(`Invalid attribute key '${name}' specified. Valid keys are '{${list}}'`, position)
}

interface Operator {
  readonly text: string
  readonly position: number
}

const operatorOf = (cursor: Cursor): Operator => {
  const token = cursor.take()
  const { position } = token
  if (token.kind === 'operator') return { text: token.text, position }
  if (isWord(token, 'LIKE') || isWord(token, 'ILIKE') || isWord(token, 'RLIKE') || isWord(token, 'IN')) {
    return { text: token.text.toUpperCase(), position }
  }
  if (isWord(token, 'NOT') && nextIs(cursor, 'IN')) return { text: 'NOT IN', position }
  if (isWord(token, 'IS')) {
    if (nextIs(cursor, 'NULL')) return { text: 'IS NULL', position }
    if (nextIs(cursor, 'NOT') && nextIs(cursor, 'NULL')) return { text: 'IS NOT NULL', position }
  }
  throw clause(token)
}

const nextIs = (cursor: Cursor, word: string): boolean => {
  const next = cursor.peek()
  if (next === undefined || !isWord(next, word)) return false
  cursor.take()
  return true
}

const numericOperators: readonly string[] = ['>', '>=', '!=', '=', '<', '<='] satisfies NumericOperator[]
const orderOperators: readonly string[] = ['>', '>=', '<', '<='] satisfies NumericOperator[]
const textOperators: readonly string[] = ['=', '!=', 'LIKE', 'ILIKE'] satisfies TextOperator[]

const exactFormOf = ({ exactAttributes = {} }: SearchGrammar, key: string): RegExp | undefined =>
  Object.hasOwn(exactAttributes, key) ? exactAttributes[key] : undefined

/** What a text of this kind may be compared by; the whole of a span is only looked through. */
const operatorsOf = (grammar: SearchGrammar, entity: EntityKind, key: string): readonly string[] => {
  if (entity === 'attribute' && exactFormOf(grammar, key) !== undefined) return ['=']
  if ((entity === 'span' && key === 'content') || (entity === 'attribute' && key === 'text')) return ['LIKE', 'ILIKE']
  return grammar.regularExpressions === true ? [...textOperators, 'RLIKE'] : textOperators
}

const numberTest = (cursor: Cursor, entity: EntityKind, key: string, operator: Operator): Comparison['test'] => {
  if (!numericOperators.includes(operator.text)) throw badOperator(operator, numericOperators)
  const token = cursor.take()
  if (token.kind === 'number') {
    return { kind: 'number', operator: operator.text as NumericOperator, value: Number(token.text) }
  }
  const what = entity === 'metric' ? 'metric' : `numeric attribute: ${key}`
  throw new FilterFault(`Expected numeric value type for ${what}. Found ${token.text}`, token.position)
}

const textTest = (
  cursor: Cursor,
  grammar: SearchGrammar,
  entity: EntityKind,
  key: string,
  operator: Operator,
): Comparison['test'] => {
  if (operator.text === 'IN' || operator.text === 'NOT IN') return listTest(cursor, grammar, entity, key, operator)
  const allowed = operatorsOf(grammar, entity, key)
  if (!allowed.includes(operator.text)) throw badOperator(operator, allowed)
  const token = cursor.take()
  if (token.kind === 'quoted' && token.quote !== '`') {
    if (entity === 'attribute' && exactFormOf(grammar, key)?.test(token.value) === false)
      throw new FilterFault(`Invalid ${key} filter value '${token.value}'.`, token.position)
    return { kind: 'text', operator: operator.text as TextOperator, value: token.value }
  }
  const what = entity === 'attribute' ? 'attributes' : entity === 'dataset' ? 'dataset attributes' : entity
  throw new FilterFault(
    `Expected a quoted string value for ${what} (e.g. 'my-value'). Got value ${token.text}`,
    token.position,
  )
}

const badOperator = (operator: Operator, allowed: readonly string[]): FilterFault => {
  const list = allowed.map((text) => `'${text}'`).join(', ')
  return new FilterFault(`Invalid comparator '${operator.text}' not one of '{${list}}'`, operator.position)
}

const listTest = (
  cursor: Cursor,
  grammar: SearchGrammar,
  entity: EntityKind,
  key: string,
  operator: Operator,
): Comparison['test'] => {
  const listed = entity === 'attribute' || entity === 'dataset' || (entity === 'span' && key !== 'content')
  if (!listed) throw badOperator(operator, textOperators)
  if (entity === 'attribute' && !grammar.listAttributes.includes(key)) {
    const list = grammar.listAttributes.map((name) => `'${name}'`).join(', ')
    throw new FilterFault(
      `Only [${list}] attributes support comparison with a list of quoted string values.`,
      operator.position,
    )
  }
  return { kind: 'list', negated: operator.text === 'NOT IN', values: quotedList(cursor) }
}

const quotedList = (cursor: Cursor): readonly string[] => {
  expectMark(cursor, '(')
  const values: string[] = []
  for (;;) {
    const token = cursor.take()
    if (token.kind !== 'quoted' || token.quote === '`') {
      throw new FilterFault(
        `While parsing a list in the query, expected string value, punctuation, or whitespace, but got different type in list: ${token.text}`,
        token.position,
      )
    }
    values.push(token.value)
    const next = cursor.peek()
    if (next?.kind === 'mark' && next.text === ',') {
      cursor.take()
      if (cursor.peek()?.text !== ')') continue
    }
    expectMark(cursor, ')')
    return values
  }
}

const expectMark = (cursor: Cursor, mark: string): void => {
  const token = cursor.take()
  if (token.kind !== 'mark' || token.text !== mark) throw clause(token)
}
