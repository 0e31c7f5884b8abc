import {
  createStream,
  retryDelayMs,
  type ClientFrame,
  type Connection,
  type LiveMessage,
  type ServerFrame,
  type Socket,
  type StreamOptions,
} from '@novabrain/contracts'
import { aJob } from './a-job.js'

const projectId = 'f'.repeat(32)
const flush = () => new Promise<void>((resolve) => setImmediate(resolve))

class FakeSocket implements Socket {
  readonly sent: ClientFrame[] = []
  closed = false
  onopen: (() => void) | null = null
  onmessage: ((text: string) => void) | null = null
  onclose: (() => void) | null = null
  send(text: string) {
    this.sent.push(JSON.parse(text) as ClientFrame)
  }
  close() {
    this.closed = true
  }
  says(frame: ServerFrame) {
    this.onmessage?.(JSON.stringify(frame))
  }
}

const harness = (change: Partial<StreamOptions> = {}) => {
  const sockets: FakeSocket[] = []
  const timers: { dueMs: number; callback: () => void }[] = []
  let nowMs = 0
  const stream = createStream({
    projectId,
    connect: () => {
      const socket = new FakeSocket()
      sockets.push(socket)
      return socket
    },
    token: () => 'nb_secret',
    timers: {
      now: () => nowMs,
      after(delayMs, callback) {
        const timer = { dueMs: nowMs + delayMs, callback }
        timers.push(timer)
        return () => void (timers.includes(timer) && timers.splice(timers.indexOf(timer), 1))
      },
      random: () => 0.5,
    },
    ...change,
  })
  const heard: LiveMessage[] = []
  return {
    stream,
    heard,
    listen: (...topics: string[]) => stream.subscribe(topics, (message) => heard.push(message)),
    last: () => sockets.at(-1) as FakeSocket,
    sockets,
    pending: () => timers.map((timer) => timer.dueMs - nowMs),
    async open() {
      this.last().onopen?.()
      await flush()
    },
    async ready(cursor: number) {
      await this.open()
      this.last().says({ type: 'ready', cursor, serverVersion: '3.0.0' })
    },
    pass(ms: number) {
      nowMs += ms
      for (const timer of timers.filter((t) => t.dueMs <= nowMs)) {
        timers.splice(timers.indexOf(timer), 1)
        timer.callback()
      }
    },
    event(cursor: number) {
      const record = { cursor, at: '2026-01-01T00:00:00.000Z', projectId }
      this.last().says({ type: 'event', record: { ...record, event: { type: 'job_changed', job: aJob(cursor) } } })
    },
  }
}
const cursorsOf = (heard: readonly LiveMessage[]) =>
  heard.flatMap((message) => (message.type === 'event' ? [message.record.cursor] : []))

