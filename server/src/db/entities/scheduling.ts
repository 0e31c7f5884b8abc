import type { PolicyValues, Queue } from '@novabrain/contracts'
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

/** What of a queue its versions keep. */
export type QueueSettings = Omit<Queue, 'id' | 'name' | 'version'>

/** One version of a queue. */
export interface QueueChangeRow {
  tenantId: string
  queueName: string
  version: number
  settings: QueueSettings
  /** What it was before; `null` where the change made the queue. */
  before: QueueSettings | null
  reason: string | null
  changedById: string
  changedBy: string
  createdAt: string
}

export const QueueChangeEntity = new EntitySchema<QueueChangeRow>({
  name: 'QueueChange',
  tableName: 'queue_changes',
  columns: {
    tenantId: primaryId,
    queueName: primaryId,
    version: { type: 'integer', primary: true },
    settings: json,
    before: optional(json),
    reason: optional(text),
    changedById: text,
    changedBy: text,
    createdAt: timestamp,
  } satisfies Record<keyof QueueChangeRow, EntitySchemaColumnOptions>,
  foreignKeys: [{ target: 'Tenant', columnNames: ['tenantId'], referencedColumnNames: ['id'] }],
})
