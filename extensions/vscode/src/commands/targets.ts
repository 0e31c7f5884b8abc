import { activeJobs, endedJobs, type Job } from '@novabrain/contracts'
import { stringsOf } from '@novabrain/ui'
import type { App } from '../app.js'
import type { PickItem } from '../editor.js'
import type { Live } from '../session.js'
import type { RowSubject } from '../views/tree.js'

/** What commands are given: a row of the tree, a target from a page, or nothing (from the palette). */
export interface RowArgument {
  readonly subject?: RowSubject
  readonly runId?: string
  readonly jobId?: string
}

/** The job a command is about: the one it was given, else the one the user chooses. `null` when dismissed. */
export const jobFor = async (
  app: App,
  live: Live,
  given: unknown,
  wanted: (job: Job) => boolean,
  title: string,
): Promise<Job | null> => {
  const { jobId, runId } = targetOf(given)
  const known = [...live.jobs.state.view.jobs.values()]
  const found = known.find((job) => job.id === jobId || (runId !== undefined && job.runId === runId))
  if (found !== undefined) return found
  if (jobId !== undefined && jobId !== '') return live.client.getJob({ params: { projectId: live.projectId, jobId } })
  const [chosen = null] = (await chooseJobs(app, live, wanted, title, false)) ?? []
  return chosen
}

/** Choose among the jobs that are known; `many` lets several be ticked. */
export const chooseJobs = async (
  { editor }: App,
  live: Live,
  wanted: (job: Job) => boolean,
  title: string,
  many: boolean,
): Promise<readonly Job[] | null> => {
  const { view } = live.jobs.state
  const jobs = [...activeJobs(view), ...endedJobs(view)].filter(wanted)
  if (jobs.length === 0) {
    await editor.tell('information', editor.t('There is no such run in {0}.', live.projectName))
    return null
  }
  const t = stringsOf(editor.locale)
  const items = jobs.map((job): PickItem<Job> => ({
    label: `#${job.number} ${job.name}`,
    description: `${t.status[job.status]} · ${job.submittedBy}`,
    value: job,
  }))
  const list = editor.pick({ title, items, many })
  const chosen = await list.chosen()
  list.close()
  return chosen
}

/** The ids in what a command was given. */
export const targetOf = (given: unknown): { readonly jobId?: string; readonly runId?: string } => {
  if (typeof given !== 'object' || given === null) return {}
  const { subject, jobId, runId } = given as RowArgument
  if (subject !== undefined) return subject
  return { ...(jobId === undefined ? {} : { jobId }), ...(runId === undefined ? {} : { runId }) }
}
