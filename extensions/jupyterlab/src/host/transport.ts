import { URLExt } from '@jupyterlab/coreutils'
import { ServerConnection } from '@jupyterlab/services'
import type { Fetch, Socket } from '@novabrain/contracts'
import { SignInRefused } from './sign-in-refused.js'

/** A way to the NovaBrain server. */
export interface Transport {
  /** `proxied`: through the Jupyter server, which keeps the token; `direct`: from this page. */
  readonly mode: 'proxied' | 'direct'
  /** The address of the NovaBrain server, for people to read and to open in a browser. */
  readonly serverUrl: string
  /** What stands before the paths of the API. */
  readonly baseUrl: string
  readonly fetch: Fetch
  openSocket(path: string): Socket
  headers(): Record<string, string>
  /** What the socket is told; `null` where the Jupyter server says it for us. */
  token(): string | null
  /** Whether there is a token to try. */
  signedIn(): boolean
  /** Keep a token. In direct mode it lives as long as the page and is never written down. */
  keepToken(token: string): Promise<void>
  dropToken(): Promise<void>
}

/** Ask the Jupyter server whether it has our proxy; `null` when it has not, which is no fault. */
export const findProxy = async (settings: ServerConnection.ISettings): Promise<Transport | null> => {
  const base = URLExt.join(settings.baseUrl, 'novabrain')
  const answer = await ServerConnection.makeRequest(URLExt.join(base, 'health'), {}, settings)
  if (!answer.ok) return null
  const health = (await answer.json()) as { serverUrl: string; signedIn: boolean }
  return proxied(settings, base, health)
}

/** The way from the page itself: a bearer token in memory, and the server's CORS rules. */
export const directTransport = (serverUrl: string): Transport => {
  let token: string | null = null
  const baseUrl = serverUrl.replace(/\/+$/, '')
  return {
    mode: 'direct',
    serverUrl: baseUrl,
    baseUrl,
    fetch: (url, init) => fetch(url, { ...asRequest(init), credentials: 'omit' }),
    openSocket: (path) => socketAt(`${baseUrl.replace(/^http/, 'ws')}/${path}`),
    headers: (): Record<string, string> => (token === null ? {} : { authorization: `Bearer ${token}` }),
    token: () => token,
    signedIn: () => token !== null,
    keepToken: async (given) => void (token = given),
    dropToken: async () => void (token = null),
  }
}

const proxied = (
  settings: ServerConnection.ISettings,
  base: string,
  health: { serverUrl: string; signedIn: boolean },
): Transport => {
  let signedIn = health.signedIn
  const session = (init: RequestInit) =>
    ServerConnection.makeRequest(URLExt.join(base, 'session'), init, settings).catch(unreachable)
  return {
    mode: 'proxied',
    serverUrl: health.serverUrl,
    baseUrl: URLExt.join(base, 'api'),
    fetch: (url, init) => ServerConnection.makeRequest(url, asRequest(init), settings),
    openSocket: (path) => socketAt(URLExt.join(settings.wsUrl, 'novabrain', 'socket', path) + jupyterToken(settings)),
    headers: () => ({}),
    token: () => null,
    signedIn: () => signedIn,
    async keepToken(token) {
      const answer = await session({ method: 'PUT', body: JSON.stringify({ token }) })
      if (!answer.ok) throw new SignInRefused(await answer.text())
      signedIn = true
    },
    async dropToken() {
      const answer = await session({ method: 'DELETE' })
      signedIn = ((await answer.json()) as { signedIn: boolean }).signedIn
    },
  }
}

const unreachable = (cause: unknown): never => {
  throw new Error('The Jupyter server does not answer', { cause })
}

/** Where Jupyter itself is signed in by a token in its page, its sockets want it in the address. */
const jupyterToken = (settings: ServerConnection.ISettings): string =>
  settings.appendToken && settings.token !== '' ? `?token=${encodeURIComponent(settings.token)}` : ''

const asRequest = ({ signal, body, ...init }: Parameters<Fetch>[1]): RequestInit => ({
  ...init,
  ...(body === undefined ? {} : { body: body as BodyInit }),
  ...(signal instanceof AbortSignal ? { signal } : {}),
})

const socketAt = (url: string): Socket => {
  const web = new WebSocket(url)
  const socket: Socket = {
    send: (text) => {
      if (web.readyState === WebSocket.OPEN) web.send(text)
    },
    close: () => web.close(),
    onopen: null,
    onmessage: null,
    onclose: null,
  }
  web.onopen = () => socket.onopen?.()
  web.onmessage = (event) => socket.onmessage?.(String(event.data))
  web.onclose = () => socket.onclose?.()
  return socket
}
