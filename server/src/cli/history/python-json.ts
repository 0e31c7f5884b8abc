import type { Json } from './api.js'

/** What Python wrote as JSON; whole numbers and others are two kinds there. A text that is no JSON is itself. */
export const otlpOfPython = (text: unknown): Json => {
  if (typeof text !== 'string') return otlpOfValue(text)
  try {
    return otlpOfValue(readPython(text))
  } catch {
    return { stringValue: text }
  }
}

/** Read JSON that Python wrote, with NaN and infinities; a number is an object that says its kind and its digits. */
export const readPython = (text: string): unknown => JSON.parse(text.replaceAll(jsonTokens, marked))

const jsonTokens = /"(?:[^"\\]|\\.)*"|-?(?:\d+(?:\.\d+)?(?:[eE][+-]?\d+)?|Infinity)|NaN/g

const marked = (token: string): string => {
  if (token.startsWith('"')) return token
  return /^-?\d+$/.test(token) ? `{"intValue":"${token}"}` : `{"doubleValue":"${String(Number(token))}"}`
}

/** A value as OTLP writes it in JSON. */
export const otlpOfValue = (value: unknown): Json => {
  if (value === null || value === undefined) return {}
  if (typeof value === 'string') return { stringValue: value }
  if (typeof value === 'boolean') return { boolValue: value }
  if (typeof value === 'number') return Number.isInteger(value) ? { intValue: String(value) } : { doubleValue: value }
  if (Array.isArray(value)) return { arrayValue: { values: value.map(otlpOfValue) } }
  const of = value as Json
  const [only, ...more] = Object.keys(of)
  if (more.length === 0 && only === 'intValue') return { intValue: of[only] }
  if (more.length === 0 && only === 'doubleValue') return { doubleValue: numberOf(of[only]) }
  const values = Object.entries(of).map(([key, each]) => ({ key, value: otlpOfValue(each) }))
  return { kvlistValue: { values } }
}

const numberOf = (text: unknown): number | string => {
  const value = Number(text)
  return Number.isFinite(value) ? value : String(text)
}

/** JSON whose objects have their keys in order. */
export const textInOrder = (value: unknown): string =>
  JSON.stringify(value, (_key, each: unknown) =>
    typeof each === 'object' && each !== null && !Array.isArray(each)
      ? Object.fromEntries(Object.entries(each).sort(([left], [right]) => (left < right ? -1 : 1)))
      : each,
  )
