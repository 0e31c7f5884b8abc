import { routes, type RouteName, type Routes } from '../api/routes.js'
import type { BodyOf, ParamsOf, QueryOf, ResponseOf, Route } from '../api/define.js'
import { isErrorCode, NovaBrainError, type ErrorBody } from '../errors/error.js'

/** The part of `fetch` the client needs; it is handed in, since contracts know neither Node nor a browser. */
export type Fetch = (
  url: string,
  init: { method: string; headers: Record<string, string>; body?: string | Uint8Array; signal?: unknown },
) => Promise<{
  status: number
  headers: { get(name: string): string | null }
  text(): Promise<string>
  arrayBuffer(): Promise<ArrayBuffer>
}>

export interface ClientOptions {
  /** The address of the server, with no slash at its end. */
  readonly baseUrl: string
  readonly fetch: Fetch
  /** Headers for each request, asked for each time: authorisation, CSRF, language. */
  readonly headers?: () => Record<string, string> | Promise<Record<string, string>>
}

type Empty = Record<never, never>

type Input<R extends Route> = (keyof ParamsOf<R> extends never ? { params?: undefined } : { params: ParamsOf<R> }) &
  (Empty extends QueryOf<R> ? { query?: QueryOf<R> } : { query: QueryOf<R> }) &
  (BodyOf<R> extends undefined ? { body?: undefined } : { body: BodyOf<R> }) & {
    /** Sent as `Idempotency-Key`: the same key, the same one effect. */
    idempotencyKey?: string
    signal?: unknown
  }

export type Client = {
  readonly [N in RouteName]: Empty extends Input<Routes[N]>
    ? (input?: Input<Routes[N]>) => Promise<ResponseOf<Routes[N]>>
    : (input: Input<Routes[N]>) => Promise<ResponseOf<Routes[N]>>
}

/** The server could not be reached at all: no answer, or not one of NovaBrain's. Nothing is known of the effect. */
export class UnreachableError extends Error {
  override readonly name = 'UnreachableError'
}

interface LooseInput {
  params?: Record<string, unknown>
  query?: Record<string, unknown>
  body?: unknown
  idempotencyKey?: string
  signal?: unknown
}

/**
 * A typed client of the route table. Each method throws `NovaBrainError` for an answer of the catalogue and
 * `UnreachableError` when there was none.
 */
export const createClient = (options: ClientOptions): Client => {
  const call = async (route: Route, input: LooseInput = {}): Promise<unknown> => {
    const request = await requestOf(route, input, options)
    const response = await options.fetch(request.url, request.init).catch((cause: unknown) => {
      throw new UnreachableError(`No answer from ${options.baseUrl}`, { cause })
    })
    if (response.status >= 400) throw errorOf(await response.text(), response.status)
    if (route.responseKind === 'bytes') return new Uint8Array(await response.arrayBuffer())
    return JSON.parse(await response.text()) as unknown
  }
  const entries = Object.entries(routes).map(([name, route]) => [name, (input?: LooseInput) => call(route, input)])
  return Object.fromEntries(entries) as Client
}

/** The address of a route with its parameters and query filled in. */
export const pathOf = (
  route: Pick<Route, 'path'>,
  params: Readonly<Record<string, unknown>> = {},
  query: Readonly<Record<string, unknown>> = {},
): string => {
  const path = route.path.replace(/:(\w+)/g, (_, name: string) => encodeURIComponent(String(params[name])))
  const pairs = Object.entries(query)
    .filter(([, value]) => value !== undefined && value !== null)
    .map(([key, value]) => `${encodeURIComponent(key)}=${encodeURIComponent(String(value))}`)
  return pairs.length === 0 ? path : `${path}?${pairs.join('&')}`
}

const requestOf = async (route: Route, input: LooseInput, options: ClientOptions) => {
  const bytes = route.bodyKind === 'bytes'
  const headers: Record<string, string> = { ...(await options.headers?.()) }
  if (input.body !== undefined) headers['content-type'] = bytes ? 'application/octet-stream' : 'application/json'
  if (input.idempotencyKey !== undefined) headers['idempotency-key'] = input.idempotencyKey
  const body = input.body === undefined ? undefined : bytes ? (input.body as Uint8Array) : JSON.stringify(input.body)
  return {
    url: options.baseUrl + pathOf(route, input.params, input.query),
    init: {
      method: route.method,
      headers,
      ...(body === undefined ? {} : { body }),
      ...(input.signal === undefined ? {} : { signal: input.signal }),
    },
  }
}

const errorOf = (text: string, status: number): Error => {
  const body = parse(text)
  if (body !== null && isErrorCode(body.code))
    return new NovaBrainError(body.code, body.data, { message: body.message, body })
  return new UnreachableError(`Answer ${status} is not one of NovaBrain's`)
}

const parse = (text: string): ErrorBody | null => {
  try {
    const value = JSON.parse(text) as unknown
    return typeof value === 'object' && value !== null && 'code' in value ? (value as ErrorBody) : null
  } catch {
    return null
  }
}
