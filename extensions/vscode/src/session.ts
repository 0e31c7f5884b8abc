import {
  createClient,
  createJobFeed,
  createStream,
  NovaBrainError,
  UnreachableError,
  type Client,
  type JobFeed,
  type ResponseOf,
  type Role,
  type Routes,
  type Stream,
  type Unsubscribe,
} from '@novabrain/contracts'
import type { Editor } from './editor.js'
import type { Platform } from './platform/platform.js'

type Me = ResponseOf<Routes['getMe']>

/** What is known of the server and of who asks. Each is a page of the view, never a pop-up. */
export type SessionState =
  | { readonly kind: 'connecting' }
  | { readonly kind: 'signed_out' }
  | { readonly kind: 'unreachable' }
  /** `older` names the side to upgrade. */
  | { readonly kind: 'version_mismatch'; readonly older: 'server' | 'extension'; readonly serverVersion: string }
  | { readonly kind: 'no_project' }
  | { readonly kind: 'failed'; readonly error: unknown }
  | { readonly kind: 'signed_in'; readonly live: Live }

/** Everything that needs a signed-in member and a project. */
export interface Live {
  readonly serverUrl: string
  readonly me: Me
  readonly projectId: string
  readonly projectName: string
  readonly role: Role
  readonly client: Client
  readonly stream: Stream
  readonly jobs: JobFeed
}

/**
 * The session with the server: one for the window. It begins when somebody first needs it. Only the extension host speaks
 * to the server; the token comes from `NOVABRAIN_TOKEN` or from the editor's secret store and is kept nowhere else.
 */
export interface Session {
  readonly state: SessionState
  readonly serverUrl: string
  onChange(listener: (state: SessionState) => void): Unsubscribe
  /** The signed-in part; `null` when one must sign in first or the server is away. */
  live(): Promise<Live | null>
  /** A client that asks without a token, for signing in. */
  anonymous(): Client
  /** The token in use, for those who must hand it on (MCP, kernels); `null` when signed out. */
  token(): Promise<string | null>
  keepToken(token: string): Promise<void>
  signOut(): Promise<void>
  /** Begin again: after a change of address, project or token, or when the network is back. */
  restart(): Promise<void>
  dispose(): void
}

const tokenKey = (serverUrl: string) => `token:${serverUrl}`

