import type { WebhookEvent } from '../../core/webhooks/events.js'
import { claimDeliveries } from '../../db/sql/webhooks-claim-deliveries.sql.js'
import type { WebhookDeliveryRow, WebhookRow } from '../../db/entities/webhooks.js'
import type { ProjectScope, Tx } from '../../deps.js'

type Project = Pick<ProjectScope, 'projectId'>

/** A webhook as it is kept; the secret is sealed. */
export type WebhookRecord = Omit<WebhookRow, 'projectId' | 'events'> & { readonly events: readonly WebhookEvent[] }
/** A message as the log shows it. */
export type DeliveryRecord = Omit<WebhookDeliveryRow, 'projectId' | 'webhookId' | 'body'>

/** A message that was taken to be sent. */
export interface ClaimedDelivery {
  readonly id: string
  readonly webhookId: string
  readonly body: string
  /** How often it was taken, this time included. */
  readonly tries: number
  readonly url: string
  readonly secret: Buffer | null
}

/** How a try ended: `nextAtMs` is `null` at the end of all tries. */
export interface Settled {
  readonly state: WebhookDeliveryRow['state']
  readonly nextAtMs: number | null
  readonly endedAtMs: number | null
  readonly responseStatus: number | null
  readonly error: string | null
}

const columns = `id, name, url, description, status, events, secret, created_at_ms AS "createdAtMs",
  updated_at_ms AS "updatedAtMs"`

const deliveryColumns = `id, event, state, tries, next_at_ms AS "nextAtMs", response_status AS "responseStatus", error,
  created_at_ms AS "createdAtMs", ended_at_ms AS "endedAtMs"`

