import type { CreatedApiKey } from '@novabrain/contracts'
import type { Clock, Tx } from '../../deps.js'
import type { ApiKeyService } from '../api-keys/service.js'

/** How long a key is good that a program was given. */
const keyLifeMs = 90 * 86_400_000

/** Who let a program in, how it calls itself and by which way it came. */
export interface Grant {
  readonly tenantId: string
  readonly memberId: string
  readonly clientName: string
  readonly via: 'device' | 'browser'
}

/** Until when a key is good that is granted now. */
export const keyExpiry = (clock: Pick<Clock, 'nowMs'>): string => new Date(clock.nowMs() + keyLifeMs).toISOString()

/** The key of a program that was let in: an ordinary one, named after the program, that expires. */
export const grantKey = (
  tx: Tx,
  { apiKeys, clock }: { apiKeys: Pick<ApiKeyService, 'issue'>; clock: Pick<Clock, 'nowMs'> },
  { tenantId, memberId, clientName, via }: Grant,
): Promise<CreatedApiKey> =>
  apiKeys.issue(
    tx,
    { kind: 'tenant', tenantId, memberId, tenantOwner: false },
    { memberId, name: clientName, expiresAt: keyExpiry(clock), via },
  )
