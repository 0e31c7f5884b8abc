import { SchedulingPolicyEntity, type PolicyRow } from '../../db/entities/scheduling.js'
import type { Tx } from '../../deps.js'

const operator = 'SELECT id FROM tenants ORDER BY created_at, id LIMIT 1'

/** The tenant that keeps the policy of the cluster: the first one. The system's scope is needed to see all. */
export const operatorTenantId = async (tx: Tx): Promise<string | null> => {
  const rows: { id: string }[] = await tx.query(operator)
  return rows[0]?.id ?? null
}

/** The present policy of a tenant, or `null` when none was ever set. */
export const currentPolicy = (tx: Tx, tenantId: string): Promise<PolicyRow | null> =>
  tx.findOne(SchedulingPolicyEntity, { where: { tenantId }, order: { version: 'DESC' } })

/** Every version of a tenant's policy, newest first, at most `limit`. */
export const listPolicies = (tx: Tx, tenantId: string, limit: number): Promise<PolicyRow[]> =>
  tx.find(SchedulingPolicyEntity, { where: { tenantId }, order: { version: 'DESC' }, take: limit })

const lock = 'SELECT pg_advisory_xact_lock(7077020, hashtext($1))'

/** Changes of one tenant's policy come one after the other. */
export const lockPolicies = (tx: Tx, tenantId: string): Promise<unknown> => tx.query(lock, [tenantId])

export const insertPolicy = (tx: Tx, row: PolicyRow): Promise<unknown> =>
  tx.insert(SchedulingPolicyEntity, row as never)
