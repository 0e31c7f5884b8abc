import type { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application'
import { ITranslator } from '@jupyterlab/translation'
import { createSession } from '../models/session.js'
import { ISession, ISettings } from '../tokens.js'

/** Provides the session. It begins after the page is drawn and idle, so that it costs the start nothing. */
export const sessionPlugin: JupyterFrontEndPlugin<ISession> = {
  id: '@novabrain/jupyterlab:session',
  description: 'The session with the NovaBrain server.',
  autoStart: true,
  provides: ISession,
  requires: [ISettings, ITranslator],
  activate: (app: JupyterFrontEnd, settings: ISettings, translator: ITranslator): ISession => {
    const session = createSession({ app, settings, translator })
    void app.restored.then(() => whenIdle(() => void session.retry()))
    window.addEventListener('online', () => void session.retry())
    document.addEventListener('visibilitychange', () => {
      if (document.visibilityState === 'visible' && session.state.kind === 'unreachable') void session.retry()
    })
    return session
  },
}

const whenIdle = (callback: () => void): void => {
  if (typeof window.requestIdleCallback === 'function') window.requestIdleCallback(callback, { timeout: 5000 })
  else window.setTimeout(callback, 1000)
}
