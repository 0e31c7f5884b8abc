import { routes } from '@novabrain/contracts'
import type { Mount } from '../../http/mount.js'
import type { RunsService } from './service.js'

/** The routes of runs. A cursor is the last id of the page before. */
export const mountRuns = (mount: Mount, { runs }: { readonly runs: RunsService }): void => {
  mount(routes.listRuns, async ({ scope, query }) => {
    const { experimentId = null, cursor = null, limit = 50 } = query
    const items = await runs.list(scope, { experimentId, before: cursor, limit: limit + 1 })
    const more = items.length > limit
    return { items: items.slice(0, limit), nextCursor: more ? (items[limit - 1]?.id ?? null) : null }
  })

  mount(routes.getRun, ({ scope, params }) => runs.show(scope, params.runId))
}
