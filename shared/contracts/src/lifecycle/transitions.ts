import type { AttemptState, JobStatus } from '../schema/job.js'

/**
 * Which status of a job may follow which. A job goes `queued → starting → running` and ends once; preemption and
 * retry lead back to `queued`; `stopping` is the time between the wish to stop and the end of the process. A job that stops
 * to go on with another number of devices goes from there to `starting`.
 */
export const jobTransitions: Readonly<Record<JobStatus, readonly JobStatus[]>> = {
  queued: ['starting', 'cancelled', 'failed'],
  starting: ['running', 'stopping', 'queued', 'succeeded', 'failed', 'cancelled'],
  running: ['stopping', 'queued', 'succeeded', 'failed', 'cancelled'],
  stopping: ['starting', 'queued', 'succeeded', 'failed', 'cancelled'],
  succeeded: [],
  failed: [],
  cancelled: [],
}

/** Which state of an attempt may follow which; `lost` only after two missed heartbeats and a direct question. */
export const attemptTransitions: Readonly<Record<AttemptState, readonly AttemptState[]>> = {
  submitted: ['accepted', 'running', 'succeeded', 'failed', 'preempted', 'resized', 'cancelled', 'lost'],
  accepted: ['running', 'succeeded', 'failed', 'preempted', 'resized', 'cancelled', 'lost'],
  running: ['succeeded', 'failed', 'preempted', 'resized', 'cancelled', 'lost'],
  succeeded: [],
  failed: [],
  preempted: [],
  resized: [],
  cancelled: [],
  lost: [],
}

/** Whether nothing more can happen to a job. */
export const jobEnded = (status: JobStatus): boolean => jobTransitions[status].length === 0

/** Whether nothing more can happen to an attempt. */
export const attemptEnded = (state: AttemptState): boolean => attemptTransitions[state].length === 0
