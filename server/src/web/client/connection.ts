import { createClient, createStream, type Client, type Socket, type Stream } from '@novabrain/contracts'
import type { Preferences } from './preferences.js'

/** The server this page came from, with no slash at its end; a path before it (a proxy) is kept. */
export const serverUrl = (): string => new URL('.', location.href).href.replace(/\/$/, '')

/** The token that shows that a request comes from our page: the companion of the session cookie, made to be read here. */
const csrfToken = (): string | null => /(?:^|; )nb_csrf=([^;]+)/.exec(document.cookie)?.[1] ?? null

/** The typed client of this page; `signedOut` is called when the server says that the session is over. */
export const webClient = (preferences: Preferences, signedOut: () => void): Client =>
  createClient({
    baseUrl: serverUrl(),
    fetch: async (url, { method, headers, body, signal }) => {
      const response = await fetch(url, {
        method,
        headers,
        credentials: 'same-origin',
        ...(body === undefined ? {} : { body: typeof body === 'string' ? body : new Uint8Array(body) }),
        ...(signal instanceof AbortSignal ? { signal } : {}),
      })
      if (response.status === 401) signedOut()
      return response
    },
    headers: () => {
      const csrf = csrfToken()
      return { 'accept-language': preferences.locale, ...(csrf === null ? {} : { 'x-novabrain-csrf': csrf }) }
    },
  })

/** The live stream of a project; the session cookie goes along with the upgrade. It retries when the network is back. */
export const webStream = (projectId: string): Stream => {
  const stream = createStream({
    projectId,
    connect: () => socketOf(new WebSocket(`${serverUrl().replace(/^http/, 'ws')}/v1/stream`)),
    token: () => null,
    timers: {
      now: () => Date.now(),
      after: (delayMs, callback) => {
        const timer = setTimeout(callback, delayMs)
        return () => clearTimeout(timer)
      },
      random: () => Math.random(),
    },
  })
  const retry = () => stream.retry()
  addEventListener('online', retry)
  return {
    subscribe: stream.subscribe,
    onConnection: stream.onConnection,
    retry,
    get connection() {
      return stream.connection
    },
    close() {
      removeEventListener('online', retry)
      stream.close()
    },
  }
}

/** A browser's socket as the stream wants it. */
const socketOf = (webSocket: WebSocket): Socket => {
  const socket: Socket = {
    send: (text) => webSocket.send(text),
    close: () => webSocket.close(),
    onopen: null,
    onmessage: null,
    onclose: null,
  }
  webSocket.onopen = () => socket.onopen?.()
  webSocket.onmessage = ({ data }: MessageEvent<unknown>) => {
    if (typeof data === 'string') socket.onmessage?.(data)
  }
  webSocket.onclose = () => socket.onclose?.()
  return socket
}
