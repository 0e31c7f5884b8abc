import type { AuditEvent } from '@novabrain/contracts'
import type { Deps, TenantScope } from '../../deps.js'

const auditPage = `
  SELECT id, at, member_id AS "memberId", action, subject, detail FROM audit_events
  WHERE tenant_id = $1 AND ($2::text IS NULL OR id < $2) ORDER BY id DESC LIMIT $3`

export type AuditService = ReturnType<typeof createAuditService>

/** What members did, for the auditor. */
export const createAuditService = ({ database }: Deps) => ({
  /** A page of the trail, newest first; the cursor is the last id of the page before. */
  async list(
    scope: TenantScope,
    { cursor, limit = 50 }: { cursor?: string; limit?: number },
  ): Promise<{ items: AuditEvent[]; nextCursor: string | null }> {
    const rows: (Omit<AuditEvent, 'at'> & { at: Date })[] = await database.transaction(scope, (tx) =>
      tx.query(auditPage, [scope.tenantId, cursor ?? null, limit + 1]),
    )
    const items = rows.slice(0, limit).map((row) => ({ ...row, at: row.at.toISOString() }))
    return { items, nextCursor: rows.length > limit ? (items.at(-1)?.id ?? null) : null }
  },
})
