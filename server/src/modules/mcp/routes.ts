import { fail } from '@novabrain/contracts'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Config } from '../../config.js'
import type { MemberIdentity } from '../../http/identity.js'
import { answerMcp } from './protocol.js'
import type { McpServices } from './services.js'

/** A request of MCP is small; a script is the largest thing in it. */
const bodyLimit = 1_048_576

/**
 * MCP's streamable HTTP at `/mcp`: a façade over the same services as our own routes, with the same keys and roles. It
 * takes an API key as `Authorization: Bearer` and never a cookie, so that no page can call it in somebody's name.
 */
export const mountMcp = (app: FastifyInstance, services: McpServices): void => {
  const options = {
    schema: { hide: true },
    // Who may not, learns so before a byte of the body is read.
    onRequest: async (request: FastifyRequest) => {
      checkOrigin(request, services.config)
      memberOf(request)
    },
  }
  app.post('/mcp', { ...options, bodyLimit }, async (request, reply) => {
    const project = request.headers['x-novabrain-project']
    const caller = {
      identity: memberOf(request),
      project: typeof project === 'string' ? project : undefined,
      locale: request.locale,
      requestId: request.id,
    }
    return send(reply, await answerMcp(webRequest(request), request.body, caller, services))
  })
  app.route({
    ...options,
    method: ['GET', 'DELETE'],
    url: '/mcp',
    handler: async (_request, reply) => {
      void reply.header('allow', 'POST')
      return fail('mcp_post_only')
    },
  })
}

const memberOf = ({ identity }: FastifyRequest): MemberIdentity => {
  if (identity?.kind === 'attempt') return fail('permission_denied', { role: 'viewer' })
  if (identity?.via !== 'api_key') return fail('unauthenticated')
  return identity
}

/** The specification asks for it: a page elsewhere must not reach a server on the machine of its reader. */
const checkOrigin = ({ headers: { origin, host } }: FastifyRequest, { allowedOrigins }: Config): void => {
  if (origin === undefined || allowedOrigins.includes(origin)) return
  if (!URL.canParse(origin) || new URL(origin).host !== host) fail('origin_not_allowed', { origin })
}

/** The request as the transport wants it; its body was read already. */
const webRequest = ({ headers }: FastifyRequest): Request => {
  const pairs = Object.entries(headers).flatMap(([name, value]) =>
    [value ?? []].flat().map((each): [string, string] => [name, each]),
  )
  return new Request('http://mcp.invalid/mcp', { method: 'POST', headers: pairs.filter(([name]) => plain.has(name)) })
}

const plain = new Set(['accept', 'content-type', 'mcp-protocol-version', 'mcp-session-id', 'user-agent'])

const send = async (reply: FastifyReply, answer: Response): Promise<FastifyReply> => {
  const type = answer.headers.get('content-type')
  if (type !== null) void reply.type(type)
  return reply.status(answer.status).send(await answer.text())
}
