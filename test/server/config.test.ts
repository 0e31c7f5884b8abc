import type { Locale } from '@novabrain/contracts'
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { Config, ConfigError, parseConfig } from '../../server/src/config.js'

const parse = (
  text: string | null,
  environment: Record<string, string> = {},
  overrides: Partial<Config> = {},
): Config => parseConfig({ home: '/data', file: '/data/config.json', text, environment, overrides })

const faults = (
  text: string | null,
  environment: Record<string, string> = {},
  locale: Locale = 'en',
): readonly string[] => {
  try {
    parse(text, environment)
    return []
  } catch (error) {
    if (error instanceof ConfigError) return error.faults(locale)
    throw error
  }
}

test('with nothing set, everything has its default', () => {
  expect(parse(null)).toMatchObject({ home: '/data', host: '127.0.0.1', port: 7077, gpus: 'auto', allowedOrigins: [] })
})

test('the environment overrides the file, and the command line overrides both', () => {
  const text = '{"port":1000,"host":"10.0.0.1","gpus":"none"}'
  const config = parse(text, { NOVABRAIN_PORT: '2000', NOVABRAIN_GPUS: '4x24GiB' }, { gpus: '2x8GiB' })
  expect(config).toMatchObject({ port: 2000, host: '10.0.0.1', gpus: '2x8GiB' })
})

test('a list in the environment is separated by commas', () => {
  const config = parse(null, { NOVABRAIN_ALLOWED_ORIGINS: 'https://a.example, http://b.example:8888' })
  expect(config.allowedOrigins).toEqual(['https://a.example', 'http://b.example:8888'])
})

test('all faults of file and environment are told together, each in plain words', () => {
  const text = '{"port":"http","logLevel":"loud","databaseURL":"x"}'
  const environment = { NOVABRAIN_GPUS: 'many', NOVABRAIN_LEASE_MS: '1', NOVABRAIN_PUBLIC_URL: 'example.com/' }
  expect(faults(text, environment)).toEqual([
    '`databaseURL` in /data/config.json is not known; is `databaseUrl` meant?',
    '`port` in /data/config.json is "http", but must be a whole number from 0 to 65535',
    'NOVABRAIN_PUBLIC_URL is "example.com/", but must be an address such as https://novabrain.example.com, with no slash at its end',
    'NOVABRAIN_GPUS is "many", but must be `auto`, `none`, or simulated devices such as `4x24GiB`',
    '`logLevel` in /data/config.json is "loud", but must be one of trace, debug, info, warn, error, silent',
    'NOVABRAIN_LEASE_MS is 1, but must be a whole number from 500',
  ])
})

test('the faults are told in Chinese too', () => {
  const text = '{"port":"http","logLevel":"loud","databaseURL":"x"}'
  expect(faults(text, { NOVABRAIN_GPUS: 'many', NOVABRAIN_LEASE_MS: '1' }, 'zh-CN')).toEqual([
    '/data/config.json 中的 `databaseURL` 不是已知的设置；是否想写 `databaseUrl`？',
    '/data/config.json 中的 `port` 的值为 "http"，但应为 0 到 65535 之间的整数',
    'NOVABRAIN_GPUS 的值为 "many"，但应为 `auto`、`none`，或模拟设备，例如 `4x24GiB`',
    '/data/config.json 中的 `logLevel` 的值为 "loud"，但应为以下之一：trace、debug、info、warn、error、silent',
    'NOVABRAIN_LEASE_MS 的值为 1，但应为不小于 500 的整数',
  ])
})

test('a variable that is misspelt is not passed over; those that mean something else are', () => {
  expect(faults(null, { NOVABRAIN_DATABASEURL: 'x', NOVABRAIN_TOKEN: 'x', NOVABRAIN_UV: 'x' })).toEqual([
    'NOVABRAIN_DATABASEURL is not known; is `NOVABRAIN_DATABASE_URL` meant?',
  ])
})

test('a password in an address that does not fit is not told', () => {
  const [fault] = faults('{"databaseUrl":"mysql://me:p@ss/word@host/db"}')
  expect(fault).toContain('"mysql://me:…@host/db"')
})

test('a file that is not JSON, or not an object, is told with its name', () => {
  expect(faults('{')).toEqual([expect.stringMatching(/^\/data\/config\.json is not JSON: /)])
  expect(faults('[]')).toEqual(['/data/config.json must hold a JSON object'])
})

test('every setting is explained to operators, and none that does not exist', () => {
  const page = readFileSync(path.join(__dirname, '../../docs/operations.md'), 'utf8')
  const cells = [...page.matchAll(/^\| ((?:`\w+`(?:, )?)+) +\|/gm)].map(([, cell = '']) => cell)
  const explained = cells.flatMap((cell) => [...cell.matchAll(/`(\w+)`/g)].map(([, name = '']) => name))
  expect(explained.sort()).toEqual(Object.keys(Config.properties).sort())
})

test('an empty variable is as good as none', () => {
  expect(parse(null, { NOVABRAIN_PORT: '' }).port).toBe(7077)
})
