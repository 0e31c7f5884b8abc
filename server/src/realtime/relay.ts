import { setTimeout as delay } from 'node:timers/promises'
import type pg from 'pg'
import type { Logger } from 'pino'
import type { Background } from '../background.js'
import { outboxChannel } from '../db/outbox.js'
import { StatementClient } from '../db/prepared.js'
import { numberEvents } from '../db/sql/number-events.js'
import { pruneEvents, pruneIdempotencyKeys } from '../db/sql/prune-events.js'
import { readCursors, readEvents } from '../db/sql/read-events.js'
import type { Clock } from '../deps.js'
import { createRecentEvents, type RecentEvents } from './recent-events.js'
import { frameOf, type FramedEvent, type NumberedRow } from './records.js'

/** Numbered events as they come, to whoever listens in this process. */
export interface EventFeed {
  /** Hear every event, each once and in order; the answer ends it. */
  listen(listener: (events: readonly FramedEvent[]) => void): () => void
  /** The number of the last event the listeners have heard. */
  lastCursor(): number
  /** The number of the last event that is no longer kept, as far as is known here. */
  prunedCursor(): number
  /** Up to `limit` events after a number, if they are all still in memory. */
  recent(after: number, limit: number): readonly FramedEvent[] | null
}

export interface RelayOptions {
  readonly url: string
  readonly log: Logger
  readonly clock: Clock
  /** How long numbered events are kept. */
  readonly retentionMs: number
  /** How long to wait for a wake-up before looking without one. */
  readonly pollMs?: number
}

/** Wakes the relays of other servers when the leader has numbered events. */
const numberedChannel = 'novabrain_numbered'
const leaderLock = 7_077_003
const pruneIntervalMs = 60_000
const pageSize = 1000
/** Events are numbered and handed on this much apart at least. */
const gatherMs = 20
/** How much of the latest events is kept in memory for clients that come back. */
const recentCharacters = 8_388_608

/**
 * The relay stands between the outbox and those who listen.
 *
 * Each server runs one, on a connection of its own. Of all of them the one that holds an advisory lock leads: it gives
 * committed events their numbers. Lock and numbering share a connection, so whoever lost the lock cannot number. Every
 * relay, the leader too, then reads what has numbers and hands it on. A commit wakes them through LISTEN; should a wake-up
 * be lost they look anyway each `pollMs`. When the connection dies they connect again and go on after the last number
 * they handed on; the lock of a dead leader is free as soon as PostgreSQL notices.
 */
