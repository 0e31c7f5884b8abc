import { NovaBrainError } from '@novabrain/contracts'
import { isConnectionFault, isDatabaseUnavailable, isDiskFull } from '../../server/src/db/faults.js'
import { credentialOf } from '../../server/src/http/authentication.js'
import { cookieLine, readCookie } from '../../server/src/http/cookies.js'
import { createLimiter } from '../../server/src/http/limiter.js'
import { localeOf } from '../../server/src/http/locale.js'
import { formatToken, hashSecret, newSecret, parseToken, secretMatches } from '../../server/src/http/secrets.js'
import { createLog, maskTokens } from '../../server/src/log.js'
import { wantsTracing } from '../../server/src/plugins/tracing.js'
import { createIds } from '../../server/src/system.js'
import { serverVersion } from '../../server/src/version.js'
import { fakeClock } from '../support/clock.js'
import { readFileSync } from 'node:fs'
import path from 'node:path'

const id = '0199aaaabbbbccccddddeeeeffff0000'

test.each([
  ['zh-CN,zh;q=0.9,en;q=0.8', 'zh-CN'],
  ['en-GB,en;q=0.9,zh;q=0.1', 'en'],
  ['fr-FR, zh-TW;q=0.5', 'zh-CN'],
  ['zh;q=0', 'en'],
  ['', 'en'],
  [undefined, 'en'],
])('a caller who accepts %p is answered in %s', (header, locale) => {
  expect(localeOf(header)).toBe(locale)
})

test('a header wins over a cookie, and the password of basic authentication may hold colons', () => {
  const cookie = 'other=1; nb_session=nbs_x'
  expect(credentialOf({ authorization: 'Bearer nb_1', cookie })).toEqual({ kind: 'api_key', token: 'nb_1' })
  expect(credentialOf({ authorization: 'Bearer nba_1' })).toEqual({ kind: 'attempt', token: 'nba_1' })
  const basic = `Basic ${Buffer.from('user:nb_a:b').toString('base64')}`
  expect(credentialOf({ authorization: basic })).toEqual({ kind: 'api_key', token: 'nb_a:b' })
  expect(credentialOf({ cookie })).toEqual({ kind: 'session', token: 'nbs_x', csrfToken: null })
  expect(credentialOf({ authorization: 'Digest x' })).toBeNull()
  expect(credentialOf({})).toBeNull()
})

test('a token is its prefix, its id and its secret, and nothing else is one', () => {
  const secret = newSecret()
  const token = formatToken('nb', id, secret)
  expect(parseToken('nb', token)).toEqual({ id, secret })
  for (const bad of [
    `${token}x`,
    token.slice(1),
    token.toUpperCase(),
    formatToken('nbs', id, secret),
    `${token}\n`,
    '',
  ])
    expect(parseToken('nb', bad)).toBeNull()
  expect(secretMatches(secret, hashSecret(secret))).toBe(true)
  expect(secretMatches(newSecret(), hashSecret(secret))).toBe(false)
})

test('cookies are read by their whole name', () => {
  expect(readCookie('xnb_session=bad; nb_session=good', 'nb_session')).toBe('good')
  expect(readCookie(undefined, 'nb_session')).toBeNull()
  expect(cookieLine('a', 'b', { httpOnly: true, secure: true, maxAgeSeconds: 5 })).toBe(
    'a=b; Path=/; SameSite=Lax; Max-Age=5; HttpOnly; Secure',
  )
})

test('no token reaches the log, by name or hidden in a text', () => {
  const lines: string[] = []
  const log = createLog({ logLevel: 'info' }, (line) => void lines.push(line))
  const [secret, session] = [newSecret(), newSecret()]
  log.info({ token: secret, req: { headers: { authorization: secret, cookie: secret } } }, 'signed in')
  log.warn({ err: new Error(`no such key ${formatToken('nb', id, secret)}`) }, formatToken('nbs', id, session))
  expect(lines).toHaveLength(2)
  expect(lines.join('')).not.toContain(secret)
  expect(lines.join('')).not.toContain(session)
  for (const prefix of ['nb', 'nbs', 'nba', 'nbd', 'nbc'] as const)
    expect(maskTokens(`key ${formatToken(prefix, id, secret)}.`)).toBe(`key ${prefix}_${id}_….`)
})

test('ids are UUIDs of version 7 that sort in the order they were made, even when the clock jumps back', () => {
  const clock = fakeClock()
  const newId = createIds(clock)
  const ids = Array.from({ length: 10_000 }, (_, n) => {
    if (n % 3000 === 2999) clock.advance(-60_000)
    if (n % 100 === 0) clock.advance(1)
    return newId()
  })
  expect(ids).toEqual([...ids].sort())
  expect(new Set(ids).size).toBe(ids.length)
  for (const each of ids.slice(0, 100)) expect(each).toMatch(/^[0-9a-f]{12}7[0-9a-f]{3}[89ab][0-9a-f]{15}$/)
})

test('after too many failures a caller waits until the window is over; others do not', () => {
  const clock = fakeClock()
  const limiter = createLimiter({ max: 3, windowMs: 60_000 }, clock)
  for (let tries = 0; tries < 3; tries += 1) {
    limiter.check('a')
    limiter.failed('a')
  }
  clock.advance(10_500)
  expect(() => limiter.check('a')).toThrow(new NovaBrainError('too_many_requests', { seconds: 50 }))
  limiter.check('b')
  clock.advance(49_500)
  limiter.check('a')
})

test('a caller who has failed too often does not wait for a clock that was set back', () => {
  const clock = fakeClock()
  const limiter = createLimiter({ max: 1, windowMs: 60_000 }, clock)
  limiter.failed('a')
  expect(() => limiter.check('a')).toThrow(NovaBrainError)
  clock.advance(-86_400_000)
  limiter.check('a')
})

test('a database that is away is told apart from a fault and from a network that is not its own', () => {
  const withCode = (code: string, message = 'x') => Object.assign(new Error(message), { code })
  expect(isDatabaseUnavailable(withCode('57P01'))).toBe(true)
  expect(isDatabaseUnavailable(new Error('Connection terminated unexpectedly'))).toBe(true)
  expect(isDatabaseUnavailable(withCode('ECONNREFUSED'))).toBe(false)
  expect(isConnectionFault(withCode('ECONNREFUSED'))).toBe(true)
  expect(isConnectionFault({ driverError: withCode('57P03') })).toBe(true)
  expect(isConnectionFault(new AggregateError([withCode('ECONNREFUSED')]))).toBe(true)
  expect(isConnectionFault(withCode('23505'))).toBe(false)
  expect(isDiskFull({ cause: withCode('ENOSPC') })).toBe(true)
})

test('tracing is off unless the standard variables ask for it', () => {
  expect(wantsTracing({})).toBe(false)
  expect(wantsTracing({ OTEL_EXPORTER_OTLP_ENDPOINT: 'http://collector:4318' })).toBe(true)
  expect(wantsTracing({ OTEL_EXPORTER_OTLP_ENDPOINT: 'http://collector:4318', OTEL_SDK_DISABLED: 'true' })).toBe(false)
  expect(wantsTracing({ OTEL_TRACES_EXPORTER: 'none', OTEL_EXPORTER_OTLP_ENDPOINT: 'x' })).toBe(false)
})

test('the version is that of the package', () => {
  const file = path.join(__dirname, '..', '..', 'server', 'package.json')
  expect(serverVersion).toBe((JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version)
})
