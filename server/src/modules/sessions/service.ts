import type { Deps, TenantScope } from '../../deps.js'
import { SessionEntity } from '../../db/entities/tenancy.js'
import { csrfTokenOf, formatToken, hashSecret, newSecret } from '../../http/secrets.js'
import type { MemberIdentity } from '../../http/identity.js'
import type { IdentityService } from '../identity/service.js'

/** How long a browser stays signed in. */
export const sessionLifeMs = 7 * 24 * 3_600_000

export type SessionService = ReturnType<typeof createSessionService>

/** Sessions of browsers. */
export const createSessionService = ({ database, clock, newId, audit }: Deps, identities: IdentityService) => ({
  /** Open a session with an API key. Errors: `api_key_invalid`, `api_key_expired`. */
  async open(apiKeyToken: string): Promise<{ identity: MemberIdentity; cookie: string; csrfToken: string }> {
    const identity = await identities.ofApiKey(apiKeyToken)
    const scope = scopeOf(identity)
    const [id, secret] = [newId(), newSecret()]
    await database.transaction(scope, async (tx) => {
      await tx.insert(SessionEntity, {
        id,
        tenantId: scope.tenantId,
        memberId: scope.memberId,
        apiKeyId: identity.apiKeyId,
        secretHash: hashSecret(secret),
        createdAt: clock.now(),
        expiresAt: new Date(clock.nowMs() + sessionLifeMs).toISOString(),
      })
      await audit.append(tx, scope, { action: 'signed_in', subject: id })
    })
    return { identity, cookie: formatToken('nbs', id, secret), csrfToken: csrfTokenOf(secret) }
  },

  /** End a session; without one there is nothing to end. */
  async end(scope: TenantScope, sessionId: string | null): Promise<void> {
    if (sessionId === null) return
    await database.transaction(scope, async (tx) => {
      await tx.delete(SessionEntity, { id: sessionId, memberId: scope.memberId })
      await audit.append(tx, scope, { action: 'signed_out', subject: sessionId })
    })
    identities.forget()
  },
})

const scopeOf = ({ member }: MemberIdentity): TenantScope => ({
  kind: 'tenant',
  tenantId: member.tenantId,
  memberId: member.id,
  tenantOwner: member.tenantOwner,
})
