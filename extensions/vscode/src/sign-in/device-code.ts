import { NovaBrainError, UnreachableError } from '@novabrain/contracts'
import type { App } from '../app.js'

/**
 * Sign in with a code that is entered on any device with a browser (RFC 8628). Gives the key; `null` when it was
 * cancelled. While the server does not answer it is asked less and less often (§3.5).
 */
export const signInWithDeviceCode = async ({ editor, session }: App): Promise<string | null> => {
  const client = session.anonymous()
  const asked = await client.createDeviceAuthorization({ body: { clientName: editor.name } })
  const [copy, open] = [editor.t('Copy the code'), editor.t('Open the page here')]
  const words = editor.t('Open {0} on any device and enter the code {1}', asked.verificationUri, asked.userCode)
  void editor.tell('information', words, copy, open).then(async (chosen) => {
    if (chosen === copy) await editor.copy(asked.userCode)
    if (chosen === open) await editor.openExternal(asked.verificationUriComplete)
  })
  return editor.progress(
    'notification',
    editor.t('Waiting for the code {0} to be entered', asked.userCode),
    async ({ signal }) => {
      for (let pauseMs = asked.intervalS * 1000; !signal.aborted;) {
        await pause(pauseMs, signal)
        // Not asked once more: an answer nobody waits for would be a key that nobody knows of.
        if (signal.aborted) return null
        const answer = await client
          .createDeviceToken({ body: { deviceCode: asked.deviceCode } })
          .catch((error: unknown) => error)
        if (!(answer instanceof Error)) return (answer as { token: string }).token
        if (answer instanceof UnreachableError) pauseMs *= 2
        else if (!(answer instanceof NovaBrainError)) throw answer
        else if (answer.code === 'slow_down') pauseMs += 5000
        else if (answer.code !== 'authorization_pending') throw answer
      }
      return null
    },
  )
}

const pause = (pauseMs: number, signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    const timer = setTimeout(resolve, pauseMs)
    signal.addEventListener('abort', () => {
      clearTimeout(timer)
      resolve()
    })
  })
