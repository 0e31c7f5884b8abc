import { jobEnded, repeatOf, type Job, type SubmitJob } from '@novabrain/contracts'
import { runTabs, type RunTab } from '@novabrain/ui'
import type { App } from '../app.js'
import type { Live } from '../session.js'
import type { RunsList } from '../views/runs.js'
import { jobFor, targetOf } from './targets.js'
import { tellError } from './tell-error.js'

/** With a signed-in session; without one the view, which says what to do, comes to the front. */
export const withLive = async <T>(app: App, work: (live: Live) => Promise<T>): Promise<T | null> => {
  const live = await app.session.live()
  if (live === null) {
    await app.editor.run('novabrain.runs.focus')
    return null
  }
  try {
    return await work(live)
  } catch (error) {
    await tellError(app, error)
    return null
  }
}

const any = () => true
const active = (job: Job) => !jobEnded(job.status)

/** Stop a job; what it saved so far is kept. */
export const stop = (app: App, given: unknown): Promise<unknown> =>
  withLive(app, async (live) => {
    const job = await jobFor(app, live, given, active, app.editor.t('Stop which run?'))
    if (job === null) return
    await app.editor.progress('view', app.editor.t('Stopping #{0}', job.number), async () =>
      live.client.stopJob({ params: { projectId: live.projectId, jobId: job.id } }),
    )
  })

/** Submit the same code in the same environment again, and open the new run. */
export const rerun = (app: App, given: unknown): Promise<unknown> =>
  withLive(app, async (live) => {
    const job = await jobFor(app, live, given, any, app.editor.t('Run which again?'))
    if (job === null) return
    const again = await submitAgain(app, live, repeatOf(job, {}))
    await app.panels.openRun({ runId: again.runId }, 'overview')
  })

/** Submit a request under a key of its own. */
export const submitAgain = ({ editor, platform }: App, live: Live, body: SubmitJob): Promise<Job> =>
  editor.progress('view', editor.t('Submitting {0}', body.name ?? ''), async () =>
    live.client.submitJob({ params: { projectId: live.projectId }, body, idempotencyKey: platform.randomText(16) }),
  )

/** Open the page of a run. */
export const openRun = async (app: App, given: unknown, tab: unknown): Promise<unknown> => {
  const target = targetOf(given)
  if (target.runId !== undefined || target.jobId !== undefined) return app.panels.openRun(target, tabOf(tab))
  return withLive(app, async (live) => {
    const job = await jobFor(app, live, given, any, app.editor.t('Open which run?'))
    if (job !== null) await app.panels.openRun({ runId: job.runId }, tabOf(tab))
  })
}

const tabOf = (tab: unknown): RunTab => runTabs.find((known) => known === tab) ?? 'overview'

/** Open the log of a run in a terminal that follows. */
export const openLog = (app: App, given: unknown): Promise<unknown> =>
  withLive(app, async (live) => {
    const job = await jobFor(app, live, given, any, app.editor.t('The log of which run?'))
    if (job !== null) app.logs.open(live, job)
  })

/** Show the files of a run. */
export const revealFiles = (app: App, given: unknown): Promise<unknown> => openRun(app, given, 'files')

/** Keep a run at hand in the list, or no longer: the one of a row, else one of the jobs that the user chooses. */
export const keepRun = async (app: App, given: unknown, runs: RunsList, keep: boolean): Promise<unknown> => {
  const set = (runId: string) => (keep ? runs.pin(runId) : runs.unpin(runId))
  const named = targetOf(given).runId
  if (named !== undefined) return set(named)
  return withLive(app, async (live) => {
    const pinned = runs.pinned()
    const wanted = ({ runId }: Job) => pinned.includes(runId) !== keep
    const job = await jobFor(app, live, given, wanted, app.editor.t('Which run?'))
    if (job !== null) set(job.runId)
  })
}

/** Copy the address of a run, to be opened in a browser by whoever may see it. */
export const copyLink = (app: App, given: unknown): Promise<unknown> =>
  withLive(app, async (live) => {
    const named = targetOf(given).runId
    const runId = named ?? (await jobFor(app, live, given, any, app.editor.t('The link to which run?')))?.runId
    if (runId !== undefined) await app.editor.copy(`${live.serverUrl}/#/runs/${runId}`)
  })
