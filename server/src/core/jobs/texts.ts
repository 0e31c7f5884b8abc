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
  resized: { en: 'it goes on with another number of GPUs', zh: '将以不同数量的 GPU 继续运行' },
  cancelled: { en: 'it was cancelled', zh: '已取消' },
}

/** Why a job had to make room, by the code that is kept with its attempt. */
const preemptedTexts: Readonly<Record<string, Text>> = {
  priority: { en: 'it had to make room for a more important job', zh: '为更重要的作业让出了资源' },
  reclaim: { en: 'it had to make room, since another queue took back what it owns', zh: '其他队列收回了自己的配额' },
  shorter: { en: 'it had to make room for a job with much less left to do', zh: '为剩余工作少得多的作业让出了资源' },
  aged: {
    en: 'it had to make room for a job that came first and had waited too long',
    zh: '为提交更早、等待过久的作业让出了资源',
  },
  shutdown: { en: 'the server was stopped', zh: '服务器已停止' },
}

const queuedTexts = {
  notLookedAt: { en: 'The job was just submitted.', zh: '作业刚刚提交。' },
  retrying: { en: 'The job waits to be tried again: {reason}.', zh: '作业等待重试：{reason}。' },
  stoppingFor: { en: 'The job is stopping: {reason}.', zh: '作业正在停止：{reason}。' },
  stoppedFor: { en: 'Its last attempt was stopped: {reason}.', zh: '上一次尝试被停止：{reason}。' },
  startsNow: { en: 'Starts now on {nodeName}.', zh: '将立即在 {nodeName} 上开始。' },
  startsNowWith: {
    en: 'Starts now on {nodeName} with {gpuCount} of {least}–{most} GPUs.',
    zh: '将立即在 {nodeName} 上以 {gpuCount} 块 GPU 开始（可用 {least}–{most} 块）。',
  },
} as const satisfies Record<string, Text>

const say = (text: Text, locale: Locale, values: Readonly<Record<string, string>> = {}): string =>
  text[locale === 'zh-CN' ? 'zh' : 'en'].replace(/\{(\w+)\}/g, (_, name: string) => values[name] ?? '?')

const isVerdict = (reason: string): reason is VerdictKind => Object.hasOwn(verdictTexts, reason)

/** The words for a verdict, or the code itself when it is none; of a preemption also why, where that is known. */
const reasonText = (reason: string | null, locale: Locale, preemptedWhy: string | null = null): string => {
  const made = reason === 'preempted' && preemptedWhy !== null ? preemptedTexts[preemptedWhy] : undefined
  return made === undefined ? plainReasonText(reason, locale) : say(made, locale)
}

const plainReasonText = (reason: string | null, locale: Locale): string =>
  reason !== null && isVerdict(reason) ? say(verdictTexts[reason], locale) : (reason ?? '')

/** One sentence on a job that does not wait. */
export const statusText = (
  job: {
    readonly status: Exclude<JobStatus, 'queued'>
    readonly reason: string | null
    readonly nodeName: string | null
    /** For what it had to make room, where it had to. */
    readonly preemptedWhy?: string | null
  },
  locale: Locale,
): string => {
  const reason = reasonText(job.reason, locale, job.preemptedWhy)
  const text =
    job.status === 'stopping' && job.reason === 'preempted' ? queuedTexts.stoppingFor : statusTexts[job.status]
  return say(text, locale, { nodeName: job.nodeName ?? '', reason })
}

/** One sentence on a queued job that the scheduler has not looked at yet. */
export const freshlyQueuedText = (reason: string | null, locale: Locale, preemptedWhy: string | null = null): string =>
  reason === null
    ? say(queuedTexts.notLookedAt, locale)
    : say(queuedTexts.retrying, locale, { reason: reasonText(reason, locale, preemptedWhy) })

/** One sentence on a waiting job whose last attempt had to make room. */
export const stoppedForText = (preemptedWhy: string | null, locale: Locale): string =>
  say(queuedTexts.stoppedFor, locale, { reason: reasonText('preempted', locale, preemptedWhy) })

/** With how many GPUs an elastic job went on, and as how the asker knows the job that needed the others; empty: none did. */
export interface ResizeTold {
  readonly from: number
  readonly to: number
  readonly forJob: string
}

const resizeTexts = {
  shrinking: {
    en: 'The job saves itself and goes on with {to} instead of {from} GPUs, so that {forJob} can start.',
    zh: '作业正在保存进度，GPU 将从 {from} 块减少到 {to} 块后继续运行，以便 {forJob} 启动。',
  },
  growing: {
    en: 'The job saves itself and goes on with {to} instead of {from} GPUs, since they are idle.',
    zh: '作业正在保存进度，GPU 将从 {from} 块增加到 {to} 块后继续运行，这些 GPU 正空闲。',
  },
  shrunk: {
    en: 'It shrank from {from} to {to} GPUs for {forJob}.',
    zh: '它为 {forJob} 将 GPU 从 {from} 块减少到 {to} 块。',
  },
  grown: { en: 'It grew from {from} to {to} GPUs that were idle.', zh: '它利用空闲 GPU，从 {from} 块增加到 {to} 块。' },
} as const satisfies Record<string, Text>

const sayResize = (text: Text, { from, to, forJob }: ResizeTold, locale: Locale): string =>
  say(text, locale, { from: String(from), to: String(to), forJob })

/** One sentence on a job that stops to go on with another number of GPUs. */
export const resizingText = (told: ResizeTold, locale: Locale): string =>
  sayResize(told.to < told.from ? resizeTexts.shrinking : resizeTexts.growing, told, locale)

/** One sentence on a job that did. */
export const resizedText = (told: ResizeTold, locale: Locale): string =>
  sayResize(told.to < told.from ? resizeTexts.shrunk : resizeTexts.grown, told, locale)

/** With how many GPUs a job would start, of those of its range. */
export interface StartsWith {
  readonly gpuCount: number
  readonly least: number
  readonly most: number
}

/** What a preview says when the job would start at once; `range` is `null` of one that wants a certain number. */
export const startsNowText = (nodeName: string, locale: Locale, range: StartsWith | null = null): string =>
  range === null
    ? say(queuedTexts.startsNow, locale, { nodeName })
    : say(queuedTexts.startsNowWith, locale, {
        nodeName,
        gpuCount: String(range.gpuCount),
        least: String(range.least),
        most: String(range.most),
      })
