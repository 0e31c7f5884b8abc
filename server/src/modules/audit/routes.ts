import { routes } from '@novabrain/contracts'
import type { Mount } from '../../http/mount.js'
import type { AuditService } from './service.js'

export const mountAudit = (mount: Mount, { audit }: { audit: AuditService }) => {
  mount(routes.listAuditEvents, ({ scope, query }) => audit.list(scope, query))
}
