import type { ErrorDefinition } from './define.js'

/** Errors of letting a program in. The first four are those of RFC 8628, section 3.5, under their own names. */
export const authorizationErrors = {
  authorization_pending: {
    status: 400,
    mlflow: 'BAD_REQUEST',
    en: {
      message: 'Nobody has decided yet.',
      cause: 'The code waits to be entered and allowed in a browser.',
      remedy: 'Enter the code in the browser; the program asks again every {intervalS} s.',
    },
    zh: {
      message: '尚未有人确认。',
      cause: '代码正等待在浏览器中输入并批准。',
      remedy: '请在浏览器中输入代码；程序每 {intervalS} 秒会再次询问。',
    },
  },
  slow_down: {
    status: 400,
    mlflow: 'BAD_REQUEST',
    en: {
      message: 'Asked too often: wait {intervalS} s between two questions.',
      cause: 'The program asked again before its interval was over.',
      remedy: 'Nothing to do: the program waits longer from now on.',
    },
    zh: {
      message: '询问过于频繁：两次询问之间请等待 {intervalS} 秒。',
      cause: '程序在规定的间隔之前再次询问。',
      remedy: '无需处理：程序此后会等待更长时间。',
    },
  },
  authorization_expired: {
    status: 400,
    mlflow: 'BAD_REQUEST',
    en: {
      message: 'The time to sign in is over.',
      cause: 'Codes live for a few minutes only, and this one was not used in time.',
      remedy: 'Begin to sign in again.',
    },
    zh: {
      message: '登录已超时。',
      cause: '代码只在几分钟内有效，而此代码未及时使用。',
      remedy: '请重新开始登录。',
    },
  },
  authorization_denied: {
    status: 400,
    mlflow: 'BAD_REQUEST',
    en: {
      message: 'The request to sign in was denied.',
      cause: 'Somebody pressed Deny in the browser.',
      remedy: 'If that was a mistake, begin to sign in again.',
    },
    zh: {
      message: '登录请求已被拒绝。',
      cause: '有人在浏览器中选择了“拒绝”。',
      remedy: '如属误操作，请重新开始登录。',
    },
  },
  authorization_invalid: {
    status: 400,
    mlflow: 'BAD_REQUEST',
    en: {
      message: 'This code is not good, or was used already.',
      cause: 'Codes are good once, and only for the program that asked for them.',
      remedy: 'Begin to sign in again.',
    },
    zh: {
      message: '此代码无效，或已被使用。',
      cause: '代码只能使用一次，且只对发起请求的程序有效。',
      remedy: '请重新开始登录。',
    },
  },
  user_code_not_found: {
    status: 404,
    mlflow: 'RESOURCE_DOES_NOT_EXIST',
    en: {
      message: 'No program waits with this code.',
      cause: 'The code was mistyped, has expired, or was decided upon already.',
      remedy: 'Compare the code with the one the program shows, or begin to sign in again there.',
    },
    zh: {
      message: '没有程序在等待此代码。',
      cause: '代码输入有误、已过期，或已经处理过。',
      remedy: '请与程序显示的代码核对，或在程序中重新开始登录。',
    },
  },
  redirect_not_allowed: {
    status: 400,
    mlflow: 'INVALID_PARAMETER_VALUE',
    en: {
      message: 'The browser may not be sent to {redirectUri}.',
      cause:
        'Only editors, programs on this machine (a loopback address) and the origins in `allowedOrigins` are let in this way.',
      remedy: 'Sign in with a code instead, or ask the admin to add the origin to `allowedOrigins`.',
    },
    zh: {
      message: '不允许将浏览器跳转到 {redirectUri}。',
      cause: '此方式仅适用于编辑器、本机程序（回环地址）以及 `allowedOrigins` 中的来源。',
      remedy: '请改用代码登录，或请管理员将该来源加入 `allowedOrigins`。',
    },
  },
} as const satisfies Record<string, ErrorDefinition>
