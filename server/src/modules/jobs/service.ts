import { createHash } from 'node:crypto'
import {
  amendedResources,
  fail,
  gpuRangeFault,
  sentences,
  type AmendJob,
  type Attempt,
  type BodyOf,
  type Explanation,
  type Job,
  type JobPreview,
  type JobStatus,
  type Locale,
  type QueueEntry,
  type Resources,
  type Routes,
  type SnapshotFile,
  type SubmitJob,
  type Task,
} from '@novabrain/contracts'
import { mostGpuMilli } from '../../core/assistant/gpu-hours.js'
import { admissionText, gpuMemoryText, grantedMib } from '../../core/jobs/gpu-memory.js'
import { expectedRunText } from '../../core/jobs/run-time.js'
import { startsNowText, type StartsWith } from '../../core/jobs/texts.js'
import type { JobRow } from '../../db/entities/execution.js'
import { jobRows } from '../../db/job-rows.js'
import { withTheCommit } from '../../db/one-journey.js'
import { createSharedTransactions } from '../../db/shared-transactions.js'
import { alongside } from '../../db/transaction-end.js'
import type { Deps, ProjectScope, Tx } from '../../deps.js'
import type { QueueService } from '../queues/service.js'
import type { JobRuns } from '../runs/service.js'
import { checkAssistantJob, type AssistantAllowance } from './assistant-jobs.js'
import { checkEntrypoint } from './entrypoint.js'
import { byPosition, entryOf, explanationOf, knownJobs, madeRoomFor, namedIn } from './explain.js'
import type { JobLifecycle } from './lifecycle.js'
import { logEnded, logSubmitted } from './log-lines.js'
import type { Foresee, LikeJob, Planner, RunTimeForesight } from './planner.js'
import type { BlobReader, PinLookup, SnapshotLookup } from './ports.js'
import { gpuPeaksOf } from './gpu-memory.js'
import { presentAttempt, presentJob, resourcesOf } from './present.js'
import {
  findJob,
  findJobs,
  hashOfArguments,
  listActiveJobs,
  listAttempts,
  listJobs,
  lockJob,
  nextJobNumber,
  withAttempts,
  type JobWithAttempt,
} from './repository.js'

/** Failures of the machinery are tried again so often unless the job says otherwise; errors of its own code never are. */
const defaultRetries = 2

/**
 * Submissions to a project wait for its number until the one before is committed, so those that come meanwhile go
 * together, and others find the database at rest.
 */
const sharing = { most: 16 }

export interface JobDeps extends Deps {
  readonly lifecycle: JobLifecycle
  readonly planner: Planner
  readonly queues: Pick<QueueService, 'nameFor'>
  readonly runs: JobRuns
  readonly snapshots: SnapshotLookup
  readonly pins: PinLookup
  readonly blobs: BlobReader
}

export type JobService = ReturnType<typeof createJobService>

