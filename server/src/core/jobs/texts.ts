import type { JobStatus, Locale, VerdictKind } from '@novabrain/contracts'

type Text = Readonly<Record<'en' | 'zh', string>>

/** Why a job that does not wait is where it is; for waiting jobs the scheduler has the words. */
const statusTexts: Readonly<Record<Exclude<JobStatus, 'queued'>, Text>> = {
  starting: { en: 'The job is starting on {nodeName}.', zh: '作业正在 {nodeName} 上启动。' },
  running: { en: 'The job is running on {nodeName}.', zh: '作业正在 {nodeName} 上运行。' },
  stopping: { en: 'The job is stopping.', zh: '作业正在停止。' },
  succeeded: { en: 'The job has succeeded.', zh: '作业已成功完成。' },
  failed: { en: 'The job has failed: {reason}.', zh: '作业失败：{reason}。' },
  cancelled: { en: 'The job was cancelled.', zh: '作业已取消。' },
}

const verdictTexts: Readonly<Record<VerdictKind, Text>> = {
  succeeded: { en: 'it succeeded', zh: '已成功' },
  exit_code: { en: 'the program ended with an error', zh: '程序以错误结束' },
  signal: { en: 'the program was ended by a signal', zh: '程序被信号终止' },
  out_of_host_memory: { en: 'the memory of the machine ran out', zh: '主机内存不足' },
  out_of_gpu_memory: { en: 'the memory of the GPU ran out', zh: 'GPU 显存不足' },
  timed_out: { en: 'the time limit was reached', zh: '达到时间上限' },
  missing_package: { en: 'a Python package is missing', zh: '缺少 Python 包' },
  cell_failed: { en: 'a cell of the notebook failed', zh: '笔记本中有单元格执行失败' },
  environment_failed: { en: 'the environment could not be made', zh: '无法创建运行环境' },
  snapshot_failed: { en: 'the code could not be fetched', zh: '无法获取代码' },
  disk_full: { en: 'the disk is full', zh: '磁盘已满' },
  lost: { en: 'the process vanished', zh: '进程已消失' },
  preempted: { en: 'it had to make room', zh: '被抢占' },
  cancelled: { en: 'it was cancelled', zh: '已取消' },
}

const queuedTexts = {
  notLookedAt: { en: 'The job was just submitted.', zh: '作业刚刚提交。' },
  retrying: { en: 'The job waits to be tried again: {reason}.', zh: '作业等待重试：{reason}。' },
  startsNow: { en: 'Starts now on {nodeName}.', zh: '将立即在 {nodeName} 上开始。' },
} as const satisfies Record<string, Text>

const say = (text: Text, locale: Locale, values: Readonly<Record<string, string>> = {}): string =>
  text[locale === 'zh-CN' ? 'zh' : 'en'].replace(/\{(\w+)\}/g, (_, name: string) => values[name] ?? '?')

const isVerdict = (reason: string): reason is VerdictKind => Object.hasOwn(verdictTexts, reason)

/** The words for a verdict, or the code itself when it is none. */
const reasonText = (reason: string | null, locale: Locale): string =>
  reason !== null && isVerdict(reason) ? say(verdictTexts[reason], locale) : (reason ?? '')

/** One sentence on a job that does not wait. */
export const statusText = (
  job: {
    readonly status: Exclude<JobStatus, 'queued'>
    readonly reason: string | null
    readonly nodeName: string | null
  },
  locale: Locale,
): string =>
  say(statusTexts[job.status], locale, { nodeName: job.nodeName ?? '', reason: reasonText(job.reason, locale) })

/** One sentence on a queued job that the scheduler has not looked at yet. */
export const freshlyQueuedText = (reason: string | null, locale: Locale): string =>
  reason === null
    ? say(queuedTexts.notLookedAt, locale)
    : say(queuedTexts.retrying, locale, { reason: reasonText(reason, locale) })

/** What a preview says when the job would start at once. */
export const startsNowText = (nodeName: string, locale: Locale): string =>
  say(queuedTexts.startsNow, locale, { nodeName })
