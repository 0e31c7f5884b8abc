import type { Command } from './command.js'

/** Every command, loaded when it is used. */
export const commands = {
  serve: async (): Promise<Command> => (await import('./commands/serve.js')).serve,
  login: async (): Promise<Command> => (await import('./commands/login.js')).login,
  run: async (): Promise<Command> => (await import('./commands/run.js')).run,
  jobs: async (): Promise<Command> => (await import('./commands/jobs.js')).jobs,
  runs: async (): Promise<Command> => (await import('./commands/runs.js')).runs,
  logs: async (): Promise<Command> => (await import('./commands/logs.js')).logs,
  why: async (): Promise<Command> => (await import('./commands/why.js')).why,
  stop: async (): Promise<Command> => (await import('./commands/stop.js')).stop,
  env: async (): Promise<Command> => (await import('./commands/env.js')).env,
  nodes: async (): Promise<Command> => (await import('./commands/nodes.js')).nodes,
  queues: async (): Promise<Command> => (await import('./commands/queues.js')).queues,
  policy: async (): Promise<Command> => (await import('./commands/policy.js')).policy,
  projects: async (): Promise<Command> => (await import('./commands/projects.js')).projects,
  members: async (): Promise<Command> => (await import('./commands/members.js')).members,
  tenants: async (): Promise<Command> => (await import('./commands/tenants.js')).tenants,
  keys: async (): Promise<Command> => (await import('./commands/keys.js')).keys,
  import: async (): Promise<Command> => (await import('./commands/import.js')).importCommand,
  export: async (): Promise<Command> => (await import('./commands/export.js')).exportCommand,
  backup: async (): Promise<Command> => (await import('./commands/backup.js')).backup,
  restore: async (): Promise<Command> => (await import('./commands/restore.js')).restore,
  gc: async (): Promise<Command> => (await import('./commands/gc.js')).gc,
  doctor: async (): Promise<Command> => (await import('./commands/doctor.js')).doctor,
}

export type CommandName = keyof typeof commands

/** What each command is for, as `help` shows it. */
export const summaries: Readonly<Record<CommandName, Readonly<Record<'en' | 'zh-CN', string>>>> = {
  serve: { en: 'start the server', 'zh-CN': '启动服务器' },
  login: { en: 'keep an API key for this machine', 'zh-CN': '在本机保存 API 密钥' },
  run: { en: 'run a script or notebook as a job', 'zh-CN': '将脚本或笔记本作为作业运行' },
  jobs: { en: 'list jobs', 'zh-CN': '列出作业' },
  runs: { en: 'list runs with their metrics', 'zh-CN': '列出运行及其指标' },
  logs: { en: 'show the log of a job (-f follows)', 'zh-CN': '显示作业日志（-f 持续跟随）' },
  why: { en: 'say why a job waits or how it ended', 'zh-CN': '说明作业为何等待或如何结束' },
  stop: { en: 'stop a job', 'zh-CN': '停止作业' },
  env: { en: 'pin, diff or restore the Python environment', 'zh-CN': '固定、比较或恢复 Python 环境' },
  nodes: { en: 'nodes, devices and who holds them', 'zh-CN': '节点、设备及占用者' },
  queues: { en: 'queues and their quota (set NAME)', 'zh-CN': '队列及其配额（set 名称）' },
  policy: {
    en: 'how jobs are scheduled (set, history, presets)',
    'zh-CN': '调度策略（set、history、presets）',
  },
  projects: { en: 'your projects (create NAME)', 'zh-CN': '您的项目（create 名称）' },
  members: { en: 'people of the tenant (add NAME)', 'zh-CN': '租户成员（add 名称）' },
  tenants: { en: 'tenants of this server (create NAME)', 'zh-CN': '本服务器的租户（create 名称）' },
  keys: { en: 'API keys (create NAME, revoke ID)', 'zh-CN': 'API 密钥（create 名称、revoke 编号）' },
  import: {
    en: 'bring a history from MLflow (import mlflow ADDRESS)',
    'zh-CN': '从 MLflow 导入历史（import mlflow 地址）',
  },
  export: {
    en: 'write the history to MLflow (export mlflow ADDRESS)',
    'zh-CN': '将历史导出到 MLflow（export mlflow 地址）',
  },
  backup: { en: 'copy all data into a folder', 'zh-CN': '将全部数据复制到文件夹' },
  restore: { en: 'fill an empty server from a backup', 'zh-CN': '从备份恢复到空的服务器' },
  gc: { en: 'clear up what was deleted long ago', 'zh-CN': '清理早已删除的内容' },
  doctor: { en: 'check this machine and say what to do', 'zh-CN': '检查本机并给出处理方法' },
}
