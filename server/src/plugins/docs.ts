import swagger from '@fastify/swagger'
import swaggerUi from '@fastify/swagger-ui'
import type { FastifyInstance } from 'fastify'
import { errorsPage } from '../http/error-pages.js'
import { serverVersion } from '../version.js'

/** OpenAPI 3.1 of the route table; before any route, so that it sees them all. */
export const describeApi = async (app: FastifyInstance): Promise<void> => {
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'NovaBrain',
        version: serverVersion,
        description: 'Errors have one shape, and every code is explained at [/docs/errors](/docs/errors).',
      },
      components: {
        securitySchemes: {
          apiKey: { type: 'http', scheme: 'bearer', description: 'An API key, or the token of an attempt' },
          session: { type: 'apiKey', in: 'cookie', name: 'nb_session' },
        },
      },
      security: [{ apiKey: [] }, { session: [] }],
    },
  })
}

/** The pages for people: the API at `/docs`, every error code at `/docs/errors`. Nothing comes from elsewhere. */
export const serveDocs = async (app: FastifyInstance): Promise<void> => {
  app.get('/docs/errors', { schema: { hide: true }, config: { access: 'anyone' } }, async (request, reply) =>
    reply.type('text/html; charset=utf-8').send(errorsPage(request.locale)),
  )
  await app.register(swaggerUi, { routePrefix: '/docs', staticCSP: true, uiConfig: { deepLinking: true } })
}
