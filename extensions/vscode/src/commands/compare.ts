import type { App } from '../app.js'
import { withLive } from './jobs.js'
import { chooseJobs, targetOf } from './targets.js'

/** The most runs that are compared side by side. */
export const mostCompared = 6

/** Compare runs: those selected in the tree, else those the user ticks. */
export const compare = (app: App, given: unknown, selected: unknown): Promise<unknown> =>
  withLive(app, async (live) => {
    const { editor, panels } = app
    const rows = Array.isArray(selected) ? selected : Array.isArray(given) ? given : []
    const ids = [...new Set(rows.flatMap((row) => targetOf(row).runId ?? (typeof row === 'string' ? row : [])))]
    const title = editor.t('Compare which runs? Tick 2 to {0}.', mostCompared)
    const chosen =
      ids.length >= 2 ? ids : ((await chooseJobs(app, live, () => true, title, true)) ?? []).map(({ runId }) => runId)
    if (chosen.length === 0) return
    if (chosen.length < 2 || chosen.length > mostCompared)
      return void (await editor.tell('information', editor.t('Choose 2 to {0} runs to compare.', mostCompared)))
    await panels.openCompare(chosen)
  })
