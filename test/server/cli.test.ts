import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { UsageError } from '../../server/src/cli/command.js'
import { commands, summaries } from '../../server/src/cli/commands.js'
import { findHome } from '../../server/src/cli/home.js'
import { formatBytes, formatDuration, formatTable } from '../../server/src/cli/output.js'
import { parseDurationMs, parseParameter, parseSizeMib } from '../../server/src/cli/parse.js'
import { openSession } from '../../server/src/cli/session.js'
import { localeOf, textsOf } from '../../server/src/cli/texts.js'

const texts = textsOf('en')

test('a parameter is JSON where it is JSON, and text otherwise', () => {
  expect(parseParameter('epochs=5', texts)).toEqual(['epochs', 5])
  expect(parseParameter('name=run a=b', texts)).toEqual(['name', 'run a=b'])
  expect(parseParameter('layers=[1,2]', texts)).toEqual(['layers', [1, 2]])
  expect(parseParameter('empty=', texts)).toEqual(['empty', ''])
  expect(() => parseParameter('epochs', texts)).toThrow(UsageError)
})

test('sizes and times are read with their unit, and refused without', () => {
  expect(parseSizeMib('memory', '1.5GiB', texts)).toBe(1536)
  expect(parseSizeMib('memory', '512MiB', texts)).toBe(512)
  expect(parseDurationMs('time-limit', '90s', texts)).toBe(90_000)
  expect(parseDurationMs('time-limit', '2h', texts)).toBe(7_200_000)
  expect(() => parseSizeMib('memory', '16', texts)).toThrow('--memory takes a size')
  expect(() => parseDurationMs('time-limit', 'soon', texts)).toThrow('--time-limit takes a time')
})

test('columns line up when cells are Chinese', () => {
  const lines = formatTable(
    ['NAME', 'X'],
    [
      ['训练', 'a'],
      ['train', 'b'],
    ],
  ).split('\n')
  expect(lines).toEqual(['NAME   X', '训练   a', 'train  b'])
})

test('durations and sizes read as people say them', () => {
  expect([8000, 180_000, 7_500_000, 345_600_000].map(formatDuration)).toEqual(['8 s', '3 min', '2 h 5 min', '4 d'])
  expect([0, 512, 1536, 52_428_800].map(formatBytes)).toEqual(['0 B', '512 B', '1.5 KiB', '50.0 MiB'])
})

test('the language is the one asked for, else that of the surroundings', () => {
  expect(localeOf(undefined, { LANG: 'zh_CN.UTF-8' })).toBe('zh-CN')
  expect(localeOf('en', { LANG: 'zh_CN.UTF-8' })).toBe('en')
  expect(localeOf(undefined, {})).toBe('en')
  expect(localeOf(undefined, { LC_ALL: '', LANG: 'zh_CN.UTF-8' })).toBe('zh-CN')
  expect(localeOf(undefined, { NOVABRAIN_LANG: 'zh-CN', LC_ALL: 'C' })).toBe('zh-CN')
})

test('every command says in both languages what it is for', () => {
  expect(Object.keys(summaries)).toEqual(Object.keys(commands))
  for (const summary of Object.values(summaries)) {
    expect(summary.en).toMatch(/[a-z]/)
    expect(summary['zh-CN']).toMatch(/[\u4e00-\u9fff]/)
  }
})

describe('a folder that came from elsewhere', () => {
  const folder = mkdtempSync(join(tmpdir(), 'novabrain-cli-'))
  const home = join(folder, '.novabrain')
  const credentials = join(home, 'credentials.json')
  beforeAll(() => {
    mkdirSync(home)
    writeFileSync(credentials, '{"url":"http://elsewhere.example","token":"theirs"}', { mode: 0o644 })
  })
  afterAll(() => rmSync(folder, { recursive: true }))

  const session = () =>
    openSession({ home, environment: { NOVABRAIN_TOKEN: 'mine' }, projectName: undefined, locale: 'en', texts })

  test('does not say where a key is sent, unless its file is private', async () => {
    await expect(session()).rejects.toThrow(UsageError)
    chmodSync(credentials, 0o600)
    await expect(session()).resolves.toMatchObject({ url: 'http://elsewhere.example' })
  })

  test('is no data folder when it belongs to another user', () => {
    const inside = join(folder, 'project')
    expect(findHome({}, inside)).toBe(home)
    const owner = jest.spyOn(process, 'getuid').mockReturnValue(4_000_000)
    expect(findHome({}, inside)).not.toBe(home)
    expect(findHome({ NOVABRAIN_HOME: home }, inside)).toBe(home)
    owner.mockRestore()
  })
})
