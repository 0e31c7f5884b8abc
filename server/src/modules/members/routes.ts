import { routes } from '@novabrain/contracts'
import type { Mount } from '../../http/mount.js'
import type { MemberService } from './service.js'

export const mountMembers = (mount: Mount, { members }: { members: MemberService }) => {
  mount(routes.listMembers, async ({ scope }) => ({ items: await members.list(scope) }))
  mount(routes.createMember, ({ scope, body }) => members.create(scope, body))
  mount(routes.listMemberships, async ({ scope }) => ({ items: await members.memberships(scope) }))
  mount(routes.putMembership, ({ scope, params, body }) => members.put(scope, params.memberId, body.role))
  mount(routes.deleteMembership, async ({ scope, params }) => {
    await members.remove(scope, params.memberId)
    return {}
  })
}
