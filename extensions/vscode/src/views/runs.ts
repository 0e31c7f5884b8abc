import {
  activeJobs,
  emptyView,
  endedJobs,
  mergeJobs,
  type Job,
  type JobFeedState,
  type RunSummary,
  type Unsubscribe,
} from '@novabrain/contracts'
import type { App } from '../app.js'
import type { Lacks } from '../lacks.js'
import type { Live, SessionState } from '../session.js'
import { createRunsFeed, type KnownRuns } from './loose-runs.js'
import { createModelsFeed } from './models.js'
import { runsRows } from './runs-rows.js'
import type { TreeRow, TreeSource } from './tree.js'

/** The list of runs, with what commands do to it. */
export interface RunsList extends TreeSource {
  /** Runs that are kept at hand. */
  pinned(): readonly string[]
  pin(runId: string): void
  unpin(runId: string): void
  showOlder(): Promise<void>
  refresh(): Promise<void>
  dispose(): void
}

/** What is kept of the list for the next window, so that it shows something while the server is away. */
interface LastKnown {
  readonly serverUrl: string
  readonly projectId: string
  readonly atMs: number
  readonly jobs: readonly Job[]
  /** Runs without a job. */
  readonly runs: readonly RunSummary[]
}

const [knownKey, pinnedKey] = ['runs', 'pinnedRuns']
/** So many jobs are kept, and so many runs without a job. */
const keep = 50
/** Rows show ages, and change with every event: drawn together at most this often. */
const drawPauseMs = 200
/** While somebody looks: how often ages are drawn, and an absent server is tried. */
const [agePauseMs, retryPauseMs] = [15_000, 10_000]

