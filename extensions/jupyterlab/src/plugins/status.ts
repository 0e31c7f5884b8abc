import type { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application'
import { IStatusBar } from '@jupyterlab/statusbar'
import { ITranslator } from '@jupyterlab/translation'
import { Widget } from '@lumino/widgets'
import { commandIds } from '../commands/ids.js'
import { textsOf } from '../texts.js'
import { ISession } from '../tokens.js'
import type { Unsubscribe } from '@novabrain/contracts'

/** One item in the status bar: how many runs are at work and how many wait. A click opens the panel. */
export const statusPlugin: JupyterFrontEndPlugin<void> = {
  id: '@novabrain/jupyterlab:status',
  description: 'NovaBrain in the status bar.',
  autoStart: true,
  requires: [ISession, ITranslator],
  optional: [IStatusBar],
  activate: (app: JupyterFrontEnd, session: ISession, translator: ITranslator, bar: IStatusBar | null) => {
    if (bar === null) return
    const trans = textsOf(translator)
    const item = new Widget({ node: document.createElement('button') })
    item.addClass('nb-Status')
    item.node.addEventListener('click', () => void app.commands.execute(commandIds.showRuns))
    const say = (words: string, title: string) => {
      item.node.textContent = words
      item.node.title = title
    }
    let ends: Unsubscribe[] = []
    const draw = () => {
      for (const end of ends.splice(0)) end()
      const { state } = session
      if (state.kind === 'connecting') return say('NovaBrain', trans.__('Connecting …'))
      if (state.kind === 'signed_out') return say(trans.__('NovaBrain: sign in'), state.serverUrl)
      if (state.kind === 'unreachable') return say(trans.__('NovaBrain: offline'), state.serverUrl)
      const { live } = state
      const count = () => {
        const online = live.stream.connection.state !== 'offline'
        if (online && live.jobs.state.status === 'loading') return say('NovaBrain', trans.__('Connecting …'))
        const { running, queued } = live.jobs.counts()
        const parts = [
          ...(running > 0 ? [trans.__('%1 running', running)] : []),
          ...(queued > 0 ? [trans.__('%1 queued', queued)] : []),
        ]
        const words = !online ? trans.__('offline') : parts.length === 0 ? trans.__('idle') : parts.join(' · ')
        say(`NovaBrain: ${words}`, `${live.projectName} · ${state.serverUrl}`)
      }
      ends = [live.jobs.subscribe(count), live.stream.onConnection(count)]
      count()
    }
    session.changed.connect(draw)
    draw()
    bar.registerStatusItem('@novabrain/jupyterlab:status', { item, align: 'left', rank: 90 })
  },
}
