import type { HoldCause, ResizeDecision, UnfitFacts } from '../model/decision.js'
import type { JobRequest } from '../model/request.js'

/** The sentences of one language. `nameOf` gives what people call a job, or an empty text where it may not be named. */
export interface Words {
  cause(cause: HoldCause, nameOf: (jobId: string) => string): string
  unfit(facts: UnfitFacts): string
  resize(decision: ResizeDecision, nameOf: (jobId: string) => string): string
  /** Says that the change would start the job at once. */
  wouldStart(change: Partial<JobRequest>): string
  /** Says that the change would make the request possible. */
  wouldFit(change: Partial<JobRequest>): string
}

/** Devices over all pods. */
export const devicesIn = ({ placement }: ResizeDecision): number =>
  placement.pods.reduce((sum, { devices }) => sum + devices.length, 0)

/** Thousandths as a plain number with at most one decimal place: 500 → 0.5, 2000 → 2. */
export const units = (milli: number): string => {
  const tenths = Math.round(milli / 100)
  return tenths % 10 === 0 ? String(tenths / 10) : `${Math.floor(tenths / 10)}.${tenths % 10}`
}

/** MiB as people read it: below one GiB in MiB, else in GiB with at most one decimal place. */
export const memory = (mib: number): string => {
  if (mib < 1024) return `${mib} MiB`
  const tenths = Math.floor((mib * 10) / 1024)
  return tenths % 10 === 0 ? `${tenths / 10} GiB` : `${Math.floor(tenths / 10)}.${tenths % 10} GiB`
}

/** The names of some jobs, without those that may not be named. */
export const named = (jobIds: readonly string[], nameOf: (jobId: string) => string): string[] =>
  jobIds.map(nameOf).filter((name) => name !== '')
