/**
 * One kernel as this server knows it: who is connected, what waits for it, what it said last.
 *
 * Messages of clients go into the inbox, from which the runner fetches them. What the runner brings is handed to the
 * clients: what the kernel publishes to all, an answer to the session that asked. A session that was away and comes back
 * is told what it missed, as far as that is still kept. A client that takes nothing for long makes the kernel wait, then
 * is let go; so memory is bounded on every side.
 */
import { setTimeout as delay } from 'node:timers/promises'
import type { KernelInbox, KernelMessage, KernelNews, KernelOrder, KernelOutbox } from '@novabrain/contracts'
import { createInbox } from './inbox.js'
import { createRecent, isTo, type Sent } from './recent.js'
import { wireMessage, type WireMessage } from './wire.js'

/** What Jupyter's clients are told a kernel does. */
export type ExecutionState = 'starting' | 'idle' | 'busy' | 'restarting' | 'dead' | 'unknown'

/** A socket of a client. */
export interface KernelClient {
  readonly session: string
  bufferedBytes(): number
  /** Send a message; `onLeft` is called when it has left this machine. */
  send(wire: WireMessage, onLeft: () => void): void
  /** Say good-bye: `1000` the kernel is gone, others as WebSocket defines them. */
  close(code: number, reason: string): void
}

export interface KernelRelay {
  state(): ExecutionState
  lastActivityMs(): number
  connections(): number
  connect(client: KernelClient): void
  disconnect(client: KernelClient): void
  /** A message of a client, for the kernel. */
  accept(client: KernelClient, message: KernelMessage): void
  order(order: KernelOrder['order']): void
  /** The runner asks what there is. */
  fetch(from: { readonly line: string | undefined; readonly after: number }): Promise<KernelInbox>
  /** The runner brings what the kernel said. Resolves when the clients have taken most of it. */
  deliver(outbox: KernelOutbox): Promise<void>
  /** Resolves at the next news of this kind, or when there is none for so long. */
  next(wanted: readonly (KernelNews['news'] | 'ended')[], patienceMs: number): Promise<void>
  /** The job is over: clients are told that the kernel is dead, and let go. */
  end(): void
  /** The server goes away: clients may come again. */
  leave(): void
}

const mostAskers = 10_000
const mostSessions = 200
const slowBytes = 4_194_304
const patienceMs = 15_000

