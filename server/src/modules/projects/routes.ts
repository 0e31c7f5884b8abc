import { routes } from '@novabrain/contracts'
import type { Mount } from '../../http/mount.js'
import type { ProjectService } from './service.js'

export const mountProjects = (mount: Mount, { projects }: { projects: ProjectService }) => {
  mount(routes.listProjects, ({ identity }) =>
    Promise.resolve({ items: identity?.kind === 'member' ? identity.projects.map(({ project }) => project) : [] }),
  )
  mount(routes.createProject, ({ scope, body }) => projects.create(scope, body))
}
