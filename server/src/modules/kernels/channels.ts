import { errorBody, fail, NovaBrainError } from '@novabrain/contracts'
import type { FastifyInstance } from 'fastify'
import { STATUS_CODES, type IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import type { Logger } from 'pino'
import { WebSocketServer, type WebSocket } from 'ws'
import { localeOf } from '../../http/locale.js'
import { projectScope } from '../../http/scope.js'
import type { IdentityService } from '../identity/service.js'
import { callerOf } from './caller.js'
import type { KernelClient, KernelRelay } from './relay.js'
import type { KernelRelays } from './relays.js'
import { jobIdOf } from './service.js'
import { readWire, v1Protocol, type WireProtocol } from './wire.js'

export interface ChannelsOptions {
  readonly relays: KernelRelays
  readonly identities: IdentityService
  readonly newId: () => string
  readonly log: Logger
}

/** Takes the upgrades that are for channels of kernels; `false` leaves a request to others. */
export type TakeUpgrade = (request: IncomingMessage, socket: Duplex, head: Buffer) => boolean

const address = /^\/jupyter\/([0-9a-f]{32})\/api\/kernels\/([0-9a-fA-F-]{32,36})\/channels$/
const largestMessageBytes = 16_777_216
const checkIntervalMs = 20_000

/**
 * Serve the sockets of kernels: `/jupyter/<project>/api/kernels/<kernel>/channels`. To open one is to be able to run
 * code, so it takes an editor; the right is looked at again whenever rights change.
 */
export const serveChannels = (app: FastifyInstance, options: ChannelsOptions): TakeUpgrade => {
  const server = new WebSocketServer({
    noServer: true,
    perMessageDeflate: false,
    maxPayload: largestMessageBytes,
    handleProtocols: (offered) => (offered.has(v1Protocol) ? v1Protocol : false),
  })
  app.addHook('preClose', (done) => {
    options.relays.leave()
    const rest = setTimeout(() => server.clients.forEach((socket) => socket.terminate()), 1000)
    server.close(() => clearTimeout(rest))
    done()
  })
  return (request, socket, head) => {
    const [, projectId, kernelId] = address.exec(request.url?.split('?')[0] ?? '') ?? []
    if (projectId === undefined || kernelId === undefined) return false
    const onError = () => socket.destroy()
    socket.on('error', onError)
    admit(request, { projectId, kernelId }, options)
      .then((relay) => {
        socket.off('error', onError)
        server.handleUpgrade(request, socket, head, (ws) => attend(ws, request, { relay, projectId }, options))
      })
      .catch((error: unknown) => refuse(socket, request, error, options))
    return true
  }
}

/** Errors: `unauthenticated`, `permission_denied`, `project_not_found`, `kernel_not_found`. */
const admit = async (
  request: IncomingMessage,
  { projectId, kernelId }: { readonly projectId: string; readonly kernelId: string },
  { identities, relays }: ChannelsOptions,
): Promise<KernelRelay> => {
  const identity = (await callerOf(request, identities)) ?? fail('unauthenticated')
  return relays.open(projectScope(identity, projectId, 'editor'), jobIdOf(kernelId))
}

const refuse = (socket: Duplex, request: IncomingMessage, thrown: unknown, { newId, log }: ChannelsOptions): void => {
  const known = thrown instanceof NovaBrainError
  if (!known) log.error({ err: thrown }, 'a socket of a kernel failed')
  const error = known ? thrown : new NovaBrainError('internal_error', { requestId: null })
  const body = JSON.stringify(errorBody(error, localeOf(request.headers['accept-language']), newId()))
  const head = [
    `HTTP/1.1 ${String(error.status)} ${STATUS_CODES[error.status] ?? ''}`,
    'content-type: application/json; charset=utf-8',
    `content-length: ${String(Buffer.byteLength(body))}`,
    'connection: close',
  ]
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`)
}

/** One socket, from its opening to its end. */
const attend = (
  socket: WebSocket,
  request: IncomingMessage,
  { relay, projectId }: { readonly relay: KernelRelay; readonly projectId: string },
  options: ChannelsOptions,
): void => {
  const session = new URL(request.url ?? '/', 'http://localhost').searchParams.get('session_id')
  const client = clientOf(socket, session === null || session === '' ? options.newId() : session.slice(0, 200))
  const stopChecking = keepChecking(
    socket,
    async () => {
      const identity = (await callerOf(request, options.identities)) ?? fail('unauthenticated')
      projectScope(identity, projectId, 'editor')
    },
    options.identities,
  )
  socket.on('message', (data, isBinary) => {
    const message = readWire(data as Buffer, isBinary, socket.protocol as WireProtocol)
    if (message === null || message.channel === 'iopub') socket.close(1003, 'not a message of Jupyter')
    else relay.accept(client, message)
  })
  socket.on('error', () => socket.terminate())
  socket.on('close', () => {
    stopChecking()
    relay.disconnect(client)
  })
  relay.connect(client)
}

const clientOf = (socket: WebSocket, session: string): KernelClient => ({
  session,
  bufferedBytes: () => socket.bufferedAmount,
  send(wire, onLeft) {
    socket.send(wire.as(socket.protocol as WireProtocol), (error) => {
      if (error === undefined || error === null) onLeft()
    })
  },
  close: (code, reason) => socket.close(code, reason),
})

/** Ping from time to time, and let go who does not answer or may no longer. */
const keepChecking = (
  socket: WebSocket,
  check: () => Promise<void>,
  identities: Pick<IdentityService, 'onForget'>,
): (() => void) => {
  let heard = true
  const recheck = () => {
    check().catch((error: unknown) => {
      // That the database is away says nothing about rights.
      if (error instanceof NovaBrainError && error.status < 500) socket.close(4403, error.code)
    })
  }
  const timer = setInterval(() => {
    if (!heard) return socket.terminate()
    heard = false
    socket.ping()
    recheck()
  }, checkIntervalMs).unref()
  const stopHearing = identities.onForget(recheck)
  socket.on('pong', () => (heard = true))
  socket.on('message', () => (heard = true))
  return () => {
    clearInterval(timer)
    stopHearing()
  }
}
