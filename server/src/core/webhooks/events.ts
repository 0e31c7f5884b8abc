/** What webhooks are told of, as MLflow names it: for each kind of thing, what may become of it. */
export const webhookActions = {
  registered_model: ['created'],
  model_version: ['created'],
  model_version_tag: ['set', 'deleted'],
  model_version_alias: ['created', 'deleted'],
  prompt: ['created'],
  prompt_version: ['created'],
  prompt_tag: ['set', 'deleted'],
  prompt_version_tag: ['set', 'deleted'],
  prompt_alias: ['created', 'deleted'],
  budget_policy: ['exceeded'],
} as const satisfies Readonly<Record<string, readonly string[]>>

export type WebhookEntity = keyof typeof webhookActions

/** One of MLflow's events: `model_version.created`. */
export type WebhookEvent = { [E in WebhookEntity]: `${E}.${(typeof webhookActions)[E][number]}` }[WebhookEntity]

const events: readonly string[] = Object.entries(webhookActions).flatMap(([entity, actions]) =>
  actions.map((action) => `${entity}.${action}`),
)

/** Whether a text names an event. */
export const isWebhookEvent = (text: string): text is WebhookEvent => events.includes(text)

/** The two halves of an event. */
export const partsOfEvent = (event: WebhookEvent): { readonly entity: string; readonly action: string } => {
  const [entity = '', action = ''] = event.split('.')
  return { entity, action }
}

/** What may become of a kind of thing, sorted; `null` when there is no such kind. */
export const actionsOf = (entity: string): readonly string[] | null =>
  Object.hasOwn(webhookActions, entity) ? [...webhookActions[entity as WebhookEntity]].sort() : null

/**
 * What changed in the registry. A prompt is a registered model with a tag, and is told of as a prompt; `null` where MLflow
 * has no such event.
 */
export interface RegistryChange {
  readonly event: { readonly model: WebhookEvent | null; readonly prompt: WebhookEvent }
  readonly data: { readonly model: WebhookData; readonly prompt: WebhookData }
}

export type WebhookData = Readonly<Record<string, unknown>>

/** What is sent to a webhook. */
export interface WebhookMessage {
  readonly event: WebhookEvent
  /** The instant of the event, ISO 8601. */
  readonly at: string
  /** The project; to MLflow's programs a project is a workspace. */
  readonly workspace: string
  readonly data: WebhookData
}

/** The body of a request to a webhook, as MLflow's server writes it with workspaces. */
export const bodyOf = ({ event, at, workspace, data }: WebhookMessage): string => {
  const { entity, action } = partsOfEvent(event)
  return JSON.stringify({ entity, action, timestamp: at.replace(/Z$/, '+00:00'), data, workspace })
}

const model = { name: 'example_model' }
const prompt = { name: 'example_prompt' }
const version = { version: '1' }
const tag = { key: 'example_key', value: 'example_value' }
const key = { key: 'example_key' }
const alias = { alias: 'example_alias' }
const tags = { example_key: 'example_value' }

/** What a test of a webhook sends, word for word MLflow's examples. */
export const exampleData: Readonly<Record<WebhookEvent, WebhookData>> = {
  'registered_model.created': { ...model, tags, description: 'An example registered model' },
  'model_version.created': {
    ...model,
    ...version,
    source: 'models:/123',
    run_id: 'abcd1234abcd5678',
    tags,
    description: 'An example model version',
  },
  'model_version_tag.set': { ...model, ...version, ...tag },
  'model_version_tag.deleted': { ...model, ...version, ...key },
  'model_version_alias.created': { ...model, ...alias, ...version },
  'model_version_alias.deleted': { ...model, ...alias },
  'prompt.created': { ...prompt, tags, description: 'An example prompt' },
  'prompt_version.created': {
    ...prompt,
    ...version,
    template: 'Hello {{name}}!',
    tags,
    description: 'An example prompt version',
  },
  'prompt_tag.set': { ...prompt, ...tag },
  'prompt_tag.deleted': { ...prompt, ...key },
  'prompt_version_tag.set': { ...prompt, ...version, ...tag },
  'prompt_version_tag.deleted': { ...prompt, ...version, ...key },
  'prompt_alias.created': { ...prompt, ...alias, ...version },
  'prompt_alias.deleted': { ...prompt, ...alias },
  'budget_policy.exceeded': {
    budget_policy_id: 'bp-abc123',
    budget_unit: 'USD',
    budget_amount: 100.0,
    current_spend: 105.5,
    duration_unit: 'MONTHS',
    duration_value: 1,
    target_scope: 'ENDPOINT',
    workspace: 'default',
    target_value: 'ep-abc123',
    window_start: 1_704_067_200_000,
  },
}
