import { errorBody, type ErrorCode, type Fetch, type ResponseOf, type Routes, type Socket } from '@novabrain/contracts'
import type { App } from '../../extensions/vscode/src/app.js'
import { createLacks } from '../../extensions/vscode/src/lacks.js'
import type { Editor, PickRequest, Settings } from '../../extensions/vscode/src/editor.js'
import type { Platform } from '../../extensions/vscode/src/platform/platform.js'

type Me = ResponseOf<Routes['getMe']>

/** An editor without a window, and what it was asked to do. */
export interface FakeEditor {
  readonly editor: Editor
  readonly secrets: Map<string, string>
  readonly memory: Map<string, unknown>
  readonly contexts: Map<string, unknown>
  readonly told: string[]
  readonly opened: string[]
  readonly copied: string[]
  readonly ran: (readonly unknown[])[]
  readonly picked: PickRequest<unknown>[]
  /** Change settings as the user does in the settings page. */
  change(settings: Partial<Settings>): void
  /** Press Cancel on the progress that is shown. */
  cancel(): void
}

const nobody = () => Promise.resolve(null)

/** A plain editor; `change` puts other parts in. Texts are shown in English with their values filled in. */
export const anEditor = (change: Partial<Editor> = {}): FakeEditor => {
  const [secrets, memory, contexts] = [
    new Map<string, string>(),
    new Map<string, unknown>(),
    new Map<string, unknown>(),
  ]
  const [told, opened, copied]: [string[], string[], string[]] = [[], [], []]
  const ran: (readonly unknown[])[] = []
  const picked: PickRequest<unknown>[] = []
  const listeners = new Set<(settings: Settings) => void>()
  let abort = new AbortController()
  let settings: Settings = {
    serverUrl: 'http://nova.test',
    project: '',
    pythonPath: '',
    notifications: 'ends',
    pullOutputs: 'ask',
  }
  const editor: Editor = {
    locale: 'en',
    t: (text, ...values) => text.replace(/\{(\d+)\}/g, (_, at: string) => String(values[Number(at)])),
    get settings() {
      return settings
    },
    onSettings(listener) {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
    keepServerUrl: async (url) => apply({ serverUrl: url }),
    trusted: true,
    focused: true,
    folders: ['/home/ada/study'],
    secrets: {
      get: async (key) => secrets.get(key) ?? null,
      set: async (key, value) => void secrets.set(key, value),
      delete: async (key) => void secrets.delete(key),
    },
    memory: {
      get: <T>(scope: string, key: string) => (memory.get(`${scope}:${key}`) as T | undefined) ?? null,
      set: async (scope, key, value) => void memory.set(`${scope}:${key}`, value),
    },
    storageFolder: '/home/ada/storage',
    documents: { active: () => null, open: nobody, interpreterOf: nobody },
    pick(request) {
      picked.push(request)
      return { update: () => undefined, chosen: nobody, close: () => undefined }
    },
    ask: nobody,
    tell: async (_kind, message) => {
      told.push(message)
      return null
    },
    confirm: () => Promise.resolve(false),
    progress: (_where, _title, work) => {
      abort = new AbortController()
      return work({ signal: abort.signal, report: () => undefined })
    },
    openExternal: async (address) => opened.push(address) > 0,
    callbackAddress: (path) => Promise.resolve(`vscode://novabrain.novabrain-vscode${path}`),
    copy: async (text) => void copied.push(text),
    openFile: async (path) => void opened.push(path),
    showText: () => Promise.resolve(),
    saveFile: () => Promise.resolve(),
    run: async (...command) => void ran.push(command),
    context: (key, value) => void contexts.set(key, value),
    name: 'VS Code',
    extensionVersion: '3.0.0',
    environment: {},
    ...Object.fromEntries(Object.entries(change).filter(([name]) => name !== 'settings')),
  }
  const apply = (next: Partial<Settings>) => {
    settings = { ...settings, ...next }
    for (const tell of [...listeners]) tell(settings)
  }
  if (change.settings !== undefined) settings = change.settings
  return {
    editor,
    secrets,
    memory,
    contexts,
    told,
    opened,
    copied,
    ran,
    picked,
    change: apply,
    cancel: () => abort.abort(),
  }
}

/** A request as the fake server got it. */
export interface Asked {
  readonly method: string
  readonly url: string
  readonly path: string
  readonly token: string | null
  readonly headers: Readonly<Record<string, string>>
  readonly body: unknown
}

type Answer = unknown

/** Answers by `METHOD /path`; a function is given the request. What is not there is not found; a throw is no answer at all. */
export type Answers = Record<string, Answer | ((asked: Asked) => Answer)>

/** An answer of the catalogue. */
export const refusal = (code: ErrorCode, status: number): Refusal => ({ refused: true, code, status })
interface Refusal {
  readonly refused: true
  readonly code: ErrorCode
  readonly status: number
}
const isRefusal = (value: unknown): value is Refusal =>
  typeof value === 'object' && value !== null && 'refused' in value

/** A platform whose network is this table of answers. */
export const aPlatform = (answers: Answers, change: Partial<Platform> = {}) => {
  const asked: Asked[] = []
  const sockets: { readonly url: string; readonly socket: Socket; readonly sent: string[]; closed: boolean }[] = []
  const fetch: Fetch = async (url, { method, headers, body }) => {
    const path = new URL(url).pathname
    const token = headers['authorization']?.replace('Bearer ', '') ?? null
    const sent = typeof body === 'string' ? (JSON.parse(body) as unknown) : body
    const request = { method, url, path, token, headers, body: sent }
    asked.push(request)
    const known = answers[`${method} ${path}`] ?? refusal('not_found', 404)
    const value: unknown = await (typeof known === 'function' ? (known as (asked: Asked) => Answer)(request) : known)
    return isRefusal(value) ? response(value.status, bodyOf(value)) : response(200, value)
  }
  const platform: Platform = {
    windows: false,
    fetch,
    openSocket(url) {
      const sent: string[] = []
      const socket: Socket = {
        send: (text) => void sent.push(text),
        close: () => (entry.closed = true),
        onopen: null,
        onmessage: null,
        onclose: null,
      }
      const entry = { url, socket, sent, closed: false }
      sockets.push(entry)
      return socket
    },
    python: () => null,
    firstPython: nobody,
    firstCommand: nobody,
    keptStore: () => ({
      put: () => Promise.resolve(),
      all: () => Promise.resolve([]),
      remove: () => Promise.resolve(),
    }),
    runCommand: () => Promise.resolve(''),
    writeFile: () => Promise.resolve(),
    randomText: (bytes) => 'r'.repeat(bytes),
    sha256Base64Url: (text) => Promise.resolve(`sha256:${text}`),
    ...change,
  }
  return { platform, asked, sockets }
}

const bodyOf = ({ code }: Refusal) => errorBody({ code, data: {} }, 'en', null)

const response = (status: number, value: unknown) => {
  const bytes = value instanceof Uint8Array ? value : new TextEncoder().encode(JSON.stringify(value ?? null))
  return {
    status,
    headers: { get: () => null },
    text: () => Promise.resolve(new TextDecoder().decode(bytes)),
    arrayBuffer: () => Promise.resolve(new Uint8Array(bytes).buffer),
  }
}

const at = '2026-01-01T00:00:00.000Z'
export const projectId = 'f'.repeat(32)

/** Who is signed in: ada, editor of `vision`, unless said otherwise. */
export const aMe = (change: Partial<Me> = {}): Me => ({
  member: { id: 'a'.repeat(32), tenantId: 'b'.repeat(32), name: 'ada', tenantOwner: false, createdAt: at },
  tenant: { id: 'b'.repeat(32), name: 'lab', createdAt: at },
  projects: [
    { project: { id: projectId, tenantId: 'b'.repeat(32), name: 'vision', createdAt: at }, role: 'editor' },
    { project: { id: 'c'.repeat(32), tenantId: 'b'.repeat(32), name: 'speech', createdAt: at }, role: 'viewer' },
  ],
  serverVersion: '3.1.0',
  ...change,
})

/** The answers of a server that knows who asks and has these jobs. */
export const aServer = (more: Answers = {}): Answers => ({
  'GET /v1/me': aMe(),
  [`GET /v1/projects/${projectId}/jobs`]: { items: [], nextCursor: null },
  ...more,
})

/** What commands and views are given, from parts; a part that is not given must not be used. */
export const anApp = (parts: Partial<App>): App => {
  const unused = (name: string) =>
    new Proxy(
      {},
      {
        get: (_, key) => {
          throw new Error(`${name}.${String(key)} was not to be used`)
        },
      },
    )
  const names = ['editor', 'platform', 'session', 'panels', 'logs', 'notebooks', 'outbox'] as const
  const given = names.map((name) => [name, parts[name] ?? unused(name)] as const)
  return { ...Object.fromEntries(given), lacks: parts.lacks ?? createLacks() } as unknown as App
}

/** Everything that waits for a promise has gone on. */
export const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

/** Wait until it holds; each turn of the loop looks again. What never holds is told. */
export const until = async (holds: () => boolean): Promise<void> => {
  const deadline = Date.now() + 10_000
  while (!holds()) {
    if (Date.now() > deadline) throw new Error(`never held: ${holds.toString()}`)
    await settled()
  }
}
