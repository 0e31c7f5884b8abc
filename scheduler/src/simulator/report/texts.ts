/** The language of a report. */
export type ReportLocale = 'en' | 'zh'

/** What a report says, once a language. */
export interface ReportTexts {
  readonly title: (trace: string) => string
  readonly summary: (jobs: number, devices: number) => string
  readonly stopped: string
  readonly policy: string
  readonly jobs: string
  readonly meanJct: string
  readonly p50Jct: string
  readonly p99Jct: string
  readonly meanWait: string
  readonly p99Slowdown: string
  readonly makespan: string
  readonly utilisation: string
  readonly preemptions: string
  readonly allocation: string
  readonly allocationAxis: string
  readonly queue: string
  readonly queueAxis: string
  readonly time: string
  readonly waitBySize: string
  readonly waitAxis: string
  readonly widths: (from: number, to: number) => string
  readonly completion: string
  readonly completionAxis: string
  readonly share: string
  readonly preempted: string
  readonly nobodyPreempted: string
  readonly job: string
  readonly width: string
  readonly times: string
  readonly runTime: string
  readonly jct: string
  readonly moreJobs: (count: number) => string
  readonly units: { readonly s: string; readonly min: string; readonly h: string; readonly d: string }
}

const en: ReportTexts = {
  title: (trace) => `Simulation of ${trace}`,
  summary: (jobs, devices) => `${jobs.toLocaleString('en')} jobs on ${devices.toLocaleString('en')} GPUs.`,
  stopped: 'Stopped before the last job ended: the figures cover those that did.',
  policy: 'Policy',
  jobs: 'Jobs ended',
  meanJct: 'Mean completion',
  p50Jct: 'p50 completion',
  p99Jct: 'p99 completion',
  meanWait: 'Mean wait',
  p99Slowdown: 'p99 slowdown',
  makespan: 'Makespan',
  utilisation: 'GPUs in use',
  preemptions: 'Preemptions',
  allocation: 'GPUs in use over time',
  allocationAxis: 'GPUs',
  queue: 'Jobs waiting over time',
  queueAxis: 'Jobs',
  time: 'Days since the first job',
  waitBySize: 'Mean wait by number of GPUs',
  waitAxis: 'Hours',
  widths: (from, to) => (from === to ? `${from} GPU` : to > 1e9 ? `more than ${from - 1}` : `${from} to ${to}`),
  completion: 'Completion times',
  completionAxis: 'Time from submission to end (logarithmic)',
  share: 'Part of the jobs',
  preempted: 'Who was preempted most',
  nobodyPreempted: 'Nobody was preempted.',
  job: 'Job',
  width: 'GPUs',
  times: 'Times',
  runTime: 'Run time alone',
  jct: 'Completion',
  moreJobs: (count) => `and ${count.toLocaleString('en')} more`,
  units: { s: 's', min: 'min', h: 'h', d: 'd' },
}

const zh: ReportTexts = {
  title: (trace) => `${trace} 的模拟`,
  summary: (jobs, devices) => `${jobs.toLocaleString('en')} 个作业，${devices.toLocaleString('en')} 块 GPU。`,
  stopped: '模拟在最后一个作业结束之前停止：数据只包含已结束的作业。',
  policy: '策略',
  jobs: '已结束作业',
  meanJct: '平均完成时间',
  p50Jct: '完成时间 p50',
  p99Jct: '完成时间 p99',
  meanWait: '平均等待',
  p99Slowdown: '减速比 p99',
  makespan: '总时长',
  utilisation: 'GPU 占用率',
  preemptions: '抢占次数',
  allocation: '随时间占用的 GPU',
  allocationAxis: 'GPU 数',
  queue: '随时间排队的作业',
  queueAxis: '作业数',
  time: '距第一个作业的天数',
  waitBySize: '按 GPU 数的平均等待',
  waitAxis: '小时',
  widths: (from, to) => (from === to ? `${from} 块` : to > 1e9 ? `${from - 1} 块以上` : `${from} 至 ${to} 块`),
  completion: '完成时间分布',
  completionAxis: '从提交到结束的时间（对数）',
  share: '作业占比',
  preempted: '被抢占最多的作业',
  nobodyPreempted: '没有作业被抢占。',
  job: '作业',
  width: 'GPU 数',
  times: '次数',
  runTime: '单独运行时间',
  jct: '完成时间',
  moreJobs: (count) => `另有 ${count.toLocaleString('en')} 个`,
  units: { s: '秒', min: '分钟', h: '小时', d: '天' },
}

/** The texts of a language. */
export const reportTexts = (locale: ReportLocale): ReportTexts => (locale === 'zh' ? zh : en)

/** A duration in seconds as one reads it: two or three digits in the greatest unit that gives at least 1. */
export const durationText = (seconds: number, { units }: ReportTexts): string => {
  const digits = (value: number): string => value.toFixed(value < 9.95 && !Number.isInteger(value) ? 1 : 0)
  if (seconds < 60) return `${digits(seconds)} ${units.s}`
  if (seconds < 3600) return `${digits(seconds / 60)} ${units.min}`
  if (seconds < 48 * 3600) return `${digits(seconds / 3600)} ${units.h}`
  return `${digits(seconds / 86_400)} ${units.d}`
}
