import type { JobResult, SimResult } from './result.js'

/** The figures that published comparisons give, in seconds. */
export interface Metrics {
  readonly jobs: number
  /** Completion time: from submission to end. */
  readonly meanJctS: number
  readonly p50JctS: number
  readonly p99JctS: number
  /** Completion time less the run time alone: waiting and what interruptions cost. */
  readonly meanWaitS: number
  readonly p99WaitS: number
  /** Completion time / max(run time, 10 s), at least 1 (Feitelson & Rudolph, JSSPP'98). */
  readonly p99Slowdown: number
  /** From the first submission to the last end. */
  readonly makespanS: number
  /** Time × devices held / (devices × makespan). */
  readonly utilisation: number
  readonly preemptions: number
  readonly deviceHours: number
  readonly waitBySize: readonly SizeWait[]
}

/** Waiting of jobs with a width from `from` up to `to` devices. */
export interface SizeWait {
  readonly from: number
  readonly to: number
  readonly jobs: number
  readonly meanWaitS: number
}

const shortestRunMs = 10_000
const sizes = [
  [1, 1],
  [2, 4],
  [5, 8],
  [9, Number.MAX_SAFE_INTEGER],
] as const

const mean = (values: readonly number[]): number =>
  values.length === 0 ? 0 : values.reduce((sum, value) => sum + value, 0) / values.length

/** The value with a part of all below it: the entry ⌊part × count⌋ of the sorted list, as Muri counts it. */
export const quantile = (values: readonly number[], part: number): number => {
  const sorted = Float64Array.from(values).sort()
  return sorted[Math.min(sorted.length - 1, Math.floor(part * sorted.length))] ?? 0
}

interface Ended extends JobResult {
  readonly jctMs: number
  readonly waitMs: number
}

const endedOf = (job: JobResult): Ended[] => {
  if (job.endMs === null) return []
  const jctMs = job.endMs - job.submitMs
  return [{ ...job, jctMs, waitMs: jctMs - job.runMs }]
}

/** Sums a simulation up; jobs that did not end are left out. */
export const metricsOf = (result: SimResult): Metrics => {
  const ended = result.jobs.flatMap(endedOf)
  const jcts = ended.map((job) => job.jctMs / 1000)
  const waits = ended.map((job) => job.waitMs / 1000)
  const firstMs = result.jobs.reduce((least, job) => Math.min(least, job.submitMs), Number.POSITIVE_INFINITY)
  const lastMs = ended.reduce((most, job) => Math.max(most, job.endMs ?? 0), 0)
  const makespanS = ended.length === 0 ? 0 : (lastMs - firstMs) / 1000
  const deviceS = result.jobs.reduce((sum, job) => sum + job.deviceMs / 1000, 0)
  return {
    jobs: ended.length,
    meanJctS: mean(jcts),
    p50JctS: quantile(jcts, 0.5),
    p99JctS: quantile(jcts, 0.99),
    meanWaitS: mean(waits),
    p99WaitS: quantile(waits, 0.99),
    p99Slowdown: quantile(
      ended.map((job) => Math.max(1, job.jctMs / Math.max(shortestRunMs, job.runMs))),
      0.99,
    ),
    makespanS,
    utilisation: makespanS === 0 ? 0 : deviceS / (result.devicesInAll * makespanS),
    preemptions: result.jobs.reduce((sum, job) => sum + job.preemptions, 0),
    deviceHours: deviceS / 3600,
    waitBySize: sizes.flatMap(([from, to]) => {
      const like = ended.filter(({ width }) => width >= from && width <= to)
      return like.length === 0
        ? []
        : [{ from, to, jobs: like.length, meanWaitS: mean(like.map((job) => job.waitMs / 1000)) }]
    }),
  }
}
