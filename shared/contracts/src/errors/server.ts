import type { ErrorDefinition } from './define.js'

export const serverErrors = {
  invalid_request: {
    status: 400,
    mlflow: 'INVALID_PARAMETER_VALUE',
    en: {
      message: '{detail}',
      cause: 'The request does not have the form this address expects.',
      remedy: 'Correct what the message names; the form of every request is at /docs.',
    },
    zh: {
      message: '{detail}',
      cause: '请求不符合该地址要求的格式。',
      remedy: '请按提示更正；所有请求的格式见 /docs。',
    },
  },
  not_found: {
    status: 404,
    mlflow: 'ENDPOINT_NOT_FOUND',
    en: {
      message: 'There is nothing at {path}.',
      cause: 'The address was mistyped, or this version does not have it.',
      remedy: 'See /docs for what there is.',
    },
    zh: {
      message: '{path} 处没有内容。',
      cause: '地址有误，或此版本没有该功能。',
      remedy: '可用内容见 /docs。',
    },
  },
  too_many_requests: {
    status: 429,
    mlflow: 'REQUEST_LIMIT_EXCEEDED',
    en: {
      message: 'Too many requests; try again in {seconds} s.',
      cause: 'One caller may not take the whole server.',
      remedy: 'Wait as long as said; the client does so by itself.',
    },
    zh: {
      message: '请求过多，请在 {seconds} 秒后重试。',
      cause: '单个调用方不能占用整台服务器。',
      remedy: '请按提示等待；客户端会自动重试。',
    },
  },
  not_ready: {
    status: 503,
    mlflow: 'TEMPORARILY_UNAVAILABLE',
    en: {
      message: 'The server is not ready: {detail}',
      cause: 'A part of the server is still starting or has stopped.',
      remedy: 'Wait a moment; if it stays so, run `novabrain doctor`.',
    },
    zh: {
      message: '服务器尚未就绪：{detail}',
      cause: '服务器的某个部分仍在启动或已停止。',
      remedy: '请稍候；若持续如此，请运行 `novabrain doctor`。',
    },
  },
  database_unavailable: {
    status: 503,
    mlflow: 'TEMPORARILY_UNAVAILABLE',
    en: {
      message: 'The database does not answer.',
      cause: 'PostgreSQL is restarting or cannot be reached.',
      remedy: 'Wait a moment: the server connects again by itself. If it stays so, run `novabrain doctor`.',
    },
    zh: {
      message: '数据库没有响应。',
      cause: 'PostgreSQL 正在重启或无法连接。',
      remedy: '请稍候：服务器会自动重新连接。若持续如此，请运行 `novabrain doctor`。',
    },
  },
  internal_error: {
    status: 500,
    mlflow: 'INTERNAL_ERROR',
    en: {
      message: 'Something went wrong in the server.',
      cause: 'This is a fault in NovaBrain. It was logged with the request id {requestId}.',
      remedy: 'Try again; if it happens again, report the request id.',
    },
    zh: {
      message: '服务器内部出错。',
      cause: '这是 NovaBrain 的故障，已按请求编号 {requestId} 记录。',
      remedy: '请重试；若再次出现，请报告该请求编号。',
    },
  },
  event_cursor_expired: {
    status: 410,
    mlflow: 'INVALID_PARAMETER_VALUE',
    en: {
      message: 'Events that old are no longer kept.',
      cause: 'The client was away longer than events are kept.',
      remedy: 'Read the lists again and go on from the newest cursor.',
    },
    zh: {
      message: '过早的事件已不再保留。',
      cause: '客户端离开的时间超过了事件的保留期。',
      remedy: '请重新读取列表，并从最新的游标继续。',
    },
  },
} as const satisfies Record<string, ErrorDefinition>
