import { jobEnded, type Job } from '@novabrain/contracts'
import { fill, type Strings } from '../locales/strings.js'

/** A step on the way of a job, as the run page shows it. */
export interface StageStep {
  readonly label: string
  readonly state: 'done' | 'now' | 'todo' | 'failed'
}

const order = ['packing', 'uploading', 'queued', 'preparing', 'running', 'saving'] as const
type Step = (typeof order)[number]

/**
 * Where a job is between packing and saving. A job exists once it was packed and uploaded, so these two are done.
 * `position` is its place in the queue, when known.
 */
export const stageSteps = (job: Job, position: number | null, t: Strings): readonly StageStep[] => {
  const now = stepOf(job)
  const at = order.indexOf(now)
  return order.map((step, i) => ({ label: labelOf(step, job, position, t), state: stateOf(job, i, at) }))
}

/** What failed while it ran still saved what it had: the failure is the run's, unless the disk was full. */
const stepOf = (job: Job): Step => {
  const stage = job.attempt?.stage ?? null
  if (job.status === 'succeeded') return 'saving'
  if (job.status === 'queued' || job.attempt === null) return 'queued'
  if (stage === 'saving')
    return jobEnded(job.status) && job.attempt.verdict?.kind !== 'disk_full' ? 'running' : 'saving'
  if (stage === 'running') return 'running'
  return 'preparing'
}

const stateOf = (job: Job, index: number, at: number): StageStep['state'] => {
  if (index < at || job.status === 'succeeded') return 'done'
  if (index > at) return 'todo'
  return jobEnded(job.status) ? 'failed' : 'now'
}

const labelOf = (step: Step, job: Job, position: number | null, t: Strings): string => {
  if (step === 'queued') {
    const waiting = job.status === 'queued' && position !== null
    return waiting ? fill(t.stage.queuedAt, { position }) : t.stage.queued
  }
  if (step !== 'preparing') return t.stage[step]
  const stage = job.attempt?.stage ?? null
  const preparing = job.status === 'starting' && (stage === 'starting' || stage === 'fetching_code')
  return t.stage[preparing ? stage : 'preparing_environment']
}