/** A session that has not begun. */
export const createSession = (editor: Editor, platform: Platform): Session => {
  const listeners = new Set<(state: SessionState) => void>()
  let state: SessionState = { kind: 'connecting' }
  let beginning: Promise<void> | null = null
  let generation = 0

  const serverUrl = () => editor.settings.serverUrl.replace(/\/+$/, '')
  const tokenFromEnvironment = () => editor.environment['NOVABRAIN_TOKEN'] || null
  const tokenOf = async (url: string) => tokenFromEnvironment() ?? (await editor.secrets.get(tokenKey(url)))
  const clientWith = (url: string, headers: () => Promise<Record<string, string>>): Client =>
    createClient({
      baseUrl: url,
      fetch: platform.fetch,
      headers: async () => ({ ...(await headers()), 'accept-language': editor.locale }),
    })
  const become = (next: SessionState) => {
    if (state.kind === 'signed_in') close(state.live)
    state = next
    for (const tell of [...listeners]) tell(next)
  }
  const begin = async () => {
    const mine = (generation += 1)
    const found = await findState().catch((error: unknown) => stateOfFault(error))
    if (mine === generation) become(found)
    else if (found.kind === 'signed_in') close(found.live)
  }
  const findState = async (): Promise<SessionState> => {
    // Read once: the settings may change meanwhile, and no server is given the token of another.
    const url = serverUrl()
    const bearer = await tokenOf(url)
    if (bearer === null) return { kind: 'signed_out' }
    const client = clientWith(url, async () => ({ authorization: `Bearer ${bearer}` }))
    const me = await client.getMe()
    const older = olderSide(editor.extensionVersion, me.serverVersion)
    if (older !== null) return { kind: 'version_mismatch', older, serverVersion: me.serverVersion }
    const chosen = chooseProject(me, wantedProject(editor))
    if (chosen === null) return { kind: 'no_project' }
    return { kind: 'signed_in', live: openLive(url, client, me, chosen, bearer) }
  }
  const openLive = (url: string, client: Client, me: Me, chosen: Me['projects'][number], bearer: string): Live => {
    const projectId = chosen.project.id
    const stream = createStream({
      projectId,
      connect: () => platform.openSocket(`${url.replace(/^http/, 'ws')}/v1/stream`),
      token: () => bearer,
      timers,
    })
    const role = me.member.tenantOwner ? 'owner' : chosen.role
    const jobs = createJobFeed({ client, projectId, events: stream })
    return { serverUrl: url, me, projectId, projectName: chosen.project.name, role, client, stream, jobs }
  }
  const restart = () => {
    const mine: Promise<void> = begin().finally(() => {
      if (beginning === mine) beginning = null
    })
    beginning = mine
    return mine
  }
  const begun = () => beginning !== null || state.kind !== 'connecting'
  let connectedTo = [serverUrl(), editor.settings.project]
  const endSettings = editor.onSettings(({ project }) => {
    const wanted = [serverUrl(), project]
    if (wanted.join('\n') === connectedTo.join('\n')) return
    connectedTo = wanted
    if (begun()) void restart()
  })

  return {
    get state() {
      return state
    },
    get serverUrl() {
      return serverUrl()
    },
    onChange(listener) {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
    async live() {
      if (state.kind !== 'signed_in' && beginning === null) void restart()
      // It may begin anew while one waits: the last beginning counts.
      while (state.kind !== 'signed_in' && beginning !== null) await beginning
      return state.kind === 'signed_in' ? state.live : null
    },
    anonymous: () => clientWith(serverUrl(), async () => ({})),
    token: () => tokenOf(serverUrl()),
    async keepToken(given) {
      await editor.secrets.set(tokenKey(serverUrl()), given)
      await restart()
    },
    async signOut() {
      await editor.secrets.delete(tokenKey(serverUrl()))
      generation += 1
      become({ kind: 'signed_out' })
    },
    restart,
    dispose() {
      generation += 1
      endSettings()
      if (state.kind === 'signed_in') close(state.live)
      listeners.clear()
    },
  }
}

/** Hear that jobs have changed, over all sessions, at most once a second. */
export const followJobs = (session: Session, listener: () => void): Unsubscribe => {
  let end: Unsubscribe = () => undefined
  let timer: ReturnType<typeof setTimeout> | undefined
  const soon = () => {
    timer ??= setTimeout(() => {
      timer = undefined
      listener()
    }, 1000)
  }
  const follow = (state: SessionState) => {
    end()
    end = state.kind === 'signed_in' ? state.live.jobs.subscribe(soon) : () => undefined
    soon()
  }
  const endSession = session.onChange(follow)
  follow(session.state)
  return () => {
    clearTimeout(timer)
    end()
    endSession()
  }
}

/** The project chosen in this window, else the one of the settings. */
const wantedProject = (editor: Editor): string =>
  editor.memory.get<string>('workspace', 'project') ?? editor.settings.project

const chooseProject = (me: Me, wanted: string): Me['projects'][number] | null =>
  me.projects.find(({ project }) => project.name === wanted) ?? me.projects[0] ?? null

/** Which side is behind; sides of the same major version understand each other. */
export const olderSide = (extensionVersion: string, serverVersion: string): 'server' | 'extension' | null => {
  const [mine, theirs] = [extensionVersion, serverVersion].map((version) => Number.parseInt(version, 10))
  if (mine === undefined || theirs === undefined || mine === theirs) return null
  return mine < theirs ? 'extension' : 'server'
}

const stateOfFault = (error: unknown): SessionState => {
  if (error instanceof UnreachableError) return { kind: 'unreachable' }
  if (!(error instanceof NovaBrainError)) return { kind: 'failed', error }
  if (error.status === 401) return { kind: 'signed_out' }
  return error.status === 503 ? { kind: 'unreachable' } : { kind: 'failed', error }
}

const close = (live: Live): void => {
  live.jobs.dispose()
  live.stream.close()
}

const timers = {
  now: () => Date.now(),
  after: (delayMs: number, callback: () => void) => {
    const timer = setTimeout(callback, delayMs)
    return () => clearTimeout(timer)
  },
  random: () => Math.random(),
}
