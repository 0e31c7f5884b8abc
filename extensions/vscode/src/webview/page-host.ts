import {
  NovaBrainError,
  routes,
  UnreachableError,
  type Client,
  type Connection,
  type Job,
  type LiveMessage,
  type Role,
  type RouteName,
  type Unsubscribe,
} from '@novabrain/contracts'
import type { Host, ThemeKind, ThemeSignal } from '@novabrain/ui'
import type { Fault, FromPage, PageStart, ToPage } from '../bridge.js'

const ranks: readonly Role[] = ['viewer', 'editor', 'admin', 'owner']

/** The extension host as the elements see it: each request and each event goes through messages. */
export interface PageHost {
  readonly host: Host
  begin(start: PageStart): void
  hear(message: ToPage): void
}

export const createPageHost = (post: (message: FromPage) => void): PageHost => {
  let start: PageStart | null = null
  let connection: Connection = { state: 'connecting', lastHeardAtMs: null, refusedCode: null }
  let count = 0
  const calls = new Map<number, { resolve: (value: unknown) => void; reject: (error: unknown) => void }>()
  const listeners = new Map<number, (message: LiveMessage) => void>()
  const connectionListeners = new Set<(connection: Connection) => void>()
  const layout = new Map<string, string>()

  const call = (route: RouteName, input: unknown) =>
    new Promise<unknown>((resolve, reject) => {
      const id = (count += 1)
      calls.set(id, { resolve, reject })
      post({ type: 'call', id, route, input: plain(input) })
    })
  const client = Object.fromEntries(
    (Object.keys(routes) as RouteName[]).map((route) => [route, (input?: unknown) => call(route, input)]),
  ) as Client

  const host: Host = {
    client,
    get projectId() {
      return start?.projectId ?? ''
    },
    events: {
      subscribe(topics, listener): Unsubscribe {
        const id = (count += 1)
        listeners.set(id, listener)
        post({ type: 'subscribe', id, topics: [...topics] })
        return () => {
          listeners.delete(id)
          post({ type: 'unsubscribe', id })
        }
      },
      onConnection(listener) {
        connectionListeners.add(listener)
        return () => void connectionListeners.delete(listener)
      },
      retry: () => post({ type: 'retry' }),
      get connection() {
        return connection
      },
    },
    theme,
    locale: () => start?.locale ?? 'en',
    now: () => Date.now(),
    can: (role) => ranks.indexOf(start?.role ?? 'viewer') >= ranks.indexOf(role),
    openRun: (runId, tab) => post({ type: 'open', target: { runId }, ...(tab === undefined ? {} : { tab }) }),
    openJob: (jobId, tab) => post({ type: 'open', target: { jobId }, ...(tab === undefined ? {} : { tab }) }),
    openModel: (target) => post({ type: 'open_model', target }),
    openFile: (path, line) => post({ type: 'open_file', path, ...(line === undefined ? {} : { line }) }),
    openDocs: (path) => post({ type: 'open_docs', path }),
    notify: (message, kind) => post({ type: 'notify', message, kind }),
    persist(key, value) {
      layout.set(key, value)
      post({ type: 'persist', key, value })
    },
    restore: (key) => layout.get(key) ?? start?.layout[key] ?? null,
    copyText: async (text) => post({ type: 'copy', text }),
    saveFile: async (name, bytes) => post({ type: 'save', name, bytes }),
    jobActions: (job) => (start?.canPullOutputs === true ? outputsAction(job, host, post) : []),
    restoreEnvironment: (pinDigest) => post({ type: 'restore_environment', pinDigest }),
  }
  return {
    host,
    begin(next) {
      start = next
      connection = next.connection
      for (const { reject } of calls.values()) reject(new UnreachableError('The session began anew'))
      calls.clear()
    },
    hear(message) {
      if (message.type === 'live') listeners.get(message.id)?.(message.message)
      if (message.type === 'connection') {
        connection = message.connection
        for (const tell of [...connectionListeners]) tell(connection)
      }
      if (message.type !== 'answer' && message.type !== 'fault') return
      const waiting = calls.get(message.id)
      calls.delete(message.id)
      if (message.type === 'answer') waiting?.resolve(message.value)
      else waiting?.reject(errorOf(message.fault))
    },
  }
}

const outputsAction = (job: Job, host: Host, post: (message: FromPage) => void) =>
  job.task.kind === 'notebook' && (job.status === 'succeeded' || job.status === 'failed')
    ? [
        {
          id: 'pull-outputs',
          label: host.locale() === 'zh-CN' ? '取回输出' : 'Bring outputs back',
          run: () => post({ type: 'pull_outputs', jobId: job.id }),
        },
      ]
    : []

/** What a message can carry: an abort signal stays behind. */
const plain = (input: unknown): unknown => {
  if (typeof input !== 'object' || input === null) return input
  const { signal: _signal, ...rest } = input as Record<string, unknown>
  return rest
}

const errorOf = (fault: Fault): Error => {
  if (fault.kind === 'unreachable') return new UnreachableError('No answer')
  if (fault.kind === 'other') return new Error(fault.message)
  const { code, data, body } = fault
  return new NovaBrainError(code, data, body === null ? {} : { message: body.message, body })
}

/** VS Code marks its theme on the body. */
const theme: ThemeSignal = {
  get kind(): ThemeKind {
    const kind = document.body.dataset['vscodeThemeKind'] ?? ''
    if (kind.startsWith('vscode-high-contrast')) return 'high-contrast'
    return kind === 'vscode-light' ? 'light' : 'dark'
  },
  onChange(listener) {
    const observer = new MutationObserver(() => listener())
    observer.observe(document.body, { attributeFilter: ['data-vscode-theme-id', 'data-vscode-theme-kind'] })
    return () => observer.disconnect()
  },
}
