import { NovaBrainError } from '@novabrain/contracts'
import type { App } from '../app.js'

/** How long the browser may take. */
const patienceMs = 300_000

/** Codes that are awaited, by the state that was sent along (RFC 6749 §10.12). */
const awaited = new Map<string, (code: string | null) => void>()

/**
 * Sign in with the browser (RFC 7636, S256): the page asks whether this editor may have a key and comes back with a code
 * that only this editor can turn into one. Gives the key; `null` when it was cancelled.
 */
export const signInWithBrowser = async (app: App): Promise<string | null> => {
  const { editor, platform, session } = app
  const state = platform.randomText(16)
  const codeVerifier = platform.randomText(32)
  const page = new URLSearchParams({
    client: editor.name,
    // VS Code loses what is escaped in an address that it opens; base64url has nothing to escape.
    redirect64: base64Url(await editor.callbackAddress('/signed-in')),
    state,
    challenge: await platform.sha256Base64Url(codeVerifier),
  })
  const address = `${session.serverUrl}/#/authorize?${page.toString()}`
  if (!(await editor.openExternal(address))) return null
  const code = await editor.progress('notification', editor.t('Waiting for the browser'), ({ signal }) =>
    waitFor(state, signal),
  )
  if (code === null) return null
  const created = await session.anonymous().createAuthorizationToken({ body: { code, codeVerifier } })
  return created.token
}

/** The link that the browser came back with. Unknown states are not answered. */
export const followBrowserLink = (query: URLSearchParams): void =>
  awaited.get(query.get('state') ?? '')?.(query.get('code'))

const base64Url = (text: string): string => btoa(text).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '')

const waitFor = (state: string, signal: AbortSignal): Promise<string | null> =>
  new Promise((resolve, reject) => {
    const late = setTimeout(() => finish(() => reject(new NovaBrainError('authorization_expired'))), patienceMs)
    const finish = (settle: () => void) => {
      clearTimeout(late)
      awaited.delete(state)
      settle()
    }
    awaited.set(state, (code) => finish(() => resolve(code)))
    signal.addEventListener('abort', () => finish(() => resolve(null)))
  })
