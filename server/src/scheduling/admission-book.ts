import type { JobRequest, Policy } from '@novabrain/scheduler'
import { openAdmissions, type Admissions } from './admission.js'
import { queueKey, type ActiveJob, type ClusterRows } from './cluster.js'

/** With how much GPU memory a waiting job is let in, and why. */
export type Admitted = ReturnType<Admissions['of']>

/** Judges the memory of those that wait, each once. */
export interface AdmissionBook {
  of(job: ActiveJob): Admitted
  /** The same, only what it asks for then. */
  readonly admit: (job: ActiveJob) => JobRequest
}

/** What a queue can ever use, as far as its own limits say. */
const mostGpuMilli = ({
  nominalGpuMilli,
  borrowingLimitGpuMilli,
  cohort,
}: Pick<ClusterRows['queues'][number], 'nominalGpuMilli' | 'borrowingLimitGpuMilli' | 'cohort'>): number => {
  if (nominalGpuMilli === null) return Number.POSITIVE_INFINITY
  return nominalGpuMilli + (cohort === null ? 0 : (borrowingLimitGpuMilli ?? Number.POSITIVE_INFINITY))
}

type Grounds = Pick<ClusterRows, 'devices' | 'queues'>

/** The book of a cluster and a policy. */
export const admissionsOf = ({ devices, queues }: Grounds, policy: Pick<Policy, 'memory'>): AdmissionBook => {
  const admissions = openAdmissions(devices, policy)
  const most = new Map(queues.map((queue) => [queueKey(queue.tenantId, queue.name), mostGpuMilli(queue)]))
  const known = new WeakMap<ActiveJob, Admitted>()
  const of = (job: ActiveJob): Admitted => {
    const before = known.get(job)
    if (before !== undefined) return before
    const admitted = admissions.of(job, most.get(queueKey(job.tenantId, job.queueName)))
    known.set(job, admitted)
    return admitted
  }
  return { of, admit: (job) => of(job).request }
}

/** The same again and again: while devices, limits of queues and the policy stay, the book does. */
export const createAdmissions = (): typeof admissionsOf => {
  let kept: { readonly devices: Grounds['devices']; readonly policy: object; readonly limits: string } | null = null
  let book: AdmissionBook | null = null
  return ({ devices, queues }, policy) => {
    const limits = JSON.stringify(queues.map((queue) => [queue.tenantId, queue.name, String(mostGpuMilli(queue))]))
    if (book === null || kept?.devices !== devices || kept.policy !== policy || kept.limits !== limits)
      book = admissionsOf({ devices, queues }, policy)
    kept = { devices, policy, limits }
    return book
  }
}
