import { setTimeout as delay } from 'node:timers/promises'
import { randomUUID } from 'node:crypto'
import { type DomainEvent, type EventRecord, type LiveMessage, type ServerFrame } from '@novabrain/contracts'
import { pino } from 'pino'
import { WebSocket } from 'ws'
import { systemScope } from '../../server/src/deps.js'
import { slowBytes } from '../../server/src/realtime/client.js'
import { createRelay } from '../../server/src/realtime/relay.js'
import type { FramedEvent } from '../../server/src/realtime/records.js'
import { startApp, type Account, type TestApp } from '../support/app.js'
import { asAdmin } from '../support/postgres.js'
import { online, openStream, type TestStream } from '../support/stream.js'

let server: TestApp
const streams: TestStream[] = []
beforeAll(async () => {
  server = await startApp()
})
afterEach(async () => {
  streams.splice(0).forEach(({ stream }) => stream.close())
  await everythingTold()
})
afterAll(() => server.close())

/** Numbers are given in the order of commits: once the relay has told an event of now, no earlier one is under way. */
const everythingTold = async (): Promise<void> => {
  const last = randomUUID()
  const told = new Promise<void>((resolve) => {
    const stop = server.services.relay.listen((events) => {
      if (!events.some(({ frame }) => frame.includes(last))) return
      stop()
      resolve()
    })
  })
  await append(server.owner, { type: 'run_changed', runId: '0', experimentId: '0', name: last, status: 'RUNNING' })
  await told
}

const event = (n: number, size = 0): DomainEvent => ({
  type: 'run_changed',
  runId: n.toString(16).padStart(32, '0'),
  experimentId: '0',
  name: `run ${String(n)} ${'x'.repeat(size)}`,
  status: 'RUNNING',
})

const numberOf = ({ event: { ...what } }: EventRecord): number =>
  what.type === 'run_changed' ? parseInt(what.runId, 16) : -1

const append = (account: Pick<Account, 'scope'>, ...events: DomainEvent[]): Promise<void> =>
  server.foundation.database.transaction(account.scope, async (tx) => {
    for (const each of events) await server.foundation.outbox.append(tx, account.scope, each)
  })

const listen = (account: Account, cursor: number | null = null): TestStream => {
  const opened = openStream({ url: server.url, token: account.token, projectId: account.project.id, cursor })
  streams.push(opened)
  return opened
}

/** Everything a stream hears until an event that `isLast` accepts. */
const hearUntil = (opened: TestStream, isLast: (record: EventRecord) => boolean): Promise<EventRecord[]> =>
  new Promise((resolve) => {
    const heard: EventRecord[] = []
    opened.stream.subscribe([], (message) => {
      if (message.type !== 'event') return
      heard.push(message.record)
      if (isLast(message.record)) resolve(heard)
    })
  })

const range = (from: number, to: number): number[] => Array.from({ length: to - from + 1 }, (_, step) => from + step)

test('a client whose wire is cut again and again during a stream of events gets each exactly once', async () => {
  await everythingTold()
  const opened = listen(server.owner)
  await online(opened.stream)
  const all = hearUntil(opened, (record) => numberOf(record) === 400)
  for (const n of range(1, 400)) {
    await append(server.owner, event(n))
    if (n % 40 === 20) opened.cut()
  }
  const heard = await all
  expect(heard.map(numberOf)).toEqual(range(1, 400))
  const cursors = heard.map(({ cursor }) => cursor)
  expect(cursors).toEqual(range(cursors[0] ?? 0, (cursors[0] ?? 0) + 399))
})

test('many writers at once: every event has its own number, without gaps', async () => {
  const opened = listen(server.owner)
  await online(opened.stream)
  const last = server.services.relay.lastCursor()
  const heard: EventRecord[] = []
  const all = new Promise<void>((resolve) =>
    opened.stream.subscribe([], (message) => {
      if (message.type === 'event') heard.push(message.record)
      if (heard.length === 300) resolve()
    }),
  )
  await Promise.all(range(1, 100).map((n) => append(server.owner, event(n), event(n + 1000), event(n + 2000))))
  await all
  expect(heard.map(({ cursor }) => cursor)).toEqual(range(last + 1, last + 300))
  expect(new Set(heard.map(numberOf)).size).toBe(300)
})

