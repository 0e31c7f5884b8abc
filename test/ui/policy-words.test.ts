import { policyFields } from '@novabrain/scheduler'
import { en } from '../../shared/ui/src/locales/en.js'
import { zhCN } from '../../shared/ui/src/locales/zh-CN.js'

const units = Object.values(policyFields).flatMap((field) => (field.kind === 'integer' ? [field.unit] : []))

test.each([
  ['English', en],
  ['Chinese', zhCN],
])('every group of the policy has a heading in %s, and every unit but time its sign', (_, { policy }) => {
  expect(Object.keys(policy.group)).toEqual([...new Set(Object.keys(policyFields).map((name) => name.split('.')[0]))])
  expect(new Set([...Object.keys(policy.unitOf), 'ms'])).toEqual(new Set(units))
})
