import type { DomainEvent } from '@novabrain/contracts'
import { ringAfter } from '../../db/transaction-end.js'
import { prepared } from '../../db/prepared.js'
import type { Outbox, Tx } from '../../deps.js'
import { workChannel } from '../jobs/lifecycle.js'

/**
 * Nodes or queues have changed: tell everybody concerned (`tenantId: null` is everybody), refuse plans made before, and
 * wake the scheduler.
 */
export const announceCluster = async (
  tx: Tx,
  outbox: Outbox,
  tenantId: string | null,
  event: Extract<DomainEvent, { type: 'nodes_changed' | 'queues_changed' }>,
): Promise<void> => {
  await tx.query('UPDATE cluster_version SET version = version + 1')
  await outbox.append(tx, { tenantId, projectId: null }, event)
  ringAfter(tx, workChannel)
}

const heldVersion = prepared('SELECT version FROM cluster_version FOR SHARE')

/** The version of nodes and queues, held still until the transaction ends. */
export const holdClusterVersion = async (tx: Tx): Promise<number> => {
  const rows: { version: number }[] = await tx.query(heldVersion, [])
  return rows[0]?.version ?? 0
}
