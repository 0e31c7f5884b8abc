import type { PolicyValues } from '@novabrain/contracts'
import { EntitySchema, type EntitySchemaColumnOptions } from 'typeorm'
import { json, optional, primaryId, text, timestamp } from '../columns.js'

/** One version of the policy of a tenant. */
export interface PolicyRow {
  tenantId: string
  version: number
  fieldValues: PolicyValues
  preset: string | null
  reason: string
  changedById: string
  changedBy: string
  createdAt: string
}

export const SchedulingPolicyEntity = new EntitySchema<PolicyRow>({
  name: 'SchedulingPolicy',
  tableName: 'scheduling_policies',
  columns: {
    tenantId: primaryId,
    version: { type: 'integer', primary: true },
    fieldValues: json,
    preset: optional(text),
    reason: text,
    changedById: text,
    changedBy: text,
    createdAt: timestamp,
  } satisfies Record<keyof PolicyRow, EntitySchemaColumnOptions>,
  foreignKeys: [{ target: 'Tenant', columnNames: ['tenantId'], referencedColumnNames: ['id'] }],
})
