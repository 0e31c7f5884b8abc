import {
  fail,
  type BodyOf,
  type Locale,
  type ParamsOf,
  type QueryOf,
  type ResponseOf,
  type Route,
} from '@novabrain/contracts'
import { Value } from '@sinclair/typebox/value'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { Readable } from 'node:stream'
import type { Identity } from './identity.js'
import { scopeOf, type ScopeOf } from './scope.js'

/** What a handler of a route is given: everything validated, the caller known and allowed. */
export interface Call<R extends Route> {
  readonly params: ParamsOf<R>
  readonly query: QueryOf<R>
  /** Parsed JSON, or the raw octets as a stream for a route with `bodyKind: 'bytes'`. */
  readonly body: R['bodyKind'] extends 'bytes' ? Readable : BodyOf<R>
  readonly scope: ScopeOf<R>
  readonly identity: Identity | null
  readonly idempotencyKey: string | null
  readonly locale: Locale
  readonly request: FastifyRequest
  readonly reply: FastifyReply
}

type Answer<R extends Route> = R['responseKind'] extends 'bytes' ? Buffer | Readable : ResponseOf<R>

/** Register a route of the table with its handler; access is checked before the handler runs. */
export type Mount = <R extends Route>(route: R, handler: (call: Call<R>) => Promise<Answer<R>>) => void

/** A `Mount` for one application. */
export const mountOn =
  (app: FastifyInstance): Mount =>
  (route, handler) => {
    const bytesAnswer = route.responseKind === 'bytes'
    app.route({
      method: route.method,
      url: route.path,
      schema: schemaOf(route),
      config: { access: route.access },
      ...(route.access === 'anyone' ? { bodyLimit: anonymousBodyBytes } : {}),
      // Who may not, learns so before a byte of the body is read, and nothing about its form.
      onRequest: async (request) => {
        request.scope = scopeOf(route, request)
      },
      preValidation: (request, _reply, done) => {
        convertAddress(route, request)
        done()
      },
      handler: async (request, reply) => {
        const call = {
          params: request.params,
          query: request.query,
          body: route.bodyKind === 'bytes' ? bytesOf(request) : request.body,
          scope: request.scope,
          identity: request.identity,
          idempotencyKey: idempotencyKeyOf(request),
          locale: request.locale,
          request,
          reply,
        } as unknown as Call<typeof route>
        const answer = await handler(call)
        if (bytesAnswer && !reply.hasHeader('content-type')) reply.type('application/octet-stream')
        return reply.send(answer)
      },
    })
  }

/** Who has not said who they are may send this much. */
const anonymousBodyBytes = 1_048_576

/** The octets of a request, none of which may be there; what was read as something else is refused. */
const bytesOf = ({ body }: FastifyRequest): Readable => {
  if (body === undefined || body === null) return Readable.from([])
  if (body instanceof Readable) return body
  return fail('invalid_request', { detail: 'Content-Type: application/octet-stream', field: 'content-type' })
}

/**
 * Give what stands in the address its types: it is all text there. Bodies are taken as they are, since to convert would be
 * to change them (`null` to an empty text, say).
 */
const convertAddress = (route: Route, request: FastifyRequest): void => {
  if (route.params !== undefined) request.params = Value.Convert(route.params, request.params)
  if (route.query !== undefined) request.query = Value.Convert(route.query, request.query)
}

const schemaOf = (route: Route) => ({
  summary: route.summary,
  description: describe(route),
  tags: [route.path.split('/')[2] ?? 'server'],
  ...(route.params === undefined ? {} : { params: route.params }),
  ...(route.query === undefined ? {} : { querystring: route.query }),
  ...(route.body === undefined || route.bodyKind === 'bytes' ? {} : { body: route.body }),
  ...(route.responseKind === 'bytes' ? {} : { response: { 200: route.response } }),
})

const describe = ({ access, errors, idempotent }: Route): string =>
  [
    `For: ${access}.`,
    ...(idempotent === true ? ['Honours `Idempotency-Key`.'] : []),
    ...(errors.length === 0 ? [] : [`Errors: ${errors.map((code) => `[${code}](/docs/errors#${code})`).join(', ')}.`]),
  ].join(' ')

const idempotencyKeyOf = (request: FastifyRequest): string | null => {
  const key = request.headers['idempotency-key']
  return typeof key === 'string' && key.length > 0 ? key.slice(0, 200) : null
}
