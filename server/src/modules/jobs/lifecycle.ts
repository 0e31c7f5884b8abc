/**
 * The life of a job, as changes of rows.
 *
 * A job is `queued` until the scheduler grants it a place: `begin` makes an attempt with its allocations and the job is
 * `starting`. The runner's heartbeats carry it to `running` (`advance`). A wish to stop (`stop`) or to make room
 * (`preempt`) turns it to `stopping`; the end of the attempt (`end`) frees the place and either ends the job or sends
 * it back to the queue, as `core/jobs/after-attempt.ts` judges. A job that was told to go on with another number of GPUs
 * (`resize`) keeps the place where it will: the end of its attempt begins the next one there in the same transaction.
 *
 * Whoever comes here holds the lock of the job (`lockJob`), so of finish, loss and stop at the same instant exactly one
 * comes first and the others find an attempt that is over. Every change grows the versions, writes `job_changed` in the
 * same transaction, lets the run of the job follow, and wakes scheduler and executor when it concerns them.
 */
import {
  attemptEnded,
  attemptTransitions,
  jobEnded,
  jobTransitions,
  type JobStatus,
  type Resources,
  type RunStatus,
  type Stage,
  type Verdict,
} from '@novabrain/contracts'
import { alongside, lastly, ringAfter } from '../../db/transaction-end.js'
import type { AttemptRow, Grant, JobRow } from '../../db/entities/execution.js'
import { attemptRows, jobRows } from '../../db/job-rows.js'
import { prepared } from '../../db/prepared.js'
import type { Clock, Outbox, Scope, Tx } from '../../deps.js'
import { afterAttempt, type AfterAttempt } from '../../core/jobs/after-attempt.js'
import { endsWithAttempt } from '../../core/jobs/ends-with-attempt.js'
import type { JobRuns } from '../runs/service.js'
import { presentJob, resizeWhy } from './present.js'
import {
  findJob,
  findJobOfAttempt,
  findJobs,
  freePlace,
  insertPlace,
  isPlaceOpen,
  lockJob,
  lockJobOfAttempt,
  lockJobs,
  type JobWithAttempt,
} from './repository.js'
import { recordGpuPeak } from './gpu-memory.js'
import { largestDeviceMib, ownerOf, recordUsage } from './usage.js'

/** The channel that wakes the scheduler and the executors when something was committed. */
export const workChannel = 'novabrain_work'

export type { JobWithAttempt } from './repository.js'

export interface JobLifecycle {
  /** A job of the scope with its latest attempt, or `null`. */
  find(tx: Tx, scope: Scope, jobId: string): Promise<JobWithAttempt | null>
  /** The job of an attempt alone. */
  findOfAttempt(tx: Tx, scope: Scope, attemptId: string): Promise<JobRow | null>
  /** Those of the jobs that are of the scope. */
  findMany(tx: Tx, scope: Scope, jobIds: readonly string[]): Promise<JobWithAttempt[]>
  /** A job of the scope, locked until the transaction ends; everything below wants it so. */
  lock(tx: Tx, scope: Scope, jobId: string): Promise<JobWithAttempt | null>
  /** The same of the job of an attempt. */
  lockOfAttempt(tx: Tx, scope: Scope, attemptId: string): Promise<JobWithAttempt | null>
  /** Those of the jobs that are of the scope, locked in the order of their ids. */
  lockMany(tx: Tx, scope: Scope, jobIds: readonly string[]): Promise<JobWithAttempt[]>
  /** A new attempt at the place granted. The database refuses it when the place is not free. */
  begin(tx: Tx, locked: JobWithAttempt, grant: Grant): Promise<JobWithAttempt>
  /** The executor has taken the attempt; its token is good from now on. */
  accept(tx: Tx, locked: JobWithAttempt): Promise<JobWithAttempt>
  /** What the runner says it is doing. */
  advance(tx: Tx, locked: JobWithAttempt, stage: Stage, stageDetail: string | null): Promise<JobWithAttempt>
  /** Stop for good: a waiting job is cancelled at once, a running one is told. An ended one stays as it is. */
  stop(tx: Tx, locked: JobWithAttempt): Promise<JobWithAttempt>
  /** A waiting job asks for something else; what was held for it by its old wish is let go. */
  amend(tx: Tx, locked: JobWithAttempt, resources: Resources): Promise<JobWithAttempt>
  /** Tell the running attempt to make room; for whom and why is kept with it. */
  preempt(
    tx: Tx,
    locked: JobWithAttempt,
    reason: { readonly forJobId: string | null; readonly why: string },
  ): Promise<JobWithAttempt>
  /** Tell the running attempt to save itself; the job goes on at another place, which is kept for it from now on. */
  resize(
    tx: Tx,
    locked: JobWithAttempt,
    resize: { readonly to: Grant; readonly forJobId: string | null; readonly why: 'shrink' | 'grow' },
  ): Promise<JobWithAttempt>
  /**
   * The attempt is over. A second end of the same attempt changes nothing. Of a job that goes on with another number of
   * GPUs it answers the attempt that does.
   */
  end(tx: Tx, locked: JobWithAttempt, attemptId: string, verdict: Verdict): Promise<JobWithAttempt>
  /** Announce a job as it now is: `job_changed`. */
  announce(tx: Tx, changed: JobWithAttempt): Promise<void>
  /** Wake scheduler and executors when this transaction has committed. */
  wake(tx: Tx): void
}

