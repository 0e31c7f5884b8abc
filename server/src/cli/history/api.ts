import { NovaBrainError } from '@novabrain/contracts'
import type { Readable } from 'node:stream'
import { upload } from './upload.js'

/** MLflow's REST API at one address. */
export interface MlflowApi {
  readonly url: string
  get(path: string, query?: Query): Promise<Json>
  post(path: string, body: object): Promise<Json>
  /** Octets in a request that may be sent again, and headers that say what they are. */
  postBytes(path: string, body: Buffer, headers: Readonly<Record<string, string>>): Promise<void>
  /** A request that makes something, and would make another if it were sent again. */
  create(path: string, body: object): Promise<Json>
  patch(path: string, body: object): Promise<Json>
  delete(path: string, body: object): Promise<Json>
  /** The bytes of an address, or `null` when there are none. */
  open(path: string, query?: Query): Promise<ReadableStream<Uint8Array> | null>
  /** Send bytes; they are asked for anew for each try. */
  put(path: string, body: () => Promise<Readable>): Promise<void>
}

export type Json = Readonly<Record<string, unknown>>
export type Query = Readonly<Record<string, string | number | readonly string[] | undefined>>

/** An answer that says no, with MLflow's name for it. */
export class MlflowRefusal extends Error {
  override readonly name = 'MlflowRefusal'
  constructor(
    readonly status: number,
    readonly errorCode: string,
    readonly detail: string,
    readonly what: string,
  ) {
    super(`${what}: ${String(status)} ${errorCode} ${detail}`)
  }
}

export interface ApiOptions {
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly signal: AbortSignal
  /** How long to wait before the next try, in milliseconds. */
  readonly pausesMs?: readonly number[]
}

const defaultPausesMs = [200, 1000, 3000, 8000]
const answerLimitMs = 120_000

/**
 * A client of MLflow's REST API. What may pass (no answer, 429, 5xx) is tried again; a refusal is thrown as
 * `MlflowRefusal`. Errors: `mlflow_unreachable`, `mlflow_not_mlflow`, `mlflow_refused_sign_in`.
 */
export const createMlflowApi = (options: ApiOptions): MlflowApi => {
  const send = async (what: Request): Promise<Response> => {
    const pausesMs = what.single === true ? [] : (options.pausesMs ?? defaultPausesMs)
    for (let round = 0; ; round += 1) {
      options.signal.throwIfAborted()
      const pauseMs = pausesMs[round]
      try {
        const response = await once(options, what)
        if (response.ok || pauseMs === undefined || !mayPass(response.status, round)) return response
        await response.body?.cancel()
      } catch (error) {
        options.signal.throwIfAborted()
        if (error instanceof NovaBrainError) throw error
        if (pauseMs === undefined)
          throw new NovaBrainError(
            'mlflow_unreachable',
            { address: options.url, detail: causeOf(error) },
            { cause: error },
          )
      }
      await pause(pauseMs, options.signal)
    }
  }

  const json = async (what: Request): Promise<Json> => {
    const response = await send(what)
    const text = await response.text()
    if (!response.ok) throw refusalOf(options.url, what, response.status, text)
    const value = parse(text)
    if (value === null) throw new NovaBrainError('mlflow_not_mlflow', { address: options.url, detail: plainText(text) })
    return value
  }

  return {
    url: options.url,
    get: (path, query) => json({ method: 'GET', path: path + textOf(query) }),
    post: (path, body) => json({ method: 'POST', path, body: JSON.stringify(body) }),
    async postBytes(path, octets, headers) {
      const what = { method: 'POST', path, octets, headers, bytes: true } as const
      const response = await send(what)
      const text = await response.text()
      if (!response.ok) throw refusalOf(options.url, what, response.status, text)
    },
    create: (path, body) => json({ method: 'POST', path, body: JSON.stringify(body), single: true }),
    patch: (path, body) => json({ method: 'PATCH', path, body: JSON.stringify(body) }),
    delete: (path, body) => json({ method: 'DELETE', path, body: JSON.stringify(body) }),
    async open(path, query) {
      const what = { method: 'GET', path: path + textOf(query), bytes: true } as const
      const response = await send(what)
      if (response.ok) return response.body ?? new ReadableStream({ start: (controller) => controller.close() })
      const text = await response.text()
      if (response.status === 404) return null
      throw refusalOf(options.url, what, response.status, text)
    },
    async put(path, body) {
      const what = { method: 'PUT', path, stream: body, bytes: true } as const
      const response = await send(what)
      const text = await response.text()
      if (!response.ok) throw refusalOf(options.url, what, response.status, text)
    },
  }
}

