import type { Audit, Clock } from '../../deps.js'
import { AuditEventEntity } from '../../db/entities/journal.js'
import { rowsOf } from '../../db/rows.js'
import { alongside } from '../../db/transaction-end.js'

const auditRows = rowsOf(AuditEventEntity)

/** The audit trail in its table. */
export const createAudit = ({ clock, newId }: { clock: Clock; newId: () => string }): Audit => ({
  append(tx, scope, { action, subject, subjectId = null, detail = {} }) {
    const inserted = auditRows.insert(tx, {
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
    alongside(tx, inserted)
    return Promise.resolve()
  },
})
