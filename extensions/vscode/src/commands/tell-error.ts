import { cardError, NovaBrainError, sentences } from '@novabrain/contracts'
import type { App } from '../app.js'

/**
 * Tell of an error: what happened and what to do, with a way to its page in the documentation. That there is no Python is
 * told by the view.
 */
export const tellError = async (
  { editor, session }: Pick<App, 'editor' | 'session'>,
  error: unknown,
): Promise<void> => {
  const { message, remedy, code } = cardError(error, editor.locale)
  if (error instanceof NovaBrainError && code === 'python_not_found') {
    await editor.run('novabrain.runs.focus')
    return
  }
  const about = code === null ? [] : [editor.t('About {0}', code)]
  if ((await editor.tell('error', sentences([message, remedy], editor.locale), ...about)) !== null)
    await editor.openExternal(`${session.serverUrl}/docs/errors#${code ?? ''}`)
}