/** Webhooks and their messages, in PostgreSQL. */
export const webhookRepository = {
  async insert(tx: Tx, scope: Project, webhook: WebhookRecord): Promise<void> {
    await tx.query(
      `INSERT INTO webhooks (id, project_id, name, url, description, status, events, secret, created_at_ms, updated_at_ms)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`,
      [webhook.id, scope.projectId, ...valuesOf(webhook), webhook.createdAtMs, webhook.updatedAtMs],
    )
  },

  /** With `lock` nobody else changes it until the transaction ends. */
  async find(tx: Tx, scope: Project, id: string, { lock = false } = {}): Promise<WebhookRecord | null> {
    const rows: WebhookRecord[] = await tx.query(
      `SELECT ${columns} FROM webhooks WHERE project_id = $1 AND id = $2 ${lock ? 'FOR NO KEY UPDATE' : ''}`,
      [scope.projectId, id],
    )
    return rows[0] ?? null
  },

  async count(tx: Tx, scope: Project): Promise<number> {
    const rows: { count: number }[] = await tx.query(
      `SELECT count(*)::int AS count FROM webhooks WHERE project_id = $1`,
      [scope.projectId],
    )
    return rows[0]?.count ?? 0
  },

  /** Newest first. */
  async list(tx: Tx, scope: Project, { offset, limit }: { offset: number; limit: number }): Promise<WebhookRecord[]> {
    return tx.query(
      `SELECT ${columns} FROM webhooks WHERE project_id = $1 ORDER BY created_at_ms DESC, id DESC OFFSET $2 LIMIT $3`,
      [scope.projectId, offset, limit],
    )
  },

  async update(tx: Tx, scope: Project, webhook: WebhookRecord): Promise<void> {
    await tx.query(
      `UPDATE webhooks SET name = $3, url = $4, description = $5, status = $6, events = $7, secret = $8,
         updated_at_ms = $9
       WHERE project_id = $1 AND id = $2`,
      [scope.projectId, webhook.id, ...valuesOf(webhook), webhook.updatedAtMs],
    )
  },

  /** Its messages go with it. */
  async delete(tx: Tx, scope: Project, id: string): Promise<void> {
    await tx.query(`DELETE FROM webhooks WHERE project_id = $1 AND id = $2`, [scope.projectId, id])
  },

  /** Active webhooks that want to hear of an event. */
  async listeners(tx: Tx, scope: Project, event: WebhookEvent): Promise<string[]> {
    const rows: { id: string }[] = await tx.query(
      `SELECT id FROM webhooks WHERE project_id = $1 AND status = 'ACTIVE' AND events ? $2 ORDER BY id`,
      [scope.projectId, event],
    )
    return rows.map(({ id }) => id)
  },

  async anyActive(tx: Tx, scope: Project): Promise<boolean> {
    const rows: unknown[] = await tx.query(
      `SELECT 1 FROM webhooks WHERE project_id = $1 AND status = 'ACTIVE' LIMIT 1`,
      [scope.projectId],
    )
    return rows.length > 0
  },

  async workspace(tx: Tx, scope: Project): Promise<string> {
    const rows: { name: string }[] = await tx.query(`SELECT name FROM projects WHERE id = $1`, [scope.projectId])
    return rows[0]?.name ?? ''
  },

  async addDelivery(
    tx: Tx,
    scope: Project,
    delivery: { id: string; webhookId: string; event: WebhookEvent; body: string; atMs: number },
  ): Promise<void> {
    await tx.query(
      `INSERT INTO webhook_deliveries (id, project_id, webhook_id, event, body, state, tries, next_at_ms, created_at_ms)
       VALUES ($1, $2, $3, $4, $5, 'pending', 0, $6, $6)`,
      [delivery.id, scope.projectId, delivery.webhookId, delivery.event, delivery.body, delivery.atMs],
    )
  },

  /** Newest first, before an id. */
  async deliveries(
    tx: Tx,
    scope: Project,
    webhookId: string,
    { before, limit }: { before: string | null; limit: number },
  ): Promise<DeliveryRecord[]> {
    return tx.query(
      `SELECT ${deliveryColumns} FROM webhook_deliveries
       WHERE project_id = $1 AND webhook_id = $2 AND ($3::text IS NULL OR id < $3) ORDER BY id DESC LIMIT $4`,
      [scope.projectId, webhookId, before, limit],
    )
  },

  /** Give up what was not delivered yet. */
  async dropPending(tx: Tx, scope: Project, webhookId: string, error: string, atMs: number): Promise<void> {
    await tx.query(
      `UPDATE webhook_deliveries SET state = 'failed', next_at_ms = NULL, error = $3, ended_at_ms = $4
       WHERE project_id = $1 AND webhook_id = $2 AND state = 'pending'`,
      [scope.projectId, webhookId, error, atMs],
    )
  },

  /** Messages of every project that are due, for the server itself. */
  async claim(
    tx: Tx,
    wanted: { nowMs: number; untilMs: number; busy: readonly string[]; limit: number },
  ): Promise<ClaimedDelivery[]> {
    const [rows]: [ClaimedDelivery[], number] = await tx.query(claimDeliveries, [
      wanted.nowMs,
      wanted.busy,
      wanted.limit,
      wanted.untilMs,
    ])
    return rows
  },

  /** Note how a try ended, unless somebody else tried since, or it was given up. */
  async settle(tx: Tx, { id, tries }: Pick<ClaimedDelivery, 'id' | 'tries'>, settled: Settled): Promise<void> {
    await tx.query(
      `UPDATE webhook_deliveries SET state = $3, next_at_ms = $4, ended_at_ms = $5, response_status = $6, error = $7
       WHERE id = $1 AND tries = $2 AND state = 'pending'`,
      [id, tries, settled.state, settled.nextAtMs, settled.endedAtMs, settled.responseStatus, settled.error],
    )
  },

  /** When the next message is due, of all projects. */
  async nextDueMs(tx: Tx, busy: readonly string[]): Promise<number | null> {
    const rows: { at: number | null }[] = await tx.query(
      `SELECT min(next_at_ms) AS at FROM webhook_deliveries
       WHERE next_at_ms IS NOT NULL AND NOT webhook_id = ANY ($1::text[])`,
      [busy],
    )
    return rows[0]?.at ?? null
  },

  async prune(tx: Tx, endedBeforeMs: number): Promise<void> {
    await tx.query(`DELETE FROM webhook_deliveries WHERE ended_at_ms < $1`, [endedBeforeMs])
  },
}

const valuesOf = ({ name, url, description, status, events, secret }: WebhookRecord): unknown[] => [
  name,
  url,
  description,
  status,
  JSON.stringify(events),
  secret,
]
