import type { FastifyInstance } from 'fastify'
import type { Visitors } from '../deps.js'

/**
 * A member who asks for something to look at is a visitor until it is answered, or the connection is gone: an answer whose
 * turn never came closes nothing. Probes are no visitors, and what jobs ask waits like their reports.
 */
export const countVisitors = (app: FastifyInstance, visitors: Visitors): void => {
  app.addHook('onRequest', async (request, reply) => {
    if (request.method !== 'GET' || request.identity?.kind !== 'member') return
    const { socket } = request.raw
    const leave = visitors.come()
    const end = (): void => {
      socket.off('close', end)
      leave()
    }
    reply.raw.once('close', end)
    socket.once('close', end)
  })
}
