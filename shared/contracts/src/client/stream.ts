import type { ClientFrame, EventRecord, Hint, ServerFrame } from '../schema/event.js'

/**
 * One live connection to a server.
 *
 * It goes `connecting → online → offline → connecting …` until it is closed. When the socket opens, the stream says who
 * it is (`authenticate`, unless a cookie did), then subscribes with the last cursor it saw. The server answers `ready`
 * and sends every event after that cursor, so nothing is lost over a gap; an event with a cursor seen already is dropped,
 * so nothing comes twice. Lists are read at once, without waiting for the socket; what moved between such a reading and
 * the first `ready` was heard by nobody, so whoever listened by then is told `reset`. `reset` means the gap is too old to be filled: listeners read their lists again.
 * After a loss it waits, longer each time up to a bound and never exactly as long as its neighbours, then tries again.
 * Silence for two ping intervals counts as a loss.
 */
export interface Stream {
  /** Hear events and the hints of these topics (`run:<id>`, `log:<attemptId>`, `queue`, `traces`); the answer ends it. */
  subscribe(topics: readonly string[], listener: (message: LiveMessage) => void): Unsubscribe
  readonly connection: Connection
  /** Hear of changes of the connection; the answer ends it. */
  onConnection(listener: (connection: Connection) => void): Unsubscribe
  /** Try now instead of waiting, for instance when the machine woke or the network came back. */
  retry(): void
  /** End for good; listeners hear nothing more. */
  close(): void
}

/** What a listener hears. `reset`: events were missed that cannot be had again, so read lists anew. */
export type LiveMessage =
  | { readonly type: 'event'; readonly record: EventRecord }
  | { readonly type: 'hint'; readonly hint: Hint }
  | { readonly type: 'reset'; readonly cursor: number }

/** Whether what is shown is the truth of now, and if not, of when. Times are milliseconds since 1970. */
export interface Connection {
  readonly state: 'connecting' | 'online' | 'offline'
  /** When the server was last heard; `null` if never. */
  readonly lastHeardAtMs: number | null
  /** The code of the refusal when the server would not have us; trying again does not help before one signs in. */
  readonly refusedCode: string | null
}

export type Unsubscribe = () => void

/** The part of a WebSocket that the stream needs; contracts know neither Node nor a browser, so it is handed in. */
export interface Socket {
  send(text: string): void
  close(): void
  onopen: (() => void) | null
  onmessage: ((text: string) => void) | null
  /** Called once when the connection is gone, whatever the reason. */
  onclose: (() => void) | null
}

export interface StreamOptions {
  readonly projectId: string
  readonly connect: () => Socket
  /** The bearer token, or `null` where a session cookie goes with the upgrade. */
  readonly token: () => string | null | Promise<string | null>
  /** The last cursor seen in an earlier life; `null` starts at now. */
  readonly cursor?: number | null
  readonly timers: StreamTimers
  readonly pingIntervalMs?: number
  readonly minRetryMs?: number
  readonly maxRetryMs?: number
}

/** Time and chance, handed in. */
export interface StreamTimers {
  now(): number
  /** Call back after a time; the answer cancels. */
  after(delayMs: number, callback: () => void): Unsubscribe
  /** A number from 0 (included) to 1 (excluded). */
  random(): number
}

/** How long to wait before try number `attempt` (from 0): doubling, bounded, and between half and the whole of that. */
export const retryDelayMs = (attempt: number, minMs: number, maxMs: number, random: number): number => {
  const ceiling = Math.min(maxMs, minMs * 2 ** Math.min(attempt, 30))
  return Math.round(ceiling / 2 + (ceiling / 2) * random)
}