/** What members do with jobs. */
export const createJobService = (deps: JobDeps) => {
  const { database, clock, newId, audit, idempotency, lifecycle, planner, queues } = deps

  const shared = createSharedTransactions({ database, ...sharing, whenItMayBegin: deps.visitors.untilAtEase })

  const jobOf = async (tx: Tx, scope: ProjectScope, jobId: string): Promise<JobWithAttempt> =>
    (await findJob(tx, scope, jobId)) ?? fail('job_not_found')

  const filesOf = async (tx: Tx, scope: ProjectScope, request: SubmitJob): Promise<readonly SnapshotFile[]> => {
    const snapshot = (await deps.snapshots.find(tx, scope, request.snapshotId)) ?? fail('code_snapshot_not_found')
    if (request.pinDigest !== null && (await deps.pins.find(tx, scope, request.pinDigest)) === null)
      return fail('environment_pin_not_found')
    return snapshot.files
  }

  /** A notebook is read, which may take a while: in no transaction. */
  const checkNotebook = async (scope: ProjectScope, request: SubmitJob): Promise<void> => {
    const files = await database.transaction(scope, (tx) => filesOf(tx, scope, request))
    await checkEntrypoint(scope, request.task, files, deps.blobs)
  }

  const create = async (
    tx: Tx,
    scope: ProjectScope,
    request: SubmitJob,
    { locale, foresee }: { locale: Locale; foresee: Foresee },
  ): Promise<Job> => {
    checkGpuRange(request.resources, request.task)
    const [files, resources, queueName, experimentId] = await Promise.all([
      filesOf(tx, scope, request),
      planner.resources(tx, request.resources, locale),
      queues.nameFor(tx, scope.tenantId, request.queueName),
      deps.runs.experimentFor(tx, scope, request.experimentName ?? 'Default'),
    ])
    if (request.task.kind !== 'notebook') await checkEntrypoint(scope, request.task, files, deps.blobs)
    if (request.origin === 'assistant')
      await checkAssistantJob(tx, deps, scope, { resources, timeLimitMs: request.timeLimitMs ?? null })
    const name = nameOf(request)
    const predicted = foresee(await likeJobOf(tx, scope, { name, task: request.task, gpuCount: resources.gpuCount }))
    const [id, runId] = [newId(), newId()]
    // All submissions to the project wait for its number until this one is committed: what follows goes with the commit.
    const number = await nextJobNumber(tx, scope)
    const job = newJob(scope, request, resources, {
      id,
      number,
      name,
      queueName,
      runId,
      experimentId,
      submittedAt: clock.now(),
      predictedRunMs: predicted?.likelyMs ?? null,
    })
    const tags = { 'novabrain.jobId': id, 'novabrain.jobNumber': String(number) }
    alongside(tx, deps.runs.createForJob(tx, scope, { runId, jobId: id, experimentId, runName: name, tags }))
    alongside(tx, jobRows.insert(tx, job))
    await audit.append(tx, scope, {
      action: 'job_submitted',
      subject: id,
      detail: { number, name, origin: job.origin },
    })
    await lifecycle.announce(tx, { job, attempt: null })
    lifecycle.wake(tx)
    return presentJob(job, null)
  }

  return {
    /**
     * Submit a job. With an idempotency key a repeat answers with the first job. Errors: `gpu_range_invalid`,
     * `gpu_range_of_shares`, `gpu_range_of_kernel`, `resources_never_available`, `queue_not_found`, `code_snapshot_not_found`, `environment_pin_not_found`, `entrypoint_not_in_snapshot`,
     * `notebook_invalid`, `notebook_broken`, `notebook_too_old`, `notebook_not_python`; of an assistant also
     * `assistant_jobs_forbidden`, `time_limit_required`, `assistant_limit_reached`.
     */
    async submit(
      scope: ProjectScope,
      request: SubmitJob,
      { idempotencyKey, locale }: { idempotencyKey: string | null; locale: Locale },
    ): Promise<Job> {
      if (request.task.kind === 'notebook') await checkNotebook(scope, request)
      const foresee = await planner.foresight()
      const asked = { key: idempotencyKey, fingerprint: fingerprintOf(request) }
      const job = await shared.run(scope, laneOf(request, idempotencyKey), (tx) =>
        idempotency.run(tx, scope, asked, () => create(tx, scope, request, { locale, foresee })),
      )
      logSubmitted(deps.log, job)
      return job
    },

    /** What would happen to such a job now; nothing is kept. Errors: `resources_never_available`, `queue_not_found`. */
    async preview(scope: ProjectScope, request: BodyOf<Routes['previewJob']>, locale: Locale): Promise<JobPreview> {
      const foresee = await planner.foresight()
      checkGpuRange(request.resources, request.task ?? null)
      const { resources, queueName, gpuPeaksMib, runTime } = await database.transaction(scope, async (tx) => {
        const resources = await planner.resources(tx, request.resources, locale)
        const like = { name: nameOf(request), task: request.task ?? null, gpuCount: resources.gpuCount }
        return {
          resources,
          queueName: await queues.nameFor(tx, scope.tenantId, request.queueName),
          gpuPeaksMib: request.name === undefined ? [] : await gpuPeaksOf(tx, scope, request.name),
          runTime: within(request.timeLimitMs ?? null, foresee(await likeJobOf(tx, scope, like))),
        }
      })
      const asked = {
        tenantId: scope.tenantId,
        queueName,
        owner: scope.memberId ?? scope.memberName,
        priorityClass: request.priorityClass ?? 'normal',
        resources,
        gpuPeaksMib,
        runTime,
      } as const
      const { memory, gpuCount, ...preview } = await planner.preview(asked, locale)
      const message = preview.message ?? startsNowText(preview.nodeName ?? '', locale, startsWith(resources, gpuCount))
      const peak = resources.gpuCount === 0 || gpuPeaksMib.length === 0 ? null : Math.max(...gpuPeaksMib)
      const granted = grantedMib(resources, preview.device?.memoryMib ?? null)
      const ofPeak = peak === null ? '' : gpuMemoryText(peak, granted, locale)
      const ofMemory = memory === null ? ofPeak : admissionText(memory, locale)
      const expectedRunMs = runTime?.likelyMs ?? null
      const ofRunTime = expectedRunMs === null ? '' : expectedRunText(expectedRunMs, locale)
      return {
        ...preview,
        message: sentences([message, ofRunTime, ofMemory], locale),
        resources,
        peakGpuMemoryMib: peak,
        expectedRunMs,
      }
    },

    /** What of the day's limit an assistant's job may use. Errors: as `checkAssistantJob`. */
    allowance(
      scope: ProjectScope,
      asked: { readonly resources: Resources; readonly timeLimitMs: number | null },
    ): Promise<AssistantAllowance> {
      return database.transaction(scope, (tx) => checkAssistantJob(tx, deps, scope, asked))
    },

    /** The request behind a job, to be made again; its experiment is that of its run. Errors: `job_not_found`. */
    requestOf(scope: ProjectScope, jobId: string): Promise<SubmitJob> {
      return database.transaction(scope, async (tx) => repeatRequest((await jobOf(tx, scope, jobId)).job))
    },

    /** Jobs of the project, newest first. The cursor is the number of the last job of the page before. */
    async list(
      scope: ProjectScope,
      query: { status: JobStatus | 'active' | 'ended' | undefined; cursor: string | undefined; limit: number },
    ): Promise<{ items: Job[]; nextCursor: string | null }> {
      const cursor = query.cursor === undefined ? Number.NaN : Number.parseInt(query.cursor, 10)
      const beforeNumber = Number.isSafeInteger(cursor) ? cursor : null
      const { answer } = await database.transaction(scope, async (tx) =>
        withTheCommit(
          tx,
          withAttempts(tx, await listJobs(tx, scope, { status: query.status, beforeNumber, limit: query.limit })),
        ),
      )
      const found = await answer
      const items = found.slice(0, query.limit).map(({ job, attempt }) => presentJob(job, attempt))
      const last = found.length > query.limit ? items.at(-1) : undefined
      return { items, nextCursor: last === undefined ? null : String(last.number) }
    },

    /** One job with its latest attempt. Errors: `job_not_found`. */
    get(scope: ProjectScope, jobId: string): Promise<Job> {
      return database.transaction(scope, async (tx) => {
        const { job, attempt } = await jobOf(tx, scope, jobId)
        return presentJob(job, attempt)
      })
    },

    /** Stop a job. One that has ended stays as it is. Errors: `job_not_found`. */
    async stop(scope: ProjectScope, jobId: string): Promise<Job> {
      const { before, after } = await database.transaction(scope, async (tx) => {
        const before = (await lockJob(tx, scope, jobId)) ?? fail('job_not_found')
        const after = await lifecycle.stop(tx, before)
        if (after !== before)
          await audit.append(tx, scope, { action: 'job_stopped', subject: jobId, detail: { number: after.job.number } })
        return { before, after }
      })
      if (after !== before) logEnded(deps.log, after)
      return presentJob(after.job, after.attempt)
    },

    /**
     * Change what a waiting job asks for. It keeps its number, its run, its place by age and everything else. Errors:
     * `job_not_found`, `job_not_waiting`, `resources_never_available`, `assistant_limit_reached`.
     */
    amend(scope: ProjectScope, jobId: string, asked: AmendJob['resources'], locale: Locale): Promise<Job> {
      return database.transaction(scope, async (tx) => {
        const locked = (await lockJob(tx, scope, jobId)) ?? fail('job_not_found')
        const { job } = locked
        if (job.status !== 'queued') return fail('job_not_waiting', { number: job.number, status: job.status })
        const before = resourcesOf(job)
        const wanted = amendedResources(before, asked, job.task.kind)
        checkGpuRange(wanted, job.task)
        const resources = await planner.resources(tx, wanted, locale)
        if (job.origin === 'assistant' && mostGpuMilli(resources) > mostGpuMilli(before))
          await checkAssistantJob(tx, deps, scope, { resources, timeLimitMs: job.timeLimitMs })
        const after = await lifecycle.amend(tx, locked, resources)
        await audit.append(tx, scope, {
          action: 'job_amended',
          subject: jobId,
          detail: { number: job.number, before, after: resources },
        })
        return presentJob(after.job, after.attempt)
      })
    },

    /** Every attempt of a job, first to last. Errors: `job_not_found`. */
    attempts(scope: ProjectScope, jobId: string): Promise<Attempt[]> {
      return database.transaction(scope, async (tx) => {
        await jobOf(tx, scope, jobId)
        return (await listAttempts(tx, scope, jobId)).map(presentAttempt)
      })
    },

    /** Why a job waits, where it stands, and what would start it. Errors: `job_not_found`. */
    explain(scope: ProjectScope, jobId: string, locale: Locale): Promise<Explanation> {
      return database.transaction(scope, async (tx) => {
        const found = await jobOf(tx, scope, jobId)
        const known = knownJobs(await findJobs(tx, scope, [...namedIn(found), ...madeRoomFor([found])]))
        return explanationOf(found, known, { planner, locale })
      })
    },

    /** Jobs of the project that are at work, and the first `limit` that wait, in the order of the queue. */
    queue(
      scope: ProjectScope,
      { locale, limit }: { readonly locale: Locale; readonly limit: number },
    ): Promise<{ items: QueueEntry[]; waitingCount: number }> {
      return database.transaction(scope, async (tx) => {
        const { jobs, waitingCount } = await listActiveJobs(tx, scope, limit)
        const named = new Set([...jobs.flatMap(namedIn), ...madeRoomFor(jobs)])
        for (const { job } of jobs) named.delete(job.id)
        const known = knownJobs([...jobs, ...(await findJobs(tx, scope, [...named]))])
        const items = jobs.map((each) => entryOf(each, known, { planner, locale })).sort(byPosition)
        return { items, waitingCount }
      })
    },
  }
}

