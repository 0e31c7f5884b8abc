import type { Queue } from '@novabrain/contracts'
import { QueueEntity, type QueueRow } from '../../db/entities/execution.js'
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

export const listQueues = (tx: Tx, tenantId: string): Promise<QueueRow[]> =>
  tx.find(QueueEntity, { where: { tenantId }, order: { name: 'ASC' } })

export const saveQueue = (tx: Tx, queue: QueueRow): Promise<unknown> =>
  tx.upsert(QueueEntity, queue as never, ['tenantId', 'name'])

/** The noun of a queue out of its row. */
export const presentQueue = (row: QueueRow): Queue => ({
  id: row.id,
  name: row.name,
  cohort: row.cohort,
  nominalGpuMilli: row.nominalGpuMilli,
  borrowingLimitGpuMilli: row.borrowingLimitGpuMilli,
  lendingLimitGpuMilli: row.lendingLimitGpuMilli,
  weight: row.weight,
})
