import { fail } from '@novabrain/contracts'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { ProjectScope } from '../../deps.js'
import { trackingScope } from '../../http/scope.js'
import { artifactEndpoints, proxyEndpoints } from './artifacts.js'
import type { Endpoint, TrackingServices } from './endpoint.js'
import { downloadEndpoints } from './downloads.js'
import { evaluationDatasetEndpoints } from './evaluation-datasets.js'
import { experimentEndpoints } from './experiments.js'
import { fromQuery, invalid, isRecord, type Fields } from './fields.js'
import { loggedModelEndpoints } from './logged-models.js'
import { loggingEndpoints } from './logging.js'
import { modelVersionEndpoints, registeredModelEndpoints } from './model-registry.js'
import { assessmentEndpoints } from './assessments.js'
import { oldTraceEndpoints } from './old-traces.js'
import { mountOtlp } from './otlp.js'
import { runEndpoints } from './runs.js'
import { mountWorkspaces } from './workspaces.js'
import { traceFiguresEndpoints } from './trace-figures.js'
import { traceEndpoints } from './traces.js'
import { webhookEndpoints } from './webhooks.js'

/**
 * The version of MLflow whose REST API this is. Clients read it to learn what they may ask: from 3.4 on they may send
 * spans by OTLP.
 */
export const mlflowVersion = '3.8.1'

const prefixes = ['/api/2.0', '/ajax-api/2.0', '/api/3.0', '/ajax-api/3.0']

/**
 * MLflow's REST API: a façade over the same services as our own routes. Its bodies follow MLflow's rules, not our
 * schemas, and only status 200 is a success for its client. What is not here answers 404 ENDPOINT_NOT_FOUND.
 */
export const mountMlflow = (app: FastifyInstance, services: TrackingServices): void => {
  void app.register(async (plain) => {
    acceptJson(plain)
    const endpoints = [
      ...experimentEndpoints(services),
      ...runEndpoints(services),
      ...loggingEndpoints(services),
      ...loggedModelEndpoints(services),
      ...registeredModelEndpoints(services),
      ...modelVersionEndpoints(services),
      ...artifactEndpoints(services),
      ...traceEndpoints(services),
      ...traceFiguresEndpoints(services),
      ...oldTraceEndpoints(services),
      ...assessmentEndpoints(services),
      ...webhookEndpoints(services),
      ...evaluationDatasetEndpoints(services),
    ]
    for (const endpoint of endpoints) mountEndpoint(plain, '/mlflow', endpoint)
    for (const download of downloadEndpoints(services)) {
      if (download.at === 'top') mountAt(plain, download.path, download)
      else mountEndpoint(plain, '/mlflow', download)
    }
    mountServerInfo(plain, services)
    mountWorkspaces(plain)
  })
  void app.register(async (proxy) => {
    acceptAnything(proxy)
    for (const endpoint of proxyEndpoints(services)) mountEndpoint(proxy, '/mlflow-artifacts', endpoint)
  })
  void app.register(async (otlp) => mountOtlp(otlp, services, (request) => scopeOf({ access: 'write' }, request)))
}

const mountEndpoint = (app: FastifyInstance, under: string, endpoint: Endpoint): void => {
  for (const prefix of prefixes) mountAt(app, `${prefix}${under}${endpoint.path}`, endpoint)
}

const mountAt = (app: FastifyInstance, url: string, endpoint: Endpoint): void => {
  app.route({
    method: endpoint.method,
    url,
    schema: { hide: true },
    // Who may not, learns so before a byte of the body is read.
    onRequest: async (request) => {
      request.scope = scopeOf(endpoint, request)
    },
    handler: async (request, reply) => {
      const scope = scopeOf(endpoint, request)
      const params = request.params as Readonly<Record<string, string>>
      const answer = await endpoint.handle({ scope, fields: fieldsOf(request), params, request, reply })
      return reply.send(answer ?? {})
    },
  })
}

const roles = { read: 'viewer', write: 'editor', admin: 'admin' } as const

const scopeOf = ({ access }: Pick<Endpoint, 'access'>, request: FastifyRequest): ProjectScope => {
  const scope = trackingScope(request.identity, projectNameOf(request), roles[access])
  return access === 'admin' && scope.attemptId !== null ? fail('permission_denied', { role: 'admin' }) : scope
}

/** Two names for one thing: ours, and the one that `MLFLOW_WORKSPACE` makes the client send. */
const projectNameOf = (request: FastifyRequest): string | undefined => {
  const name = request.headers['x-novabrain-project'] ?? request.headers['x-mlflow-workspace']
  return typeof name === 'string' && name !== '' ? name : undefined
}

const fieldsOf = (request: FastifyRequest): Fields => {
  if (request.method === 'GET') return { ...(request.query as Fields), [fromQuery]: true }
  const { body } = request
  if (body === undefined || body === null) return {}
  return isRecord(body) ? body : invalid('The body of the request must be a JSON object.')
}

/** A body that is itself a JSON text is tolerated, and so is none; old clients send both. */
const acceptJson = (app: FastifyInstance): void => {
  app.removeAllContentTypeParsers()
  app.addContentTypeParser<string>('application/json', { parseAs: 'string' }, async (_request: unknown, body: string) =>
    parseBody(body),
  )
}

const parseBody = (body: string): unknown => {
  if (body.trim() === '') return undefined
  try {
    const once: unknown = JSON.parse(body)
    return typeof once === 'string' ? JSON.parse(once) : once
  } catch {
    return invalid('The body of the request is not valid JSON.')
  }
}

/** Bytes of any kind are a stream, JSON files too. */
const acceptAnything = (app: FastifyInstance): void => {
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('*', (_request, payload, done) => done(null, payload))
}

/** Newer clients read here whether they may exchange large files with the store itself. */
const serverInfo = (direct: boolean) => ({
  store_type: 'SqlStore',
  workspaces_enabled: true,
  trace_archival_enabled: false,
  multipart_uploads_enabled: direct,
  multipart_downloads_enabled: direct,
})

/** What clients ask before they sign in. */
const mountServerInfo = (app: FastifyInstance, { artifacts }: TrackingServices): void => {
  const open = { config: { access: 'anyone' as const }, schema: { hide: true } }
  app.get('/health', open, async (_request, reply) => reply.type('text/plain').send('OK'))
  app.get('/version', open, async (_request, reply) => reply.type('text/plain').send(mlflowVersion))
  for (const prefix of ['/api/3.0', '/ajax-api/3.0'])
    app.get(`${prefix}/mlflow/server-info`, open, async () => serverInfo(artifacts.isDirect()))
}
