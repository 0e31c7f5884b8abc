import { routes } from '@novabrain/contracts'
import type { Mount } from '../../http/mount.js'
import type { NodeService } from './service.js'

export const mountNodes = (mount: Mount, nodes: NodeService): void => {
  mount(routes.listNodes, async ({ identity }) => {
    const projects = identity?.kind === 'member' ? identity.projects : []
    return { items: await nodes.list(new Set(projects.map(({ project }) => project.id))) }
  })
}
