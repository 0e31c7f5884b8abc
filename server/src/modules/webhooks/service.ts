import { fail, NovaBrainError, type WebhookDelivery } from '@novabrain/contracts'
import {
  bodyOf,
  exampleData,
  type RegistryChange,
  type WebhookData,
  type WebhookEvent,
} from '../../core/webhooks/events.js'
import { targetOf, type Target } from '../../core/webhooks/target.js'
import type { Deps, ProjectScope, Tx } from '../../deps.js'
import type { SecretBox } from '../../secret-box.js'
import { messageOf } from './message.js'
import { webhookRepository as repository, type DeliveryRecord, type WebhookRecord } from './repository.js'
import { BlockedTarget, checkReachable, post } from './send.js'

export type { WebhookRecord } from './repository.js'

/** What a webhook is made of. An empty secret is none. */
export interface NewWebhook {
  readonly name: string
  readonly url: string
  readonly events: readonly WebhookEvent[]
  readonly description: string | null
  readonly secret: string | null
  readonly status: WebhookRecord['status']
}

/** How a test went: the receiver's answer, or why there was none. */
export type WebhookTest =
  | { readonly ok: boolean; readonly status: number; readonly body: string }
  | { readonly ok: false; readonly why: string }

/** How many webhooks a project may have. */
const limit = 100
/** How long a receiver may take: as long as MLflow waits. */
export const answerWithinMs = 30_000
/** How much of the answer to a test is told. */
const keepBytes = 65_536

export type WebhooksService = ReturnType<typeof createWebhooksService>

/**
 * Webhooks of a project: who is told when something in the model registry changes. Admins manage them. Errors:
 * `webhook_not_found`, `webhook_limit_reached`, `webhook_target_invalid`.
 */
