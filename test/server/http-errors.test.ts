import { readFileSync } from 'node:fs'
import path from 'node:path'
import { errorCatalogue, routes, type ErrorCode } from '@novabrain/contracts'
import { errorsMarkdown, errorsPage } from '../../server/src/http/error-pages.js'

const docs = path.join(__dirname, '..', '..', 'docs')
const codes = Object.keys(errorCatalogue) as ErrorCode[]

describe.each([
  ['errors.md', 'en'],
  ['errors.zh-CN.md', 'zh-CN'],
] as const)('%s', (file, locale) => {
  const page = readFileSync(path.join(docs, file), 'utf8')

  test('explains every code of the catalogue', () => {
    const explained = new Set([...page.matchAll(/^## (\w+)$/gm)].map(([, code]) => code))
    expect(codes.filter((code) => !explained.has(code))).toEqual([])
  })

  test('explains no code that the catalogue does not have', () => {
    const explained = [...page.matchAll(/^## (\w+)$/gm)].map(([, code]) => code)
    expect(explained.filter((code) => !(codes as (string | undefined)[]).includes(code))).toEqual([])
  })

  test('says what the catalogue says (run `node scripts/errors-docs.mjs` after a change)', () => {
    expect(page).toBe(errorsMarkdown(locale))
  })
})

test('every text in braces is a datum, and both languages use the same', () => {
  const named = (text: object) => [...JSON.stringify(text).matchAll(/\{(\w+)\}/g)].map(([, name]) => name)
  for (const code of codes) {
    const { en, zh } = errorCatalogue[code]
    expect([code, new Set(named(zh))]).toEqual([code, new Set(named(en))])
  }
})

test('the page of errors shows text as text', () => {
  expect(errorsPage('en')).toContain('<code>novabrain keys create</code>')
  expect(errorsPage('zh-CN')).toContain('lang="zh-CN"')
  for (const code of codes) expect(errorsPage('en')).toContain(`id="${code}"`)
})

test('the status of an error is one of HTTP, and the routes name only errors there are', () => {
  for (const code of codes) expect(errorCatalogue[code].status).toBeGreaterThanOrEqual(400)
  const named = Object.values(routes).flatMap(({ errors }): readonly ErrorCode[] => errors)
  expect(named.filter((code) => !codes.includes(code))).toEqual([])
})
