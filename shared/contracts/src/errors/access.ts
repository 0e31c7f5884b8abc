import type { ErrorDefinition } from './define.js'

export const accessErrors = {
  unauthenticated: {
    status: 401,
    mlflow: 'UNAUTHENTICATED',
    en: {
      message: 'Sign in to go on.',
      cause: 'The request carried no API key and no session.',
      remedy: 'Sign in with an API key, or set MLFLOW_TRACKING_TOKEN or NOVABRAIN_TOKEN.',
    },
    zh: {
      message: '请先登录。',
      cause: '请求没有携带 API 密钥或会话。',
      remedy: '使用 API 密钥登录，或设置 MLFLOW_TRACKING_TOKEN 或 NOVABRAIN_TOKEN。',
    },
  },
  api_key_invalid: {
    status: 401,
    mlflow: 'UNAUTHENTICATED',
    en: {
      message: 'This API key is not known.',
      cause: 'The key was mistyped, belongs to another server, or was revoked.',
      remedy: 'Copy the key again, or make a new one with `novabrain keys create`.',
    },
    zh: {
      message: '无法识别此 API 密钥。',
      cause: '密钥输入有误、属于另一台服务器，或已被吊销。',
      remedy: '重新复制密钥，或用 `novabrain keys create` 创建新密钥。',
    },
  },
  api_key_expired: {
    status: 401,
    mlflow: 'UNAUTHENTICATED',
    en: {
      message: 'This API key expired on {expiresAt}.',
      cause: 'Keys may carry an expiry date, and this one has passed.',
      remedy: 'Make a new key with `novabrain keys create` and sign in again.',
    },
    zh: {
      message: '此 API 密钥已于 {expiresAt} 过期。',
      cause: '密钥可以设置到期时间，此密钥的到期时间已过。',
      remedy: '用 `novabrain keys create` 创建新密钥并重新登录。',
    },
  },
  permission_denied: {
    status: 403,
    mlflow: 'PERMISSION_DENIED',
    en: {
      message: 'This needs the role {role}.',
      cause: 'Your role in the project does not allow it.',
      remedy: 'Ask an admin of the project for the role {role}.',
    },
    zh: {
      message: '此操作需要 {role} 角色。',
      cause: '您在该项目中的角色不允许此操作。',
      remedy: '请项目管理员授予您 {role} 角色。',
    },
  },
  csrf_token_missing: {
    status: 403,
    mlflow: 'PERMISSION_DENIED',
    en: {
      message: 'The page is out of date.',
      cause: 'A request with a session cookie lacked its CSRF token.',
      remedy: 'Reload the page and try again.',
    },
    zh: {
      message: '页面已过期。',
      cause: '使用会话 Cookie 的请求缺少 CSRF 令牌。',
      remedy: '请刷新页面后重试。',
    },
  },
  project_not_found: {
    status: 404,
    mlflow: 'RESOURCE_DOES_NOT_EXIST',
    en: {
      message: 'There is no such project.',
      cause: 'The project does not exist, or you are not a member of it.',
      remedy: 'List your projects with `novabrain projects`, or ask an admin to add you.',
    },
    zh: {
      message: '没有这个项目。',
      cause: '项目不存在，或您不是其成员。',
      remedy: '用 `novabrain projects` 列出您的项目，或请管理员添加您。',
    },
  },
  project_name_taken: {
    status: 409,
    mlflow: 'RESOURCE_ALREADY_EXISTS',
    en: {
      message: 'A project named {name} exists already.',
      cause: 'Names of projects are unique in a tenant.',
      remedy: 'Choose another name.',
    },
    zh: {
      message: '名为 {name} 的项目已存在。',
      cause: '项目名称在租户内必须唯一。',
      remedy: '请换一个名称。',
    },
  },
  member_not_found: {
    status: 404,
    mlflow: 'RESOURCE_DOES_NOT_EXIST',
    en: {
      message: 'There is no such member.',
      cause: 'The member does not exist in this tenant.',
      remedy: 'List the members with `novabrain members`.',
    },
    zh: {
      message: '没有这个成员。',
      cause: '该成员不属于此租户。',
      remedy: '用 `novabrain members` 列出成员。',
    },
  },
  member_name_taken: {
    status: 409,
    mlflow: 'RESOURCE_ALREADY_EXISTS',
    en: {
      message: 'A member named {name} exists already.',
      cause: 'Names of members are unique in a tenant.',
      remedy: 'Choose another name.',
    },
    zh: {
      message: '名为 {name} 的成员已存在。',
      cause: '成员名称在租户内必须唯一。',
      remedy: '请换一个名称。',
    },
  },
  api_key_not_found: {
    status: 404,
    mlflow: 'RESOURCE_DOES_NOT_EXIST',
    en: {
      message: 'There is no such API key.',
      cause: 'The key does not exist, or it belongs to somebody else.',
      remedy: 'List your keys with `novabrain keys`.',
    },
    zh: {
      message: '没有这个 API 密钥。',
      cause: '密钥不存在，或属于其他人。',
      remedy: '用 `novabrain keys` 列出您的密钥。',
    },
  },
  attempt_token_invalid: {
    status: 401,
    mlflow: 'UNAUTHENTICATED',
    en: {
      message: 'This token is not good for this attempt.',
      cause: 'The attempt is over, or the token belongs to another attempt.',
      remedy: 'Nothing to do: a runner with such a token stops by itself.',
    },
    zh: {
      message: '此令牌不适用于该次尝试。',
      cause: '该次尝试已结束，或令牌属于另一次尝试。',
      remedy: '无需处理：持有此令牌的运行器会自行停止。',
    },
  },
} as const satisfies Record<string, ErrorDefinition>
