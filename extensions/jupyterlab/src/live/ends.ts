import type { JupyterFrontEnd } from '@jupyterlab/application'
import { Notification } from '@jupyterlab/apputils'
import type { TranslationBundle } from '@jupyterlab/translation'
import { createDigest, endedNotebooks, noticesOf, type Job, type Notice, type Unsubscribe } from '@novabrain/contracts'
import { commandIds } from '../commands/ids.js'
import type { ISettings } from '../tokens.js'
import type { LiveJobs } from './live.js'

interface Surroundings {
  readonly app: JupyterFrontEnd
  readonly trans: TranslationBundle
  readonly settings: ISettings
  readonly jobs: LiveJobs
}

/** Speak up when a run ends that nobody watches, until the answer is called. The rules are `noticesOf` of contracts. */
export const announceEnds = ({ app, trans, settings, jobs }: Surroundings): Unsubscribe => {
  const digest = createDigest(
    (notices) => tell(app, trans, notices),
    (delayMs, callback) => void setTimeout(callback, delayMs),
  )
  let before: ReadonlyMap<string, Job> = jobs.state.view.jobs
  return jobs.subscribe(({ view }) => {
    if (settings.current.pullOutputs === 'automatic')
      for (const job of endedNotebooks(before, view.jobs))
        void app.commands.execute(commandIds.pullOutputs, { jobId: job.id, quiet: true })
    const watched = (job: Job) => isWatched(app, job)
    digest.add(noticesOf(before, view.jobs, watched, settings.current.notifications))
    before = view.jobs
  })
}

/** Whether the page of a job is in front of the user's eyes. */
const isWatched = (app: JupyterFrontEnd, job: Job): boolean =>
  document.visibilityState === 'visible' && app.shell.currentWidget?.id === `novabrain-run-${job.runId}`

const tell = (app: JupyterFrontEnd, trans: TranslationBundle, notices: readonly Notice[]): void => {
  const [first] = notices
  if (first === undefined) return
  const failed = notices.some((notice) => notice.kind === 'failed')
  const words =
    notices.length === 1
      ? sentence(trans, first)
      : trans.__('%1 runs ended, %2 of them failed.', notices.length, notices.filter((n) => n.kind === 'failed').length)
  const open = () =>
    notices.length === 1
      ? app.commands.execute(commandIds.openRun, { jobId: first.job.id })
      : app.commands.execute(commandIds.showRuns)
  const pull = () => void app.commands.execute(commandIds.pullOutputs, { jobId: first.job.id })
  const withOutputs = notices.length === 1 && first.job.task.kind === 'notebook'
  Notification.emit(words, failed ? 'error' : 'success', {
    autoClose: failed ? 15_000 : 8000,
    actions: [
      { label: trans.__('Open'), callback: () => void open() },
      ...(withOutputs ? [{ label: trans.__('Bring outputs back'), callback: pull }] : []),
    ],
  })
}

const sentence = (trans: TranslationBundle, { job, kind }: Notice): string =>
  kind === 'failed'
    ? trans.__('#%1 %2 failed.', job.number, job.name.slice(0, 80))
    : trans.__('#%1 %2 has finished.', job.number, job.name.slice(0, 80))