test('the events of another tenant, and of another project, never arrive', async () => {
  const other = await server.addTenant('rival')
  const project = await server.owner.client.createProject({ body: { name: 'next-door' } })
  const neighbour = { ...server.owner, scope: { ...server.owner.scope, projectId: project.id } }
  const opened = listen(server.owner)
  await online(opened.stream)
  const heard = hearUntil(opened, (record) => numberOf(record) === 3)
  await append(other, event(1))
  await append(neighbour, event(2))
  await append(server.owner, event(3))
  expect((await heard).map(numberOf)).toEqual([3])
  const { items } = await other.client.listEvents({ params: { projectId: other.project.id } })
  expect(items.map(numberOf).filter((n) => n > 0)).toEqual([1])
})

test('an event of no project reaches everybody in its tenant and nobody else; one of no tenant reaches all', async () => {
  const other = await server.addTenant('onlooker')
  const [mine, theirs] = [listen(server.owner), listen(other)]
  await Promise.all([online(mine.stream), online(theirs.stream)])
  const types = (opened: TestStream, count: number) =>
    new Promise<string[]>((resolve) => {
      const heard: string[] = []
      opened.stream.subscribe([], (message) => {
        if (message.type === 'event') heard.push(message.record.event.type)
        if (heard.length === count) resolve(heard)
      })
    })
  const [atMine, atTheirs] = [types(mine, 2), types(theirs, 1)]
  await server.foundation.database.transaction(systemScope, async (tx) => {
    const { outbox } = server.foundation
    await outbox.append(tx, { tenantId: server.owner.tenantId, projectId: null }, { type: 'queues_changed' })
    await outbox.append(tx, { tenantId: null, projectId: null }, { type: 'nodes_changed' })
  })
  expect(await atMine).toEqual(['queues_changed', 'nodes_changed'])
  expect(await atTheirs).toEqual(['nodes_changed'])
})

test('plain HTTP tells the same as the socket, page by page', async () => {
  const opened = listen(server.owner)
  await online(opened.stream)
  const after = server.services.relay.lastCursor()
  const heard = hearUntil(opened, (record) => numberOf(record) === 25)
  await append(server.owner, ...range(1, 25).map((n) => event(n)))
  const pages: EventRecord[] = []
  const live = await heard
  for (let cursor = after; pages.length < 25;) {
    const page = await server.owner.client.listEvents({
      params: { projectId: server.owner.project.id },
      query: { after: cursor, limit: 10 },
    })
    pages.push(...page.items)
    cursor = page.cursor
  }
  expect(pages).toEqual(live)
})

/** A socket spoken to frame by frame. */
const rawSocket = async (headers: Record<string, string> = {}) => {
  const ws = new WebSocket(`${server.url.replace(/^http/, 'ws')}/v1/stream`, { headers })
  const frames: ServerFrame[] = []
  const waiting: { wanted: (frame: ServerFrame) => boolean; resolve: (frame: ServerFrame) => void }[] = []
  ws.on('message', (data) => {
    const frame = JSON.parse((data as Buffer).toString('utf8')) as ServerFrame
    frames.push(frame)
    for (const each of waiting) if (each.wanted(frame)) each.resolve(frame)
  })
  const closed = new Promise<number>((resolve) => ws.on('close', resolve))
  await new Promise((resolve, reject) => ws.once('open', resolve).once('error', reject))
  return {
    ws,
    frames,
    closed,
    say: (frame: object) => ws.send(JSON.stringify(frame)),
    next: (wanted: (frame: ServerFrame) => boolean) =>
      new Promise<ServerFrame>((resolve) => {
        const found = frames.find(wanted)
        if (found !== undefined) resolve(found)
        else waiting.push({ wanted, resolve })
      }),
  }
}