/** The list follows the feed of jobs while it is seen; hidden, it draws nothing and asks nothing. */
export const createRunsList = (app: App): RunsList => {
  const { editor, session, lacks } = app
  const listeners = new Set<() => void>()
  let live: Live | null = null
  let askedAt: Live | null = null
  let seen = false
  let waiting = false
  let ends: readonly Unsubscribe[] = []
  let ticking: ReturnType<typeof setInterval> | undefined

  const pinned = () => editor.memory.get<readonly string[]>('user', pinnedKey) ?? []
  const tell = () => {
    for (const listener of [...listeners]) listener()
  }
  const draw = () => {
    if (!seen || waiting) return
    waiting = true
    setTimeout(() => {
      waiting = false
      editor.context('novabrain.state', pageNow())
      tell()
    }, drawPauseMs)
  }
  const models = createModelsFeed(draw)
  const runs = createRunsFeed(() => {
    keepSoon()
    draw()
  })
  const followFeeds = () => {
    for (const feed of [models, runs]) feed.follow(seen ? live : null)
  }
  const pageNow = (): string => {
    const page = contextOf(
      session.state,
      live === null ? null : { jobs: live.jobs.state, runs: runs.value() },
      lastKnown() !== null,
      lacks,
    )
    if (page === 'empty') askForGpus()
    return page
  }
  /** Only the page of an empty project says what the server has, so it is asked when that is seen, once a connection. */
  const askForGpus = () => {
    if (live === null || live === askedAt) return
    askedAt = live
    live.client.listNodes().then(
      ({ items }) => lacks.set({ gpu: !items.some(({ devices }) => devices.some(({ kind }) => kind === 'gpu')) }),
      () => undefined,
    )
  }
  const lastKnown = (): LastKnown | null => {
    const known = editor.memory.get<Omit<LastKnown, 'runs'> & Partial<LastKnown>>('user', knownKey)
    // What an earlier version kept has no runs.
    return known?.serverUrl === session.serverUrl ? { ...known, runs: known.runs ?? [] } : null
  }
  const keepKnown = () => {
    if (live?.jobs.state.status !== 'ready') return
    const { serverUrl, projectId, jobs } = live
    const known: LastKnown = {
      serverUrl,
      projectId,
      atMs: Date.now(),
      jobs: [...activeJobs(jobs.state.view), ...endedJobs(jobs.state.view)].slice(0, keep),
      runs: runsToKeep(runs.value(), lastKnown(), projectId),
    }
    void editor.memory.set('user', knownKey, known)
  }
  const follow = (state: SessionState) => {
    for (const end of ends) end()
    live = state.kind === 'signed_in' ? state.live : null
    followFeeds()
    ends =
      live === null
        ? []
        : [
            live.jobs.subscribe(() => {
              keepSoon()
              draw()
            }),
            live.stream.onConnection(draw),
          ]
    draw()
  }
  let keeping: ReturnType<typeof setTimeout> | undefined
  const keepSoon = () => {
    clearTimeout(keeping)
    keeping = setTimeout(keepKnown, 2000)
  }
  const look = () => {
    if (session.state.kind === 'unreachable') return void session.restart()
    if (runs.value() === null) void runs.reload()
    draw()
  }
  const endSession = session.onChange(follow)
  const endLacks = lacks.onChange(draw)
  let lastTryMs = 0
  const tick = () => {
    if (!editor.focused) return
    const away = session.state.kind === 'unreachable'
    if (away && Date.now() - lastTryMs < retryPauseMs) return
    lastTryMs = Date.now()
    look()
  }

  return {
    rows() {
      const { state } = session
      if (state.kind === 'signed_in') return rowsOf(state.live)
      const known = lastKnown()
      if (state.kind !== 'unreachable' || known === null) return []
      const view = mergeJobs(emptyView(), known.jobs, 0)
      return runsRows(editor, {
        view,
        more: false,
        pinned: pinned(),
        runs: { items: known.runs, more: false },
        staleSinceMs: known.atMs,
        lacksPython: lacks.python,
        nowMs: Date.now(),
      })
    },
    onChange(listener) {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
    visible(now) {
      seen = now
      clearInterval(ticking)
      followFeeds()
      if (!seen) return
      ticking = setInterval(tick, agePauseMs)
      if (session.state.kind === 'connecting') void session.live().then(draw)
      draw()
    },
    pinned,
    pin: (runId) => void editor.memory.set('user', pinnedKey, [...new Set([...pinned(), runId])]).then(draw),
    unpin: (runId) =>
      void editor.memory
        .set(
          'user',
          pinnedKey,
          pinned().filter((each) => each !== runId),
        )
        .then(draw),
    async showOlder() {
      await Promise.all([live?.jobs.loadMore(), runs.loadMore()])
    },
    async refresh() {
      if (live === null) return session.restart()
      live.stream.retry()
      await Promise.all([live.jobs.reload(), runs.reload()])
    },
    dispose() {
      clearInterval(ticking)
      clearTimeout(keeping)
      endSession()
      endLacks()
      models.dispose()
      runs.dispose()
      for (const end of ends) end()
      listeners.clear()
    },
  }

  function rowsOf({ jobs, stream }: Live): readonly TreeRow[] {
    const { state } = jobs
    const { connection } = stream
    const away = connection.state === 'offline'
    if (state.status === 'loading') return []
    return runsRows(editor, {
      view: state.view,
      more: state.more,
      pinned: pinned(),
      runs: runs.value() ?? undefined,
      models: models.value() ?? [],
      staleSinceMs: away ? (connection.lastHeardAtMs ?? Date.now()) : null,
      lacksPython: lacks.python,
      nowMs: Date.now(),
    })
  }
}

/** Runs are read only while somebody looks: until then those of the last time, of the same project, stay. */
const runsToKeep = (read: KnownRuns | null, before: LastKnown | null, projectId: string): readonly RunSummary[] => {
  if (read === null) return before?.projectId === projectId ? before.runs : []
  const loose = read.items.filter(({ job }) => job === null).slice(0, keep)
  return loose.map((run) => ({ ...run, metrics: [] }))
}

/** Which page of the view is shown, for the manifest. What is last known is better than the page of an absent server. */
export const contextOf = (
  state: SessionState,
  feeds: { readonly jobs: JobFeedState; readonly runs: KnownRuns | null } | null,
  known: boolean,
  lacks: Pick<Lacks, 'python' | 'gpu'>,
): string => {
  if (state.kind === 'version_mismatch') return `${state.older}_old`
  if (state.kind === 'unreachable') return known ? 'ready' : 'unreachable'
  if (state.kind !== 'signed_in') return state.kind
  if (feeds === null || feeds.jobs.status === 'loading') return 'connecting'
  if (feeds.jobs.status === 'failed') return 'failed'
  if (feeds.jobs.view.jobs.size > 0) return 'ready'
  if (feeds.runs === null) return 'connecting'
  if (feeds.runs.items.length > 0) return 'ready'
  if (lacks.python) return 'no_python'
  return lacks.gpu ? 'empty_no_gpu' : 'empty'
}