/** Begin to relay; nothing is known of the kernel yet. */
export const createKernelRelay = ({
  newId,
  nowMs,
}: {
  readonly newId: () => string
  readonly nowMs: () => number
}): KernelRelay => {
  const line = newId()
  const inbox = createInbox(line)
  const recent = createRecent()
  const clients = new Map<string, KernelClient>()
  /** The position of the last message that each session has had. */
  const positions = new Map<string, number>()
  /** Which session sent a message, by the id of the message. */
  const askers = new Map<string, string>()
  const listeners = new Set<(news: KernelNews['news'] | 'ended') => void>()
  let state: ExecutionState = 'starting'
  let lastActivityMs = nowMs()
  let received: number | null = null

  const tell = (news: KernelNews['news'] | 'ended') => {
    for (const listener of listeners) listener(news)
  }
  const publish = (message: KernelMessage) => {
    const sent = recent.add(addresseeOf(message), wireMessage(message))
    for (const client of clients.values()) if (isTo(sent, client.session)) hand(client, sent)
  }
  const hand = (client: KernelClient, { position, wire }: Sent) =>
    client.send(wire, () => {
      if (clients.get(client.session) === client) remember(positions, client.session, position, mostSessions)
    })
  const addresseeOf = ({ channel, parent_header }: KernelMessage): string | null =>
    channel === 'iopub' ? null : (askers.get(String(parent_header['msg_id'])) ?? '')

  const say = (type: string, content: KernelMessage['content']) =>
    publish(messageOf(type, content, { id: newId(), session: line, date: new Date(nowMs()).toISOString() }))
  const become = (next: ExecutionState) => {
    const last = state
    state = next
    // It restarts only when asked to. To clients the status `restarting` would mean that it had died and came back by itself.
    if (next === 'restarting') say('shutdown_reply', { status: 'ok', restart: true })
    if (next === 'dead' && last !== 'dead') say('status', { execution_state: 'dead' })
  }
  const hearNews = ({ news }: KernelNews) => {
    if (news === 'ready') state = 'idle'
    else become(news)
    if (news !== 'ready') askers.clear()
    tell(news)
  }
  const hear = (message: KernelMessage) => {
    lastActivityMs = nowMs()
    const told = message.channel === 'iopub' && message.header.msg_type === 'status'
    if (told) state = stateOf(message) ?? state
    publish(message)
  }
  const drain = async (): Promise<void> => {
    const slow = () => [...clients.values()].filter((client) => client.bufferedBytes() > slowBytes)
    for (let waitedMs = 0; waitedMs < patienceMs && slow().length > 0; waitedMs += 20) await delay(20)
    for (const client of slow()) client.close(1013, 'too slow')
  }
  const farewell = (code: number, reason: string) => {
    inbox.close()
    for (const client of clients.values()) client.close(code, reason)
    clients.clear()
  }

  return {
    state: () => state,
    lastActivityMs: () => lastActivityMs,
    connections: () => clients.size,
    connect(client) {
      clients.get(client.session)?.close(1000, 'connected again')
      clients.set(client.session, client)
      const position = positions.get(client.session) ?? recent.lastPosition()
      remember(positions, client.session, position, mostSessions)
      for (const sent of recent.after(position, client.session)) hand(client, sent)
    },
    disconnect(client) {
      if (clients.get(client.session) === client) clients.delete(client.session)
    },
    accept(client, message) {
      lastActivityMs = nowMs()
      remember(askers, message.header.msg_id, client.session, mostAskers)
      if (!inbox.put(message)) client.close(1013, 'the kernel does not keep up')
    },
    order: (order) => void inbox.put({ order }),
    fetch: (from) => inbox.fetch(from),
    async deliver({ first, items }) {
      const known = received ?? first - 1
      received = Math.max(known, first + items.length - 1)
      for (const item of items.slice(Math.max(0, known + 1 - first))) {
        if ('news' in item) hearNews(item)
        else hear(item)
      }
      await drain()
    },
    async next(wanted, waitMs) {
      let listener: (news: KernelNews['news'] | 'ended') => void = () => undefined
      const heard = new Promise<void>((resolve) => {
        listener = (news) => wanted.includes(news) && resolve()
        listeners.add(listener)
      })
      const patience = new AbortController()
      await Promise.race([
        heard,
        delay(waitMs, undefined, { signal: patience.signal, ref: false }).catch(() => undefined),
      ])
      patience.abort()
      listeners.delete(listener)
    },
    end() {
      become('dead')
      tell('ended')
      farewell(1000, 'the kernel has ended')
    },
    leave: () => farewell(1001, 'the server goes away'),
  }
}

/** Newest last, and the oldest forgotten beyond a bound. */
const remember = <V>(map: Map<string, V>, key: string, value: V, most: number): void => {
  map.delete(key)
  map.set(key, value)
  for (const oldest of map.keys()) {
    if (map.size <= most) return
    map.delete(oldest)
  }
}

const stateOf = ({ content }: KernelMessage): ExecutionState | null => {
  const told = content['execution_state']
  return told === 'idle' || told === 'busy' || told === 'starting' ? told : null
}

/** What is said in a kernel's stead. */
const messageOf = (
  type: string,
  content: KernelMessage['content'],
  { id, session, date }: { readonly id: string; readonly session: string; readonly date: string },
): KernelMessage => ({
  channel: 'iopub',
  header: { msg_id: id, msg_type: type, username: 'novabrain', session, date, version: '5.3' },
  parent_header: {},
  metadata: {},
  content,
  buffers: [],
})
