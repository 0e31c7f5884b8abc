import {
  fail,
  type CreatedApiKey,
  type DeviceAuthorization,
  type ErrorCode,
  type PendingDeviceAuthorization,
} from '@novabrain/contracts'
import { randomInt } from 'node:crypto'
import { deviceLifeMs, firstIntervalS, pollDevice, type DevicePoll } from '../../core/sign-in/device-poll.js'
import { newUserCode, readUserCode } from '../../core/sign-in/user-code.js'
import { stillLasts } from '../../core/time/still-lasts.js'
import type { DeviceAuthorizationRow } from '../../db/entities/authorization.js'
import { systemScope, type Deps, type TenantScope, type Tx } from '../../deps.js'
import { formatToken, hashSecret, newSecret, parseToken, secretMatches } from '../../http/secrets.js'
import type { ApiKeyService } from '../api-keys/service.js'
import { grantKey, keyExpiry } from './granted-key.js'
import {
  decideDevice,
  deleteDevice,
  insertDevice,
  lockDevice,
  lockPendingDevice,
  noteDeviceAsked,
} from './repository.js'

export type DeviceSignIn = ReturnType<typeof createDeviceSignIn>

/**
 * Letting a program in that has no browser (RFC 8628). The program shows a user code and keeps a device code; a member
 * enters the first and decides; the program, asking with the second, then gets a key. A request belongs to nobody until it
 * is decided, so it is read as the system.
 */
export const createDeviceSignIn = ({ database, clock, newId, audit }: Deps, apiKeys: Pick<ApiKeyService, 'issue'>) => {
  const find = async (tx: Tx, typed: string): Promise<DeviceAuthorizationRow> => {
    const userCode = readUserCode(typed)
    const row = userCode === null ? null : await lockPendingDevice(tx, hashSecret(userCode))
    if (row === null || !stillLasts(Date.parse(row.createdAt), deviceLifeMs, clock.nowMs()))
      return fail('user_code_not_found')
    return row
  }

  const answer = async (tx: Tx, deviceCode: string): Promise<Answer> => {
    const parsed = parseToken('nbd', deviceCode)
    const row = parsed === null ? null : await lockDevice(tx, parsed.id)
    if (parsed === null || row === null || !secretMatches(parsed.secret, row.secretHash)) return { kind: 'invalid' }
    const { tenantId, memberId, clientName } = row
    const poll = pollDevice(askedOf(row), clock.nowMs())
    if ('intervalS' in poll) await noteDeviceAsked(tx, row.id, clock.now(), poll.intervalS)
    if (poll.kind !== 'allowed' || tenantId === null || memberId === null) return poll
    await deleteDevice(tx, row.id)
    const key = await grantKey(tx, { apiKeys, clock }, { tenantId, memberId, clientName, via: 'device' })
    return { kind: 'granted', key }
  }

  return {
    /** A program begins; `baseUrl` is where the person will find this server. */
    async create(clientName: string, baseUrl: string): Promise<DeviceAuthorization> {
      const [id, secret, userCode] = [newId(), newSecret(), newUserCode((limit) => randomInt(limit))]
      const row: DeviceAuthorizationRow = {
        id,
        clientName,
        secretHash: hashSecret(secret),
        userCodeHash: hashSecret(userCode),
        status: 'pending',
        intervalS: firstIntervalS,
        createdAt: clock.now(),
        expiresAt: new Date(clock.nowMs() + deviceLifeMs).toISOString(),
        askedAt: null,
        tenantId: null,
        memberId: null,
      }
      await database.transaction(systemScope, (tx) => insertDevice(tx, row, clock.now()))
      return {
        deviceCode: formatToken('nbd', id, secret),
        userCode,
        verificationUri: `${baseUrl}/#/device`,
        verificationUriComplete: `${baseUrl}/#/device?code=${userCode}`,
        expiresInS: deviceLifeMs / 1000,
        intervalS: firstIntervalS,
      }
    },

    /** Who waits with a user code. Errors: `user_code_not_found`. */
    async find(userCode: string): Promise<PendingDeviceAuthorization> {
      const row = await database.transaction(systemScope, (tx) => find(tx, userCode))
      const { clientName, createdAt, expiresAt } = row
      return { clientName, createdAt, expiresAt, keyExpiresAt: keyExpiry(clock) }
    },

    /** Let the program in, in the name of the caller, or not. Errors: `user_code_not_found`. */
    async decide(scope: TenantScope, userCode: string, decision: 'allow' | 'deny'): Promise<void> {
      const status = decision === 'allow' ? 'allowed' : 'denied'
      await database.transaction(systemScope, async (tx) => {
        const { id, clientName } = await find(tx, userCode)
        await decideDevice(tx, scope, id, status)
        const detail = { clientName, via: 'device' }
        await audit.append(tx, scope, { action: `authorization_${status}`, subject: id, detail })
      })
    },

    /**
     * The program asks. Errors: `authorization_pending`, `slow_down`, `authorization_expired`, `authorization_denied`,
     * `authorization_invalid`.
     */
    async exchange(deviceCode: string): Promise<CreatedApiKey> {
      const told = await database.transaction(systemScope, (tx) => answer(tx, deviceCode))
      if (told.kind === 'granted') return told.key
      return fail(codeOf[told.kind], 'intervalS' in told ? { intervalS: told.intervalS } : {})
    },
  }
}

/** What an asking program is told; to refuse is no fault of the transaction, which keeps when it asked. */
type Answer = DevicePoll | { readonly kind: 'invalid' } | { readonly kind: 'granted'; readonly key: CreatedApiKey }

const codeOf: Readonly<Record<Exclude<Answer['kind'], 'granted'>, ErrorCode>> = {
  allowed: 'authorization_invalid',
  denied: 'authorization_denied',
  expired: 'authorization_expired',
  pending: 'authorization_pending',
  slow_down: 'slow_down',
  invalid: 'authorization_invalid',
}

const askedOf = ({ status, createdAt, askedAt, intervalS }: DeviceAuthorizationRow) => ({
  status,
  createdAtMs: Date.parse(createdAt),
  askedAtMs: askedAt === null ? null : Date.parse(askedAt),
  intervalS,
})
