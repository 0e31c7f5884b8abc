import { createSession, olderSide, type SessionState } from '../../extensions/vscode/src/session.js'
import { aMe, anEditor, aPlatform, aServer, refusal, settled, until, type Answers } from './an-editor.js'

const disposals: (() => void)[] = []
afterEach(() => {
  for (const dispose of disposals.splice(0)) dispose()
})

const sessionWith = (answers: Answers, parts: Parameters<typeof anEditor>[0] & { token?: string | null } = {}) => {
  const { token = 'nb_kept', ...change } = parts
  const fake = anEditor(change)
  if (token !== null) fake.secrets.set('token:http://nova.test', token)
  const network = aPlatform(answers)
  const session = createSession(fake.editor, network.platform)
  disposals.push(() => session.dispose())
  const states: SessionState['kind'][] = []
  session.onChange(({ kind }) => states.push(kind))
  return { ...fake, ...network, session, states }
}

/** An answer that comes when it is let go. */
const held = <T>(value: T) => {
  let letGo: (now: T) => void = () => undefined
  const answer = new Promise<T>((resolve) => (letGo = resolve))
  return { answer: () => answer, letGo: () => letGo(value) }
}

describe('what the session finds', () => {
  test('nothing is asked before somebody needs it', async () => {
    const { session, asked } = sessionWith(aServer())
    await settled()
    expect(session.state.kind).toBe('connecting')
    expect(asked).toEqual([])
  })

  test('without a token one is signed out, and the server is not asked', async () => {
    const { session, asked } = sessionWith(aServer(), { token: null })
    expect(await session.live()).toBeNull()
    expect(session.state.kind).toBe('signed_out')
    expect(asked).toEqual([])
  })

  test('a server without an answer is unreachable', async () => {
    const { session } = sessionWith({
      'GET /v1/me': () => Promise.reject(new Error('connect ECONNREFUSED')),
    })
    expect(await session.live()).toBeNull()
    expect(session.state.kind).toBe('unreachable')
  })

  test.each([
    ['api_key_invalid', 401, 'signed_out'],
    ['not_ready', 503, 'unreachable'],
    ['internal_error', 500, 'failed'],
  ] as const)('%s is shown as %s → %s', async (code, status, kind) => {
    const { session } = sessionWith({ 'GET /v1/me': refusal(code, status) })
    await session.live()
    expect(session.state.kind).toBe(kind)
  })

  test('the side of the smaller major version is the one to upgrade', async () => {
    const { session } = sessionWith(aServer({ 'GET /v1/me': aMe({ serverVersion: '4.0.1' }) }))
    expect(await session.live()).toBeNull()
    expect(session.state).toEqual({ kind: 'version_mismatch', older: 'extension', serverVersion: '4.0.1' })
    expect(['2.9.9', '3.0.0', '3.9.1', '10.0.0'].map((server) => olderSide('3.0.0', server))).toEqual([
      'server',
      null,
      null,
      'extension',
    ])
  })

  test('a member of no project is told so', async () => {
    const { session } = sessionWith(aServer({ 'GET /v1/me': aMe({ projects: [] }) }))
    expect(await session.live()).toBeNull()
    expect(session.state.kind).toBe('no_project')
  })

  test('the project chosen in the window comes before the one of the settings, and that before the first', async () => {
    const speech = 'c'.repeat(32)
    const answers = aServer({ [`GET /v1/projects/${speech}/jobs`]: { items: [], nextCursor: null } })
    const { session, change, memory } = sessionWith(answers)
    expect((await session.live())?.projectName).toBe('vision')
    change({ project: 'speech' })
    await until(() => session.state.kind === 'signed_in' && session.state.live.projectName === 'speech')
    memory.set('workspace:project', 'vision')
    await session.restart()
    expect((await session.live())?.projectName).toBe('vision')
  })

  test('who owns the tenant is an owner in every project', async () => {
    const me = aMe()
    const { session } = sessionWith(aServer({ 'GET /v1/me': { ...me, member: { ...me.member, tenantOwner: true } } }))
    expect((await session.live())?.role).toBe('owner')
  })
})

