import { defaultPolicy, policyOf, type Policy } from '@novabrain/scheduler'
import { prepared } from '../db/prepared.js'
import type { Tx } from '../deps.js'

/** Where the scheduler reads how it shall decide. */
export interface PolicyBook {
  /** The policy of the cluster; the same object as long as nothing was changed. The transaction has the system's scope. */
  read(tx: Tx): Promise<Policy>
}

interface Row {
  readonly version: number
  readonly fieldValues: Record<string, unknown>
}

const latest = prepared(`
  SELECT version, field_values AS "fieldValues" FROM scheduling_policies
  WHERE tenant_id = (SELECT id FROM tenants ORDER BY created_at, id LIMIT 1) ORDER BY version DESC LIMIT 1`)

/** The stored policy of the first tenant, or the one the server came with. */
export const createPolicyBook = (): PolicyBook => {
  let known: { readonly version: number; readonly policy: Policy } = { version: 0, policy: defaultPolicy }
  return {
    async read(tx) {
      const rows: Row[] = await tx.query(latest, [])
      const [row] = rows
      if (row === undefined) return defaultPolicy
      if (row.version !== known.version) known = { version: row.version, policy: policyOf(row.fieldValues) }
      return known.policy
    },
  }
}
