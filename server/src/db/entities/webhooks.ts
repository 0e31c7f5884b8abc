import { EntitySchema, type EntitySchemaColumnOptions } from 'typeorm'
import { json, optional, primaryId, text } from '../columns.js'

/** The tables of webhooks, read and written by SQL. */
type Columns<T> = Record<keyof T, EntitySchemaColumnOptions>

const bigint = { type: 'bigint' } as const satisfies EntitySchemaColumnOptions
const integer = { type: 'integer' } as const satisfies EntitySchemaColumnOptions
const bytes = { type: 'bytea' } as const satisfies EntitySchemaColumnOptions

/** A webhook. `secret` is sealed. */
export interface WebhookRow {
  id: string
  projectId: string
  name: string
  url: string
  description: string | null
  status: 'ACTIVE' | 'DISABLED'
  events: string[]
  secret: Buffer | null
  createdAtMs: number
  updatedAtMs: number
}

export const WebhookEntity = new EntitySchema<WebhookRow>({
  name: 'Webhook',
  tableName: 'webhooks',
  columns: {
    id: primaryId,
    projectId: text,
    name: text,
    url: text,
    description: optional(text),
    status: text,
    events: json,
    secret: optional(bytes),
    createdAtMs: bigint,
    updatedAtMs: bigint,
  } satisfies Columns<WebhookRow>,
  indices: [{ name: 'webhooks_newest_idx', columns: ['projectId', 'createdAtMs', 'id'], synchronize: false }],
  foreignKeys: [{ target: 'Project', columnNames: ['projectId'], referencedColumnNames: ['id'] }],
})

/** A message to a webhook, on its way or arrived. */
export interface WebhookDeliveryRow {
  id: string
  projectId: string
  webhookId: string
  event: string
  body: string
  state: 'pending' | 'delivered' | 'failed'
  tries: number
  nextAtMs: number | null
  responseStatus: number | null
  error: string | null
  createdAtMs: number
  endedAtMs: number | null
}

export const WebhookDeliveryEntity = new EntitySchema<WebhookDeliveryRow>({
  name: 'WebhookDelivery',
  tableName: 'webhook_deliveries',
  columns: {
    id: primaryId,
    projectId: text,
    webhookId: text,
    event: text,
    body: text,
    state: text,
    tries: integer,
    nextAtMs: optional(bigint),
    responseStatus: optional(integer),
    error: optional(text),
    createdAtMs: bigint,
    endedAtMs: optional(bigint),
  } satisfies Columns<WebhookDeliveryRow>,
  indices: [
    { name: 'webhook_deliveries_due_idx', columns: ['webhookId', 'nextAtMs', 'id'], synchronize: false },
    { name: 'webhook_deliveries_newest_idx', columns: ['webhookId', 'id'], synchronize: false },
    { name: 'webhook_deliveries_ended_idx', columns: ['endedAtMs'], synchronize: false },
  ],
  foreignKeys: [{ target: 'Webhook', columnNames: ['webhookId'], referencedColumnNames: ['id'], onDelete: 'CASCADE' }],
})

/** Every entity of webhooks. */
export const webhookEntities = [WebhookEntity, WebhookDeliveryEntity] as const
