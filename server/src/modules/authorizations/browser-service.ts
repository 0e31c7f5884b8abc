import {
  fail,
  type Authorization,
  type AuthorizationPreview,
  type CreateAuthorization,
  type CreatedApiKey,
} from '@novabrain/contracts'
import { createHash } from 'node:crypto'
import { isRedirectAllowed, withQuery } from '../../core/sign-in/redirect.js'
import { stillLasts } from '../../core/time/still-lasts.js'
import type { AuthorizationCodeRow } from '../../db/entities/authorization.js'
import { systemScope, type Deps, type TenantScope } from '../../deps.js'
import { formatToken, hashSecret, newSecret, parseToken, secretMatches } from '../../http/secrets.js'
import type { ApiKeyService } from '../api-keys/service.js'
import { grantKey, keyExpiry } from './granted-key.js'
import { deleteCode, insertCode, lockCode } from './repository.js'

/** How long a browser has to carry the code to the program. */
const codeLifeMs = 120_000

export type BrowserSignIn = ReturnType<typeof createBrowserSignIn>

/**
 * Letting a program in that opened this browser (OAuth's authorization code with PKCE, RFC 7636, S256). The browser carries
 * a one-time code back to the program; only who knows the verifier behind the challenge can exchange it for a key.
 */
export const createBrowserSignIn = (
  { config, database, clock, newId, audit }: Deps,
  apiKeys: Pick<ApiKeyService, 'issue'>,
) => {
  const checkRedirect = ({ redirectUri }: CreateAuthorization): void => {
    if (!isRedirectAllowed(redirectUri, config.allowedOrigins)) fail('redirect_not_allowed', { redirectUri })
  }

  /** The code is gone as soon as it is shown, whether what comes with it is right or not. */
  const take = (code: { id: string; secret: string }): Promise<AuthorizationCodeRow | null> =>
    database.transaction(systemScope, async (tx) => {
      const row = await lockCode(tx, code.id)
      if (row === null || !secretMatches(code.secret, row.secretHash)) return null
      await deleteCode(tx, row.id)
      return row
    })

  return {
    /** What a member is shown before they decide. Errors: `redirect_not_allowed`. */
    preview(request: CreateAuthorization): AuthorizationPreview {
      checkRedirect(request)
      const { redirectUri, state } = request
      return { keyExpiresAt: keyExpiry(clock), deniedTo: withQuery(redirectUri, { error: 'access_denied', state }) }
    },

    /** Let the program in, in the name of the caller. Errors: `redirect_not_allowed`. */
    async create(scope: TenantScope, request: CreateAuthorization): Promise<Authorization> {
      checkRedirect(request)
      const { clientName, codeChallenge, redirectUri, state } = request
      const [id, secret] = [newId(), newSecret()]
      const { tenantId, memberId } = scope
      const row: AuthorizationCodeRow = {
        id,
        tenantId,
        memberId,
        clientName,
        secretHash: hashSecret(secret),
        codeChallenge,
        createdAt: clock.now(),
        expiresAt: new Date(clock.nowMs() + codeLifeMs).toISOString(),
      }
      await database.transaction(scope, async (tx) => {
        await insertCode(tx, row, clock.now())
        const detail = { clientName, via: 'browser', redirectTo: new URL(redirectUri).host }
        await audit.append(tx, scope, { action: 'authorization_allowed', subject: id, detail })
      })
      const code = formatToken('nbc', id, secret)
      return { code, redirectTo: withQuery(redirectUri, { code, state }), expiresAt: row.expiresAt }
    },

    /** Exchange a code for a key. Errors: `authorization_invalid`, `authorization_expired`. */
    async exchange(code: string, codeVerifier: string): Promise<CreatedApiKey> {
      const parsed = parseToken('nbc', code)
      const row = parsed === null ? null : await take(parsed)
      if (row === null || challengeOf(codeVerifier) !== row.codeChallenge) return fail('authorization_invalid')
      if (!stillLasts(Date.parse(row.createdAt), codeLifeMs, clock.nowMs())) return fail('authorization_expired')
      return database.transaction(systemScope, (tx) => grantKey(tx, { apiKeys, clock }, { ...row, via: 'browser' }))
    },
  }
}

const challengeOf = (codeVerifier: string): string => createHash('sha256').update(codeVerifier).digest('base64url')
