import { routes } from '@novabrain/contracts'
import type { Mount } from '../../http/mount.js'
import type { QueueService } from './service.js'

export const mountQueues = (mount: Mount, queues: QueueService): void => {
  mount(routes.listQueues, async ({ scope }) => ({ items: await queues.list(scope) }))
  mount(routes.putQueue, ({ scope, params, body }) => queues.put(scope, params.queueName, body))
}
