import { createHash, randomUUID } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { errorBody, type AttemptResult, type AttemptSpec, type ErrorCode, type Heartbeat } from '@novabrain/contracts'

type Order = 'cancelled' | 'preempted' | 'superseded'

/** How the server misbehaves: not at all, answers 503, cuts connections, answers late, or has no room for the log. */
export type Weather = 'fair' | 'unavailable' | 'reset' | 'slow' | 'full'

/**
 * The runner's side of the server, kept in memory, over real HTTP. It holds to the contract: what is known already is
 * ignored, a gap in the log is refused, a repeated result gives the same answer.
 */
export interface RunnerServer {
  readonly url: string
  readonly token: string
  readonly blobs: Map<string, Uint8Array>
  readonly heartbeats: Heartbeat[]
  readonly outputs: Map<string, Uint8Array>
  /** Every form an output had, in order. */
  readonly outputHistory: { readonly path: string; readonly bytes: Uint8Array }[]
  result(): AttemptResult | null
  log(): Buffer
  /** Resolves when the condition holds; looked at after each request. */
  until(condition: () => boolean): Promise<void>
  setWeather(weather: Weather): void
  /** Lose the end of the log, as a server restored from a backup would. */
  forgetLogAfter(bytes: number): void
  stop(order: Order): void
  /** The attempt was given up: everything is answered with `attempt_over`. */
  declareOver(): void
  failures(): number
  close(): Promise<void>
}

class Refusal extends Error {
  constructor(
    readonly code: ErrorCode,
    readonly status: number,
    readonly data: Record<string, unknown> = {},
  ) {
    super(code)
  }
}

/** Start one for one attempt. */
export const startRunnerServer = async (spec: AttemptSpec): Promise<RunnerServer> => {
  const token = `attempt-token-${randomUUID()}`
  const blobs = new Map<string, Uint8Array>()
  const heartbeats: Heartbeat[] = []
  const outputs = new Map<string, Uint8Array>()
  const outputHistory: { path: string; bytes: Uint8Array }[] = []
  let pieces: Buffer[] = []
  let logSize = 0
  let result: AttemptResult | null = null
  let order: Order | null = null
  let over = false
  let weather: Weather = 'fair'
  let failures = 0
  const waiters = new Set<() => void>()

  const append = (offset: number, body: Buffer) => {
    if (weather === 'full') {
      failures += 1
      throw new Refusal('disk_full', 507)
    }
    if (offset > logSize) throw new Refusal('log_gap', 409, { expectedOffset: logSize, offset })
    const fresh = body.subarray(Math.min(body.length, logSize - offset))
    pieces.push(fresh)
    logSize += fresh.length
    return { sizeBytes: logSize }
  }
  const put = (path: string, bytes: Buffer) => {
    outputs.set(path, bytes)
    outputHistory.push({ path, bytes })
    return { digest: createHash('sha256').update(bytes).digest('hex'), sizeBytes: bytes.length }
  }
  const beat = (heartbeat: Heartbeat) => {
    if (heartbeat.sequence > (heartbeats.at(-1)?.sequence ?? 0)) heartbeats.push(heartbeat)
    return { command: order === null ? 'continue' : 'stop', stopReason: order }
  }
  const finish = (body: AttemptResult) => {
    result ??= body
    return {}
  }
  const answer = (method: string, url: URL, body: Buffer): object | Uint8Array => {
    const [, , attemptId, noun, digest] = url.pathname.slice(1).split('/')
    if (attemptId !== spec.attemptId) throw new Refusal('attempt_token_invalid', 401)
    if (over) throw new Refusal('attempt_over', 409)
    if (method === 'GET' && noun === 'spec') return spec
    if (method === 'GET' && noun === 'blobs') return blobs.get(digest ?? '') ?? refuse('blob_not_found', 404)
    if (method === 'POST' && noun === 'heartbeat') return beat(JSON.parse(body.toString()) as Heartbeat)
    if (method === 'POST' && noun === 'log') return append(Number(url.searchParams.get('offset')), body)
    if (method === 'PUT' && noun === 'output') return put(url.searchParams.get('path') ?? '', body)
    if (method === 'POST' && noun === 'result') return finish(JSON.parse(body.toString()) as AttemptResult)
    return refuse('not_found', 404)
  }
  const handle = async (request: IncomingMessage, response: ServerResponse) => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk as Buffer)
    if (weather === 'slow') await new Promise((resolve) => setTimeout(resolve, 300))
    if (weather === 'reset' || weather === 'unavailable') failures += 1
    if (weather === 'reset') return void request.socket.destroy()
    if (weather === 'unavailable') return send(response, 503, errorBody({ code: 'not_ready', data: {} }, 'en', null))
    if (request.headers.authorization !== `Bearer ${token}`) return send(response, 401, bodyOf('attempt_token_invalid'))
    try {
      const reply = answer(request.method ?? '', new URL(request.url ?? '/', 'http://x'), Buffer.concat(chunks))
      send(response, 200, reply)
    } catch (error) {
      if (!(error instanceof Refusal)) throw error
      send(response, error.status, bodyOf(error.code, error.data))
    }
  }
  const server = createServer((request, response) => {
    handle(request, response)
      .catch(() => request.socket.destroy())
      .finally(() => {
        for (const look of waiters) look()
      })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    token,
    blobs,
    heartbeats,
    outputs,
    outputHistory,
    result: () => result,
    log: () => Buffer.concat(pieces),
    until: (condition) =>
      new Promise((resolve) => {
        const look = () => {
          if (!condition()) return
          waiters.delete(look)
          resolve()
        }
        waiters.add(look)
        look()
      }),
    setWeather: (next) => {
      weather = next
    },
    forgetLogAfter: (bytes) => {
      pieces = [Buffer.concat(pieces).subarray(0, bytes)]
      logSize = bytes
    },
    stop: (next) => {
      order = next
    },
    declareOver: () => {
      over = true
    },
    failures: () => failures,
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections()
        server.close(() => resolve())
      }),
  }
}

const refuse = (code: ErrorCode, status: number): never => {
  throw new Refusal(code, status)
}

const bodyOf = (code: ErrorCode, data: Record<string, unknown> = {}) => errorBody({ code, data }, 'en', null)

const send = (response: ServerResponse, status: number, body: object | Uint8Array): void => {
  const bytes = body instanceof Uint8Array ? body : Buffer.from(JSON.stringify(body))
  response.writeHead(status, { 'content-type': 'application/json', 'content-length': bytes.length }).end(bytes)
}
