import type { FastifyInstance } from 'fastify'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'

/**
 * Let connections go when the application closes: at once those with no request in hand, the others with the end of their
 * last answer. Left to itself, closing waits more than a minute for a connection that a browser opened in advance, or
 * that was answering in the instant of closing and is kept alive after it. Sockets of the live stream are not ours.
 */
export const drainConnections = (app: FastifyInstance): void => {
  const inHand = new Map<Socket, number>()
  let closing = false
  const settle = (socket: Socket) => {
    if (closing && inHand.get(socket) === 0) socket.destroySoon()
  }
  const change = (socket: Socket, by: number) => {
    const count = inHand.get(socket)
    if (count === undefined) return
    inHand.set(socket, count + by)
    settle(socket)
  }
  app.server.on('connection', (socket: Socket) => {
    inHand.set(socket, 0)
    socket.once('close', () => inHand.delete(socket))
    settle(socket)
  })
  app.server.on('request', ({ socket }: IncomingMessage, response: ServerResponse) => {
    change(socket, 1)
    response.once('close', () => change(socket, -1))
  })
  app.server.on('upgrade', ({ socket }: IncomingMessage) => void inHand.delete(socket as Socket))
  app.addHook('preClose', (done) => {
    closing = true
    for (const socket of inHand.keys()) settle(socket)
    done()
  })
}
