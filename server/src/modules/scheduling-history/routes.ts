import { routes } from '@novabrain/contracts'
import type { Mount } from '../../http/mount.js'
import type { SchedulingHistoryService } from './service.js'

export const mountSchedulingHistory = (mount: Mount, history: SchedulingHistoryService): void => {
  mount(routes.getSchedulingHistory, ({ scope, identity, query }) =>
    history.get(
      { ...scope, projects: identity?.kind === 'member' ? identity.projects : [] },
      query.window ?? 'last-7-days',
    ),
  )
}
