import { routes } from '@novabrain/contracts'
import type { Mount } from '../../http/mount.js'
import type { ClusterUseService } from './service.js'

export const mountClusterUse = (mount: Mount, use: ClusterUseService): void => {
  mount(routes.getClusterUse, ({ scope, identity, query }) => {
    const projects = identity?.kind === 'member' ? identity.projects : []
    return use.get(
      scope,
      projects.map(({ project }) => project.id),
      query.window ?? 'day',
    )
  })
}