interface Request {
  readonly method: string
  readonly path: string
  readonly body?: string
  readonly octets?: Buffer
  readonly headers?: Readonly<Record<string, string>>
  /** Octets to send, opened for each try. */
  readonly stream?: () => Promise<Readable>
  /** The body is raw octets, or the answer is; it takes as long as it takes. */
  readonly bytes?: boolean
  /** Sent once, whatever comes of it. */
  readonly single?: boolean
}

const once = async ({ url, headers, signal }: ApiOptions, what: Request): Promise<Response> => {
  const { method, body } = what
  if (what.stream !== undefined) {
    const typed = { ...headers, 'content-type': 'application/octet-stream' }
    const answer = await upload(url + what.path, { method, headers: typed, body: await what.stream(), signal })
    return new Response(answer.text === '' ? null : answer.text, { status: answer.status })
  }
  return fetch(url + what.path, {
    method,
    headers: { ...headers, ...what.headers, ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
    signal: what.bytes === true ? signal : AbortSignal.any([signal, AbortSignal.timeout(answerLimitMs)]),
    ...(body === undefined ? {} : { body }),
    ...(what.octets === undefined ? {} : { body: new Uint8Array(what.octets) }),
  })
}

/** A server that is in trouble with one thing (500) is asked once more; one that is busy or away, for as long as we have patience. */
const mayPass = (status: number, round: number): boolean =>
  status === 429 || status === 408 || status >= 502 || (status === 500 && round === 0)

const refusalOf = (address: string, { method, path }: Request, status: number, text: string): Error => {
  if (status === 401) return new NovaBrainError('mlflow_refused_sign_in', { address })
  const value = parse(text)
  const errorCode = typeof value?.['error_code'] === 'string' ? value['error_code'] : ''
  const detail = typeof value?.['message'] === 'string' ? value['message'] : plainText(text)
  return new MlflowRefusal(status, errorCode, detail, `${method} ${path.split('?')[0] ?? path}`)
}

/** The beginning of an answer that is no JSON; of a page, its title. */
const plainText = (text: string): string => (/<title>([^<]*)<\/title>/i.exec(text)?.[1] ?? text).slice(0, 200).trim()

/** The sentence for people about a refusal that nobody expected; other faults stay what they are. */
export const asNovaBrainError = (error: unknown): unknown =>
  error instanceof MlflowRefusal
    ? new NovaBrainError(
        'mlflow_request_failed',
        { what: error.what, status: error.status, detail: error.detail },
        { cause: error },
      )
    : error

const parse = (text: string): Json | null => {
  if (text.trim() === '') return {}
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Json) : null
  } catch {
    return null
  }
}

const textOf = (query: Query = {}): string => {
  const pairs = Object.entries(query).flatMap(([key, value]) =>
    (Array.isArray(value) ? value : value === undefined ? [] : [value]).map((each): [string, string] => [
      key,
      String(each),
    ]),
  )
  return pairs.length === 0 ? '' : `?${new URLSearchParams(pairs).toString()}`
}

const causeOf = (error: unknown): string => {
  const cause = error instanceof Error ? (error.cause ?? error) : error
  if (!(cause instanceof Error)) return String(cause)
  return 'code' in cause && typeof cause.code === 'string' ? cause.code : cause.message
}

const pause = (ms: number | undefined, signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    const timer = setTimeout(resolve, ms ?? 0)
    signal.addEventListener(
      'abort',
      () => {
        clearTimeout(timer)
        resolve()
      },
      { once: true },
    )
  })

/**
 * How the source wants to be signed in to, out of the variables that `mlflow` itself reads: never the command line, which
 * others see.
 */
export const mlflowHeaders = (environment: Readonly<Record<string, string | undefined>>): Record<string, string> => {
  const {
    MLFLOW_TRACKING_TOKEN: token,
    MLFLOW_TRACKING_USERNAME: user,
    MLFLOW_TRACKING_PASSWORD: password,
  } = environment
  if (user !== undefined && user !== '')
    return { authorization: `Basic ${Buffer.from(`${user}:${password ?? ''}`).toString('base64')}` }
  return token === undefined || token === '' ? {} : { authorization: `Bearer ${token}` }
}
