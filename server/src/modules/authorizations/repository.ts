import { LessThan } from 'typeorm'
import {
  AuthorizationCodeEntity,
  DeviceAuthorizationEntity,
  type AuthorizationCodeRow,
  type DeviceAuthorizationRow,
} from '../../db/entities/authorization.js'
import type { TenantScope, Tx } from '../../deps.js'

/** Keep a program's request; what expired before `purgeBefore` goes, so that the table stays small. */
export const insertDevice = async (tx: Tx, row: DeviceAuthorizationRow, purgeBefore: string): Promise<void> => {
  await tx.delete(DeviceAuthorizationEntity, { expiresAt: LessThan(purgeBefore) })
  await tx.insert(DeviceAuthorizationEntity, row)
}

/** The request with this id, locked until the transaction ends: it is used once. */
export const lockDevice = (tx: Tx, id: string): Promise<DeviceAuthorizationRow | null> =>
  tx.findOne(DeviceAuthorizationEntity, { where: { id }, lock: { mode: 'pessimistic_write' } })

/** The undecided request with this user code, locked until the transaction ends: it is decided once. */
export const lockPendingDevice = (tx: Tx, userCodeHash: Buffer): Promise<DeviceAuthorizationRow | null> =>
  tx.findOne(DeviceAuthorizationEntity, {
    where: { userCodeHash, status: 'pending' },
    lock: { mode: 'pessimistic_write' },
  })

/** Note the decision of a member. */
export const decideDevice = (
  tx: Tx,
  { tenantId, memberId }: TenantScope,
  id: string,
  status: 'allowed' | 'denied',
): Promise<unknown> => tx.update(DeviceAuthorizationEntity, { id }, { status, tenantId, memberId })

/** Note that the program asked, and how long it shall wait. */
export const noteDeviceAsked = (tx: Tx, id: string, askedAt: string, intervalS: number): Promise<unknown> =>
  tx.update(DeviceAuthorizationEntity, { id }, { askedAt, intervalS })

export const deleteDevice = (tx: Tx, id: string): Promise<unknown> => tx.delete(DeviceAuthorizationEntity, { id })

/** Keep a one-time code; those of the tenant that expired before `purgeBefore` go. */
export const insertCode = async (tx: Tx, row: AuthorizationCodeRow, purgeBefore: string): Promise<void> => {
  await tx.delete(AuthorizationCodeEntity, { tenantId: row.tenantId, expiresAt: LessThan(purgeBefore) })
  await tx.insert(AuthorizationCodeEntity, row)
}

/** The code with this id, locked until the transaction ends. */
export const lockCode = (tx: Tx, id: string): Promise<AuthorizationCodeRow | null> =>
  tx.findOne(AuthorizationCodeEntity, { where: { id }, lock: { mode: 'pessimistic_write' } })

export const deleteCode = (tx: Tx, id: string): Promise<unknown> => tx.delete(AuthorizationCodeEntity, { id })
