import type { IncomingHttpHeaders } from 'node:http'
import { readCookie } from './cookies.js'
import type { AttemptIdentity } from './identity.js'

/** Checks the tokens of attempts; the module of jobs provides it. `null`: the token is good for nothing. */
export interface AttemptTokens {
  verify(token: string): Promise<AttemptIdentity | null>
}

/** Every attempt token is refused: for a server, or a test, without the module of jobs. */
export const noAttemptTokens: AttemptTokens = { verify: () => Promise.resolve(null) }

/** The cookie of a browser session, and its companion that page scripts read to send the CSRF header. */
export const sessionCookie = 'nb_session'
export const csrfCookie = 'nb_csrf'
export const csrfHeader = 'x-novabrain-csrf'

/** What a request shows to say who it is. */
export type Credential =
  | { readonly kind: 'api_key'; readonly token: string }
  | { readonly kind: 'attempt'; readonly token: string }
  | { readonly kind: 'session'; readonly token: string; readonly csrfToken: string | null }

/**
 * The credential of a request: `Authorization: Bearer`, or `Basic` with the token as password (as MLflow's client sends
 * it), else the session cookie. `null` if there is none; a header wins over a cookie.
 */
export const credentialOf = (headers: IncomingHttpHeaders): Credential | null => {
  const token = tokenOf(headers.authorization)
  if (token !== null) return { kind: token.startsWith('nba_') ? 'attempt' : 'api_key', token }
  const session = readCookie(headers.cookie, sessionCookie)
  if (session === null || session === '') return null
  const csrfToken = headers[csrfHeader]
  return { kind: 'session', token: session, csrfToken: typeof csrfToken === 'string' ? csrfToken : null }
}

const tokenOf = (authorization: string | undefined): string | null => {
  const [scheme = '', value = ''] = (authorization ?? '').split(' ', 2)
  if (scheme.toLowerCase() === 'bearer' && value !== '') return value
  if (scheme.toLowerCase() !== 'basic') return null
  const [, password = ''] = Buffer.from(value, 'base64').toString('utf8').split(/:(.*)/s)
  return password === '' ? null : password
}

/** Whether a method only reads, so that a cookie without the CSRF header is enough. */
export const isSafeMethod = (method: string): boolean => ['GET', 'HEAD', 'OPTIONS'].includes(method)
