import type { Job, Resources, SubmitJob } from '../schema/job.js'

/** What may differ when a job is run again. */
export interface RerunChange {
  readonly resources?: Partial<Resources>
  readonly timeLimitMs?: number
}

/** The request that repeats a job. */
export const repeatOf = (job: Job, change: RerunChange): SubmitJob => ({
  name: job.name,
  task: job.task,
  resources: { ...job.resources, ...change.resources },
  queueName: job.queueName,
  priorityClass: job.priorityClass,
  pinDigest: job.pinDigest,
  snapshotId: job.snapshotId,
  timeLimitMs: change.timeLimitMs ?? job.timeLimitMs,
  maxRetries: job.maxRetries,
  rerunOf: job.id,
})