const subscription = (account: Account, cursor: number | null = null, topics: string[] = []) => ({
  type: 'subscribe',
  projectId: account.project.id,
  cursor,
  topics,
})

test('a wrong key, no key, and a project that is not yours are refused with the code', async () => {
  const other = await server.addTenant('stranger')
  const wrong = await rawSocket()
  wrong.say({ type: 'authenticate', token: 'nb_wrong' })
  expect([await wrong.next(({ type }) => type === 'error'), await wrong.closed]).toMatchObject([
    { code: 'api_key_invalid' },
    4401,
  ])
  const anonymous = await rawSocket()
  anonymous.say(subscription(server.owner))
  expect(await anonymous.next(({ type }) => type === 'error')).toMatchObject({ code: 'unauthenticated' })
  const stranger = await rawSocket()
  stranger.say({ type: 'authenticate', token: other.token })
  stranger.say(subscription(server.owner))
  expect(await stranger.next(({ type }) => type === 'error')).toMatchObject({ code: 'project_not_found' })
  const babbler = await rawSocket({ 'accept-language': 'zh-CN' })
  babbler.ws.send('not a frame')
  expect(await babbler.next(({ type }) => type === 'error')).toMatchObject({ code: 'invalid_request' })
})

test('a session cookie opens the stream from our own page, and not from a page of somebody else', async () => {
  const signedIn = await fetch(`${server.url}/v1/session`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ token: server.owner.token }),
  })
  const cookie = signedIn.headers.getSetCookie()[0]?.split(';')[0] ?? ''
  const ours = await rawSocket({ cookie, origin: server.url })
  ours.say(subscription(server.owner))
  expect(await ours.next(({ type }) => type === 'ready' || type === 'error')).toMatchObject({ type: 'ready' })
  ours.ws.terminate()
  const foreign = await rawSocket({ cookie, origin: 'https://evil.example' })
  foreign.say(subscription(server.owner))
  expect(await foreign.next(({ type }) => type === 'ready' || type === 'error')).toMatchObject({
    code: 'unauthenticated',
  })
})

test('an open stream ends when its key is revoked', async () => {
  const key = await server.owner.client.createApiKey({ body: { name: 'stream' } })
  const socket = await rawSocket()
  socket.say({ type: 'authenticate', token: key.token })
  socket.say(subscription(server.owner))
  await socket.next(({ type }) => type === 'ready')
  await server.owner.client.revokeApiKey({ params: { apiKeyId: key.id } })
  expect(await socket.closed).toBe(4401)
})

test('a cursor from before what is kept, or from another life, is answered with a reset', async () => {
  const { relay } = server.services
  const last = relay.lastCursor()
  const future = await rawSocket()
  future.say({ type: 'authenticate', token: server.owner.token })
  future.say(subscription(server.owner, last + 1_000_000))
  expect(await future.next(({ type }) => type === 'reset')).toEqual({ type: 'reset', cursor: last })
  future.ws.terminate()
  await server.foundation.dataSource.query('UPDATE outbox_cursor SET pruned_cursor = $1', [last - 1])
  const watcher = listen(server.owner)
  const heard = hearUntil(watcher, (record) => numberOf(record) === 1)
  await online(watcher.stream)
  await append(server.owner, event(1))
  await heard
  const old = await rawSocket()
  old.say({ type: 'authenticate', token: server.owner.token })
  old.say(subscription(server.owner, last - 5))
  expect(await old.next(({ type }) => type === 'reset')).toEqual({ type: 'reset', cursor: last + 1 })
  old.ws.terminate()
  const params = { projectId: server.owner.project.id }
  await expect(server.owner.client.listEvents({ params, query: { after: last - 5 } })).rejects.toMatchObject({
    code: 'event_cursor_expired',
  })
})

