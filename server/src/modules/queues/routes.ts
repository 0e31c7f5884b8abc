import { routes } from '@novabrain/contracts'
import type { Mount } from '../../http/mount.js'
import type { QueueService } from './service.js'

export const mountQueues = (mount: Mount, queues: QueueService): void => {
  mount(routes.listQueues, async ({ scope }) => ({ items: await queues.list(scope), mayChange: scope.tenantOwner }))
  mount(routes.putQueue, ({ scope, identity, params, body }) =>
    queues.put(
      { ...scope, memberName: identity?.kind === 'member' ? identity.member.name : '' },
      params.queueName,
      body,
    ),
  )
  mount(routes.listQueueChanges, async ({ scope, params }) => ({
    items: await queues.history(scope, params.queueName),
  }))
}
