/**
 * A value of OpenTelemetry's as it stands in JSON on MLflow's wire: exactly one field, or none for "nothing". The name of
 * the field keeps `2` and `2.0` apart; whole numbers beyond 2^53 are text.
 */
export type AnyValue =
  | { readonly string_value: string }
  | { readonly bool_value: boolean }
  | { readonly int_value: number | string }
  | { readonly double_value: number | 'NaN' | 'Infinity' | '-Infinity' }
  | { readonly bytes_value: string }
  | { readonly array_value: { readonly values?: readonly AnyValue[] } }
  | { readonly kvlist_value: { readonly values?: readonly Attribute[] } }
  | Readonly<Record<string, never>>

/** A named value: an attribute of a span, an event, a link or a resource. */
export interface Attribute {
  readonly key: string
  readonly value: AnyValue
}

/** The value as plain JSON, as people read it. */
export const plainValue = (value: AnyValue): unknown => {
  if ('string_value' in value) return value.string_value
  if ('bool_value' in value) return value.bool_value
  if ('int_value' in value) return value.int_value
  if ('double_value' in value) return value.double_value
  if ('bytes_value' in value) return value.bytes_value
  if ('array_value' in value) return (value.array_value.values ?? []).map(plainValue)
  if ('kvlist_value' in value) return plainAttributes(value.kvlist_value.values ?? [])
  return null
}

/** Attributes as one object; of two with one key the later one counts. */
export const plainAttributes = (attributes: readonly Attribute[]): Record<string, unknown> =>
  Object.fromEntries(attributes.map(({ key, value }) => [key, plainValue(value)]))

/** The value as Python's `json.dumps` writes it, which is how MLflow's clients keep attributes. */
export const pythonJson = (value: AnyValue): string => {
  if ('double_value' in value) return pythonFloat(value.double_value)
  if ('int_value' in value) return String(value.int_value)
  if ('array_value' in value) return `[${(value.array_value.values ?? []).map(pythonJson).join(', ')}]`
  if ('kvlist_value' in value) {
    const pairs = (value.kvlist_value.values ?? []).map(
      (pair) => `${JSON.stringify(pair.key)}: ${pythonJson(pair.value)}`,
    )
    return `{${pairs.join(', ')}}`
  }
  return JSON.stringify(plainValue(value))
}

const pythonFloat = (value: number | string): string =>
  typeof value === 'number' && Number.isInteger(value) && Math.abs(value) < 1e16 ? value.toFixed(1) : String(value)

/** Plain JSON as Python's `json.dumps` writes it: with a space after each comma and colon. */
export const pythonDumps = (value: unknown): string => {
  if (Array.isArray(value)) return `[${value.map(pythonDumps).join(', ')}]`
  if (typeof value !== 'object' || value === null) return JSON.stringify(value)
  const pairs = Object.entries(value).map(([key, item]) => `${JSON.stringify(key)}: ${pythonDumps(item)}`)
  return `{${pairs.join(', ')}}`
}

/** The value of a key, or `null`; of two with one key the later one counts. */
export const attributeOf = (attributes: readonly Attribute[], key: string): AnyValue | null =>
  attributes.findLast((attribute) => attribute.key === key)?.value ?? null

/** An attribute that is a text, or `null`. */
export const textAttribute = (attributes: readonly Attribute[], key: string): string | null => {
  const value = attributeOf(attributes, key)
  return value !== null && 'string_value' in value ? value.string_value : null
}
