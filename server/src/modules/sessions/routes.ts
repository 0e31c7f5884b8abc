import { fail, routes, type Me } from '@novabrain/contracts'
import type { Config } from '../../config.js'
import type { Clock } from '../../deps.js'
import { csrfCookie, sessionCookie } from '../../http/authentication.js'
import { cookieLine } from '../../http/cookies.js'
import type { Identity } from '../../http/identity.js'
import { createLimiter } from '../../http/limiter.js'
import type { Mount } from '../../http/mount.js'
import { serverVersion } from '../../version.js'
import { sessionLifeMs, type SessionService } from './service.js'

/** Signing in and out, and who one is. */
export const mountSessions = (
  mount: Mount,
  { sessions, config, clock }: { sessions: SessionService; config: Config; clock: Clock },
) => {
  const limiter = createLimiter({ max: 20, windowMs: 60_000 }, clock)
  const secure = config.publicUrl?.startsWith('https:') ?? false
  /** The CSRF cookie is for page scripts to read; the session cookie is not. */
  const cookieLines = (session: string, csrfToken: string, maxAgeSeconds: number) => [
    cookieLine(sessionCookie, session, { httpOnly: true, secure, maxAgeSeconds }),
    cookieLine(csrfCookie, csrfToken, { httpOnly: false, secure, maxAgeSeconds }),
  ]

  mount(routes.signIn, async ({ body, request, reply }) => {
    limiter.check(request.ip)
    const { identity, cookie, csrfToken } = await sessions.open(body.token.trim()).catch((error: unknown) => {
      limiter.failed(request.ip)
      throw error
    })
    limiter.succeeded(request.ip)
    void reply.header('set-cookie', cookieLines(cookie, csrfToken, sessionLifeMs / 1000))
    return { me: meOf(identity), csrfToken }
  })

  mount(routes.signOut, async ({ scope, identity, reply }) => {
    await sessions.end(scope, identity?.kind === 'member' ? identity.sessionId : null)
    void reply.header('set-cookie', cookieLines('', '', 0))
    return {}
  })

  mount(routes.getMe, ({ identity }) => Promise.resolve(meOf(identity)))
}

const meOf = (identity: Identity | null): Me => {
  if (identity?.kind !== 'member') return fail('unauthenticated')
  const { member, tenant, projects } = identity
  return { member, tenant, projects: [...projects], serverVersion }
}
