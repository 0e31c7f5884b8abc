import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import {
  datasetsIntended,
  registryIntended,
  tracesIntended,
  trackingIntended,
  webhooksIntended,
} from '../fixtures/mlflow/intended.js'

const read = (page: string): string => readFileSync(join(__dirname, '../../docs', page), 'utf8')
const differences = (page: string): string[] =>
  [
    ...(
      read(page)
        .split(/^## .*$/m)
        .at(-1) ?? ''
    ).matchAll(/^- (.+(?:\n {2}.+)*)$/gm),
  ].map(([, text = '']) => text.replaceAll(/\n */g, ' '))

const reasons = [
  ...new Set(
    [trackingIntended, registryIntended, tracesIntended, webhooksIntended, datasetsIntended].flatMap((intended) =>
      Object.values(intended),
    ),
  ),
]

test('docs/mlflow.md tells of every difference that the tests allow, and of no other', () => {
  expect(differences('mlflow.md').sort()).toEqual(reasons.sort())
})

test('the Chinese page tells of as many', () => {
  expect(differences('mlflow.zh-CN.md')).toHaveLength(reasons.length)
})
