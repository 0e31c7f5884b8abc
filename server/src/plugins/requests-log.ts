import type { FastifyInstance, FastifyRequest } from 'fastify'

/** One line a request when it is answered, with the ids it is about; what machines ask every second only at `debug`. */
export const logRequests = (app: FastifyInstance): void => {
  app.addHook('onRequest', async (request, reply) => {
    reply.header('x-request-id', request.id)
    const subject = subjectOf(request)
    if (subject !== null) request.log = reply.log = request.log.child(subject)
  })
  app.addHook('onResponse', async (request, reply) => {
    const { method, routeOptions } = request
    const line = {
      method,
      route: routeOptions.url ?? null,
      status: reply.statusCode,
      ms: Math.round(reply.elapsedTime),
    }
    const quiet = reply.statusCode < 400 && isRoutine(routeOptions.url ?? '')
    request.log[quiet ? 'debug' : 'info'](line, 'request answered')
  })
}

const subjects = ['projectId', 'runId', 'jobId', 'attemptId'] as const

const subjectOf = ({ params }: FastifyRequest): Record<string, string> | null => {
  const named = params as Readonly<Record<string, string | undefined>> | undefined
  const pairs = subjects.flatMap((name) => (named?.[name] === undefined ? [] : [[name, named[name]] as const]))
  return pairs.length === 0 ? null : Object.fromEntries(pairs)
}

const isRoutine = (route: string): boolean =>
  route.startsWith('/health/') || route === '/metrics' || /\/(heartbeat|log|kernel\/(inbox|outbox))$/.test(route)
