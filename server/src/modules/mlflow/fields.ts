import { fail } from '@novabrain/contracts'

/** The fields of a request of MLflow's, from its JSON body or its query string. */
export type Fields = Readonly<Record<string, unknown>>

/** Refuse a request in MLflow's words (INVALID_PARAMETER_VALUE, 400). */
export const invalid = (detail: string): never => fail('invalid_request', { detail })

const seeDocs = 'See the API docs for more information about request parameters.'

const pythonType = (value: unknown): string => {
  if (value === null || value === undefined) return 'NoneType'
  if (Array.isArray(value)) return 'list'
  if (typeof value === 'number') return Number.isInteger(value) ? 'int' : 'float'
  return { string: 'str', boolean: 'bool', object: 'dict' }[typeof value as 'string' | 'boolean' | 'object']
}

/** `Invalid value <json> for parameter 'x' supplied…`, as MLflow says it. */
export const invalidValue = (name: string, value: unknown, why = ''): never =>
  invalid(
    `Invalid value ${JSON.stringify(value) ?? 'null'} for parameter '${name}' supplied${why === '' ? '.' : `: ${why}`}`,
  )

const wrongType = (name: string, value: unknown): never =>
  invalidValue(name, value, ` Hint: Value was of type '${pythonType(value)}'. ${seeDocs}`)

/** Refuse a request that leaves out what it must say. */
export const missing = (name: string): never => invalid(`Missing value for required parameter '${name}'. ${seeDocs}`)

const absent = (value: unknown): value is null | undefined => value === null || value === undefined

/** PostgreSQL keeps no NUL in a text, and no text needs one. */
const withoutNul = (name: string, value: string): string =>
  value.includes('\u0000') ? invalidValue(name, value, 'It contains the character NUL.') : value

/** A text, or `''` where there is none. */
export const text = (fields: Fields, name: string): string => {
  const value = fields[name]
  if (absent(value)) return ''
  return typeof value === 'string' ? withoutNul(name, value) : wrongType(name, value)
}

/** A text that must be there and not be empty. */
export const requiredText = (fields: Fields, name: string): string => text(fields, name) || missing(name)

/** A text, or `null` where there is none or an empty one. */
export const optionalText = (fields: Fields, name: string): string | null => text(fields, name) || null

/** The id of a run, which older clients send as `run_uuid`. */
export const runIdOf = (fields: Fields): string =>
  optionalText(fields, 'run_id') ?? optionalText(fields, 'run_uuid') ?? missing('run_id')

/** A whole number, or `null`. A text of digits is one too. */
export const optionalInteger = (fields: Fields, name: string): number | null => {
  const value = fields[name]
  if (absent(value) || value === '') return null
  return integerOf(name, value)
}

export const integerOf = (name: string, value: unknown): number => {
  const number = typeof value === 'string' && /^[+-]?\d+$/.test(value) ? Number(value) : value
  if (typeof number !== 'number' || !Number.isInteger(number)) return wrongType(name, value)
  return Number.isSafeInteger(number) ? number : invalidValue(name, value, 'It is larger than 2^53.')
}

export const requiredInteger = (fields: Fields, name: string): number => optionalInteger(fields, name) ?? missing(name)

/** A number; `NaN` and the infinities travel as text. */
export const requiredNumber = (fields: Fields, name: string): number => {
  const value = fields[name]
  if (absent(value) || value === '') return missing(name)
  return numberOf(name, value)
}

export const numberOf = (name: string, value: unknown): number => {
  if (typeof value === 'number') return value
  const parsed = typeof value === 'string' ? parseNumber(value.trim()) : null
  return parsed ?? wrongType(name, value)
}

const parseNumber = (value: string): number | null => {
  if (/^[+-]?(infinity|inf)$/i.test(value)) return value.startsWith('-') ? -Infinity : Infinity
  if (/^[+-]?nan$/i.test(value)) return Number.NaN
  return /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(value) ? Number(value) : null
}

/** A list; empty where there is none. In a query string one value is a list of one. */
export const list = (fields: Fields, name: string): readonly unknown[] => {
  const value = fields[name]
  if (absent(value)) return []
  if (Array.isArray(value)) return value
  return fields[fromQuery] === true ? [value] : wrongType(name, value)
}

/** A list of texts. */
export const texts = (fields: Fields, name: string): readonly string[] =>
  list(fields, name).map((item) =>
    typeof item === 'string' ? withoutNul(name, item) : wrongType(name, list(fields, name)),
  )

/** A list of objects. */
export const records = (fields: Fields, name: string): readonly Fields[] =>
  list(fields, name).map((item) => (isRecord(item) ? item : wrongType(name, list(fields, name))))

export const isRecord = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** Marks fields that came in a query string, where a list of one looks like its item. */
export const fromQuery = '\u0000query'

/** One of MLflow's enumerations, by name or by number; `null` where there is none. */
export const optionalEnum = <T extends string>(
  fields: Fields,
  name: string,
  members: Readonly<Record<T, number>>,
): T | null => {
  const value = fields[name]
  if (absent(value) || value === '') return null
  const entries = Object.entries(members) as [T, number][]
  const found = entries.find(([member, number]) => value === member || value === number || value === String(number))
  return found?.[0] ?? wrongType(name, value)
}