/** Open a live connection; see {@link Stream} for what it promises. */
export const createStream = (options: StreamOptions): Stream => {
  const { timers, minRetryMs = 500, maxRetryMs = 30_000, pingIntervalMs = 20_000 } = options
  const listeners = new Map<symbol, { topics: readonly string[]; tell: (message: LiveMessage) => void }>()
  const connectionListeners = new Set<(connection: Connection) => void>()
  let cursor = options.cursor ?? null
  let connection: Connection = { state: 'connecting', lastHeardAtMs: null, refusedCode: null }
  let socket: Socket | null = null
  let cancelTimer: Unsubscribe = () => undefined
  let failures = 0
  let closed = false
  let topicsSent = ''

  const become = (change: Partial<Connection>) => {
    connection = { ...connection, ...change }
    for (const tell of [...connectionListeners]) tell(connection)
  }
  const say = (frame: ClientFrame) => socket?.send(JSON.stringify(frame))
  const topics = () => [...new Set([...listeners.values()].flatMap((listener) => listener.topics))].sort()
  const tellAll = (message: LiveMessage) => {
    for (const { topics: wanted, tell } of [...listeners.values()]) if (concerns(message, wanted)) tell(message)
  }
  const sendSubscription = () => {
    const wanted = topics().slice(0, 100)
    topicsSent = wanted.join(' ')
    say({ type: 'subscribe', projectId: options.projectId, cursor, topics: wanted })
  }
  const topicsChanged = () => {
    if (connection.state === 'online' && topics().slice(0, 100).join(' ') !== topicsSent) sendSubscription()
  }

  const open = () => {
    cancelTimer()
    become({ state: 'connecting' })
    const mine = options.connect()
    socket = mine
    mine.onopen = () => void greet(mine).catch(drop)
    mine.onmessage = (text) => {
      if (mine === socket) hear(text)
    }
    mine.onclose = () => {
      if (mine === socket) lose()
    }
    watch()
  }
  const greet = async (mine: Socket) => {
    const token = await options.token()
    if (mine !== socket) return
    if (token !== null) say({ type: 'authenticate', token })
    sendSubscription()
  }
  const watch = () => {
    cancelTimer()
    const heardAtMs = connection.lastHeardAtMs
    cancelTimer = timers.after(pingIntervalMs, () => {
      if (connection.state === 'online') say({ type: 'ping' })
      cancelTimer = timers.after(pingIntervalMs, () => (connection.lastHeardAtMs === heardAtMs ? drop() : watch()))
    })
  }
  const drop = () => {
    const mine = socket
    lose()
    mine?.close()
  }
  const lose = () => {
    socket = null
    cancelTimer()
    if (closed) return
    become({ state: 'offline' })
    cancelTimer = timers.after(retryDelayMs(failures, minRetryMs, maxRetryMs, timers.random()), open)
    failures += 1
  }
  const hear = (text: string) => {
    const frame = parseFrame(text)
    if (frame === null) return
    connection = { ...connection, lastHeardAtMs: timers.now() }
    answer(frame)
  }
  const answer = (frame: ServerFrame) => {
    if (frame.type === 'ready') {
      const unheard = cursor === null && listeners.size > 0
      cursor ??= frame.cursor
      failures = 0
      become({ state: 'online', refusedCode: null })
      topicsChanged()
      if (unheard) tellAll({ type: 'reset', cursor })
    } else if (frame.type === 'event') {
      if (cursor !== null && frame.record.cursor <= cursor) return
      cursor = frame.record.cursor
      tellAll({ type: 'event', record: frame.record })
    } else if (frame.type === 'hint') {
      tellAll({ type: 'hint', hint: frame.hint })
    } else if (frame.type === 'reset') {
      cursor = frame.cursor
      tellAll({ type: 'reset', cursor: frame.cursor })
    } else if (frame.type === 'error') {
      become({ refusedCode: frame.code })
    }
  }

  open()
  return {
    subscribe(wanted, tell) {
      const key = Symbol('listener')
      listeners.set(key, { topics: wanted, tell })
      topicsChanged()
      return () => {
        listeners.delete(key)
        topicsChanged()
      }
    },
    get connection() {
      return connection
    },
    onConnection(listener) {
      connectionListeners.add(listener)
      return () => void connectionListeners.delete(listener)
    },
    retry() {
      if (closed || socket !== null) return
      failures = 0
      open()
    },
    close() {
      closed = true
      cancelTimer()
      const mine = socket
      socket = null
      mine?.close()
      listeners.clear()
      connectionListeners.clear()
    },
  }
}

/** The topic a hint belongs to. */
export const topicOf = (hint: Hint): string =>
  hint.type === 'metrics' ? `run:${hint.runId}` : hint.type === 'log' ? `log:${hint.attemptId}` : hint.type

const concerns = (message: LiveMessage, topics: readonly string[]): boolean =>
  message.type !== 'hint' || topics.includes(topicOf(message.hint))

const parseFrame = (text: string): ServerFrame | null => {
  try {
    const value = JSON.parse(text) as unknown
    return typeof value === 'object' && value !== null && 'type' in value ? (value as ServerFrame) : null
  } catch {
    return null
  }
}
