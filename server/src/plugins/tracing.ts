import { context, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api'
import type { FastifyInstance } from 'fastify'
import type { Database } from '../deps.js'

const tracer = () => trace.getTracer('novabrain')

/** Whether the standard variables of OpenTelemetry ask for traces. Off unless they do. */
export const wantsTracing = (environment: Readonly<Record<string, string | undefined>>): boolean =>
  environment['OTEL_SDK_DISABLED'] !== 'true' &&
  environment['OTEL_TRACES_EXPORTER'] !== 'none' &&
  [
    environment['OTEL_TRACES_EXPORTER'],
    environment['OTEL_EXPORTER_OTLP_ENDPOINT'],
    environment['OTEL_EXPORTER_OTLP_TRACES_ENDPOINT'],
  ].some((value) => value !== undefined && value !== '')

/** Start the SDK, which reads its own standard variables; loaded only here. The answer ends it, sending what is left. */
export const startTracing = async (): Promise<() => Promise<void>> => {
  const { NodeSDK } = await import('@opentelemetry/sdk-node')
  const sdk = new NodeSDK({ serviceName: process.env['OTEL_SERVICE_NAME'] ?? 'novabrain' })
  sdk.start()
  return () => sdk.shutdown()
}

/** A span a request, named after its route; what a handler does stands below it. Costs nothing while tracing is off. */
export const traceRequests = (app: FastifyInstance): void => {
  app.addHook('onRequest', (request, reply, done) => {
    const route = request.routeOptions.url ?? 'none'
    const span = tracer().startSpan(`${request.method} ${route}`, {
      kind: SpanKind.SERVER,
      attributes: { 'http.request.method': request.method, 'http.route': route, 'novabrain.request_id': request.id },
    })
    reply.raw.once('close', () => {
      span.setAttribute('http.response.status_code', reply.statusCode)
      if (reply.statusCode >= 500) span.setStatus({ code: SpanStatusCode.ERROR })
      span.end()
    })
    context.with(trace.setSpan(context.active(), span), done)
  })
}

/** A span a transaction. */
export const traceDatabase = (database: Database): Database => ({
  transaction: (scope, work, options) =>
    tracer().startActiveSpan(
      'database transaction',
      { attributes: { 'db.system.name': 'postgresql' } },
      async (span) => {
        try {
          return await database.transaction(scope, work, options)
        } catch (error) {
          span.setStatus({ code: SpanStatusCode.ERROR })
          throw error
        } finally {
          span.end()
        }
      },
    ),
})
