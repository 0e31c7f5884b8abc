import type { Client } from '../client/client.js'
import type { LiveMessage, Stream, Unsubscribe } from '../client/stream.js'
import { applyEvent, dropMissed, emptyView, mergeJobs, trimEnded, type LiveView } from './view.js'

/** The jobs of one project, kept true by events. One feed serves a list, a status bar and a panel together. */
export interface JobFeed {
  readonly state: JobFeedState
  /** Hear of each change; the answer ends it. */
  subscribe(listener: (state: JobFeedState) => void): Unsubscribe
  /** Read another page of ended jobs. Reading twice at once reads once. */
  loadMore(): Promise<void>
  /** Read the lists again, after a fault or a reset. */
  reload(): Promise<void>
  dispose(): void
}

export interface JobFeedState {
  readonly view: LiveView
  /** `loading` before the first answer, `failed` when there is none; a later fault keeps what is known. */
  readonly status: 'loading' | 'ready' | 'failed'
  readonly error: unknown
  /** Whether there are older jobs to read. */
  readonly more: boolean
}

export interface JobFeedOptions {
  readonly client: Pick<Client, 'listJobs'>
  readonly projectId: string
  readonly events: Pick<Stream, 'subscribe'>
  /** How many jobs a page has. */
  readonly pageSize?: number
}

/** Begin to follow the jobs of a project: events first, then the lists, so that nothing falls between them. */
export const createJobFeed = ({ client, projectId, events, pageSize = 100 }: JobFeedOptions): JobFeed => {
  const listeners = new Set<(state: JobFeedState) => void>()
  let state: JobFeedState = { view: emptyView(), status: 'loading', error: null, more: false }
  let nextCursor: string | null = null
  let loadingMore: Promise<void> | null = null
  let keep = pageSize * 10
  let disposed = false

  const become = (change: Partial<JobFeedState>) => {
    if (disposed) return
    state = { ...state, ...change }
    for (const tell of [...listeners]) tell(state)
  }
  const hear = (message: LiveMessage) => {
    if (message.type === 'event') become({ view: trimEnded(applyEvent(state.view, message.record), keep) })
    if (message.type !== 'reset') return
    become({ view: { ...state.view, cursor: message.cursor } })
    void reload()
  }
  const read = async (status: 'active' | 'ended', cursor?: string) => {
    const askedAt = state.view.cursor
    const query = { status, limit: pageSize, ...(cursor === undefined ? {} : { cursor }) }
    const answer = await client.listJobs({ params: { projectId }, query })
    become({ view: mergeJobs(state.view, answer.items, askedAt) })
    return answer
  }
  /** Jobs at work are few and wanted whole: the counts of a status bar must be right. */
  const readActive = async () => {
    const askedAt = state.view.cursor
    const ids = new Set<string>()
    for (let cursor: string | null | undefined; cursor !== null && !disposed;) {
      const answer: Awaited<ReturnType<typeof read>> = await read('active', cursor)
      for (const job of answer.items) ids.add(job.id)
      cursor = answer.nextCursor
    }
    become({ view: dropMissed(state.view, ids, askedAt) })
  }
  const reload = async () => {
    try {
      const [, ended] = await Promise.all([readActive(), read('ended')])
      nextCursor = ended.nextCursor
      become({ status: 'ready', error: null, more: nextCursor !== null })
    } catch (error) {
      become({ status: state.status === 'ready' ? 'ready' : 'failed', error })
    }
  }
  const readNext = async () => {
    if (nextCursor === null) return
    keep += pageSize
    try {
      nextCursor = (await read('ended', nextCursor)).nextCursor
      become({ more: nextCursor !== null, error: null })
    } catch (error) {
      become({ error })
    }
  }

  const unsubscribe = events.subscribe([], hear)
  void reload()
  return {
    get state() {
      return state
    },
    subscribe(listener) {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
    loadMore() {
      loadingMore ??= readNext().finally(() => (loadingMore = null))
      return loadingMore
    },
    reload,
    dispose() {
      disposed = true
      unsubscribe()
      listeners.clear()
    },
  }
}
