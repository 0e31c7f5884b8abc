import { once } from 'node:events'
import { createServer, request, type IncomingMessage, type ServerResponse } from 'node:http'
import { connect, type Socket } from 'node:net'

/** A line to a server that can be cut, and that can keep a request back until it is told to let it through. */
export interface Gate {
  readonly url: string
  /** Keep back the next request that fits: it has not reached the server until it is released. */
  hold(fits: (method: string, path: string) => boolean): Held
  /** Cut every connection and take no new one. */
  shut(): Promise<void>
  open(): Promise<void>
  close(): Promise<void>
}

export interface Held {
  /** Resolves when the request is here. */
  readonly arrived: Promise<void>
  release(): void
}

interface Keeping {
  readonly fits: (method: string, path: string) => boolean
  readonly arrive: () => void
  readonly released: Promise<void>
}

/** Start a gate before a server. */
export const startGate = async (target: string): Promise<Gate> => {
  const { hostname, port } = new URL(target)
  const sockets = new Set<Socket>()
  let keeping: Keeping | null = null
  let listeningPort = 0

  const pass = (incoming: IncomingMessage, outgoing: ServerResponse, body: Buffer) => {
    const { method, url: path, headers } = incoming
    const onward = request({ hostname, port, method, path, headers }, (answer) => {
      outgoing.writeHead(answer.statusCode ?? 502, answer.headers)
      answer.pipe(outgoing)
    })
    onward.on('error', () => outgoing.destroy())
    outgoing.on('close', () => onward.destroy())
    onward.end(body)
  }
  const handle = async (incoming: IncomingMessage, outgoing: ServerResponse) => {
    const body = Buffer.concat((await incoming.toArray()) as Buffer[])
    const mine = keeping?.fits(incoming.method ?? '', incoming.url ?? '') === true ? keeping : null
    if (mine !== null) {
      keeping = null
      mine.arrive()
      await mine.released
    }
    if (!outgoing.destroyed) pass(incoming, outgoing, body)
  }
  const server = createServer((incoming, outgoing) => void handle(incoming, outgoing).catch(() => outgoing.destroy()))
  server.on('connection', (socket) => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
  })
  server.on('upgrade', (incoming, socket: Socket, head: Buffer) => {
    const onward = connect(Number(port), hostname, () => {
      const lines = [`GET ${incoming.url ?? '/'} HTTP/1.1`]
      for (let i = 0; i < incoming.rawHeaders.length; i += 2)
        lines.push(`${incoming.rawHeaders[i] ?? ''}: ${incoming.rawHeaders[i + 1] ?? ''}`)
      onward.write(`${lines.join('\r\n')}\r\n\r\n`)
      onward.write(head)
      onward.pipe(socket).pipe(onward)
    })
    for (const [end, other] of [
      [onward, socket],
      [socket, onward],
    ] as const) {
      end.on('error', () => other.destroy())
      end.on('close', () => other.destroy())
    }
  })
  const open = async () => {
    server.listen(listeningPort, '127.0.0.1')
    await once(server, 'listening')
    const address = server.address()
    if (typeof address === 'object' && address !== null) listeningPort = address.port
  }
  const shut = async () => {
    if (!server.listening) return
    const closed = once(server, 'close')
    server.close()
    for (const socket of sockets) socket.destroy()
    await closed
  }
  await open()
  return {
    url: `http://127.0.0.1:${listeningPort}`,
    hold(fits) {
      let arrive = () => {}
      let release = () => {}
      const arrived = new Promise<void>((resolve) => (arrive = resolve))
      keeping = { fits, arrive, released: new Promise<void>((resolve) => (release = resolve)) }
      return { arrived, release: () => release() }
    },
    shut,
    open,
    close: shut,
  }
}
