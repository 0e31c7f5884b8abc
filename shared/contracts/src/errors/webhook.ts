import type { ErrorDefinition } from './define.js'

/** Errors of webhooks; messages are MLflow's, which programs read. */
export const webhookErrors = {
  webhook_not_found: {
    status: 404,
    mlflow: 'RESOURCE_DOES_NOT_EXIST',
    en: {
      message: 'Webhook with ID {webhookId} not found.',
      cause: 'The project has no such webhook, or it was deleted.',
      remedy: 'List the webhooks with `MlflowClient().list_webhooks()`.',
    },
    zh: {
      message: '未找到 ID 为 {webhookId} 的 Webhook。',
      cause: '该项目中没有此 Webhook，或它已被删除。',
      remedy: '用 `MlflowClient().list_webhooks()` 列出 Webhook。',
    },
  },
  webhook_target_invalid: {
    status: 400,
    mlflow: 'INVALID_PARAMETER_VALUE',
    en: {
      message: '{why}',
      cause: 'Webhooks go to public https addresses, and inside the network only to hosts that the server allows.',
      remedy: 'Correct the address, or have the host added to `webhookAllowedHosts` of the server.',
    },
    zh: {
      message: '{why}',
      cause: 'Webhook 只能发往公网 https 地址；内网地址须由服务器明确允许。',
      remedy: '请更正地址，或将该主机加入服务器的 `webhookAllowedHosts`。',
    },
  },
  webhook_limit_reached: {
    status: 400,
    mlflow: 'RESOURCE_EXHAUSTED',
    en: {
      message: 'A project may have {limit} webhooks.',
      cause: 'Every change is told to every webhook that listens.',
      remedy: 'Delete webhooks that nobody needs with `MlflowClient().delete_webhook`.',
    },
    zh: {
      message: '每个项目最多可有 {limit} 个 Webhook。',
      cause: '每次变更都会通知所有监听的 Webhook。',
      remedy: '用 `MlflowClient().delete_webhook` 删除不再需要的 Webhook。',
    },
  },
} as const satisfies Record<string, ErrorDefinition>
