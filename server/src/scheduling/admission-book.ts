import type { JobRequest, Policy, QueuedJob, Snapshot } from '@novabrain/scheduler'
import { openAdmissions, type Admissions } from './admission.js'
import { queueKey, type ClusterRows } from './cluster.js'

/** With how much GPU memory each waiting job is let in, by its id. */
export type AdmissionBook = ReadonlyMap<string, ReturnType<Admissions['of']>>

/** What a queue can ever use, as far as its own limits say. */
const mostGpuMilli = ({
  nominalGpuMilli,
  borrowingLimitGpuMilli,
  cohort,
}: Pick<ClusterRows['queues'][number], 'nominalGpuMilli' | 'borrowingLimitGpuMilli' | 'cohort'>): number => {
  if (nominalGpuMilli === null) return Number.POSITIVE_INFINITY
  return nominalGpuMilli + (cohort === null ? 0 : (borrowingLimitGpuMilli ?? Number.POSITIVE_INFINITY))
}

/** Judges the memory of all that wait. */
export const admissionsOf = (
  { devices, queues, jobs }: Pick<ClusterRows, 'devices' | 'queues' | 'jobs'>,
  policy: Pick<Policy, 'memory'>,
): AdmissionBook => {
  const admissions = openAdmissions(devices, policy)
  const most = new Map(queues.map((queue) => [queueKey(queue.tenantId, queue.name), mostGpuMilli(queue)]))
  const waiting = jobs.filter(({ status }) => status === 'queued')
  return new Map(
    waiting.map((job) => [job.id, admissions.of(job, most.get(queueKey(job.tenantId, job.queueName)))] as const),
  )
}

/** The snapshot in which all that wait ask for what they are let in with. */
export const letIn = (snapshot: Snapshot, book: AdmissionBook): Snapshot => createLetIn()(snapshot, book)

/** The same again and again: a job that asks for the same as the last time is the same object. */
export const createLetIn = (): ((snapshot: Snapshot, book: AdmissionBook) => Snapshot) => {
  const before = new WeakMap<QueuedJob, QueuedJob>()
  const asking = (job: QueuedJob, request: JobRequest): QueuedJob => {
    if (sameRequest(job.request, request)) return job
    const known = before.get(job)
    if (known !== undefined && sameRequest(known.request, request)) return known
    const changed = { ...job, request }
    before.set(job, changed)
    return changed
  }
  return (snapshot, book) => ({
    ...snapshot,
    queued: snapshot.queued.map((job) => asking(job, book.get(job.id)?.request ?? job.request)),
  })
}

const sameRequest = (left: JobRequest, right: JobRequest): boolean =>
  left === right ||
  (left.gpuCount === right.gpuCount &&
    left.gpuMilli === right.gpuMilli &&
    left.gpuMemoryMib === right.gpuMemoryMib &&
    left.gpuModel === right.gpuModel &&
    left.otherGpuModels === right.otherGpuModels &&
    left.cpuMilli === right.cpuMilli &&
    left.memoryMib === right.memoryMib &&
    left.replicas === right.replicas)
