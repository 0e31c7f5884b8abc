/** What the scripts say is there in both languages, with the same values, and nothing is said that has no text. */
import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'

const scripts = path.resolve(__dirname, '../../scripts')

type Texts = Readonly<Record<string, string>>

/** Run a module that uses the texts, in a language; gives what it prints. */
const run = (program: string, environment: Readonly<Record<string, string>> = {}): string =>
  execFileSync(process.execPath, ['--input-type=module', '--eval', program], {
    cwd: scripts,
    env: { PATH: process.env['PATH'], ...environment },
    encoding: 'utf8',
  }).trim()

const [english, chinese] = JSON.parse(
  run(`import { texts } from './lib/texts.mjs'; console.log(JSON.stringify([texts.en, texts['zh-CN']]))`),
) as [Texts, Texts]

const valuesIn = (text: string): string[] => [...text.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => name).sort()

const faultsOf = (one: Texts, other: Texts): string[] =>
  Object.entries(one).flatMap(([key, text]) => {
    const translated = other[key]
    if (translated === undefined) return [`${key} is in one language only`]
    return valuesIn(text).join() === valuesIn(translated).join() ? [] : [`${key} has other values`]
  })

/** The keys that scripts ask for, by the call. */
const asked = readdirSync(scripts, { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.mjs') && !file.endsWith('texts.mjs'))
  .flatMap((file) => [...readFileSync(path.join(scripts, file), 'utf8').matchAll(/\bt\(\s*'([\w.]+)'/g)])
  .map(([, key = '']) => key)

test('both languages have the same texts with the same values', () => {
  expect(Object.keys(english).length).toBeGreaterThan(50)
  expect([...faultsOf(english, chinese), ...faultsOf(chinese, english)]).toEqual([])
})

test('a text that is missing, or lost a value, would be seen', () => {
  expect(faultsOf({ a: '{x}', b: 'b' }, { a: '{y}' })).toEqual(['a has other values', 'b is in one language only'])
})

test('scripts ask only for texts that exist, and no text is left over', () => {
  expect([...new Set(asked)].filter((key) => !Object.hasOwn(english, key))).toEqual([])
  expect(Object.keys(english).filter((key) => !asked.includes(key))).toEqual([])
})

test('scripts print no sentence of their own', () => {
  const faults = ['up.mjs', 'test.mjs', 'lib'].flatMap((place) => {
    const files = place.endsWith('.mjs') ? [place] : readdirSync(path.join(scripts, place)).map((f) => `${place}/${f}`)
    return files.flatMap((file) =>
      [...readFileSync(path.join(scripts, file), 'utf8').matchAll(/(?:console\.\w+|Unavailable|Error)\(\s*['"`][^$]/g)]
        .filter(([call]) => !call.endsWith('\\'))
        .map(([call]) => `${file}: ${call}`),
    )
  })
  expect(faults).toEqual([])
})

test.each([
  [{}, 'en'],
  [{ LANG: 'C.UTF-8' }, 'en'],
  [{ LANG: 'zh_CN.UTF-8' }, 'zh-CN'],
  [{ LC_MESSAGES: 'zh_CN.UTF-8', LANG: 'en_US.UTF-8' }, 'zh-CN'],
  [{ LC_ALL: '', LANG: 'zh_CN.UTF-8' }, 'zh-CN'],
  [{ LC_ALL: 'C', LANG: 'zh_CN.UTF-8' }, 'en'],
  [{ NOVABRAIN_LANG: 'zh-CN', LC_ALL: 'C' }, 'zh-CN'],
  [{ NOVABRAIN_LANG: 'en', LANG: 'zh_CN.UTF-8' }, 'en'],
] as const)('the surroundings %j ask for %s', (environment, locale) => {
  const said = run(`import { t } from './lib/texts.mjs'; console.log(t('up.already', { pid: 7 }))`, environment)
  expect(said).toBe((locale === 'en' ? english : chinese)['up.already']?.replace('{pid}', '7'))
})
