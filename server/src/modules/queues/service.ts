import { fail, type PutQueue, type Queue, type QueueChange } from '@novabrain/contracts'
import type { QueueRow } from '../../db/entities/execution.js'
import type { QueueSettings } from '../../db/entities/scheduling.js'
import type { Deps, TenantScope, Tx } from '../../deps.js'
import { announceCluster } from '../nodes/cluster.js'
import {
  defaultQueueName,
  ensureDefaultQueue,
  findQueue,
  hasQueue,
  insertQueueChange,
  listQueueChanges,
  listQueues,
  lockQueue,
  presentQueue,
  saveQueue,
} from './repository.js'

export type QueueService = ReturnType<typeof createQueueService>

/** Who asks, with the name that stands beside a change. */
export interface QueueAsker extends TenantScope {
  readonly memberName: string
}

const slug = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/
const mostVersions = 200

/** The waiting lines of a tenant. Every version of one stays. */
export const createQueueService = ({ database, clock, newId, outbox, audit }: Deps) => ({
  list(scope: TenantScope): Promise<Queue[]> {
    return database.transaction(scope, async (tx) => {
      await ensureDefaultQueue(tx, scope.tenantId, { id: newId(), now: clock.now() })
      return (await listQueues(tx, scope.tenantId)).map(presentQueue)
    })
  },

  /** The queue that is meant: the one asked for, or the default. Errors: `queue_not_found`. */
  async nameFor(tx: Tx, tenantId: string, asked: string | undefined): Promise<string> {
    const name = asked ?? defaultQueueName
    if (await hasQueue(tx, tenantId, name)) return name
    if (name !== defaultQueueName) return fail('queue_not_found', { queueName: name })
    await ensureDefaultQueue(tx, tenantId, { id: newId(), now: clock.now() })
    return name
  },

  /**
   * Make or change a queue. Plans made on the old limits are refused. Errors: `invalid_request` for a bad name,
   * `queue_changed` when it is no longer the version that was looked at.
   */
  put(asker: QueueAsker, name: string, { reason, version, ...asked }: PutQueue): Promise<Queue> {
    if (!slug.test(name)) return fail('invalid_request', { detail: `queueName: "${name}"` })
    return database.transaction(asker, async (tx) => {
      await lockQueue(tx, asker.tenantId, name)
      const known = await findQueue(tx, asker.tenantId, name)
      const present = known?.version ?? 0
      if (version !== undefined && version !== present)
        return fail('queue_changed', { queueName: name, version: present })
      const now = clock.now()
      const settings = settingsFrom(asked, known)
      const { id, createdAt } = known ?? { id: newId(), createdAt: now }
      const queue = { id, tenantId: asker.tenantId, createdAt, name, ...settings, version: present + 1 }
      await saveQueue(tx, queue)
      await insertQueueChange(tx, {
        tenantId: asker.tenantId,
        queueName: name,
        version: queue.version,
        settings,
        before: known === null ? null : settingsOf(known),
        reason: reason ?? null,
        changedById: asker.memberId,
        changedBy: asker.memberName,
        createdAt: now,
      })
      await announceCluster(tx, outbox, asker.tenantId, { type: 'queues_changed' })
      await audit.append(tx, asker, {
        action: 'queue_put',
        subject: name,
        detail: { ...settings, version: queue.version, reason: reason ?? null },
      })
      return presentQueue(queue)
    })
  },

  /** Every version of a queue, newest first, with what changed. Errors: `queue_not_found`. */
  history(scope: TenantScope, name: string): Promise<QueueChange[]> {
    return database.transaction(scope, async (tx) => {
      if ((await findQueue(tx, scope.tenantId, name)) === null) return fail('queue_not_found', { queueName: name })
      const rows = await listQueueChanges(tx, scope.tenantId, name, mostVersions)
      return rows.map((row) => ({
        version: row.version,
        changedBy: row.changedBy,
        changedAt: row.createdAt,
        reason: row.reason,
        changes: differences(row.before, row.settings),
      }))
    })
  },
})

/** What holds of a queue from now on: what is asked for, and of its order what it was where nothing is said. */
const settingsFrom = (
  asked: Omit<PutQueue, 'reason' | 'version'>,
  known: Pick<QueueRow, 'orderKind' | 'orderFair' | 'patienceMs'> | null,
): QueueSettings => ({
  cohort: asked.cohort,
  nominalGpuMilli: asked.nominalGpuMilli,
  borrowingLimitGpuMilli: asked.borrowingLimitGpuMilli,
  lendingLimitGpuMilli: asked.lendingLimitGpuMilli,
  weight: asked.weight,
  orderKind: asked.orderKind ?? known?.orderKind ?? 'cluster',
  orderFair: asked.orderFair ?? known?.orderFair ?? true,
  patienceMs: asked.patienceMs === undefined ? (known?.patienceMs ?? null) : asked.patienceMs,
})

const settingsOf = (row: QueueRow): QueueSettings => settingsFrom(row, row)

const fields = [
  'cohort',
  'nominalGpuMilli',
  'borrowingLimitGpuMilli',
  'lendingLimitGpuMilli',
  'weight',
  'orderKind',
  'orderFair',
  'patienceMs',
] as const satisfies (keyof QueueSettings)[]

const differences = (before: QueueSettings | null, after: QueueSettings): QueueChange['changes'] =>
  fields
    .filter((field) => before?.[field] !== after[field])
    .map((field) => ({ field, before: before?.[field] ?? null, after: after[field] }))