/** Errors: `gpu_range_invalid`, `gpu_range_of_shares`, `gpu_range_of_kernel`. */
const checkGpuRange = (asked: Partial<Resources>, task: Task | null): void => {
  const fault = gpuRangeFault(asked, task?.kind ?? null)
  if (fault !== null) fail(fault, { least: asked.gpuCount ?? 1, most: asked.maxGpuCount ?? 1 })
}

/** Of a job with a range: with how many GPUs of it the job would start. */
const startsWith = ({ gpuCount: least, maxGpuCount: most }: Resources, gpuCount: number): StartsWith | null =>
  typeof most === 'number' ? { gpuCount, least, most } : null

/** What a job is called that names itself or not. */
const nameOf = ({ name, task }: { readonly name?: string; readonly task?: Task }): string =>
  name ?? task?.path.split('/').at(-1) ?? task?.path ?? ''

/** By what it is foreseen how long a job of the asker runs. */
const likeJobOf = async (
  tx: Tx,
  scope: ProjectScope,
  { name, task, gpuCount }: { readonly name: string; readonly task: Task | null; readonly gpuCount: number },
): Promise<LikeJob> => ({
  tenantId: scope.tenantId,
  owner: scope.memberId ?? scope.memberName,
  name,
  script: task?.path ?? null,
  arguments: task === null ? null : await hashOfArguments(tx, task),
  gpuCount,
})

