import { topicOf, type Hint, type NovaBrainError, type ServerFrame } from '@novabrain/contracts'
import { setTimeout as delay } from 'node:timers/promises'
import { WebSocket } from 'ws'
import type { ProjectScope } from '../deps.js'
import type { EventService } from '../modules/events/service.js'
import { serverVersion } from '../version.js'
import type { EventFeed } from './relay.js'
import { isFor, type FramedEvent } from './records.js'
import { createTurns } from './turns.js'

/** Bytes that may wait in a socket before it counts as slow. */
export const slowBytes = 1_048_576
/** How long a slow client may take nothing before it is let go. */
const patienceMs = 30_000
const replayPage = 200
/** Clients that catch up from the table take turns: they shall not have the whole pool of connections. */
const readingTurns = createTurns(4)

/** What a client of the socket sees. */
export interface View {
  readonly scope: ProjectScope
  readonly topics: ReadonlySet<string>
}

/** One open socket. */
export interface StreamClient {
  readonly view: View | null
  /** Look at a project from a cursor on (`null`: from now). */
  subscribe(view: View, cursor: number | null): void
  /** Events that were just numbered; the last of them is the feed's last. */
  deliver(events: readonly FramedEvent[]): void
  hint(hint: Hint): void
  send(frame: ServerFrame): void
  /** Say why, and close. */
  refuse(error: NovaBrainError, message: string): void
}

/**
 * A client is `replaying` or `live`. After `subscribe` it is replaying: pages are read from the table, each sent only when
 * the one before has left, until nothing is between it and the feed; in that same instant it becomes live and events are
 * handed to it as they come. A live client whose socket fills up is taken back to replaying, so that the table, and not
 * our memory, holds what it has not read. `position` is the last number it has been sent or that was none of its concern:
 * what is sent always lies above it, so nothing comes twice and nothing is left out.
 */
export const createStreamClient = (
  socket: WebSocket,
  { events, feed }: { events: EventService; feed: Pick<EventFeed, 'lastCursor' | 'prunedCursor' | 'recent'> },
): StreamClient => {
  let view: View | null = null
  let position = 0
  let mode: 'live' | 'replaying' = 'live'
  /** Each subscription has its own; an older replay that finds it changed ends. */
  let generation = Symbol()

  const write = (text: string) => {
    if (socket.readyState === WebSocket.OPEN) socket.send(text)
  }
  const send = (frame: ServerFrame) => write(JSON.stringify(frame))
  const isSlow = () => socket.bufferedAmount > slowBytes

  const drained = async (): Promise<boolean> => {
    for (let waitedMs = 0, least = socket.bufferedAmount; isSlow(); waitedMs += 50) {
      if (socket.readyState !== WebSocket.OPEN || waitedMs >= patienceMs) return false
      await delay(50, undefined, { ref: false })
      if (socket.bufferedAmount < least) [least, waitedMs] = [socket.bufferedAmount, 0]
    }
    return socket.readyState === WebSocket.OPEN
  }

  /** Where to go on from. Usually known without a question; a number beyond ours may be of another server, ahead of us. */
  const startAt = async (cursor: number | null): Promise<number> => {
    const last = feed.lastCursor()
    const from = cursor ?? last
    const newest = from > last ? (await events.cursors()).last : last
    send({ type: 'ready', cursor: from, serverVersion })
    if (from >= feed.prunedCursor() && from <= newest) return from
    send({ type: 'reset', cursor: last })
    return last
  }

  /** The next frames, from memory if they are there, and the number they lead up to. */
  const nextPage = async (scope: ProjectScope, upTo: number): Promise<{ frames: string[]; reached: number }> => {
    const recent = feed.recent(position, replayPage)
    if (recent !== null)
      return {
        frames: recent.filter((event) => isFor(event, scope)).map(({ frame }) => frame),
        reached: recent.at(-1)?.cursor ?? upTo,
      }
    const records = await readingTurns(() => events.between(scope, position, upTo, replayPage))
    return {
      frames: records.map((record) => JSON.stringify({ type: 'event', record } satisfies ServerFrame)),
      reached: records.length < replayPage ? upTo : (records.at(-1)?.cursor ?? upTo),
    }
  }

  const replay = async (mine: symbol, { scope }: View): Promise<void> => {
    while (mine === generation) {
      const upTo = feed.lastCursor()
      if (position >= upTo) {
        mode = 'live'
        return
      }
      const { frames, reached } = await nextPage(scope, upTo)
      if (mine !== generation) return
      for (const frame of frames) write(frame)
      position = reached
      if (!(await drained())) {
        socket.terminate()
        return
      }
    }
  }

  const follow = (mine: symbol, current: View, begin: () => Promise<void>) => {
    mode = 'replaying'
    begin()
      .then(() => replay(mine, current))
      .catch(() => socket.close(1011, 'try again'))
  }

  return {
    get view() {
      return view
    },
    subscribe(wanted, cursor) {
      const same = view?.scope.projectId === wanted.scope.projectId
      view = wanted
      if (same && cursor !== null && cursor <= position) {
        send({ type: 'ready', cursor, serverVersion })
        return
      }
      const mine = (generation = Symbol())
      follow(mine, wanted, async () => {
        const from = await startAt(cursor)
        if (mine === generation) position = from
      })
    },
    deliver(delivered) {
      if (view === null || mode !== 'live') return
      const { scope } = view
      for (const event of delivered) {
        if (event.cursor > position && isFor(event, scope)) write(event.frame)
        position = Math.max(position, event.cursor)
        if (isSlow()) break
      }
      if (!isSlow()) return
      const [mine, current] = [generation, view]
      follow(mine, current, async () => {
        if (!(await drained())) socket.terminate()
      })
    },
    hint(hint) {
      if (view?.topics.has(topicOf(hint)) === true && !isSlow()) send({ type: 'hint', hint })
    },
    send,
    refuse(error, message) {
      send({ type: 'error', code: error.code, message })
      socket.close(error.status === 401 || error.status === 403 ? 4401 : 4400, error.code)
    },
  }
}
