import { jobEnded, type Job } from '@novabrain/contracts'
import type { Context, Session } from './command.js'

interface Follow {
  /** What the job has become, asked after each round. */
  onJob?: (job: Job) => void
  signal?: AbortSignal
  /** Wait for the end without printing the log. */
  quiet?: boolean
}

const pauseMs = 300

/**
 * Print the log of a job as it grows, across its attempts, until the job ends. Reads by offset, so a server that was
 * away for a while costs nothing. Gives the job as it ended, or as it was when the signal came.
 */
export const followLog = async (context: Context, session: Session, job: Job, follow: Follow = {}): Promise<Job> => {
  const place = { attemptId: '', offset: 0 }
  for (let current = job; ;) {
    if (follow.quiet !== true) await printNew(context, session, current, place)
    if (jobEnded(current.status) || follow.signal?.aborted === true) return current
    await pause(follow.signal)
    current = await readJob(session, current)
    follow.onJob?.(current)
  }
}

interface Place {
  attemptId: string
  offset: number
}

/** An attempt that took the place of another tells nothing before the other has told why it ended. */
const printNew = async (context: Context, session: Session, job: Job, place: Place): Promise<void> => {
  if (job.attempt === null) return
  if (job.attempt.id !== place.attemptId) {
    if (place.attemptId !== '') await printRest(context, session, job, place)
    Object.assign(place, { attemptId: job.attempt.id, offset: 0 })
  }
  await printRest(context, session, job, place)
}

const printRest = async (context: Context, session: Session, job: Job, place: Place): Promise<void> => {
  for (;;) {
    const params = { projectId: job.projectId, jobId: job.id, attemptId: place.attemptId }
    const bytes = await session.client
      .readLog({ params, query: { offset: place.offset } })
      .catch(() => new Uint8Array())
    if (bytes.length === 0) return
    context.output.bytes(bytes)
    place.offset += bytes.length
  }
}

const readJob = (session: Session, job: Job): Promise<Job> =>
  session.client.getJob({ params: { projectId: job.projectId, jobId: job.id } }).catch((error: unknown) => {
    if (error instanceof Error && error.name === 'UnreachableError') return job
    throw error
  })

const pause = (signal: AbortSignal | undefined): Promise<void> =>
  new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer)
      signal?.removeEventListener('abort', done)
      resolve()
    }
    const timer = setTimeout(done, pauseMs)
    signal?.addEventListener('abort', done)
  })
