import { createDigest, endedNotebooks, noticesOf, type Job, type Notice, type Unsubscribe } from '@novabrain/contracts'
import type { App } from '../app.js'

/** Speak up when a run ends that nobody watches, and bring outputs back by themselves where that is wished. */
export const announceEnds = (app: App): Unsubscribe => {
  const { editor, session, panels } = app
  const digest = createDigest(
    (notices) => void tell(app, notices),
    (delayMs, callback) => void setTimeout(callback, delayMs),
  )
  let end: Unsubscribe = () => undefined
  const endSession = session.onChange((state) => {
    end()
    end = () => undefined
    if (state.kind !== 'signed_in') return
    const { jobs } = state.live
    let before: ReadonlyMap<string, Job> = jobs.state.view.jobs
    end = jobs.subscribe(({ view }) => {
      if (editor.settings.pullOutputs === 'automatic')
        for (const job of endedNotebooks(before, view.jobs))
          void editor.run('novabrain.pullOutputs', { subject: { jobId: job.id, runId: job.runId }, quietly: true })
      const watched = panels.watched()
      digest.add(noticesOf(before, view.jobs, ({ runId }) => watched.includes(runId), editor.settings.notifications))
      before = view.jobs
    })
  })
  return () => {
    end()
    endSession()
  }
}

const tell = async ({ editor }: App, notices: readonly Notice[]): Promise<void> => {
  const [first] = notices
  if (first === undefined) return
  const failed = notices.filter(({ kind }) => kind === 'failed').length
  const name = `#${first.job.number} ${first.job.name.slice(0, 80)}`
  const words =
    notices.length > 1
      ? editor.t('{0} runs ended, {1} of them failed.', notices.length, failed)
      : first.kind === 'failed'
        ? editor.t('{0} failed.', name)
        : editor.t('{0} has finished.', name)
  const open = editor.t('Open')
  if ((await editor.tell(failed > 0 ? 'error' : 'information', words, open)) !== open) return
  await (notices.length === 1
    ? editor.run('novabrain.openRun', { runId: first.job.runId })
    : editor.run('novabrain.runs.focus'))
}
