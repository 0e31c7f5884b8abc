import { routes } from '@novabrain/contracts'
import type { Mount } from '../../http/mount.js'
import type { WebhooksService } from './service.js'

/** Our own route of webhooks; they are made and changed by MLflow's. */
export const mountWebhooks = (mount: Mount, { webhooks }: { readonly webhooks: WebhooksService }): void => {
  mount(routes.listWebhookDeliveries, ({ scope, params, query }) => webhooks.deliveries(scope, params.webhookId, query))
}
