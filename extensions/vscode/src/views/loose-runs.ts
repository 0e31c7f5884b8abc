import type { LiveMessage, RunSummary } from '@novabrain/contracts'
import type { Live } from '../session.js'
import { createFeed, type Feed } from './feed.js'

/** Runs, newest first, as far as they were read. */
export interface KnownRuns {
  readonly items: readonly RunSummary[]
  readonly more: boolean
}

export interface RunsFeed extends Feed<KnownRuns> {
  /** Read further back. */
  loadMore(): Promise<void>
}

const pageSize = 100

/** Runs that a program logged by itself, of no job: known only from the list of runs, where those of jobs stand too. */
export const createRunsFeed = (tell: () => void): RunsFeed => {
  let wanted = 1
  const feed = createFeed({ read: (live) => readPages(live, wanted), concerns: concernsLooseRun, tell })
  return {
    ...feed,
    loadMore() {
      if (feed.value()?.more === true) wanted += 1
      return feed.reload()
    },
  }
}

const readPages = async ({ client, projectId }: Live, pages: number): Promise<KnownRuns> => {
  const items: RunSummary[] = []
  let cursor: string | null = null
  for (let page = 0; page < pages; page += 1) {
    const query = { limit: pageSize, ...(cursor === null ? {} : { cursor }) }
    const found: { items: readonly RunSummary[]; nextCursor: string | null } = await client.listRuns({
      params: { projectId },
      query,
    })
    items.push(...found.items)
    cursor = found.nextCursor
    if (cursor === null) break
  }
  return { items, more: cursor !== null }
}

/** The runs of jobs come with their jobs. */
const concernsLooseRun = ({ jobs }: Live, message: LiveMessage): boolean => {
  if (message.type !== 'event' || message.record.event.type !== 'run_changed') return false
  const { runId } = message.record.event
  return ![...jobs.state.view.jobs.values()].some((job) => job.runId === runId)
}
