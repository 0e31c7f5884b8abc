import type { IncomingMessage } from 'node:http'
import { buffer } from 'node:stream/consumers'
import type { ClientOptions } from '@novabrain/contracts'

type Fetch = ClientOptions['fetch']

const keptAliveMs = 4000

/**
 * `fetch` as the typed client needs it, over one kept-alive connection or a few. Node's own takes 30 ms of processor time
 * and some 10 MiB to come up, in every runner, before the first byte is asked for. An answer is read whole; one that is
 * cut off rejects, as does an aborted one.
 */
export const createHttpFetch = (): Fetch => {
  const made = new Map<string, Promise<Transport>>()
  const transportOf = (url: URL): Promise<Transport> => {
    const known = made.get(url.protocol) ?? openTransport(url.protocol)
    made.set(url.protocol, known)
    return known
  }
  return async (address, init) => {
    const url = new URL(address)
    const answer = await send(await transportOf(url), url, init)
    const body = await buffer(answer)
    return {
      status: answer.statusCode ?? 0,
      headers: { get: (name) => [answer.headers[name.toLowerCase()] ?? []].flat().join(', ') || null },
      text: () => Promise.resolve(body.toString('utf8')),
      arrayBuffer: () => Promise.resolve(new Uint8Array(body).buffer),
    }
  }
}

type Transport = Awaited<ReturnType<typeof openTransport>>

const openTransport = async (protocol: string) => {
  const { Agent, request } = protocol === 'https:' ? await import('node:https') : await import('node:http')
  return { request, agent: new Agent({ keepAlive: true, timeout: keptAliveMs }) }
}

const send = (
  { request, agent }: Transport,
  url: URL,
  { method, headers, body, signal }: Parameters<Fetch>[1],
): Promise<IncomingMessage> =>
  new Promise((resolve, reject) => {
    const options = { method, headers, agent, ...(signal instanceof AbortSignal ? { signal } : {}) }
    request(url, options, resolve).on('error', reject).end(body)
  })