export const createWebhooksService = (
  deps: Pick<Deps, 'database' | 'clock' | 'newId' | 'audit' | 'config'> & { readonly secrets: SecretBox },
) => {
  const { database, clock, newId, audit, secrets } = deps

  const checkedTarget = async (url: string): Promise<Target> => {
    const target = targetOf(url, deps.config.webhookAllowedHosts)
    if (!target.ok) return fail('webhook_target_invalid', { why: target.why })
    await checkReachable(target).catch((error: unknown) => {
      throw error instanceof BlockedTarget
        ? new NovaBrainError('webhook_target_invalid', { why: error.message })
        : error
    })
    return target
  }

  const find = async (tx: Tx, scope: ProjectScope, id: string, { lock = false } = {}): Promise<WebhookRecord> =>
    (await repository.find(tx, scope, id, { lock })) ?? fail('webhook_not_found', { webhookId: id })

  const get = (scope: ProjectScope, id: string): Promise<WebhookRecord> =>
    database.transaction(scope, (tx) => find(tx, scope, id))

  const sealed = (id: string, secret: string | null): Buffer | null =>
    secret === null || secret === '' ? null : secrets.seal(secret, id)

  const note = (tx: Tx, scope: ProjectScope, action: string, { id, name }: WebhookRecord, detail = {}): Promise<void> =>
    audit.append(tx, scope, { action: `webhook.${action}`, subject: name, subjectId: id, detail })

  return {
    get,

    async create(scope: ProjectScope, { secret, ...wanted }: NewWebhook): Promise<WebhookRecord> {
      const target = await checkedTarget(wanted.url)
      const [id, nowMs] = [newId(), clock.nowMs()]
      const webhook = { id, ...wanted, secret: sealed(id, secret), createdAtMs: nowMs, updatedAtMs: nowMs }
      return database.transaction(scope, async (tx) => {
        if ((await repository.count(tx, scope)) >= limit) fail('webhook_limit_reached', { limit })
        await repository.insert(tx, scope, webhook)
        await note(tx, scope, 'create', webhook, { host: target.host, events: wanted.events })
        return webhook
      })
    },

    list: (scope: ProjectScope, page: { offset: number; limit: number }): Promise<WebhookRecord[]> =>
      database.transaction(scope, (tx) => repository.list(tx, scope, page)),

    /** What is not said stays. What waits for one that is no longer active is given up. */
    async update(scope: ProjectScope, id: string, changes: Partial<NewWebhook>): Promise<WebhookRecord> {
      await get(scope, id)
      const { secret, ...others } = changes
      const target = others.url === undefined ? null : await checkedTarget(others.url)
      return database.transaction(scope, async (tx) => {
        const before = await find(tx, scope, id, { lock: true })
        const nowMs = clock.nowMs()
        const said = secret === undefined ? {} : { secret: sealed(id, secret) }
        const webhook = { ...before, ...others, ...said, updatedAtMs: nowMs }
        await repository.update(tx, scope, webhook)
        if (webhook.status === 'DISABLED')
          await repository.dropPending(tx, scope, id, 'the webhook was disabled', nowMs)
        const host = target === null ? {} : { host: target.host }
        await note(tx, scope, 'update', webhook, { changed: Object.keys(changes).sort(), ...host })
        return webhook
      })
    },

    delete: (scope: ProjectScope, id: string): Promise<void> =>
      database.transaction(scope, async (tx) => {
        const webhook = await find(tx, scope, id, { lock: true })
        await repository.delete(tx, scope, id)
        await note(tx, scope, 'delete', webhook)
      }),

    /** Send an example of an event, of the first of its own when none is named, once and at once, active or not. */
    async test(scope: ProjectScope, id: string, wanted: WebhookEvent | null): Promise<WebhookTest> {
      const { webhook, workspace } = await database.transaction(scope, async (tx) => {
        const found = await find(tx, scope, id)
        await note(tx, scope, 'test', found)
        return { webhook: found, workspace: await repository.workspace(tx, scope) }
      })
      const event = wanted ?? webhook.events[0] ?? 'registered_model.created'
      const target = targetOf(webhook.url, deps.config.webhookAllowedHosts)
      if (!target.ok) return { ok: false, why: target.why }
      const body = bodyOf({ event, at: clock.now(), workspace, data: exampleData[event] })
      const message = messageOf({ id: newId(), webhookId: id, body, secret: webhook.secret }, secrets, clock)
      if (message === null) return { ok: false, why: 'The secret cannot be read with the key of this server.' }
      try {
        const answer = await post(target, message, { timeoutMs: answerWithinMs, keepBytes })
        return { ok: answer.status >= 200 && answer.status < 300, status: answer.status, body: answer.body }
      } catch (error) {
        return { ok: false, why: (error as Error).message }
      }
    },

    /** What was sent to a webhook and what became of it, newest first. */
    async deliveries(
      scope: ProjectScope,
      webhookId: string,
      { cursor, limit: wanted = 50 }: { cursor?: string; limit?: number },
    ): Promise<{ items: WebhookDelivery[]; nextCursor: string | null }> {
      const rows = await database.transaction(scope, async (tx) => {
        await find(tx, scope, webhookId)
        return repository.deliveries(tx, scope, webhookId, { before: cursor ?? null, limit: wanted + 1 })
      })
      const items = rows.slice(0, wanted).map(shown)
      return { items, nextCursor: rows.length > wanted ? (items.at(-1)?.id ?? null) : null }
    },

    /** Whether anybody in the project is told of anything: a cheap question before others. */
    anybodyListens: (tx: Tx, scope: ProjectScope): Promise<boolean> => repository.anyActive(tx, scope),

    /**
     * Tell of a change, in its transaction: a message for each webhook that wants to hear of it is written down, and sent
     * when it was committed.
     */
    async tell(tx: Tx, scope: ProjectScope, { event: events, data }: RegistryChange, kind: 'model' | 'prompt') {
      const event = events[kind]
      if (event === null) return
      const listeners = await repository.listeners(tx, scope, event)
      if (listeners.length === 0) return
      const workspace = await repository.workspace(tx, scope)
      const body = bodyOf({ event, at: clock.now(), workspace, data: data[kind] satisfies WebhookData })
      for (const webhookId of listeners)
        await repository.addDelivery(tx, scope, { id: newId(), webhookId, event, body, atMs: clock.nowMs() })
    },
  }
}

const iso = (ms: number): string => new Date(ms).toISOString()
const isoOrNull = (ms: number | null): string | null => (ms === null ? null : iso(ms))

const shown = ({ createdAtMs, endedAtMs, nextAtMs, ...delivery }: DeliveryRecord): WebhookDelivery => ({
  ...delivery,
  createdAt: iso(createdAtMs),
  endedAt: isoOrNull(endedAtMs),
  nextTryAt: isoOrNull(nextAtMs),
})
