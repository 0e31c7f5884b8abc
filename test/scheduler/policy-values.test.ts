import {
  completeValues,
  defaultPolicy,
  fifoPolicy,
  namedPolicies,
  policyFault,
  policyFields,
  policyOf,
  valuesOf,
  type PolicyField,
} from '@novabrain/scheduler'

const fields: [string, PolicyField][] = Object.entries(policyFields)

test.each(namedPolicies.map(({ name, policy }) => [name, policy] as const))(
  'the policy %s survives being taken apart and put together, and is lawful',
  (_name, policy) => {
    expect(policyOf(valuesOf(policy))).toEqual(policy)
    expect(policyFault(valuesOf(policy))).toBeNull()
  },
)

test('what is missing is as in the default policy, so an older stored policy goes on', () => {
  expect(policyOf({})).toEqual(defaultPolicy)
  expect(policyOf({ 'preemption.enabled': false })).toEqual({
    ...defaultPolicy,
    preemption: { ...defaultPolicy.preemption, enabled: false },
  })
})

test('what no longer fits is as in the default policy, and what is unknown is left out', () => {
  expect(policyOf({ ...valuesOf(fifoPolicy), 'order.kind': 'no such order', 'no.such': 3 })).toEqual({
    ...fifoPolicy,
    order: defaultPolicy.order,
  })
  expect(completeValues({ 'no.such': 3 })).toEqual(valuesOf(defaultPolicy))
})

test('a fault names the field', () => {
  expect(policyFault({ 'order.widthQuarters': 5 })).toMatchObject({ kind: 'invalid', field: 'order.widthQuarters' })
  expect(policyFault({ 'order.widthQuarters': 1.5 })).toMatchObject({ kind: 'invalid' })
  expect(policyFault({ 'order.widthQuarters': '3' })).toMatchObject({ kind: 'invalid' })
  expect(policyFault({ 'preemption.enabled': 1 })).toMatchObject({ kind: 'invalid' })
  expect(policyFault({ 'order.kind': 'constructor' })).toMatchObject({ kind: 'invalid' })
  expect(policyFault({ constructor: 1 })).toEqual({ kind: 'unknown', field: 'constructor' })
  expect(policyFault({ 'preemption.enabled': true, 'order.widthQuarters': 0 })).toBeNull()
})

test.each(fields)('%s says in both languages what it is, and its bounds are bounds', (_path, field) => {
  for (const words of [field.label, field.meaning]) {
    expect(words.en.trim()).not.toBe('')
    expect(words.zh).toMatch(/[\u4e00-\u9fff]/)
  }
  if (field.kind === 'integer') expect(field.minimum).toBeLessThan(field.maximum)
  if (field.kind === 'choice') expect(Object.keys(field.values).length).toBeGreaterThan(0)
})
