import type { Fetch } from '@novabrain/contracts'
import type { Platform } from './platform.js'
import { openWebSocket } from './web-socket.js'

/** An extension host that is a worker of a browser: the server must allow its origin, and there is no process to start. */
export const webPlatform: Platform = {
  windows: false,
  fetch: ((url: string, init: RequestInit) => fetch(url, { ...init, credentials: 'omit' })) as unknown as Fetch,
  openSocket: openWebSocket,
  python: () => null,
  firstPython: async () => null,
  firstCommand: async () => null,
  keptStore: () => ({ put: noPlace, all: async () => [], remove: async () => undefined }),
  runCommand: noPlace,
  writeFile: noPlace,
  randomText: (bytes) => base64Url(crypto.getRandomValues(new Uint8Array(bytes))),
  sha256Base64Url: async (text) =>
    base64Url(new Uint8Array(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text)))),
}

function noPlace(): Promise<never> {
  return Promise.reject(new Error('An editor in a browser has no place of its own'))
}

const base64Url = (bytes: Uint8Array): string =>
  btoa(String.fromCharCode(...bytes))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replaceAll('=', '')
