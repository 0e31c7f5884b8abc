import { ClientFrame, errorText, fail, NovaBrainError, type Hint, type Locale } from '@novabrain/contracts'
import { Value } from '@sinclair/typebox/value'
import type { FastifyInstance } from 'fastify'
import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import type { Logger } from 'pino'
import { WebSocketServer, type RawData, type WebSocket } from 'ws'
import { sessionCookie } from '../http/authentication.js'
import { readCookie } from '../http/cookies.js'
import type { MemberIdentity } from '../http/identity.js'
import { localeOf } from '../http/locale.js'
import { projectScope } from '../http/scope.js'
import type { EventService } from '../modules/events/service.js'
import type { IdentityService } from '../modules/identity/service.js'
import { createStreamClient, type StreamClient } from './client.js'
import type { HintBus } from './hints.js'
import type { EventFeed } from './relay.js'

/** Where the socket is. */
export const streamPath = '/v1/stream'

export interface HubOptions {
  readonly feed: EventFeed
  readonly events: EventService
  readonly hints: HintBus
  readonly identities: IdentityService
  readonly allowedOrigins: readonly string[]
  readonly log: Logger
  /** Takes upgrades that are not for the live stream; `false` when they are nobody's. */
  readonly otherUpgrades?: (request: IncomingMessage, socket: Duplex, head: Buffer) => boolean
}

export interface Hub {
  clientCount(): number
  /** Bytes that wait in all sockets together. */
  bufferedBytes(): number
  close(): void
}

/** Hints are gathered this long and each thing that moved is told once. */
const hintIntervalMs = 100
/** Every so often each socket must answer a ping and its holder must still be allowed in. */
const checkIntervalMs = 20_000
/** How long a new socket may keep silent about who it is. */
const greetingMs = 10_000

/** Serve the live stream of an application: numbered events and hints, to those who may see them. */
export const serveStream = (app: FastifyInstance, options: HubOptions): Hub => {
  const { feed, hints, log } = options
  const server = new WebSocketServer({
    noServer: true,
    perMessageDeflate: false,
    maxPayload: 65_536,
    clientTracking: true,
  })
  const clients = new Set<StreamClient>()
  const moved = new Map<string, { projectId: string; hint: Hint }>()

  const upgrade = (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    if (request.url?.split('?')[0] !== streamPath) {
      if (options.otherUpgrades?.(request, socket, head) === true) return
      socket.end('HTTP/1.1 404 Not Found\r\nconnection: close\r\n\r\n')
      return
    }
    server.handleUpgrade(request, socket, head, (ws) => void welcome(ws, request, clients, options))
  }

  const stopListening = feed.listen((events) => {
    for (const client of clients) client.deliver(events)
  })
  const stopHints = hints.listen((projectId, hint) => moved.set(`${projectId} ${keyOf(hint)}`, { projectId, hint }))
  const hintTimer = setInterval(() => {
    for (const { projectId, hint } of moved.values())
      for (const client of clients) if (client.view?.scope.projectId === projectId) client.hint(hint)
    moved.clear()
  }, hintIntervalMs).unref()

  const close = () => {
    clearInterval(hintTimer)
    stopListening()
    stopHints()
    app.server.off('upgrade', upgrade)
    for (const socket of server.clients) socket.close(1001, 'the server goes away')
    const rest = setTimeout(() => server.clients.forEach((socket) => socket.terminate()), 1000)
    server.close(() => clearTimeout(rest))
  }
  app.server.on('upgrade', upgrade)
  app.addHook('preClose', (done) => {
    close()
    done()
  })
  log.debug('the live stream is open')
  return {
    clientCount: () => server.clients.size,
    bufferedBytes: () => [...server.clients].reduce((sum, { bufferedAmount }) => sum + bufferedAmount, 0),
    close,
  }
}

const keyOf = (hint: Hint): string =>
  hint.type === 'metrics' ? `run:${hint.runId}` : hint.type === 'log' ? `log:${hint.attemptId}` : hint.type

/** Ask again who somebody is: their key may have been revoked or their role taken away. */
type WhoAgain = () => Promise<MemberIdentity | null>

