import { fail, jobEnded, type EventRecord, type Job, type ServerFrame } from '@novabrain/contracts'
import type { Deps, ProjectScope } from '../../deps.js'
import type { EventFeed } from '../../realtime/relay.js'
import type { JobService } from '../jobs/service.js'
import { createKernelRelay, type KernelRelay } from './relay.js'

export type KernelRelays = ReturnType<typeof createKernelRelays>

export interface KernelRelaysDeps extends Pick<Deps, 'clock' | 'newId'> {
  readonly jobs: Pick<JobService, 'get'>
  readonly feed: Pick<EventFeed, 'listen'>
}

/** The kernels this server relays for, by the job each belongs to. A kernel ends here when its job has ended. */
export const createKernelRelays = ({ clock, newId, jobs, feed }: KernelRelaysDeps) => {
  const relays = new Map<string, KernelRelay>()
  let leaving = false

  const end = (jobId: string) => {
    const relay = relays.get(jobId)
    relays.delete(jobId)
    relay?.end()
  }
  const stopListening = feed.listen((events) => {
    if (relays.size === 0) return
    for (const { frame } of events) {
      const job = changedJob(frame)
      if (job !== null && jobEnded(job.status)) end(job.id)
    }
  })

  return {
    /** The relay of a kernel, if there is one. */
    known: (jobId: string): KernelRelay | null => relays.get(jobId) ?? null,

    /**
     * The relay of a kernel of the scope that has not ended; made when there is none. Errors: `job_not_found`,
     * `kernel_not_found`, `not_ready`.
     */
    async open(scope: ProjectScope, jobId: string): Promise<KernelRelay> {
      if (leaving) return fail('not_ready')
      const job = await jobs.get(scope, jobId)
      if (job.task.kind !== 'kernel' || jobEnded(job.status)) return fail('kernel_not_found')
      const known = relays.get(jobId)
      if (known !== undefined) return known
      const relay = createKernelRelay({ newId, nowMs: () => clock.nowMs() })
      relays.set(jobId, relay)
      // The job may have ended while we looked: then nobody would tell us again.
      if (jobEnded((await jobs.get(scope, jobId)).status)) end(jobId)
      return relays.get(jobId) ?? fail('kernel_not_found')
    },

    /** The server goes away: let everybody go who waits. */
    leave(): void {
      leaving = true
      stopListening()
      for (const relay of relays.values()) relay.leave()
      relays.clear()
    },
  }
}

/** The job of a `job_changed`, read only where there is one. */
const changedJob = (frame: string): Job | null => {
  if (!frame.includes('"job_changed"')) return null
  const { record } = JSON.parse(frame) as Extract<ServerFrame, { type: 'event' }>
  return jobOf(record)
}

const jobOf = ({ event }: EventRecord): Job | null => (event.type === 'job_changed' ? event.job : null)
