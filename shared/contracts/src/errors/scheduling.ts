import type { ErrorDefinition } from './define.js'

export const schedulingErrors = {
  policy_field_unknown: {
    status: 422,
    mlflow: 'INVALID_PARAMETER_VALUE',
    en: {
      message: 'The policy has no field {field}.',
      cause: 'The name was mistyped, or belongs to another version of the server.',
      remedy: 'Choose one of the fields that `novabrain policy` lists.',
    },
    zh: {
      message: '策略中没有字段 {field}。',
      cause: '名称有误，或属于其他版本的服务器。',
      remedy: '请从 `novabrain policy` 列出的字段中选择。',
    },
  },
  policy_field_invalid: {
    status: 422,
    mlflow: 'INVALID_PARAMETER_VALUE',
    en: {
      message: '{field} takes {expected}, not {given}.',
      cause: 'The value is not of the kind of this field, or outside its bounds.',
      remedy: 'Give a value inside the bounds; `novabrain policy` lists them.',
    },
    zh: {
      message: '{field} 需要{expected}，而不是 {given}。',
      cause: '该值与字段的类型不符，或超出其范围。',
      remedy: '请给出范围内的值；`novabrain policy` 会列出范围。',
    },
  },
  policy_preset_unknown: {
    status: 422,
    mlflow: 'INVALID_PARAMETER_VALUE',
    en: {
      message: 'There is no policy named {preset} to begin from.',
      cause: 'The name was mistyped, or belongs to another version of the server.',
      remedy: 'Choose one of those that `novabrain policy presets` lists.',
    },
    zh: {
      message: '没有名为 {preset} 的预设策略。',
      cause: '名称有误，或属于其他版本的服务器。',
      remedy: '请从 `novabrain policy presets` 列出的预设中选择。',
    },
  },
  policy_not_yours: {
    status: 403,
    mlflow: 'PERMISSION_DENIED',
    en: {
      message: '{field} holds for the whole cluster, and this tenant does not keep it.',
      cause: 'Several tenants share the cluster. What concerns them all is changed by the owners of the first tenant.',
      remedy: 'Ask the operator of the server, or change what is yours: the order of your own queues, and their quota.',
    },
    zh: {
      message: '{field} 适用于整个集群，而集群策略不由此租户管理。',
      cause: '多个租户共用此集群。关系到所有租户的设置由首个租户的所有者更改。',
      remedy: '请联系服务器的运营者，或更改属于自己的部分：自有队列的顺序及其配额。',
    },
  },
  queue_changed: {
    status: 409,
    mlflow: 'RESOURCE_CONFLICT',
    en: {
      message: 'Queue {queueName} was changed by somebody else; it is at version {version} now.',
      cause: 'Two people changed it at the same time.',
      remedy: 'Look at what it is now, and make your change again.',
    },
    zh: {
      message: '队列 {queueName} 已被他人更改；现在是第 {version} 版。',
      cause: '两个人同时更改了该队列。',
      remedy: '请查看队列现在的设置，然后重新更改。',
    },
  },
  policy_changed: {
    status: 409,
    mlflow: 'RESOURCE_CONFLICT',
    en: {
      message: 'The policy was changed by somebody else; it is at version {version} now.',
      cause: 'Two people changed it at the same time.',
      remedy: 'Look at what it is now, and make your change again.',
    },
    zh: {
      message: '策略已被他人更改；现在是第 {version} 版。',
      cause: '两个人同时更改了策略。',
      remedy: '请查看现在的策略，然后重新更改。',
    },
  },
} as const satisfies Record<string, ErrorDefinition>
