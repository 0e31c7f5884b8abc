import { routes } from '@novabrain/contracts'
import type { Mount } from '../../http/mount.js'
import type { EventService } from './service.js'

export const mountEvents = (mount: Mount, { events }: { events: EventService }) => {
  mount(routes.listEvents, ({ scope, query }) => events.list(scope, query))
}
