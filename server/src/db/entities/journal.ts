import type { AuditEvent, DomainEvent } from '@novabrain/contracts'
import { EntitySchema, type EntitySchemaColumnOptions } from 'typeorm'
import { json, optional, primaryId, text, timestamp } from '../columns.js'

type Columns<T> = Record<keyof T, EntitySchemaColumnOptions>

/** An audit event as it is kept. */
export interface AuditEventRow extends AuditEvent {
  tenantId: string
  projectId: string | null
  /** The id of what it is about, where its name may change. */
  subjectId: string | null
}

export const AuditEventEntity = new EntitySchema<AuditEventRow>({
  name: 'AuditEvent',
  tableName: 'audit_events',
  columns: {
    id: primaryId,
    tenantId: text,
    projectId: optional(text),
    memberId: optional(text),
    at: timestamp,
    action: text,
    subject: text,
    subjectId: optional(text),
    detail: json,
  } satisfies Columns<AuditEventRow>,
  indices: [
    { columns: ['tenantId', 'id'] },
    { name: 'audit_events_subject_idx', columns: ['tenantId', 'subjectId', 'id'], where: 'subject_id IS NOT NULL' },
  ],
})

/** An event as it is kept; `cursor` is `null` until the relay has numbered it. */
export interface OutboxEventRow {
  id: number
  cursor: number | null
  tenantId: string | null
  projectId: string | null
  at: string
  event: DomainEvent
}

export const OutboxEventEntity = new EntitySchema<OutboxEventRow>({
  name: 'OutboxEvent',
  tableName: 'outbox_events',
  columns: {
    id: { type: 'bigint', primary: true, generated: 'increment' },
    cursor: optional({ type: 'bigint' }),
    tenantId: optional(text),
    projectId: optional(text),
    at: timestamp,
    event: json,
  } satisfies Columns<OutboxEventRow>,
  indices: [
    { columns: ['cursor'], unique: true },
    { name: 'outbox_events_unnumbered_idx', columns: ['id'], where: 'cursor IS NULL' },
    { columns: ['at'] },
  ],
})

/** The answer kept under an idempotency key. */
export interface IdempotencyKeyRow {
  projectId: string
  key: string
  fingerprint: string
  answer: unknown
  createdAt: string
}

export const IdempotencyKeyEntity = new EntitySchema<IdempotencyKeyRow>({
  name: 'IdempotencyKey',
  tableName: 'idempotency_keys',
  columns: {
    projectId: primaryId,
    key: primaryId,
    fingerprint: text,
    answer: optional(json),
    createdAt: timestamp,
  } satisfies Columns<IdempotencyKeyRow>,
  indices: [{ columns: ['createdAt'] }],
})
