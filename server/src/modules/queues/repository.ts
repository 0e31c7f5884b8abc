import type { Queue } from '@novabrain/contracts'
import { QueueEntity, type QueueRow } from '../../db/entities/execution.js'
import { QueueChangeEntity, type QueueChangeRow } from '../../db/entities/scheduling.js'
import { prepared } from '../../db/prepared.js'
import type { Tx } from '../../deps.js'

/** The queue every tenant has, without limits; jobs that name none go there. */
export const defaultQueueName = 'default'

const insertDefault = `
  INSERT INTO queues (id, tenant_id, name, weight, created_at) VALUES ($1, $2, $3, 1, $4)
  ON CONFLICT (tenant_id, name) DO NOTHING`

/** Make the tenant's default queue if it has none yet. */
export const ensureDefaultQueue = (
  tx: Tx,
  tenantId: string,
  made: { readonly id: string; readonly now: string },
): Promise<unknown> => tx.query(insertDefault, [made.id, tenantId, defaultQueueName, made.now])

export const findQueue = (tx: Tx, tenantId: string, name: string): Promise<QueueRow | null> =>
  tx.findOneBy(QueueEntity, { tenantId, name })

const queueByName = prepared('SELECT 1 FROM queues WHERE tenant_id = $1 AND name = $2')

export const hasQueue = async (tx: Tx, tenantId: string, name: string): Promise<boolean> => {
  const rows: unknown[] = await tx.query(queueByName, [tenantId, name])
  return rows.length > 0
}

export const listQueues = (tx: Tx, tenantId: string): Promise<QueueRow[]> =>
  tx.find(QueueEntity, { where: { tenantId }, order: { name: 'ASC' } })

export const saveQueue = (tx: Tx, queue: QueueRow): Promise<unknown> =>
  tx.upsert(QueueEntity, queue as never, ['tenantId', 'name'])

const lock = `SELECT pg_advisory_xact_lock(7077029, hashtext($1 || '/' || $2))`

/** Changes of one queue come one after the other, also the first of all. */
export const lockQueue = (tx: Tx, tenantId: string, name: string): Promise<unknown> => tx.query(lock, [tenantId, name])

export const insertQueueChange = (tx: Tx, row: QueueChangeRow): Promise<unknown> =>
  tx.insert(QueueChangeEntity, row as never)

/** Versions of a queue, newest first, at most `limit`. */
export const listQueueChanges = (
  tx: Tx,
  tenantId: string,
  queueName: string,
  limit: number,
): Promise<QueueChangeRow[]> =>
  tx.find(QueueChangeEntity, { where: { tenantId, queueName }, order: { version: 'DESC' }, take: limit })

/** The noun of a queue out of its row. */
export const presentQueue = (row: QueueRow): Queue => ({
  id: row.id,
  name: row.name,
  cohort: row.cohort,
  nominalGpuMilli: row.nominalGpuMilli,
  borrowingLimitGpuMilli: row.borrowingLimitGpuMilli,
  lendingLimitGpuMilli: row.lendingLimitGpuMilli,
  weight: row.weight,
  orderKind: row.orderKind,
  orderFair: row.orderFair,
  patienceMs: row.patienceMs,
  version: row.version,
})