export const createRelay = (options: RelayOptions): EventFeed & Background => {
  const { log, clock, retentionMs, pollMs = 1000 } = options
  const listeners = new Set<(events: readonly FramedEvent[]) => void>()
  let cursor: number | null = null
  let prunedCursor = 0
  let recent: RecentEvents | null = null
  let stopping = false
  let trouble: string | null = 'it has not connected yet'
  let work: Promise<void> = Promise.resolve()
  let prunedAtMs = 0
  /** Whether there was a wake-up since the work began, and what ends the rest after it. */
  let woken = false
  let endRest: () => void = () => undefined

  const wake = () => {
    woken = true
    endRest()
  }
  const rest = (ms: number): Promise<void> =>
    new Promise((resolve) => {
      const timer = setTimeout(resolve, ms).unref()
      endRest = () => {
        clearTimeout(timer)
        resolve()
      }
    })

  const handOn = async (client: pg.Client): Promise<void> => {
    const { last, pruned } = await cursorsOf(client)
    cursor ??= last
    prunedCursor = pruned
    recent ??= createRecentEvents(cursor, recentCharacters)
    while (cursor < last) {
      const { rows }: pg.QueryResult<NumberedRow> = await client.query(readEvents, [cursor, last, pageSize])
      cursor = Number(rows.at(-1)?.cursor ?? last)
      const events = rows.map(frameOf)
      recent.add(events)
      for (const listener of listeners) listener(events)
    }
  }

  const prune = async (client: pg.Client): Promise<void> => {
    if (clock.nowMs() - prunedAtMs < pruneIntervalMs) return
    prunedAtMs = clock.nowMs()
    const before = new Date(prunedAtMs - retentionMs).toISOString()
    await client.query(pruneEvents, [before])
    await client.query(pruneIdempotencyKeys, [before])
  }

  const serve = async (client: pg.Client): Promise<void> => {
    let leading = false
    while (!stopping) {
      const [begunMs, before] = [performance.now(), cursor]
      woken = false
      leading ||= await tryLead(client)
      if (leading) await numberAll(client)
      await handOn(client)
      trouble = null
      if (leading) await prune(client)
      if (!woken) await rest(pollMs)
      // Whoever comes first after a rest is heard at once; those that follow are gathered.
      if (cursor !== before) await delay(Math.max(0, gatherMs - (performance.now() - begunMs)))
    }
  }

  const connectAndServe = async (onConnected: () => void): Promise<void> => {
    const client = await connect(options.url, wake)
    onConnected()
    try {
      await serve(client)
    } finally {
      await client.end().catch(() => undefined)
    }
  }

  const run = async (): Promise<void> => {
    for (let waitMs = 50; !stopping; waitMs = Math.min(waitMs * 2, 5000)) {
      try {
        await connectAndServe(() => (waitMs = 50))
      } catch (error) {
        trouble = (error as Error).message
        log.warn({ err: error }, 'the event relay has no connection')
        await rest(waitMs)
      }
    }
  }

  return {
    name: 'events',
    listen(listener) {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
    lastCursor: () => cursor ?? 0,
    prunedCursor: () => prunedCursor,
    recent: (after, limit) => recent?.after(after, limit) ?? null,
    async start() {
      const client = await connect(options.url, () => undefined)
      await cursorsOf(client)
        .then(({ last, pruned }) => {
          cursor ??= last
          prunedCursor = pruned
        })
        .finally(() => client.end())
      work = run()
    },
    async stop() {
      stopping = true
      wake()
      await work
    },
    check: () => Promise.resolve({ ok: trouble === null, detail: trouble }),
  }
}

/**
 * Plans that are kept while the outbox is small have to be good ones when it is not. An index scan marks what it finds
 * dead, so that the next one passes it by; a bitmap scan would read all that was numbered since the last cleaning each time.
 */
const throughIndexes = `SELECT set_config('novabrain.access', 'system', false), set_config('enable_seqscan', 'off', false),
  set_config('enable_bitmapscan', 'off', false), set_config('enable_hashjoin', 'off', false),
  set_config('enable_mergejoin', 'off', false)`

const connect = async (url: string, onNotice: () => void): Promise<pg.Client> => {
  const client = new StatementClient({
    connectionString: url,
    connectionTimeoutMillis: 5000,
    application_name: 'novabrain relay',
  })
  client.on('error', onNotice)
  let ownId: number | null = null
  client.on('notification', ({ channel, processId }) => {
    if (channel !== numberedChannel || processId !== ownId) onNotice()
  })
  try {
    await client.connect()
    const { rows } = await client.query<{ ownId: number }>(`${throughIndexes}, pg_backend_pid() AS "ownId"`)
    ownId = rows[0]?.ownId ?? null
    await client.query(`LISTEN ${outboxChannel}; LISTEN ${numberedChannel}`)
    return client
  } catch (error) {
    await client.end().catch(() => undefined)
    throw error
  }
}

const cursorsOf = async (client: pg.Client): Promise<{ last: number; pruned: number }> => {
  const { rows } = await client.query<{ last: string; pruned: string }>(readCursors, [])
  return { last: Number(rows[0]?.last ?? 0), pruned: Number(rows[0]?.pruned ?? 0) }
}

const tryLead = async (client: pg.Client): Promise<boolean> => {
  const { rows } = await client.query<{ held: boolean }>('SELECT pg_try_advisory_lock($1) AS held', [leaderLock])
  return rows[0]?.held ?? false
}

const numberAll = async (client: pg.Client): Promise<void> => {
  for (;;) {
    const { rows } = await client.query<{ count: number }>(numberEvents, [])
    const count = rows[0]?.count ?? 0
    if (count > 0) await client.query(`NOTIFY ${numberedChannel}`)
    if (count < pageSize) return
  }
}