export const createJobLifecycle = (deps: {
  readonly clock: Clock
  readonly newId: () => string
  readonly outbox: Outbox
  readonly runs: JobRuns
}): JobLifecycle => {
  const { clock, newId, outbox, runs } = deps

  const announce: JobLifecycle['announce'] = (tx, { job, attempt }) =>
    outbox.append(tx, job, { type: 'job_changed', job: presentJob(job, attempt) })

  const wake: JobLifecycle['wake'] = (tx) => ringAfter(tx, workChannel)

  const change = async (
    tx: Tx,
    { job, attempt }: JobWithAttempt,
    patch: { job?: Partial<JobRow>; attempt?: Partial<AttemptRow> },
  ): Promise<JobWithAttempt> => {
    const changed = {
      job: { ...job, ...patch.job, version: job.version + 1 },
      attempt:
        attempt === null || patch.attempt === undefined
          ? attempt
          : { ...attempt, ...patch.attempt, version: attempt.version + 1 },
    }
    assertLegal({ job, attempt }, changed)
    alongside(tx, jobRows.update(tx, job.id, { ...patch.job, version: changed.job.version }))
    if (changed.attempt !== null && patch.attempt !== undefined) {
      const { id, version } = changed.attempt
      alongside(tx, attemptRows.update(tx, id, { ...patch.attempt, version }))
    }
    await letRunFollow(tx, job.status, changed.job)
    await announce(tx, changed)
    if (concernsOthers({ job, attempt }, changed)) wake(tx)
    return changed
  }

  const letRunFollow = async (tx: Tx, before: JobStatus, job: JobRow): Promise<void> => {
    const status = runStatusOf(job.status)
    if (status === null || status === runStatusOf(before)) return
    await runs.setStatus(tx, job, job.runId, { status, atMs: clock.nowMs() })
  }

  const begin = async (
    tx: Tx,
    { job }: JobWithAttempt,
    grant: Grant,
    resizedFrom: AttemptRow['resizedFrom'] = null,
  ): Promise<JobWithAttempt> => {
    const attempt = { ...newAttempt(job, grant, newId(), clock.now()), resizedFrom }
    alongside(tx, attemptRows.insert(tx, attempt))
    alongside(tx, insertPlace(tx, attempt, grant))
    return change(
      tx,
      { job, attempt },
      {
        job: {
          status: 'starting',
          reason: null,
          hold: null,
          attemptId: attempt.id,
          attemptCount: attempt.number,
        },
      },
    )
  }

  const accept: JobLifecycle['accept'] = (tx, locked) =>
    locked.attempt?.state === 'submitted'
      ? change(tx, locked, { attempt: { state: 'accepted' } })
      : Promise.resolve(locked)

  const advance: JobLifecycle['advance'] = async (tx, locked, stage, stageDetail) => {
    const { job, attempt } = locked
    if (attempt === null || attemptEnded(attempt.state)) return locked
    if (attempt.stage === stage && attempt.stageDetail === stageDetail && attempt.state === 'running') return locked
    const now = clock.now()
    const runs = stage === 'running' || stage === 'saving'
    const nowRunning = runs && job.status === 'starting'
    return change(tx, locked, {
      job: nowRunning ? { status: 'running', startedAt: job.startedAt ?? now } : {},
      attempt: { state: 'running', stage, stageDetail, startedAt: attempt.startedAt ?? now },
    })
  }

  const stop: JobLifecycle['stop'] = async (tx, locked) => {
    const { job, attempt } = locked
    if (jobEnded(job.status)) return locked
    if (job.status === 'queued') {
      await dropReservation(tx, job.id)
      return change(tx, locked, {
        job: { status: 'cancelled', reason: 'cancelled', hold: null, endedAt: clock.now() },
      })
    }
    if (attempt?.command === 'cancelled') return locked
    return change(tx, locked, {
      job: { status: 'stopping', reason: 'cancelled' },
      attempt: { command: 'cancelled', commandedAt: clock.now(), resizeTo: null },
    })
  }

  const amend: JobLifecycle['amend'] = async (tx, locked, resources) => {
    await dropReservation(tx, locked.job.id)
    const changed = await change(tx, locked, {
      job: { ...askedFor(resources), raisedGpuMemoryMib: raisedAfter(locked.job, resources), reason: null, hold: null },
    })
    wake(tx)
    return changed
  }

  const preempt: JobLifecycle['preempt'] = async (tx, locked, { forJobId, why }) => {
    const { job, attempt } = locked
    if (attempt === null || attemptEnded(attempt.state)) return locked
    if (attempt.command !== 'none' && attempt.command !== 'resized') return locked
    const command = { command: 'preempted', commandedAt: clock.now(), resizeTo: null } as const
    return change(tx, locked, {
      job: job.reason === 'cancelled' ? {} : { status: 'stopping', reason: 'preempted' },
      attempt: { ...command, preemptedFor: forJobId, preemptedWhy: why },
    })
  }

  const resize: JobLifecycle['resize'] = async (tx, locked, { to, forJobId, why }) => {
    const { attempt } = locked
    if (attempt === null || attemptEnded(attempt.state) || attempt.command !== 'none') return locked
    const command = { command: 'resized', commandedAt: clock.now(), resizeTo: to } as const
    return change(tx, locked, {
      job: { status: 'stopping', reason: 'resized' },
      attempt: { ...command, preemptedFor: forJobId, preemptedWhy: why },
    })
  }

  /** Ends an attempt and begins the next one where its place was kept; `null` where that is no longer to be had. */
  const goOn = async (
    tx: Tx,
    locked: JobWithAttempt & { readonly attempt: AttemptRow },
    ended: { readonly job: Partial<JobRow>; readonly attempt: Partial<AttemptRow> },
  ): Promise<JobWithAttempt | null> => {
    const { resizeTo, devices, preemptedFor, nodeId } = locked.attempt
    if (resizeTo === null || !(await isPlaceOpen(tx, { nodeId }, resizeTo))) return null
    const over = await change(tx, locked, ended)
    return begin(tx, over, resizeTo, {
      gpuCount: devices.length,
      why: resizeWhy(locked.attempt),
      forJobId: preemptedFor,
    })
  }

  const end: JobLifecycle['end'] = async (tx, locked, attemptId, verdict) => {
    const { job, attempt } = locked
    if (attempt === null || attempt.id !== attemptId || attemptEnded(attempt.state)) return locked
    const outcome = afterAttempt({
      verdict,
      command: attempt.command,
      retries: {
        maxRetries: job.maxRetries,
        retryCount: job.retryCount,
        memoryRaised: job.raisedGpuMemoryMib !== null,
      },
      devices: attempt.devices,
      largestDeviceMib: verdict.kind === 'out_of_gpu_memory' ? await largestDeviceMib(tx, job) : 0,
    })
    const after = job.task.kind === 'kernel' ? endsWithAttempt(outcome) : outcome
    const runMs = attempt.startedAt === null ? 0 : Math.max(0, clock.nowMs() - Date.parse(attempt.startedAt))
    alongside(tx, freePlace(tx, attemptId))
    if (after.jobStatus !== 'queued') alongside(tx, dropReservation(tx, job.id))
    const ended = { state: after.attemptState, verdict: after.verdict, endedAt: clock.now() }
    const usedRunMs = job.usedRunMs + runMs
    const changed =
      (after.attemptState === 'resized'
        ? await goOn(tx, { job, attempt }, { job: { usedRunMs }, attempt: ended })
        : null) ?? (await change(tx, locked, { job: { ...jobAfter(job, after, clock), usedRunMs }, attempt: ended }))
    // All jobs of a person that end at once wait for these rows.
    const { projectId, tenantId, queueName, submittedBy, name } = job
    if (after.jobStatus === 'succeeded')
      lastly(tx, `gpu_memory_peaks ${projectId} ${submittedBy} ${name}`, () => recordGpuPeak(tx, job, attempt))
    const used = { attempt, runMs, now: clock.now() }
    lastly(tx, `usage ${tenantId} ${queueName} ${ownerOf(job)}`, () => recordUsage(tx, job, used))
    return changed
  }

  return {
    find: findJob,
    findOfAttempt: findJobOfAttempt,
    findMany: findJobs,
    lock: lockJob,
    lockOfAttempt: lockJobOfAttempt,
    lockMany: lockJobs,
    begin: (tx, locked, grant) => begin(tx, locked, grant),
    accept,
    advance,
    stop,
    amend,
    preempt,
    resize,
    end,
    announce,
    wake,
  }
}