/** No job runs longer than its limit. */
const within = (limitMs: number | null, foreseen: RunTimeForesight | null): RunTimeForesight | null =>
  foreseen === null || limitMs === null
    ? foreseen
    : { likelyMs: Math.min(foreseen.likelyMs, limitMs), cautiousMs: Math.min(foreseen.cautiousMs, limitMs) }

/** Of one key only the first is made, and the jobs of assistants are counted one after another. */
const laneOf = ({ origin }: SubmitJob, idempotencyKey: string | null): string | null =>
  origin === 'assistant' ? 'assistant' : idempotencyKey

const fingerprintOf = (request: SubmitJob): string => createHash('sha256').update(JSON.stringify(request)).digest('hex')

const newJob = (
  scope: ProjectScope,
  request: SubmitJob,
  resources: Resources,
  made: Pick<
    JobRow,
    'id' | 'number' | 'name' | 'queueName' | 'runId' | 'experimentId' | 'submittedAt' | 'predictedRunMs'
  >,
): JobRow => ({
  ...made,
  ...resources,
  maxGpuCount: resources.maxGpuCount ?? null,
  gpuModel: resources.gpuModel ?? null,
  tenantId: scope.tenantId,
  projectId: scope.projectId,
  status: 'queued',
  version: 0,
  reason: null,
  task: request.task,
  priorityClass: request.priorityClass ?? 'normal',
  pinDigest: request.pinDigest,
  snapshotId: request.snapshotId,
  timeLimitMs: request.timeLimitMs ?? null,
  maxRetries: request.maxRetries ?? defaultRetries,
  environmentVariables: request.environmentVariables ?? {},
  rerunOf: request.rerunOf ?? null,
  submittedBy: scope.memberName,
  submittedById: scope.memberId,
  origin: request.origin ?? 'member',
  startedAt: null,
  endedAt: null,
  attemptId: null,
  attemptCount: 0,
  retryCount: 0,
  raisedGpuMemoryMib: null,
  notBefore: null,
  evictedAtMs: [],
  usedRunMs: 0,
  hold: null,
})

/** What was asked for once, its variables too, which only the server knows. */
const repeatRequest = (job: JobRow): SubmitJob => ({
  name: job.name,
  task: job.task,
  resources: resourcesOf(job),
  queueName: job.queueName,
  priorityClass: job.priorityClass,
  pinDigest: job.pinDigest,
  snapshotId: job.snapshotId,
  timeLimitMs: job.timeLimitMs,
  environmentVariables: job.environmentVariables,
  rerunOf: job.id,
})
