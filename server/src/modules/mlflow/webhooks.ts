import { actionsOf, isWebhookEvent, partsOfEvent, type WebhookEvent } from '../../core/webhooks/events.js'
import { quoted } from '../../core/webhooks/target.js'
import type { NewWebhook, WebhookRecord, WebhookTest } from '../webhooks/service.js'
import { offsetOf, pageOf, type Endpoint, type TrackingServices } from './endpoint.js'
import {
  invalid,
  isRecord,
  list,
  missing,
  optionalEnum,
  optionalInteger,
  optionalText,
  requiredText,
  text,
  type Fields,
} from './fields.js'
import { atMost } from './validation.js'
import { listed } from './wire.js'

const statuses = { ACTIVE: 1, DISABLED: 2 } as const
const entities = {
  REGISTERED_MODEL: 1,
  MODEL_VERSION: 2,
  MODEL_VERSION_TAG: 3,
  MODEL_VERSION_ALIAS: 4,
  PROMPT: 5,
  PROMPT_VERSION: 6,
  PROMPT_TAG: 7,
  PROMPT_VERSION_TAG: 8,
  PROMPT_ALIAS: 9,
  BUDGET_POLICY: 10,
} as const
const actions = { CREATED: 1, UPDATED: 2, DELETED: 3, SET: 4, EXCEEDED: 5 } as const

const limits = { url: 500, description: 1000, secret: 1000 } as const

/** `webhooks` of MLflow's REST API. An address may hold a key of its own, so only admins see it. */
export const webhookEndpoints = ({ webhooks }: TrackingServices): readonly Endpoint[] => [
  {
    method: 'POST',
    path: '/webhooks',
    access: 'admin',
    async handle({ scope, fields }) {
      const name = requiredText(fields, 'name')
      const url = requiredText(fields, 'url')
      const said = isSaid(fields, 'events') ? list(fields, 'events') : missing('events')
      const webhook = await webhooks.create(scope, {
        name: checkName(name),
        url: atMost('url', limits.url, url),
        events: eventsOf(said),
        description: optionalText(fields, 'description') && descriptionOf(fields),
        secret: secretOf(fields),
        status: optionalEnum(fields, 'status', statuses) ?? 'ACTIVE',
      })
      return { webhook: wireWebhook(webhook) }
    },
  },
  {
    method: 'GET',
    path: '/webhooks',
    access: 'admin',
    async handle({ scope, fields }) {
      const limit = optionalInteger(fields, 'max_results') || 100
      if (limit < 1 || limit > 1000) invalid('max_results must be between 1 and 1000.')
      const offset = offsetOf(optionalText(fields, 'page_token'))
      const { items, next } = pageOf(await webhooks.list(scope, { offset, limit: limit + 1 }), offset, limit)
      return { ...listed('webhooks', items.map(wireWebhook)), ...next }
    },
  },
  {
    method: 'GET',
    path: '/webhooks/:webhookId',
    access: 'admin',
    handle: async ({ scope, params }) => ({ webhook: wireWebhook(await webhooks.get(scope, idOf(params))) }),
  },
  {
    method: 'PATCH',
    path: '/webhooks/:webhookId',
    access: 'admin',
    handle: async ({ scope, params, fields }) => ({
      webhook: wireWebhook(await webhooks.update(scope, idOf(params), changesOf(fields))),
    }),
  },
  {
    method: 'DELETE',
    path: '/webhooks/:webhookId',
    access: 'admin',
    handle: ({ scope, params }) => webhooks.delete(scope, idOf(params)),
  },
  {
    method: 'POST',
    path: '/webhooks/:webhookId/test',
    access: 'admin',
    async handle({ scope, params, fields }) {
      const { event } = fields
      const wanted = event === undefined || event === null ? null : eventOf(event)
      return { result: wireTest(await webhooks.test(scope, idOf(params), wanted)) }
    },
  },
]

const idOf = ({ webhookId = '' }: Readonly<Record<string, string>>): string => webhookId

const isSaid = (fields: Fields, name: string): boolean => fields[name] !== undefined && fields[name] !== null

/** What is not said stays as it is, and so does what is said to be empty, but for the description and the secret. */
const changesOf = (fields: Fields): Partial<NewWebhook> => {
  const [name, url] = [optionalText(fields, 'name'), optionalText(fields, 'url')]
  const events = list(fields, 'events')
  const status = optionalEnum(fields, 'status', statuses)
  return {
    ...(name === null ? {} : { name: checkName(name) }),
    ...(isSaid(fields, 'description') ? { description: descriptionOf(fields) } : {}),
    ...(url === null ? {} : { url: atMost('url', limits.url, url) }),
    ...(events.length === 0 ? {} : { events: eventsOf(events) }),
    ...(isSaid(fields, 'secret') ? { secret: secretOf(fields) } : {}),
    ...(status === null ? {} : { status }),
  }
}

const descriptionOf = (fields: Fields): string => atMost('description', limits.description, text(fields, 'description'))

const secretOf = (fields: Fields): string | null =>
  atMost('secret', limits.secret, optionalText(fields, 'secret') ?? '') || null

const checkName = (name: string): string =>
  /^[a-z0-9](?:[a-z0-9._-]{0,61}[a-z0-9])?$/i.test(name)
    ? name
    : invalid(
        `Webhook name ${quoted(name)} is invalid. It must start and end with a letter or digit, be less than 63 characters long, and contain only letters, digits, dots (.), underscores (_), and hyphens (-).`,
      )

const eventsOf = (said: readonly unknown[]): readonly WebhookEvent[] => {
  if (said.length === 0) return invalid('Webhook events must be a non-empty list of WebhookEvent objects: [].')
  return [...new Set(said.map(eventOf))]
}

const eventOf = (said: unknown): WebhookEvent => {
  if (!isRecord(said)) return invalid('An event of a webhook must be an object with an entity and an action.')
  const entity = (optionalEnum(said, 'entity', entities) ?? '').toLowerCase()
  const action = (optionalEnum(said, 'action', actions) ?? '').toLowerCase()
  const event = `${entity}.${action}`
  if (isWebhookEvent(event)) return event
  const known = (actionsOf(entity) ?? []).map(quoted).join(', ')
  return invalid(`Invalid action '${action}' for entity '${entity}'. Valid actions are: [${known}]`)
}

/** A webhook as MLflow's clients read it; nobody is told its secret. */
const wireWebhook = ({ id, name, url, events, description, status, createdAtMs, updatedAtMs }: WebhookRecord) => ({
  webhook_id: id,
  name,
  ...(description === null || description === '' ? {} : { description }),
  url,
  ...listed('events', events.map(wireEvent)),
  status,
  creation_timestamp: createdAtMs,
  last_updated_timestamp: updatedAtMs,
})

const wireEvent = (event: WebhookEvent) => {
  const { entity, action } = partsOfEvent(event)
  return { entity: entity.toUpperCase(), action: action.toUpperCase() }
}

const wireTest = (test: WebhookTest) =>
  'why' in test
    ? { success: false, error_message: `Failed to test webhook: ${test.why}` }
    : { success: test.ok, response_status: test.status, response_body: test.body }
