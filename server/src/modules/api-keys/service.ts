import { fail, type ApiKey, type CreatedApiKey } from '@novabrain/contracts'
import type { Deps, TenantScope, Tx } from '../../deps.js'
import { ApiKeyEntity, type ApiKeyRow } from '../../db/entities/tenancy.js'
import { formatToken, hashSecret, newSecret } from '../../http/secrets.js'
import type { IdentityService } from '../identity/service.js'
import type { MemberService } from '../members/service.js'

export interface WantedApiKey {
  readonly name: string
  /** Whose key; the caller's own if left out, another's only for an owner of the tenant. */
  readonly memberId?: string
  readonly expiresAt?: string | null
}

/** A key whose holder is known, and by which way it was asked for, when not by its holder here. */
export interface IssuedApiKey {
  readonly memberId: string
  readonly name: string
  readonly expiresAt: string | null
  readonly via?: 'device' | 'browser'
}

export type ApiKeyService = ReturnType<typeof createApiKeyService>

/** API keys: made, listed, revoked. */
export const createApiKeyService = (
  { database, clock, newId, audit }: Deps,
  identities: Pick<IdentityService, 'forget'>,
  members: Pick<MemberService, 'find'>,
) => {
  const issue = async (tx: Tx, scope: TenantScope, wanted: IssuedApiKey): Promise<CreatedApiKey> => {
    const { memberId, name, expiresAt, via } = wanted
    const [id, secret] = [newId(), newSecret()]
    const row: ApiKeyRow = {
      id,
      tenantId: scope.tenantId,
      memberId,
      name,
      secretHash: hashSecret(secret),
      createdAt: clock.now(),
      expiresAt,
      revokedAt: null,
      lastUsedAt: null,
    }
    await tx.insert(ApiKeyEntity, row)
    const detail = { memberId, name, expiresAt, ...(via === undefined ? {} : { via }) }
    await audit.append(tx, scope, { action: 'api_key_created', subject: id, detail })
    return { ...withoutSecret(row), token: formatToken('nb', id, secret) }
  }

  return {
    /** The caller's keys; all of the tenant for its owners. Newest first. */
    async list(scope: TenantScope): Promise<ApiKey[]> {
      const { tenantId, memberId } = scope
      const where = scope.tenantOwner ? { tenantId } : { tenantId, memberId }
      const rows = await database.transaction(scope, (tx) => tx.find(ApiKeyEntity, { where, order: { id: 'DESC' } }))
      return rows.map(withoutSecret)
    },

    /** Make a key; the answer holds its token, this once. Errors: `member_not_found`. */
    create: (scope: TenantScope, wanted: WantedApiKey): Promise<CreatedApiKey> =>
      database.transaction(scope, async (tx) => {
        const memberId = await holderOf(members, tx, scope, wanted)
        return issue(tx, scope, { memberId, name: wanted.name, expiresAt: wanted.expiresAt ?? null })
      }),

    /** Make a key inside a transaction of another service, which knows whose it is. */
    issue,

    /** Revoke a key; one that is revoked stays so. It stops working at once. Errors: `api_key_not_found`. */
    async revoke(scope: TenantScope, apiKeyId: string): Promise<ApiKey> {
      const revoked = await database.transaction(scope, async (tx) => {
        const row = (await findOwn(tx, scope, apiKeyId)) ?? fail('api_key_not_found')
        if (row.revokedAt !== null) return row
        const revokedAt = clock.now()
        await tx.update(ApiKeyEntity, { id: row.id, tenantId: scope.tenantId }, { revokedAt })
        await audit.append(tx, scope, { action: 'api_key_revoked', subject: row.id })
        return { ...row, revokedAt }
      })
      identities.forget()
      return withoutSecret(revoked)
    },
  }
}

const holderOf = async (
  members: Pick<MemberService, 'find'>,
  tx: Tx,
  scope: TenantScope,
  { memberId }: WantedApiKey,
): Promise<string> => {
  if (memberId === undefined || memberId === scope.memberId) return scope.memberId
  if (!scope.tenantOwner) return fail('permission_denied', { role: 'owner' })
  const member = (await members.find(tx, scope, memberId)) ?? fail('member_not_found')
  return member.id
}

const findOwn = (tx: Tx, { tenantId, memberId, tenantOwner }: TenantScope, id: string): Promise<ApiKeyRow | null> =>
  tx.findOneBy(ApiKeyEntity, tenantOwner ? { id, tenantId } : { id, tenantId, memberId })

const withoutSecret = ({ secretHash: _hash, tenantId: _tenant, ...key }: ApiKeyRow): ApiKey => key
