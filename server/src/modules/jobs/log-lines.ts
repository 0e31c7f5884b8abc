import { attemptEnded, jobEnded, type Job } from '@novabrain/contracts'
import type { Logger } from 'pino'
import type { JobWithAttempt } from './repository.js'

/** By what a line about a job is found: the job, its run, its attempt. */
const idsOf = ({ job, attempt }: JobWithAttempt) => ({
  projectId: job.projectId,
  jobId: job.id,
  runId: job.runId,
  ...(attempt === null ? {} : { attemptId: attempt.id }),
})

/** Say that a job was submitted. A request that is sent again with its key says so again, of the same job. */
export const logSubmitted = (log: Logger, { projectId, id, runId, number, origin }: Job): void =>
  log.info({ projectId, jobId: id, runId, number, origin }, 'a job was submitted')

/** Say that an attempt was granted a place. Call it when that is committed. */
export const logGranted = (log: Logger, granted: JobWithAttempt): void => {
  const { attempt } = granted
  const devices = attempt?.devices.map(({ deviceId }) => deviceId) ?? []
  log.info(
    { ...idsOf(granted), attempt: attempt?.number, node: attempt?.nodeName, devices },
    'a job was given its place',
  )
}

const logResized = (log: Logger, resized: JobWithAttempt): void => {
  const { attempt } = resized
  const gpus = { from: attempt?.resizedFrom?.gpuCount, to: attempt?.devices.length }
  log.info(
    { ...idsOf(resized), attempt: attempt?.number, node: attempt?.nodeName, gpus, why: attempt?.resizedFrom?.why },
    'a job goes on with another number of GPUs',
  )
}

/** Say how an attempt ended and what becomes of its job. Call it when that is committed. */
export const logEnded = (log: Logger, ended: JobWithAttempt): void => {
  const { job, attempt } = ended
  if (attempt !== null && attempt.resizedFrom !== null && attempt.state === 'submitted') return logResized(log, ended)
  const over = attempt === null || attemptEnded(attempt.state)
  if (!over || !(jobEnded(job.status) || job.status === 'queued')) return
  const words = jobEnded(job.status) ? 'a job has ended' : 'an attempt has ended, and its job waits again'
  log.info({ ...idsOf(ended), status: job.status, verdict: attempt?.verdict?.kind ?? null }, words)
}
