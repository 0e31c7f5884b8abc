import { policyFields, type PolicyField, type PolicyValue } from './fields.js'
import type { Policy } from './policy.js'
import { defaultPolicy } from './presets.js'

/** A policy as a flat list of its fields: what is stored, sent and shown. */
export type PolicyValues = Readonly<Record<string, PolicyValue>>

/** What is wrong with a value. */
export type PolicyFault =
  | { readonly kind: 'unknown'; readonly field: string }
  | { readonly kind: 'invalid'; readonly field: string; readonly spec: PolicyField }

const table: Readonly<Record<string, PolicyField>> = policyFields

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null

const flatten = (value: unknown, path: string): [string, PolicyValue][] => {
  if (typeof value === 'number' || typeof value === 'boolean' || typeof value === 'string') return [[path, value]]
  if (!isObject(value)) return []
  return Object.entries(value).flatMap(([name, inner]) => flatten(inner, path === '' ? name : `${path}.${name}`))
}

/** The fields of a policy. */
export const valuesOf = (policy: Policy): PolicyValues =>
  Object.fromEntries(flatten(policy, '').filter(([path]) => path in table))

const fits = (spec: PolicyField, value: unknown): boolean => {
  switch (spec.kind) {
    case 'integer':
      return Number.isSafeInteger(value) && Number(value) >= spec.minimum && Number(value) <= spec.maximum
    case 'flag':
      return typeof value === 'boolean'
    case 'choice':
      return typeof value === 'string' && Object.hasOwn(spec.values, value)
  }
}

/** What is wrong with changes, each looked at for itself; the first fault in their order. */
export const policyFault = (changes: Readonly<Record<string, unknown>>): PolicyFault | null => {
  for (const [field, value] of Object.entries(changes)) {
    const spec = Object.hasOwn(table, field) ? table[field] : undefined
    if (spec === undefined) return { kind: 'unknown', field }
    if (!fits(spec, value)) return { kind: 'invalid', field, spec }
  }
  return null
}

const applies = (spec: PolicyField, values: PolicyValues): boolean =>
  spec.when === undefined || spec.when.is.includes(String(values[spec.when.field]))

/**
 * The whole policy behind some values. What is missing, or no longer fits, is as in the default policy, so that a policy
 * stored before a field was added goes on; what means nothing beside the other values is left out.
 */
export const completeValues = (values: Readonly<Record<string, unknown>>): PolicyValues => {
  const standard = valuesOf(defaultPolicy)
  const known = Object.entries(table).map(([field, spec]): [string, PolicyValue | undefined] => {
    const value = values[field]
    const given = fits(spec, value) ? (value as PolicyValue) : undefined
    return [field, given ?? standard[field] ?? spec.fallback]
  })
  const whole = Object.fromEntries(known.filter((entry): entry is [string, PolicyValue] => entry[1] !== undefined))
  return Object.fromEntries(Object.entries(whole).filter(([field]) => applies(table[field] as PolicyField, whole)))
}

const put = (target: Record<string, unknown>, path: readonly string[], value: PolicyValue): void => {
  const [head = '', ...rest] = path
  if (rest.length === 0) {
    target[head] = value
    return
  }
  const known = target[head]
  const inner = isObject(known) ? { ...known } : {}
  put(inner, rest, value)
  target[head] = inner
}

/** A policy out of values, completed as `completeValues` says. */
export const policyOf = (values: Readonly<Record<string, unknown>>): Policy => {
  const policy: Record<string, unknown> = {}
  for (const [field, value] of Object.entries(completeValues(values))) put(policy, field.split('.'), value)
  // Every field of the table is there with a value of its kind, and the table has every field of a policy.
  return policy as unknown as Policy
}
