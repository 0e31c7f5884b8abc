import type { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application'
import { ILauncher } from '@jupyterlab/launcher'
import { IRunningSessionManagers, type IRunningSessions } from '@jupyterlab/running'
import { ITranslator, type TranslationBundle } from '@jupyterlab/translation'
import { Signal } from '@lumino/signaling'
import type { Job, Unsubscribe } from '@novabrain/contracts'
import { commandIds } from '../commands/ids.js'
import { markIcon } from '../icons.js'
import { textsOf } from '../texts.js'
import { ISession } from '../tokens.js'

/** Our jobs beside the kernels and terminals, in JupyterLab's own Running panel. */
export const runningPlugin: JupyterFrontEndPlugin<void> = {
  id: '@novabrain/jupyterlab:running',
  description: 'Jobs in the Running panel.',
  autoStart: true,
  requires: [ISession, ITranslator],
  optional: [IRunningSessionManagers],
  activate: (app, session: ISession, translator: ITranslator, managers: IRunningSessionManagers | null) => {
    if (managers === null) return
    const trans = textsOf(translator)
    const owner = {}
    const runningChanged = new Signal<object, unknown>(owner)
    let end: Unsubscribe = () => undefined
    session.changed.connect((_, state) => {
      end()
      end = state.kind === 'signed_in' ? state.live.jobs.subscribe(() => runningChanged.emit(null)) : () => undefined
      runningChanged.emit(null)
    })
    const jobs = () => (session.state.kind === 'signed_in' ? session.state.live.jobs.active() : [])
    managers.add({
      name: trans.__('NovaBrain jobs'),
      running: () => jobs().map((job) => itemOf(app, trans, job)),
      shutdownAll: () => {
        for (const job of jobs()) void app.commands.execute(commandIds.stop, { jobId: job.id })
      },
      refreshRunning: () => runningChanged.emit(null),
      runningChanged,
      shutdownLabel: trans.__('Stop'),
      shutdownAllLabel: trans.__('Stop all'),
      shutdownAllConfirmationText: trans.__('Stop all your jobs at work? What they saved is kept.'),
    })
  },
}

const itemOf = (app: JupyterFrontEnd, trans: TranslationBundle, job: Job): IRunningSessions.IRunningItem => ({
  label: () => `#${job.number} ${job.name}`,
  detail: () => statusWords(trans, job.status),
  icon: () => markIcon,
  open: () => void app.commands.execute(commandIds.openRun, { jobId: job.id }),
  shutdown: () => void app.commands.execute(commandIds.stop, { jobId: job.id }),
})

const statusWords = (trans: TranslationBundle, status: Job['status']): string => {
  switch (status) {
    case 'queued':
      return trans.__('Queued')
    case 'starting':
      return trans.__('Starting')
    case 'running':
      return trans.__('Running')
    case 'stopping':
      return trans.__('Stopping')
    case 'succeeded':
    case 'failed':
    case 'cancelled':
      return ''
  }
}

/** One tile in the launcher. */
export const launcherPlugin: JupyterFrontEndPlugin<void> = {
  id: '@novabrain/jupyterlab:launcher',
  description: 'NovaBrain in the launcher.',
  autoStart: true,
  requires: [ITranslator],
  optional: [ILauncher],
  activate: (_app, translator: ITranslator, launcher: ILauncher | null) => {
    const category = textsOf(translator).__('Other')
    launcher?.add({ command: commandIds.showRuns, category, rank: 90 })
  },
}
