import { followBrowserLink, signInWithBrowser } from '../../extensions/vscode/src/sign-in/browser.js'
import { signInWithDeviceCode } from '../../extensions/vscode/src/sign-in/device-code.js'
import { createSession } from '../../extensions/vscode/src/session.js'
import { anApp, anEditor, aPlatform, refusal, settled, until, type Answers } from './an-editor.js'

const appWith = (answers: Answers) => {
  const fake = anEditor()
  const network = aPlatform(answers, { randomText: (bytes) => `random-${String(bytes)}` })
  const session = createSession(fake.editor, network.platform)
  return { ...fake, ...network, app: anApp({ editor: fake.editor, platform: network.platform, session }) }
}
const link = (state: string, code: string | null) =>
  followBrowserLink(new URLSearchParams(code === null ? { state, error: 'access_denied' } : { state, code }))

describe('with the browser', () => {
  const created = { 'POST /v1/authorization-tokens': { token: 'nb_created' } }

  test('the page is given a challenge, never the verifier; the code and the verifier become the key', async () => {
    const { app, opened, asked } = appWith(created)
    const signing = signInWithBrowser(app)
    await until(() => opened.length === 1)
    const page = new URLSearchParams(opened[0]?.split('?')[1])
    expect(opened[0]).toMatch(/^http:\/\/nova\.test\/#\/authorize\?/)
    expect(Buffer.from(page.get('redirect64') ?? '', 'base64url').toString()).toBe(
      'vscode://novabrain.novabrain-vscode/signed-in',
    )
    expect(page.get('challenge')).toBe('sha256:random-32')
    expect(page.get('state')).toBe('random-16')
    await settled()
    link('random-16', 'the-code')
    expect(await signing).toBe('nb_created')
    expect(asked.map(({ body, token }) => [body, token])).toEqual([
      [{ code: 'the-code', codeVerifier: 'random-32' }, null],
    ])
  })

  test('a link with the state of nobody is not answered', async () => {
    const { app, opened, asked, cancel } = appWith(created)
    const signing = signInWithBrowser(app)
    await until(() => opened.length === 1)
    await settled()
    link('of-someone-else', 'a-code')
    link('', 'a-code')
    await settled()
    expect(asked).toEqual([])
    cancel()
    expect(await signing).toBeNull()
  })

  test('cancelling ends it, and a link that comes later does nothing', async () => {
    const { app, opened, asked, cancel } = appWith(created)
    const signing = signInWithBrowser(app)
    await until(() => opened.length === 1)
    await settled()
    cancel()
    expect(await signing).toBeNull()
    link('random-16', 'the-code')
    await settled()
    expect(asked).toEqual([])
  })

  test('a member who said no gives no key', async () => {
    const { app, opened, asked } = appWith(created)
    const signing = signInWithBrowser(app)
    await until(() => opened.length === 1)
    await settled()
    link('random-16', null)
    expect(await signing).toBeNull()
    expect(asked).toEqual([])
  })
})

describe('with a code on another device', () => {
  beforeEach(() => jest.useFakeTimers({ doNotFake: ['setImmediate', 'nextTick', 'queueMicrotask', 'Date'] }))
  afterEach(() => jest.useRealTimers())

  const flow = (tokens: (() => unknown)[]) => {
    const parts = appWith({
      'POST /v1/device-authorizations': {
        deviceCode: 'device',
        userCode: 'BCDF-GHJK',
        verificationUri: 'http://nova.test/#/device',
        verificationUriComplete: 'http://nova.test/#/device?code=BCDF-GHJK',
        expiresInS: 600,
        intervalS: 5,
      },
      'POST /v1/device-tokens': () => tokens.shift()?.(),
    })
    const signing = signInWithDeviceCode(parts.app)
    const questions = () => parts.asked.filter(({ path }) => path === '/v1/device-tokens').length
    const pass = async (ms: number) => {
      await settled()
      jest.advanceTimersByTime(ms)
      await settled()
      await settled()
    }
    return { ...parts, signing, questions, pass }
  }
  const pending = () => refusal('authorization_pending', 400)
  const slowDown = () => refusal('slow_down', 400)
  const allowed = () => ({ token: 'nb_created' })

  test('the code is shown, and it is asked at the pace that the server names', async () => {
    const { signing, told, questions, pass } = flow([pending, allowed])
    await pass(0)
    expect(told.join()).toContain('BCDF-GHJK')
    await pass(4999)
    expect(questions()).toBe(0)
    await pass(1)
    expect(questions()).toBe(1)
    await pass(5000)
    expect(await signing).toBe('nb_created')
  })

  test('when told to slow down it waits five seconds longer each time, from then on (RFC 8628 §3.5)', async () => {
    const { signing, questions, pass } = flow([slowDown, pending, allowed])
    await pass(0)
    await pass(5000)
    expect(questions()).toBe(1)
    await pass(9999)
    expect(questions()).toBe(1)
    await pass(1)
    expect(questions()).toBe(2)
    await pass(9999)
    expect(questions()).toBe(2)
    await pass(1)
    expect(await signing).toBe('nb_created')
  })

  test('a server that is away for a moment ends nothing; it is asked less often', async () => {
    const away = () => Promise.reject(new Error('ECONNRESET'))
    const { signing, questions, pass } = flow([away, allowed])
    await pass(0)
    await pass(5000)
    expect(questions()).toBe(1)
    await pass(9999)
    expect(questions()).toBe(1)
    await pass(1)
    expect(await signing).toBe('nb_created')
  })

  test.each(['authorization_denied', 'authorization_expired'] as const)('%s ends it with its words', async (code) => {
    const { signing, pass } = flow([() => refusal(code, 400)])
    const ended = expect(signing).rejects.toMatchObject({ code })
    await pass(0)
    await pass(5000)
    await ended
  })

  test('cancelling ends it at once, without another question', async () => {
    const { signing, questions, pass, cancel } = flow([pending])
    await pass(0)
    cancel()
    expect(await signing).toBeNull()
    await pass(60_000)
    expect(questions()).toBe(0)
  })
})
