import {
  deviceLifeMs,
  firstIntervalS,
  pollDevice,
  type AskedDevice,
} from '../../server/src/core/sign-in/device-poll.js'
import { isRedirectAllowed, withQuery } from '../../server/src/core/sign-in/redirect.js'
import { newUserCode, readUserCode } from '../../server/src/core/sign-in/user-code.js'

describe('user codes', () => {
  test('are eight letters that cannot be taken for others, in two groups', () => {
    let next = 0
    const code = newUserCode((limit) => (next++ * 7) % limit)
    expect(code).toBe('BKSC-LTDM')
    expect(readUserCode(code)).toBe(code)
  })

  test.each([
    ['bcdf-ghjk', 'BCDF-GHJK'],
    ['  BCDF GHJK ', 'BCDF-GHJK'],
    ['bcdfghjk', 'BCDF-GHJK'],
    ['BCDF–GHJK', 'BCDF-GHJK'],
    ['BCDF-GHJ', null],
    ['BCDF-GHJKL', null],
    ['ABCD-EFGH', null],
    ['BCDF-GHJ1', null],
    ['', null],
  ])('%p is read as %p', (typed, code) => expect(readUserCode(typed)).toBe(code))
})

describe('where a browser with a code may be sent', () => {
  const allowed = ['https://lab.example.com']
  test.each([
    'vscode://novabrain.novabrain-vscode/signed-in',
    'vscode-insiders://novabrain.novabrain-vscode/signed-in?windowId=3',
    'vscodium://novabrain.novabrain-vscode/',
    'cursor://NovaBrain.novabrain-vscode/signed-in',
    'http://127.0.0.1:49152/callback',
    'http://localhost:8080/callback?vscode-reqid=1',
    'http://[::1]:49152/',
    'https://lab.example.com/proxy/callback',
  ])('to %s', (address) => expect(isRedirectAllowed(address, allowed)).toBe(true))

  test.each([
    'vscode://somebody.else/signed-in',
    'vscode://novabrain.novabrain-vscode.evil/signed-in',
    'https://evil.example.com/callback',
    'https://lab.example.com.evil.example.com/',
    'http://lab.example.com/',
    'https://lab.example.com:8443/',
    'http://127.0.0.1.evil.example.com/',
    'http://user@127.0.0.1/',
    'http://127.0.0.1/#part',
    'javascript:alert(1)',
    'data:text/html,x',
    'file:///etc/passwd',
    '//127.0.0.1/',
    'nonsense',
    '',
  ])('not to %s', (address) => expect(isRedirectAllowed(address, allowed)).toBe(false))

  test('the code is added to what the address has already', () => {
    expect(withQuery('vscode://a.b/c?windowId=3', { code: 'x', state: 'a&b=c' })).toBe(
      'vscode://a.b/c?windowId=3&code=x&state=a%26b%3Dc',
    )
    expect(withQuery('http://127.0.0.1:1/', { code: 'x', state: undefined })).toBe('http://127.0.0.1:1/?code=x')
  })
})

describe('what a program is told that asks with its device code', () => {
  const atMs = 1_000_000
  const asked: AskedDevice = { status: 'pending', createdAtMs: atMs, askedAtMs: null, intervalS: firstIntervalS }
  const after = (s: number, change: Partial<AskedDevice> = {}) => pollDevice({ ...asked, ...change }, atMs + s * 1000)

  test('to wait, while nobody has decided', () => {
    expect(after(0)).toEqual({ kind: 'pending', intervalS: 2 })
    expect(after(4, { askedAtMs: atMs + 2000 })).toEqual({ kind: 'pending', intervalS: 2 })
  })

  test('to wait longer from now on, when it asks too soon', () => {
    expect(after(3, { askedAtMs: atMs + 2000 })).toEqual({ kind: 'slow_down', intervalS: 7 })
    expect(after(8, { askedAtMs: atMs + 3000, intervalS: 7 })).toEqual({ kind: 'slow_down', intervalS: 12 })
  })

  test('the decision, however soon it asks', () => {
    expect(after(1, { status: 'allowed', askedAtMs: atMs + 999 })).toEqual({ kind: 'allowed' })
    expect(after(1, { status: 'denied', askedAtMs: atMs + 999 })).toEqual({ kind: 'denied' })
  })

  test('that the time is over, even when somebody allowed it, and when the clock was set back', () => {
    expect(pollDevice({ ...asked, status: 'allowed' }, atMs + deviceLifeMs)).toEqual({ kind: 'expired' })
    expect(pollDevice({ ...asked, status: 'allowed' }, atMs + deviceLifeMs - 1)).toEqual({ kind: 'allowed' })
    expect(pollDevice(asked, atMs - 1)).toEqual({ kind: 'expired' })
  })
})
