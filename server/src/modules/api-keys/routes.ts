import { routes } from '@novabrain/contracts'
import type { Mount } from '../../http/mount.js'
import type { ApiKeyService } from './service.js'

export const mountApiKeys = (mount: Mount, { apiKeys }: { apiKeys: ApiKeyService }) => {
  mount(routes.listApiKeys, async ({ scope }) => ({ items: await apiKeys.list(scope) }))
  mount(routes.createApiKey, ({ scope, body }) => apiKeys.create(scope, body))
  mount(routes.revokeApiKey, ({ scope, params }) => apiKeys.revoke(scope, params.apiKeyId))
}
