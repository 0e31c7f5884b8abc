import type { ErrorDefinition } from './define.js'

/** Errors of what assistants do over MCP. */
export const assistantErrors = {
  assistant_jobs_forbidden: {
    status: 403,
    mlflow: 'PERMISSION_DENIED',
    en: {
      message: 'Assistants may not submit jobs on this server.',
      cause: 'The admin set `assistantGpuHoursPerDay` to 0.',
      remedy: 'Submit the job yourself from the editor.',
    },
    zh: {
      message: '此服务器不允许助手提交作业。',
      cause: '管理员将 `assistantGpuHoursPerDay` 设为了 0。',
      remedy: '请自行从编辑器提交作业。',
    },
  },
  time_limit_required: {
    status: 400,
    mlflow: 'INVALID_PARAMETER_VALUE',
    en: {
      message: 'A job that an assistant submits needs a time limit.',
      cause: 'Without one nobody can say what it costs at most.',
      remedy: 'Give the job a time limit.',
    },
    zh: {
      message: '助手提交的作业必须设置时间上限。',
      cause: '没有时间上限，就无法得知作业的最大用量。',
      remedy: '请为作业设置时间上限。',
    },
  },
  assistant_limit_reached: {
    status: 429,
    mlflow: 'RESOURCE_EXHAUSTED',
    en: {
      message:
        'The job may use {mostGpuHours} GPU hours, and {leftGpuHours} of {limitGpuHours} are left for assistants today.',
      cause: 'What assistants use in 24 hours in the name of one member is limited.',
      remedy:
        'Ask for fewer GPUs or less time, wait for earlier jobs to leave the 24 hours, or submit the job yourself.',
    },
    zh: {
      message: '该作业最多使用 {mostGpuHours} GPU 小时，而助手今日的 {limitGpuHours} GPU 小时仅剩 {leftGpuHours}。',
      cause: '助手在 24 小时内以一位成员的名义可使用的用量有限。',
      remedy: '请减少 GPU 数量或时长，等待较早的作业移出 24 小时窗口，或自行提交作业。',
    },
  },
  confirmation_invalid: {
    status: 409,
    mlflow: 'RESOURCE_CONFLICT',
    en: {
      message: 'The confirmation is not for this job, or is too old.',
      cause: 'A confirmation is good for ten minutes, for exactly the request that was planned, by the same member.',
      remedy: 'Call `plan_job` again, and submit what it planned without a change.',
    },
    zh: {
      message: '确认码与此作业不符，或已过期。',
      cause: '确认码十分钟内有效，且仅适用于同一成员所规划的同一请求。',
      remedy: '请重新调用 `plan_job`，并原样提交其规划的内容。',
    },
  },
  project_required: {
    status: 400,
    mlflow: 'INVALID_PARAMETER_VALUE',
    en: {
      message: 'Say which project is meant: {projects}.',
      cause: 'You are in more than one project, and the request named none.',
      remedy: 'Name the project in `project`, or in the header `x-novabrain-project`.',
    },
    zh: {
      message: '请说明是哪个项目：{projects}。',
      cause: '您属于多个项目，而请求没有指明项目。',
      remedy: '请在 `project` 或请求头 `x-novabrain-project` 中写明项目。',
    },
  },
  mcp_post_only: {
    status: 405,
    mlflow: 'BAD_REQUEST',
    en: {
      message: 'This address takes POST only.',
      cause:
        'The server keeps no sessions of MCP and sends nothing by itself, so there is no stream to open and none to close.',
      remedy: 'Nothing to do: clients of MCP go on without.',
    },
    zh: {
      message: '此地址仅接受 POST。',
      cause: '服务器不保留 MCP 会话，也不会主动发送消息，因此没有可打开或关闭的流。',
      remedy: '无需处理：MCP 客户端会照常工作。',
    },
  },
  origin_not_allowed: {
    status: 403,
    mlflow: 'PERMISSION_DENIED',
    en: {
      message: 'Pages from {origin} may not call this.',
      cause: 'The request came from a page of an origin that is not in `allowedOrigins`.',
      remedy: 'Ask the admin to add the origin to `allowedOrigins`.',
    },
    zh: {
      message: '来自 {origin} 的页面不得调用此接口。',
      cause: '请求来自不在 `allowedOrigins` 中的来源的页面。',
      remedy: '请管理员将该来源加入 `allowedOrigins`。',
    },
  },
} as const satisfies Record<string, ErrorDefinition>