test('a thousand hints about one thing become one', async () => {
  const socket = await rawSocket()
  socket.say({ type: 'authenticate', token: server.owner.token })
  const runId = 'a'.repeat(32)
  socket.say(subscription(server.owner, null, [`run:${runId}`]))
  await socket.next(({ type }) => type === 'ready')
  for (let n = 0; n < 1000; n += 1) server.foundation.hints.publish(server.owner.project.id, { type: 'metrics', runId })
  server.foundation.hints.publish(server.owner.project.id, { type: 'queue' })
  await append(server.owner, event(1))
  await socket.next(({ type }) => type === 'hint')
  socket.say({ type: 'ping' })
  await socket.next(({ type }) => type === 'pong')
  expect(socket.frames.filter(({ type }) => type === 'hint')).toEqual([
    { type: 'hint', hint: { type: 'metrics', runId } },
  ])
  socket.ws.terminate()
})

test('a client that does not read costs no more than its bound, and still gets each event once when it reads on', async () => {
  const slow = await rawSocket()
  slow.say({ type: 'authenticate', token: server.owner.token })
  slow.say(subscription(server.owner))
  await slow.next(({ type }) => type === 'ready')
  slow.ws.pause()
  const watcher = listen(server.owner)
  await online(watcher.stream)
  const seen = hearUntil(watcher, (record) => numberOf(record) === 600)
  let most = 0
  const look = () => (most = Math.max(most, server.stream.bufferedBytes()))
  const endLook = server.services.relay.listen(look)
  for (const n of range(0, 59)) {
    await append(server.owner, ...range(n * 10 + 1, n * 10 + 10).map((each) => event(each, 50_000)))
    look()
  }
  await seen
  while (look() <= slowBytes) await delay(20)
  endLook()
  // One page of the replay (200 events) may be on its way beyond the bound.
  expect(most).toBeGreaterThan(slowBytes)
  expect(most).toBeLessThan(slowBytes + 200 * 50_500 + 1_000_000)
  slow.ws.resume()
  await slow.next((frame) => frame.type === 'event' && numberOf(frame.record) === 600)
  const numbers = slow.frames.flatMap((frame) => (frame.type === 'event' ? [numberOf(frame.record)] : []))
  expect(numbers).toEqual(range(1, 600))
  slow.ws.terminate()
})

test('when the leading relay loses its connection, another leads on, and nobody hears a gap or a double', async () => {
  const log = pino({ level: 'silent' })
  const { clock, databaseUrl } = server.foundation
  const second = createRelay({ url: databaseUrl, log, clock, retentionMs: 60_000_000, pollMs: 20 })
  await second.start()
  const cursors: number[] = []
  let total = 0
  const from = second.lastCursor()
  const all = new Promise<void>((resolve) =>
    second.listen((events: readonly FramedEvent[]) => {
      cursors.push(...events.map(({ cursor }) => cursor))
      if (cursors.length >= total && total > 0) resolve()
    }),
  )
  for (const n of range(1, 60)) {
    await append(server.owner, event(n))
    if (n % 20 === 10)
      await asAdmin(
        (admin) =>
          admin.query(`SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND objid = 7077003
            AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`),
        server.database.adminUrl,
      )
  }
  total = 61
  await append(server.owner, event(61))
  await all
  expect(cursors).toEqual(range(from + 1, from + 61))
  await second.stop()
})

test('listeners hear nothing of the wire being cut except that they are offline for a while', async () => {
  const opened = listen(server.owner)
  const messages: LiveMessage[] = []
  opened.stream.subscribe([], (message) => messages.push(message))
  await online(opened.stream)
  const states: string[] = []
  opened.stream.onConnection(({ state }) => states.push(state))
  const back = new Promise<void>((resolve) =>
    opened.stream.onConnection(({ state }) => state === 'online' && resolve()),
  )
  opened.cut()
  await back
  expect(states).toEqual(['offline', 'connecting', 'online'])
  // One from the first `ready`, which has no cursor to go on from; none from the second, which has. What other tests
  // set going may still be heard.
  expect(messages.map(({ type }) => type).filter((type) => type !== 'event')).toEqual(['reset'])
})
