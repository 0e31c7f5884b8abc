import { fail, type BodyOf, type Queue, type Routes } from '@novabrain/contracts'
import type { Deps, TenantScope, Tx } from '../../deps.js'
import { announceCluster } from '../nodes/cluster.js'
import { defaultQueueName, ensureDefaultQueue, findQueue, listQueues, presentQueue, saveQueue } from './repository.js'

export type QueueService = ReturnType<typeof createQueueService>

const slug = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/

/** The waiting lines of a tenant. */
export const createQueueService = ({ database, clock, newId, outbox, audit }: Deps) => ({
  list(scope: TenantScope): Promise<Queue[]> {
    return database.transaction(scope, async (tx) => {
      await ensureDefaultQueue(tx, scope.tenantId, { id: newId(), now: clock.now() })
      return (await listQueues(tx, scope.tenantId)).map(presentQueue)
    })
  },

  /** The queue that is meant: the one asked for, or the default. Errors: `queue_not_found`. */
  async nameFor(tx: Tx, tenantId: string, asked: string | undefined): Promise<string> {
    await ensureDefaultQueue(tx, tenantId, { id: newId(), now: clock.now() })
    const name = asked ?? defaultQueueName
    return (await findQueue(tx, tenantId, name))?.name ?? fail('queue_not_found', { queueName: name })
  },

  /** Make or change a queue. Plans made on the old limits are refused. Errors: `invalid_request` for a bad name. */
  put(scope: TenantScope, name: string, limits: BodyOf<Routes['putQueue']>): Promise<Queue> {
    if (!slug.test(name)) return fail('invalid_request', { detail: `queueName: "${name}"` })
    return database.transaction(scope, async (tx) => {
      const known = await findQueue(tx, scope.tenantId, name)
      const created = known ?? { id: newId(), createdAt: clock.now() }
      const queue = { id: created.id, tenantId: scope.tenantId, createdAt: created.createdAt, name, ...limits }
      await saveQueue(tx, queue)
      await announceCluster(tx, outbox, scope.tenantId, { type: 'queues_changed' })
      await audit.append(tx, scope, { action: 'queue_put', subject: name, detail: { ...limits } })
      return presentQueue(queue)
    })
  },
})
