import type { Background } from '../../background.js'
import type { Deps, ProjectScope } from '../../deps.js'
import { metricRepository as metrics } from './repository.js'

export interface Summaries extends Background {
  /** Ask that long series be told in blocks; at once when nothing else is asked for. */
  want(scope: ProjectScope, seriesIds: readonly string[]): void
}

/**
 * While it runs, tells long series in blocks, one after another and beside the requests, so that a curve of a million points is drawn
 * from some thousand pieces. What is not done, because the server stops or the database is away, is asked for again by the
 * next points or the next look at the curve.
 */
export const createSummaries = ({ database, log }: Pick<Deps, 'database' | 'log'>): Summaries => {
  const wanted = new Map<string, ProjectScope>()
  let work: Promise<void> | null = null
  let running = false

  const summarise = async (scope: ProjectScope, seriesId: string): Promise<void> => {
    try {
      while (running && (await database.transaction(scope, (tx) => metrics.summarise(tx, scope, seriesId)))) continue
    } catch (error) {
      log.warn({ err: error, seriesId }, 'a long curve could not be summarised; trying again with its next points')
    }
  }

  const workOff = async (): Promise<void> => {
    for (const [seriesId, scope] of wanted) {
      wanted.delete(seriesId)
      if (running) await summarise(scope, seriesId)
    }
    work = null
  }

  return {
    name: 'curve summaries',
    start() {
      running = true
      return Promise.resolve()
    },
    want(scope, seriesIds) {
      if (!running) return
      for (const seriesId of seriesIds) wanted.set(seriesId, scope)
      if (wanted.size > 0) work ??= workOff()
    },
    async stop() {
      running = false
      await work
    },
  }
}
