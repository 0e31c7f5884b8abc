import type { FastifyInstance } from 'fastify'
import type { Visitors } from '../deps.js'

/** Whoever asks for something to look at is a visitor until it is answered; what runners fetch waits like their reports. */
export const countVisitors = (app: FastifyInstance, visitors: Visitors): void => {
  app.addHook('onRequest', async (request, reply) => {
    if (request.method !== 'GET' || request.routeOptions.config.access === 'attempt') return
    reply.raw.once('close', visitors.come())
  })
}
