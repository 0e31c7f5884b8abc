import { createStream, type Socket, type Stream } from '@novabrain/contracts'
import { WebSocket } from 'ws'

/** A live stream of the contracts over a real socket, and a way to cut the wire. */
export interface TestStream {
  readonly stream: Stream
  /** Break the connection as a lost network does; the stream connects again. */
  cut(): void
}

/** Open the live stream of a project; retries come at once, so that tests need not wait. */
export const openStream = (options: {
  readonly url: string
  readonly token: string
  readonly projectId: string
  readonly cursor?: number | null
}): TestStream => {
  let current: WebSocket | null = null
  const connect = (): Socket => {
    const ws = new WebSocket(`${options.url.replace(/^http/, 'ws')}/v1/stream`)
    current = ws
    const socket: Socket = {
      send: (text) => {
        if (ws.readyState === WebSocket.OPEN) ws.send(text)
      },
      close: () => ws.close(),
      onopen: null,
      onmessage: null,
      onclose: null,
    }
    ws.on('open', () => socket.onopen?.())
    ws.on('message', (data) => socket.onmessage?.((data as Buffer).toString('utf8')))
    ws.on('close', () => socket.onclose?.())
    ws.on('error', () => undefined)
    return socket
  }
  const stream = createStream({
    projectId: options.projectId,
    connect,
    token: () => options.token,
    cursor: options.cursor ?? null,
    minRetryMs: 5,
    maxRetryMs: 20,
    timers: {
      now: () => Date.now(),
      random: () => Math.random(),
      after: (delayMs, callback) => {
        const timer = setTimeout(callback, delayMs)
        return () => clearTimeout(timer)
      },
    },
  })
  return { stream, cut: () => current?.terminate() }
}

/** When a stream is connected and subscribed. */
export const online = (stream: Stream): Promise<void> =>
  new Promise((resolve) => {
    const look = () => {
      if (stream.connection.state === 'online') resolve()
    }
    stream.onConnection(look)
    look()
  })