const newAttempt = (job: JobRow, grant: Grant, id: string, now: string): AttemptRow => ({
  id,
  tenantId: job.tenantId,
  projectId: job.projectId,
  jobId: job.id,
  number: job.attemptCount + 1,
  state: 'submitted',
  version: 0,
  stage: null,
  stageDetail: null,
  nodeId: grant.nodeId,
  nodeName: grant.nodeName,
  devices: [...grant.devices],
  verdict: null,
  secretHash: null,
  heartbeatSequence: 0,
  lastSeenAt: null,
  command: 'none',
  commandedAt: null,
  gpuSampleCount: 0,
  gpuMilliSum: 0,
  gpuIdleSince: null,
  preemptedFor: null,
  preemptedWhy: null,
  resizeTo: null,
  resizedFrom: null,
  logSizeBytes: 0,
  createdAt: now,
  startedAt: null,
  endedAt: null,
})

const askedFor = (resources: Resources) => ({
  ...resources,
  maxGpuCount: resources.maxGpuCount ?? null,
  gpuModel: resources.gpuModel ?? null,
})

/** What an out-of-memory taught holds until a person asks for another share or amount of memory. */
const raisedAfter = (job: JobRow, { gpuMilli, gpuMemoryMib }: Resources): number | null =>
  gpuMilli === job.gpuMilli && gpuMemoryMib === job.gpuMemoryMib ? job.raisedGpuMemoryMib : null

