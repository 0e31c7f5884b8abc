import { defineElements, type RunTab } from '@novabrain/ui'
import type { Live } from '../live/live.js'
import { useTheme } from './theme.js'

/** The page of one run; `named` is told its name for the tab. */
export const runPage = (
  live: Live,
  runId: string,
  tab: string | undefined,
  named: (name: string) => void,
): HTMLElement => {
  useTheme()
  defineElements()
  const page = document.createElement('nb-run-page')
  Object.assign(page, { host: live.host, runId, ...(tab === undefined ? {} : { tab: tab as RunTab }) })
  const job = [...live.jobs.state.view.jobs.values()].find((known) => known.runId === runId)
  if (job !== undefined) named(`#${job.number} ${job.name}`)
  else
    void live.client.getRun({ params: { projectId: live.projectId, runId } }).then(
      (run) => named(run.job === null ? run.name : `#${run.job.number} ${run.name}`),
      () => undefined,
    )
  return page
}
