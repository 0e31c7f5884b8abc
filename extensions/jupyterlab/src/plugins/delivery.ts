import type { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application'
import { ITranslator } from '@jupyterlab/translation'
import type { Unsubscribe } from '@novabrain/contracts'
import { textsOf } from '../texts.js'
import { ISession } from '../tokens.js'

/** Sends what was submitted while the server was away, once it answers again. */
export const deliveryPlugin: JupyterFrontEndPlugin<void> = {
  id: '@novabrain/jupyterlab:delivery',
  description: 'Sends submissions that were kept while the server was away.',
  autoStart: true,
  requires: [ISession, ITranslator],
  activate: (app: JupyterFrontEnd, session: ISession, translator: ITranslator) => {
    const context = { app, translator, trans: textsOf(translator) }
    let end: Unsubscribe = () => undefined
    session.changed.connect((_, state) => {
      end()
      if (state.kind !== 'signed_in') return
      const { live } = state
      const deliver = () => {
        if (live.stream.connection.state === 'online')
          void import('../submit/delivery.js').then(({ deliverKept }) => deliverKept(context, live))
      }
      end = live.stream.onConnection(deliver)
      deliver()
    })
  },
}
