import { fail } from '@novabrain/contracts'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { ProjectScope } from '../../deps.js'
import { exportLimitMib, readExport, unpackExport } from '../traces/otlp.js'
import type { TrackingServices } from './endpoint.js'

const path = '/v1/traces'
const mediaTypes = ['application/x-protobuf', 'application/json']

/**
 * Spans over OTLP, from MLflow's clients and from any program with an exporter of OpenTelemetry's; a header says to which
 * experiment they belong. The answer is an empty `ExportTraceServiceResponse`: all was taken.
 */
export const mountOtlp = (
  app: FastifyInstance,
  { traces }: TrackingServices,
  scopeOf: (request: FastifyRequest) => ProjectScope,
): void => {
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body))
  app.route({
    method: 'POST',
    url: path,
    schema: { hide: true },
    bodyLimit: exportLimitMib * 1_048_576,
    onRequest: async (request) => {
      request.scope = scopeOf(request)
    },
    handler: async (request, reply) => {
      const experimentId = headerOf(request, 'x-mlflow-experiment-id') ?? fail('spans_without_experiment')
      const mediaType = mediaTypeOf(request)
      const body = await unpackExport(
        request.body as Buffer,
        (headerOf(request, 'content-encoding') ?? '').toLowerCase(),
      )
      const spans = readExport(body, mediaType)
      await traces.addSpans(scopeOf(request), { experimentId, runId: headerOf(request, 'x-mlflow-run-id'), spans })
      return reply.type(mediaType).send(mediaType === 'application/json' ? '{}' : Buffer.alloc(0))
    },
  })
}

const headerOf = ({ headers }: FastifyRequest, name: string): string | null => {
  const value = headers[name]
  return typeof value === 'string' && value !== '' ? value : null
}

const mediaTypeOf = (request: FastifyRequest): string => {
  const given = headerOf(request, 'content-type')
  const mediaType = given?.split(';')[0]?.trim().toLowerCase() ?? ''
  if (mediaTypes.includes(mediaType)) return mediaType
  return fail('spans_malformed', {
    detail: `Invalid Content-Type: ${given ?? 'None'}. Expected: application/x-protobuf or application/json`,
  })
}