/** What of a job changes with the end of its attempt. */
const jobAfter = (job: JobRow, after: AfterAttempt, clock: Clock): Partial<JobRow> => {
  const { requeue } = after
  if (requeue === null) return { status: after.jobStatus, reason: after.reason, endedAt: clock.now() }
  const hourAgoMs = clock.nowMs() - 3_600_000
  const evictedAtMs = job.evictedAtMs.filter((atMs) => atMs > hourAgoMs)
  return {
    status: 'queued',
    reason: after.reason,
    hold: null,
    retryCount: job.retryCount + (requeue.countsAsRetry ? 1 : 0),
    notBefore: requeue.delayMs === 0 ? null : new Date(clock.nowMs() + requeue.delayMs).toISOString(),
    raisedGpuMemoryMib: requeue.gpuMemoryMib ?? job.raisedGpuMemoryMib,
    evictedAtMs: after.attemptState === 'preempted' ? [...evictedAtMs, clock.nowMs()] : evictedAtMs,
  }
}

/** MLflow's status for the run of a job; `null` while the job is on its way between two. */
const runStatusOf = (status: JobStatus): RunStatus | null => {
  switch (status) {
    case 'queued':
    case 'starting':
      return 'SCHEDULED'
    case 'running':
      return 'RUNNING'
    case 'stopping':
      return null
    case 'succeeded':
      return 'FINISHED'
    case 'failed':
      return 'FAILED'
    case 'cancelled':
      return 'KILLED'
  }
}

const assertLegal = (before: JobWithAttempt, after: JobWithAttempt): void => {
  const from = before.job.status
  const to = after.job.status
  if (from !== to && !jobTransitions[from].includes(to)) throw new Error(`A job cannot go from ${from} to ${to}`)
  if (before.attempt === null || after.attempt === null) return
  const was = before.attempt.state
  const is = after.attempt.state
  if (was !== is && !attemptTransitions[was].includes(is)) throw new Error(`An attempt cannot go from ${was} to ${is}`)
}

/** Whether scheduler or executor have something to do after a change; what a runner says of its progress is none. */
const concernsOthers = (before: JobWithAttempt, after: JobWithAttempt): boolean =>
  before.job.status !== after.job.status ||
  before.attempt?.state !== after.attempt?.state ||
  before.attempt?.command !== after.attempt?.command

const reservationOfJob = prepared('DELETE FROM reservations WHERE job_id = $1')

const dropReservation = (tx: Tx, jobId: string): Promise<unknown> => tx.query(reservationOfJob, [jobId])
