import type { Audit, Clock } from '../../deps.js'
import { AuditEventEntity } from '../../db/entities/journal.js'

/** The audit trail in its table. */
export const createAudit = ({ clock, newId }: { clock: Clock; newId: () => string }): Audit => ({
  async append(tx, scope, { action, subject, subjectId = null, detail = {} }) {
    await tx.insert(AuditEventEntity, {
      id: newId(),
      at: clock.now(),
      tenantId: scope.tenantId,
      projectId: scope.kind === 'project' ? scope.projectId : null,
      memberId: scope.memberId,
      action,
      subject,
      subjectId,
      detail: detail as Record<string, never>,
    })
  },
})
