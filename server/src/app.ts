import fastify, { LogController, type FastifyInstance, type RouteOptions } from 'fastify'
import type { Foundation } from './foundation.js'
import { handleErrors, refuseUnknown } from './http/errors.js'
import { acceptBodies, jsonLimitMib } from './plugins/bodies.js'
import { authenticate, type Authenticators } from './plugins/authentication.js'
import { describeApi, serveDocs } from './plugins/docs.js'
import { measure, type Gauges } from './plugins/metrics.js'
import { logRequests } from './plugins/requests-log.js'
import { secure } from './plugins/security.js'
import { traceRequests } from './plugins/tracing.js'
import { countVisitors } from './plugins/visitors.js'

export interface AppOptions {
  readonly foundation: Foundation
  readonly authenticators: Authenticators
  readonly gauges: Gauges
  /** Registers the routes. */
  readonly mountAll: (app: FastifyInstance) => void | Promise<void>
  /** Told of every address that is served, whoever serves it. */
  readonly onRoute?: (route: RouteOptions) => void
}

/** The HTTP application, not yet listening. */
export const createApp = async (options: AppOptions): Promise<FastifyInstance> => {
  const { foundation, authenticators, gauges, mountAll } = options
  const app = fastify({
    loggerInstance: foundation.log,
    logController: new LogController({ disableRequestLogging: true }),
    genReqId: foundation.newId,
    bodyLimit: jsonLimitMib * 1_048_576,
    trustProxy: false,
    forceCloseConnections: 'idle',
    ajv: { customOptions: { coerceTypes: false } },
    routerOptions: { maxParamLength: 1024 },
  }) as unknown as FastifyInstance
  if (options.onRoute !== undefined) app.addHook('onRoute', options.onRoute)
  handleErrors(app, { bodyLimitMib: jsonLimitMib })
  traceRequests(app)
  logRequests(app)
  // Before anybody is refused: a refusal is an answer too, and pages of allowed origins must be able to read it.
  await secure(app, foundation.config)
  authenticate(app, authenticators)
  countVisitors(app, foundation.visitors)
  refuseUnknown(app)
  acceptBodies(app)
  await describeApi(app)
  measure(app, foundation.dataSource, gauges)
  await mountAll(app)
  await serveDocs(app)
  return app
}