describe('the stream', () => {
  test('says who it is, then subscribes from now', async () => {
    const h = harness()
    h.listen('queue')
    await h.open()
    expect(h.last().sent).toEqual([
      { type: 'authenticate', token: 'nb_secret' },
      { type: 'subscribe', projectId, cursor: null, topics: ['queue'] },
    ])
  })

  test('with a session cookie it sends no token', async () => {
    const h = harness({ token: () => null })
    await h.open()
    expect(h.last().sent.map((frame) => frame.type)).toEqual(['subscribe'])
  })

  test('after a loss it resumes behind the last event it saw, and drops what comes twice', async () => {
    const h = harness()
    h.listen()
    await h.ready(40)
    h.event(41)
    h.event(43)
    h.last().onclose?.()
    expect(h.stream.connection.state).toBe('offline')
    h.pass(1000)
    await h.ready(50)
    expect(h.last().sent).toContainEqual({ type: 'subscribe', projectId, cursor: 43, topics: [] })
    h.event(43)
    h.event(44)
    expect(cursorsOf(h.heard)).toEqual([41, 43, 44])
  })

  test('a loss before the first event resumes at the cursor of the first ready', async () => {
    const h = harness()
    await h.ready(40)
    h.last().onclose?.()
    h.pass(1000)
    await h.open()
    expect(h.last().sent).toContainEqual({ type: 'subscribe', projectId, cursor: 40, topics: [] })
  })

  test('waits longer after each failure, and starts over after a success', async () => {
    const h = harness({ minRetryMs: 1000, maxRetryMs: 4000 })
    const waits: number[] = []
    for (let i = 0; i < 4; i++) {
      h.last().onclose?.()
      waits.push(...h.pending())
      h.pass(4000)
    }
    expect(waits).toEqual([750, 1500, 3000, 3000])
    await h.ready(1)
    h.last().onclose?.()
    expect(h.pending()).toEqual([750])
  })

  test('the jitter keeps a delay between half and the whole of the bound', () => {
    expect(retryDelayMs(0, 1000, 30_000, 0)).toBe(500)
    expect(retryDelayMs(0, 1000, 30_000, 0.999999)).toBe(1000)
    expect(retryDelayMs(1000, 1000, 30_000, 0.999999)).toBe(30_000)
  })

  test('whoever listened before the first ready is told to read anew, for nobody heard what moved until then', async () => {
    const h = harness()
    h.listen()
    await h.ready(40)
    h.last().onclose?.()
    h.pass(1000)
    await h.ready(40)
    expect(h.heard).toEqual([{ type: 'reset', cursor: 40 }])
  })

  test('whoever comes later is told nothing of the kind', async () => {
    const h = harness()
    await h.ready(40)
    h.listen()
    expect(h.heard).toEqual([])
  })

  test('a reset moves the cursor and tells the listeners to read anew', async () => {
    const h = harness({ cursor: 3 })
    h.listen()
    await h.ready(900)
    h.last().says({ type: 'reset', cursor: 900 })
    h.event(900)
    h.event(901)
    expect(h.heard.map((message) => message.type)).toEqual(['reset', 'event'])
  })

  test('a hint goes only to those who asked for its topic', async () => {
    const h = harness({ cursor: 1 })
    const runId = 'a'.repeat(32)
    h.listen('queue')
    const metrics: LiveMessage[] = []
    h.stream.subscribe([`run:${runId}`], (message) => metrics.push(message))
    await h.ready(1)
    h.last().says({ type: 'hint', hint: { type: 'metrics', runId } })
    expect(h.heard).toEqual([])
    expect(metrics).toEqual([{ type: 'hint', hint: { type: 'metrics', runId } }])
  })

  test('topics that come and go are told to the server, once each', async () => {
    const h = harness()
    await h.ready(7)
    const first = h.listen('queue')
    const second = h.listen('queue')
    first()
    expect(h.last().sent.filter((frame) => frame.type === 'subscribe')).toHaveLength(2)
    second()
    expect(h.last().sent.at(-1)).toEqual({ type: 'subscribe', projectId, cursor: 7, topics: [] })
  })

  test('silence after a ping is a loss; an answer is not', async () => {
    const h = harness({ pingIntervalMs: 20_000 })
    await h.ready(1)
    h.pass(20_000)
    expect(h.last().sent.at(-1)).toEqual({ type: 'ping' })
    h.last().says({ type: 'pong' })
    h.pass(20_000)
    expect(h.stream.connection.state).toBe('online')
    h.pass(20_000)
    h.pass(20_000)
    expect(h.stream.connection.state).toBe('offline')
    expect(h.sockets[0]?.closed).toBe(true)
  })

  test('a socket that never opens is given up', () => {
    const h = harness({ pingIntervalMs: 20_000 })
    h.pass(20_000)
    h.pass(20_000)
    expect(h.stream.connection.state).toBe('offline')
    expect(h.last().sent).toEqual([])
  })

  test('a refusal is told, and forgotten once the server lets us in', async () => {
    const h = harness()
    const seen: Connection[] = []
    h.stream.onConnection((connection) => seen.push(connection))
    await h.open()
    h.last().says({ type: 'error', code: 'api_key_expired', message: 'expired' })
    expect(seen.at(-1)?.refusedCode).toBe('api_key_expired')
    h.last().says({ type: 'ready', cursor: 1, serverVersion: '3.0.0' })
    expect(seen.at(-1)).toMatchObject({ state: 'online', refusedCode: null })
  })

  test('what an abandoned socket still says is not heard', async () => {
    const h = harness({ cursor: 1 })
    h.listen()
    await h.ready(1)
    const old = h.last()
    old.onclose?.()
    h.stream.retry()
    await h.ready(1)
    old.says({ type: 'reset', cursor: 99 })
    expect(h.heard).toEqual([])
  })

  test('noise on the line is ignored', async () => {
    const h = harness()
    await h.ready(1)
    h.last().onmessage?.('not json')
    h.last().onmessage?.('42')
    expect(h.stream.connection.state).toBe('online')
  })

  test('once closed it never comes back', async () => {
    const h = harness()
    await h.ready(1)
    h.stream.close()
    h.last().onclose?.()
    h.stream.retry()
    h.pass(100_000)
    expect(h.sockets).toHaveLength(1)
    expect(h.sockets[0]?.closed).toBe(true)
  })
})