/** Take a socket in: who it is, what it wants to see, and whether it still lives. */
const welcome = async (
  socket: WebSocket,
  request: IncomingMessage,
  clients: Set<StreamClient>,
  options: HubOptions,
): Promise<void> => {
  const client = createStreamClient(socket, options)
  const locale = localeOf(request.headers['accept-language'])
  let who: WhoAgain | null = sessionOf(request, options)
  let waiting: Promise<void> = Promise.resolve()
  const refuse = (error: unknown) => refuseWith(client, error, locale, options.log)

  clients.add(client)
  const stopChecking = keepChecking(socket, client, { who: () => who, refuse, identities: options.identities })
  socket.on('close', () => {
    clients.delete(client)
    stopChecking()
  })
  socket.on('error', () => socket.terminate())
  socket.on('message', (data) => {
    // One after the other: `subscribe` may follow `authenticate` before that was answered.
    waiting = waiting.then(() => hear(data)).catch(refuse)
  })

  const hear = async (data: RawData): Promise<void> => {
    const frame = parseFrame(data)
    if (frame.type === 'ping') return client.send({ type: 'pong' })
    if (frame.type === 'authenticate') {
      who = () => options.identities.ofApiKey(frame.token)
      await who()
      return
    }
    const identity = (await who?.()) ?? fail('unauthenticated')
    const scope = projectScope(identity, frame.projectId, 'viewer')
    client.subscribe({ scope, topics: new Set(frame.topics) }, frame.cursor)
  }
}

const parseFrame = (data: RawData): ClientFrame => {
  const value = parseJson(data)
  return Value.Check(ClientFrame, value) ? value : fail('invalid_request', { detail: 'Not a frame of the live stream' })
}

const parseJson = (data: RawData): unknown => {
  try {
    return JSON.parse((data as Buffer).toString('utf8'))
  } catch {
    return null
  }
}

/** The session that came with the upgrade; a cookie counts only from a page of ours or of an allowed origin. */
const sessionOf = (request: IncomingMessage, { identities, allowedOrigins }: HubOptions): WhoAgain | null => {
  const cookie = readCookie(request.headers.cookie, sessionCookie)
  const { origin, host } = request.headers
  if (cookie === null || origin === undefined) return null
  if (!allowedOrigins.includes(origin) && hostOf(origin) !== host) return null
  return async () => (await identities.ofSession(cookie))?.identity ?? null
}

const hostOf = (origin: string): string | null => (URL.canParse(origin) ? new URL(origin).host : null)

const refuseWith = (client: StreamClient, error: unknown, locale: Locale, log: Logger): void => {
  if (!(error instanceof NovaBrainError)) log.error({ err: error }, 'a socket failed')
  const known = error instanceof NovaBrainError ? error : new NovaBrainError('internal_error', { requestId: null })
  client.refuse(known, errorText(known.code, known.data, locale).message)
}

/** Ping a socket and check its holder's rights from time to time; one that was silent since the last ping is gone. */
const keepChecking = (
  socket: WebSocket,
  client: StreamClient,
  {
    who,
    refuse,
    identities,
  }: {
    readonly who: () => WhoAgain | null
    readonly refuse: (error: unknown) => void
    readonly identities: IdentityService
  },
): (() => void) => {
  let heard = true
  const greeting = setTimeout(() => {
    if (client.view === null) refuse(new NovaBrainError('unauthenticated'))
  }, greetingMs).unref()
  const recheck = async () => {
    if (client.view === null) return
    const identity = (await who()?.()) ?? fail('unauthenticated')
    projectScope(identity, client.view.scope.projectId, 'viewer')
  }
  const check = () => {
    recheck().catch((error: unknown) => {
      // That the database is away says nothing about rights.
      if (!(error instanceof NovaBrainError) || error.status < 500) refuse(error)
    })
  }
  const stopHearing = identities.onForget(check)
  const timer = setInterval(() => {
    if (!heard) return socket.terminate()
    heard = false
    socket.ping()
    check()
  }, checkIntervalMs).unref()
  socket.on('pong', () => (heard = true))
  socket.on('message', () => (heard = true))
  return () => {
    stopHearing()
    clearTimeout(greeting)
    clearInterval(timer)
  }
}
