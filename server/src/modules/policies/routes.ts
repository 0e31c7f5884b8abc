import { routes } from '@novabrain/contracts'
import type { Mount } from '../../http/mount.js'
import type { PolicyService } from './service.js'

export const mountPolicies = (mount: Mount, policies: PolicyService): void => {
  mount(routes.getSchedulingPolicy, ({ scope, locale }) => policies.get(scope, locale))
  mount(routes.changeSchedulingPolicy, ({ scope, identity, body, locale }) =>
    policies.change({ ...scope, memberName: identity?.kind === 'member' ? identity.member.name : '' }, body, locale),
  )
  mount(routes.listPolicyChanges, async ({ scope }) => ({ items: await policies.history(scope) }))
  mount(routes.listPolicyPresets, async ({ locale }) => ({ items: policies.presets(locale) }))
}
