import type { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application'
import { ITranslator } from '@jupyterlab/translation'
import type { Unsubscribe } from '@novabrain/contracts'
import { textsOf } from '../texts.js'
import { ISession, ISettings } from '../tokens.js'

/** Speaks up when a run ends that nobody watches; what it says is loaded when somebody is signed in. */
export const notificationsPlugin: JupyterFrontEndPlugin<void> = {
  id: '@novabrain/jupyterlab:notifications',
  description: 'Messages about runs that ended.',
  autoStart: true,
  requires: [ISession, ISettings, ITranslator],
  activate: (app: JupyterFrontEnd, session: ISession, settings: ISettings, translator: ITranslator) => {
    const trans = textsOf(translator)
    let end: Unsubscribe = () => undefined
    session.changed.connect((_, state) => {
      end()
      end = () => undefined
      if (state.kind !== 'signed_in') return
      void import('../live/ends.js').then(({ announceEnds }) => {
        if (session.state === state) end = announceEnds({ app, trans, settings, jobs: state.live.jobs })
      })
    })
  },
}
