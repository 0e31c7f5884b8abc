import { countJobs, type Unsubscribe } from '@novabrain/contracts'
import type { App } from '../app.js'

/** The one item of the status bar; `null` hides it. */
export interface StatusWords {
  readonly text: string
  readonly hover: string
  readonly spoken: string
}

/** Tell what is at work, with each change. */
export const followStatus = ({ editor, session }: App, show: (words: StatusWords | null) => void): Unsubscribe => {
  let end: Unsubscribe = () => undefined
  const draw = () => {
    const { state } = session
    if (state.kind !== 'signed_in') return show(state.kind === 'unreachable' ? away() : null)
    const { queued, running } = countJobs(state.live.jobs.state.view)
    const words = [
      ...(running > 0 ? [editor.t('{0} running', running)] : []),
      ...(queued > 0 ? [editor.t('{0} queued', queued)] : []),
    ]
    const offline = state.live.stream.connection.state === 'offline'
    if (offline) return show(away())
    const text = words.length === 0 ? '$(rocket) NovaBrain' : `$(loading~spin) NovaBrain: ${words.join(' · ')}`
    const spoken = words.length === 0 ? editor.t('NovaBrain, nothing runs') : `NovaBrain, ${words.join(', ')}`
    show({ text, spoken, hover: editor.t('Show the runs of {0}', state.live.projectName) })
  }
  const away = (): StatusWords => ({
    text: '$(debug-disconnect) NovaBrain',
    hover: editor.t('{0} does not answer. Show what is known.', session.serverUrl),
    spoken: editor.t('NovaBrain, the server does not answer'),
  })
  const endSession = session.onChange((state) => {
    end()
    const ends =
      state.kind === 'signed_in' ? [state.live.jobs.subscribe(draw), state.live.stream.onConnection(draw)] : []
    end = () => ends.forEach((each) => each())
    draw()
  })
  draw()
  return () => {
    end()
    endSession()
  }
}