describe('the token', () => {
  test('NOVABRAIN_TOKEN comes before what is kept', async () => {
    const { session, asked } = sessionWith(aServer(), { environment: { NOVABRAIN_TOKEN: 'nb_of_environment' } })
    await session.live()
    expect(new Set(asked.map(({ token }) => token))).toEqual(new Set(['nb_of_environment']))
    expect(await session.token()).toBe('nb_of_environment')
  })

  test('it is kept among the secrets of its server, and in nothing else', async () => {
    const { session, secrets, memory, contexts, editor, asked } = sessionWith(aServer(), { token: null })
    await session.keepToken('nb_secret')
    expect(session.state.kind).toBe('signed_in')
    expect(secrets.get('token:http://nova.test')).toBe('nb_secret')
    const elsewhere = JSON.stringify([[...memory], [...contexts], editor.settings, asked.map(({ url }) => url)])
    expect(elsewhere).not.toContain('nb_secret')
  })

  test('another address has another token: the one of the old server never goes to the new', async () => {
    const second = held(aMe())
    const answers = [aMe, second.answer]
    const { session, change, secrets, asked, sockets } = sessionWith(
      aServer({ 'GET /v1/me': () => answers.shift()?.() }),
    )
    secrets.set('token:http://elsewhere.test', 'nb_elsewhere')
    const live = await session.live()
    change({ serverUrl: 'http://elsewhere.test' })
    await until(() => answers.length === 0)
    for (const { socket } of sockets) socket.onclose?.()
    live?.stream.retry()
    expect(sockets.map(({ url }) => url)).toEqual(['ws://nova.test/v1/stream', 'ws://nova.test/v1/stream'])
    second.letGo()
    await until(() => session.state.kind === 'signed_in' && session.state.live !== live)
    const pairs = new Set(asked.map(({ url, token }) => `${new URL(url).hostname} ${token ?? ''}`))
    expect([...pairs]).toEqual(['nova.test nb_kept', 'elsewhere.test nb_elsewhere'])
  })

  test('signing out forgets it and ends what was live', async () => {
    const { session, secrets, sockets } = sessionWith(aServer())
    await session.live()
    await session.signOut()
    expect(session.state.kind).toBe('signed_out')
    expect([...secrets.keys()]).toEqual([])
    expect(sockets.every(({ closed }) => closed)).toBe(true)
  })

  test('a client for signing in asks without one', async () => {
    const { session, asked } = sessionWith({ 'GET /health/ready': {} })
    await session
      .anonymous()
      .createDeviceAuthorization({ body: { clientName: 'VS Code' } })
      .catch(() => undefined)
    expect(asked.map(({ token, headers }) => [token, headers['accept-language']])).toEqual([[null, 'en']])
  })
})

describe('beginning again', () => {
  test('callers that come together ask once', async () => {
    const { session, asked } = sessionWith(aServer())
    const [a, b] = await Promise.all([session.live(), session.live()])
    expect(a).toBe(b)
    expect(asked.filter(({ path }) => path === '/v1/me')).toHaveLength(1)
  })

  test('an answer that comes after a later one changes nothing', async () => {
    const [first, second] = [held(aMe({ serverVersion: '4.0.0' })), held(aMe())]
    const answers = [first.answer, second.answer]
    const { session, states } = sessionWith(aServer({ 'GET /v1/me': () => answers.shift()?.() }))
    const [old, now] = [session.restart(), session.restart()]
    await until(() => answers.length === 0)
    second.letGo()
    await now
    first.letGo()
    await old
    expect(states).toEqual(['signed_in'])
  })

  test('who waits for the session gets the later one, when it began again meanwhile', async () => {
    const [first, second] = [held(aMe()), held(aMe())]
    const answers = [first.answer, second.answer]
    const { session, asked } = sessionWith(aServer({ 'GET /v1/me': () => answers.shift()?.() }))
    const waiting = session.live()
    const again = session.restart()
    await until(() => answers.length === 0)
    first.letGo()
    await settled()
    second.letGo()
    await again
    expect(await waiting).not.toBeNull()
    expect(asked.filter(({ path }) => path === '/v1/me')).toHaveLength(2)
  })

  test('a setting that has nothing to do with the server leaves the session alone', async () => {
    const { session, change, secrets, asked } = sessionWith(aServer())
    secrets.set('token:http://nova.test', 'nb_kept')
    const before = await session.live()
    change({ pullOutputs: 'automatic', pythonPath: '/opt/python' })
    await settled()
    expect(await session.live()).toBe(before)
    expect(asked.filter(({ path }) => path === '/v1/me')).toHaveLength(1)
    change({ project: 'speech' })
    await until(() => session.state.kind === 'signed_in' && session.state.live.projectName === 'speech')
  })

  test('settings that change while the session begins are the ones it begins with', async () => {
    const first = held(aMe())
    const me = ({ url }: { url: string }) => (url.startsWith('http://nova') ? first.answer() : aMe())
    const { session, change, secrets, asked } = sessionWith(aServer({ 'GET /v1/me': me }))
    secrets.set('token:http://elsewhere.test', 'nb_elsewhere')
    const waiting = session.live()
    await settled()
    change({ serverUrl: 'http://elsewhere.test' })
    first.letGo()
    expect((await waiting)?.serverUrl).toBe('http://elsewhere.test')
    expect(asked.map(({ url, token }) => `${new URL(url).hostname} ${token ?? ''}`)).toContain(
      'elsewhere.test nb_elsewhere',
    )
  })

  test('a session that signed out while it began stays signed out', async () => {
    const first = held(aMe())
    const { session, states, sockets } = sessionWith(aServer({ 'GET /v1/me': first.answer }))
    const beginning = session.restart()
    await settled()
    await session.signOut()
    first.letGo()
    await beginning
    expect(states).toEqual(['signed_out'])
    expect(sockets.every(({ closed }) => closed)).toBe(true)
  })

  test('the old live part is closed before the new one is told', async () => {
    const { session, sockets } = sessionWith(aServer())
    await session.live()
    await session.restart()
    expect(sockets.map(({ closed }) => closed)).toEqual([true, false])
    session.dispose()
    expect(sockets.map(({ closed }) => closed)).toEqual([true, true])
  })
})
