import type { Resources } from '@novabrain/contracts'

/** GPUs count in thousandths and time in milliseconds, so that sums are whole numbers. */
const perHour = 1000 * 3_600_000

type Amounts = Pick<Resources, 'gpuCount' | 'maxGpuCount' | 'gpuMilli'>

/** What a job may use at most: its GPUs for as long as it may run. */
export const mostGpuMilliMs = (resources: Amounts, timeLimitMs: number): number => mostGpuMilli(resources) * timeLimitMs

/** What a job can have of GPUs at once, in thousandths. */
export const mostGpuMilli = ({ gpuCount, maxGpuCount, gpuMilli }: Amounts): number =>
  (maxGpuCount ?? gpuCount) * gpuMilli

/** GPU hours as people read them, rounded up to thousandths so that nothing looks free that is not. */
export const gpuHours = (gpuMilliMs: number): number => Math.ceil((gpuMilliMs / perHour) * 1000) / 1000

/** Whether an assistant's job may be submitted. */
export type AssistantVerdict =
  | { readonly kind: 'allowed'; readonly mostGpuHours: number; readonly leftGpuHours: number }
  | { readonly kind: 'forbidden' | 'no_time_limit' }
  | { readonly kind: 'over_limit'; readonly mostGpuHours: number; readonly leftGpuHours: number }

/**
 * The rule for jobs that assistants submit: they end by themselves, and what a member's assistants use in a day stays
 * within a limit. `usedGpuMilliMs` is what their jobs of the last day used, or may still use. A limit of 0 forbids all.
 */
export const judgeAssistantJob = (asked: {
  readonly resources: Amounts
  readonly timeLimitMs: number | null
  readonly usedGpuMilliMs: number
  readonly limitGpuHours: number
}): AssistantVerdict => {
  const { resources, timeLimitMs, usedGpuMilliMs, limitGpuHours } = asked
  if (limitGpuHours === 0) return { kind: 'forbidden' }
  if (timeLimitMs === null) return { kind: 'no_time_limit' }
  const most = mostGpuMilliMs(resources, timeLimitMs)
  const left = Math.max(0, limitGpuHours * perHour - usedGpuMilliMs)
  const told = { mostGpuHours: gpuHours(most), leftGpuHours: Math.floor((left / perHour) * 1000) / 1000 }
  return { kind: most <= left ? 'allowed' : 'over_limit', ...told }
}
