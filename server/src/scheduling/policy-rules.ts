import type { Locale, PolicyField as FieldTold, PolicyValues } from '@novabrain/contracts'
import {
  completeValues,
  namedPolicies,
  policyFault,
  policyFields,
  valuesOf,
  type BothTexts,
  type PolicyField,
} from '@novabrain/scheduler'
import type { PolicyRules } from '../modules/policies/rules.js'

const fields: readonly (readonly [string, PolicyField])[] = Object.entries(policyFields)
const scopes: ReadonlyMap<string, PolicyField['scope']> = new Map(fields.map(([field, { scope }]) => [field, scope]))

const say = (text: BothTexts, locale: Locale): string => (locale === 'zh-CN' ? text.zh : text.en)

/** What the scheduler's table of fields says, for the API. */
export const policyRules: PolicyRules = {
  fields: ({ keepsCluster, mayChange }, locale) =>
    fields.map(([field, spec]) =>
      toldField(field, spec, locale, mayChange && (keepsCluster || spec.scope === 'tenant')),
    ),

  presets: (locale) =>
    namedPolicies.map(({ name, title, meaning, policy }) => ({
      name,
      title: say(title, locale),
      meaning: say(meaning, locale),
      values: { ...valuesOf(policy) },
    })),

  preset(name) {
    const found = namedPolicies.find((preset) => preset.name === name)
    return found === undefined ? null : { ...valuesOf(found.policy) }
  },

  fault(values, { keepsCluster }, locale) {
    const fault = policyFault(values)
    if (fault !== null)
      return fault.kind === 'unknown'
        ? fault
        : {
            kind: 'invalid',
            field: fault.field,
            expected: expectation(fault.spec, locale),
            given: JSON.stringify(values[fault.field]),
          }
    const foreign = Object.keys(values).find((field) => !keepsCluster && scopes.get(field) !== 'tenant')
    return foreign === undefined ? null : { kind: 'not_yours', field: foreign }
  },

  complete: (values) => ({ ...completeValues(values) }),

  ofTenant: (values): PolicyValues =>
    Object.fromEntries(Object.entries(values).filter(([field]) => scopes.get(field) === 'tenant')),
}

const toldField = (field: string, spec: PolicyField, locale: Locale, mayChange: boolean): FieldTold => {
  const whole = spec.kind === 'integer' ? spec : null
  return {
    field,
    kind: spec.kind,
    label: say(spec.label, locale),
    meaning: say(spec.meaning, locale),
    unit: whole?.unit ?? null,
    minimum: whole?.minimum ?? null,
    maximum: whole?.maximum ?? null,
    choices:
      spec.kind === 'choice'
        ? Object.entries(spec.values).map(([value, label]) => ({ value, label: say(label, locale) }))
        : null,
    when: spec.when === undefined ? null : { field: spec.when.field, is: [...spec.when.is] },
    mayChange,
  }
}

/** What a field takes, in words. */
const expectation = (spec: PolicyField, locale: Locale): string => {
  switch (spec.kind) {
    case 'integer':
      return locale === 'zh-CN'
        ? ` ${String(spec.minimum)} 到 ${String(spec.maximum)} 之间的整数`
        : `a whole number from ${String(spec.minimum)} to ${String(spec.maximum)}`
    case 'flag':
      return locale === 'zh-CN' ? ' true 或 false' : 'true or false'
    case 'choice': {
      const values = Object.keys(spec.values).join(locale === 'zh-CN' ? '、' : ', ')
      return locale === 'zh-CN' ? `以下之一：${values}` : `one of ${values}`
    }
  }
}
