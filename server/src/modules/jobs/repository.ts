import type { JobStatus, Task } from '@novabrain/contracts'
import { AttemptEntity, type AttemptRow, type Grant, type JobRow } from '../../db/entities/execution.js'
import type { ProjectScope, Scope, Tx } from '../../deps.js'
import { attemptRows, jobRows } from '../../db/job-rows.js'
import { prepared } from '../../db/prepared.js'
import type { JobsOfRuns } from '../runs/service.js'

/** A job with its latest attempt. */
export interface JobWithAttempt {
  readonly job: JobRow
  readonly attempt: AttemptRow | null
}

/** The tenant and project of a scope, `null` where it has none. */
const bounds = (scope: Scope): [string | null, string | null] =>
  scope.kind === 'system'
    ? [null, null]
    : scope.kind === 'tenant'
      ? [scope.tenantId, null]
      : [scope.tenantId, scope.projectId]

const inBounds = `($2::text IS NULL OR job.tenant_id = $2) AND ($3::text IS NULL OR job.project_id = $3)`
const one = prepared(`SELECT ${jobRows.columns('job')} FROM jobs job WHERE job.id = $1 AND ${inBounds}`)
const oneLocked = prepared(`${one} FOR UPDATE`)
const several = `SELECT ${jobRows.columns('job')} FROM jobs job WHERE job.id = ANY ($1) AND ${inBounds} ORDER BY job.id`
const severalFound = prepared(several)
const severalLocked = prepared(`${several} FOR UPDATE`)
const attemptOfJob = prepared(
  `SELECT ${attemptRows.columns()} FROM attempts WHERE id = (SELECT attempt_id FROM jobs WHERE id = $1)`,
)
const jobOfAttempt = '(SELECT job_id FROM attempts WHERE id = $1)'
const ofAttempt = prepared(
  `SELECT ${jobRows.columns('job')} FROM jobs job WHERE job.id = ${jobOfAttempt} AND ${inBounds}`,
)
const ofAttemptLocked = prepared(`${ofAttempt} FOR UPDATE`)
const latestOfAttempt = prepared(
  `SELECT ${attemptRows.columns()} FROM attempts WHERE id = (SELECT attempt_id FROM jobs WHERE id = ${jobOfAttempt})`,
)
const attemptsByIds = prepared(`SELECT ${attemptRows.columns()} FROM attempts WHERE id = ANY ($1)`)

/** Jobs with the latest attempt of each. */
export const withAttempts = async (tx: Tx, jobs: readonly JobRow[]): Promise<JobWithAttempt[]> => {
  const ids = jobs.flatMap((job) => job.attemptId ?? [])
  const attempts = ids.length === 0 ? [] : attemptRows.read(await tx.query(attemptsByIds, [ids]))
  const byId = new Map(attempts.map((attempt) => [attempt.id, attempt]))
  return jobs.map((job) => ({ job, attempt: byId.get(job.attemptId ?? '') ?? null }))
}

/** A job of the scope, or `null`. */
export const findJob = async (tx: Tx, scope: Scope, jobId: string): Promise<JobWithAttempt | null> => {
  const jobs = jobRows.read(await tx.query(one, [jobId, ...bounds(scope)]))
  return (await withAttempts(tx, jobs))[0] ?? null
}

/** The job of an attempt, or `null`. */
export const findJobOfAttempt = async (tx: Tx, scope: Scope, attemptId: string): Promise<JobRow | null> =>
  jobRows.read(await tx.query(ofAttempt, [attemptId, ...bounds(scope)]))[0] ?? null

/** Those of the jobs that are of the scope, in the order of their ids. */
export const findJobs = async (tx: Tx, scope: Scope, jobIds: readonly string[]): Promise<JobWithAttempt[]> =>
  jobIds.length === 0 ? [] : withAttempts(tx, jobRows.read(await tx.query(severalFound, [jobIds, ...bounds(scope)])))

/** Asked for together and answered in order: the attempt is read when the job is locked. */
const lockOne = async (
  tx: Tx,
  scope: Scope,
  id: string,
  [ofJob, ofAttempt]: readonly [string, string],
): Promise<JobWithAttempt | null> => {
  const [jobs, attempts] = (await Promise.all([
    tx.query(ofJob, [id, ...bounds(scope)]),
    tx.query(ofAttempt, [id]),
  ])) as [unknown[], unknown[]]
  const [job] = jobRows.read(jobs)
  return job === undefined ? null : { job, attempt: attemptRows.read(attempts)[0] ?? null }
}

/**
 * A job of the scope, locked until the transaction ends. Whoever changes a job or one of its attempts locks the job
 * first; since everybody does, two changes of one job never interleave.
 */
export const lockJob = (tx: Tx, scope: Scope, jobId: string): Promise<JobWithAttempt | null> =>
  lockOne(tx, scope, jobId, [oneLocked, attemptOfJob])

/** The same of the job of an attempt; its latest attempt may be another. */
export const lockJobOfAttempt = (tx: Tx, scope: Scope, attemptId: string): Promise<JobWithAttempt | null> =>
  lockOne(tx, scope, attemptId, [ofAttemptLocked, latestOfAttempt])

/** Those of the jobs that are of the scope, locked one after another in the order of their ids. */
export const lockJobs = async (tx: Tx, scope: Scope, jobIds: readonly string[]): Promise<JobWithAttempt[]> =>
  jobIds.length === 0 ? [] : withAttempts(tx, jobRows.read(await tx.query(severalLocked, [jobIds, ...bounds(scope)])))

const place = prepared(`
  WITH place AS (
    INSERT INTO allocations (attempt_id, project_id, node_id, cpu_milli, memory_mib) VALUES ($1, $2, $3, $4, $5)
  )
  INSERT INTO device_allocations (attempt_id, project_id, device_id, milli, memory_mib)
  SELECT $1, $2, * FROM unnest($6::text[], $7::integer[], $8::integer[])`)

/** What an attempt takes. The guards of the database refuse what is not free. */
export const insertPlace = async (
  tx: Tx,
  attempt: Pick<AttemptRow, 'id' | 'projectId' | 'nodeId'>,
  { cpuMilli, memoryMib, devices }: Pick<Grant, 'cpuMilli' | 'memoryMib' | 'devices'>,
): Promise<void> => {
  await tx.query(place, [attempt.id, attempt.projectId, attempt.nodeId, cpuMilli, memoryMib, ...columnsOf(devices)])
}

const columnsOf = (devices: Grant['devices']) =>
  (['deviceId', 'milli', 'memoryMib'] as const).map((key) => devices.map((device) => device[key]))

const placeIsOpen = prepared(`SELECT place_is_open($1, $2, $3, $4, $5, $6, $7) AS open`)

/** Whether an attempt that is over could go on at a place; it stays free until the transaction ends. */
export const isPlaceOpen = async (
  tx: Tx,
  over: Pick<AttemptRow, 'nodeId'>,
  { nodeId, cpuMilli, memoryMib, devices }: Grant,
): Promise<boolean> => {
  const stays = nodeId === over.nodeId
  const rows: { open: boolean }[] = await tx.query(placeIsOpen, [
    nodeId,
    stays,
    cpuMilli,
    memoryMib,
    ...columnsOf(devices),
  ])
  return rows[0]?.open === true
}

const freed = prepared('DELETE FROM allocations WHERE attempt_id = $1')

/** What an attempt took is free again. */
export const freePlace = (tx: Tx, attemptId: string): Promise<unknown> => tx.query(freed, [attemptId])

const ofProject = `SELECT ${jobRows.columns('job')} FROM jobs job WHERE job.tenant_id = $1 AND job.project_id = $2`

/** In the text of the statement, so that PostgreSQL knows which of its indexes are for it. */
const isOf = (status: JobStatus | 'active' | 'ended' | undefined): string => {
  if (status === undefined) return ''
  if (status === 'active') return 'AND job.ended_at IS NULL'
  return status === 'ended' ? 'AND job.ended_at IS NOT NULL' : `AND job.status = '${status}'`
}

const pageOf = (status: JobStatus | 'active' | 'ended' | undefined, before: boolean): string =>
  prepared(`${ofProject} ${isOf(status)} ${before ? 'AND job.number < $4' : ''} ORDER BY job.number DESC LIMIT $3`)

/** Jobs of the project, newest first, below `beforeNumber`; one more than `limit` tells whether there are more. */
export const listJobs = async (
  tx: Tx,
  { tenantId, projectId }: ProjectScope,
  page: { status: JobStatus | 'active' | 'ended' | undefined; beforeNumber: number | null; limit: number },
): Promise<JobRow[]> => {
  const before = page.beforeNumber === null ? [] : [page.beforeNumber]
  const statement = pageOf(page.status, before.length > 0)
  const found: unknown[] = await tx.query(statement, [tenantId, projectId, page.limit + 1, ...before])
  return jobRows.read(found)
}

const ofProjectInQueue = `FROM jobs job WHERE job.tenant_id = $1 AND job.project_id = $2 ${isOf('active')}`
/** As of one instant: whoever starts meanwhile is neither missed nor told twice. */
const queueOfProject = prepared(`
  WITH waiting AS (
    SELECT job.id, count(*) OVER ()::integer AS waiting_count ${ofProjectInQueue} AND job.status = 'queued'
    ORDER BY (job.hold ->> 'position')::integer NULLS LAST, job.submitted_at, job.id LIMIT $3
  ), chosen AS (
    SELECT job.id, 0 AS waiting_count ${ofProjectInQueue} AND job.status <> 'queued'
    UNION ALL SELECT * FROM waiting
  )
  SELECT ${jobRows.columns('job')}, chosen.waiting_count AS "waitingCount"
  FROM chosen JOIN jobs job ON job.id = chosen.id ORDER BY job.submitted_at, job.id`)

/** Jobs of the project that are at work, and the first that wait in the order of the queue; by when they were submitted. */
export const listActiveJobs = async (
  tx: Tx,
  { tenantId, projectId }: ProjectScope,
  limit: number,
): Promise<{ readonly jobs: JobWithAttempt[]; readonly waitingCount: number }> => {
  const rows: { readonly waitingCount: number }[] = await tx.query(queueOfProject, [tenantId, projectId, limit])
  return {
    jobs: await withAttempts(tx, jobRows.read(rows)),
    waitingCount: Math.max(0, ...rows.map(({ waitingCount }) => waitingCount)),
  }
}

/** Every attempt of a job, first to last. */
export const listAttempts = (tx: Tx, scope: ProjectScope, jobId: string): Promise<AttemptRow[]> =>
  tx.find(AttemptEntity, { where: { projectId: scope.projectId, jobId }, order: { number: 'ASC' } })

const nextNumber = prepared(`
  INSERT INTO job_counters (project_id, tenant_id, last_number) VALUES ($1, $2, 1)
  ON CONFLICT (project_id) DO UPDATE SET last_number = job_counters.last_number + 1 RETURNING last_number AS number`)

/** The next job number of the project; numbers of transactions that fail are given again. */
export const nextJobNumber = async (tx: Tx, scope: ProjectScope): Promise<number> => {
  const rows: { number: number }[] = await tx.query(nextNumber, [scope.projectId, scope.tenantId])
  const [first] = rows
  if (first === undefined) throw new Error('The job counter gave no number')
  return first.number
}

const argumentsHash = `SELECT md5($1::jsonb ->> 'arguments') AS hash`
const knownHashes = new Map<string, string | null>()
const mostHashes = 1000

/** The hash of the arguments of a task by which like jobs are found; PostgreSQL makes it of jobs that ran, so it makes this one too. */
export const hashOfArguments = async (tx: Tx, task: Task): Promise<string | null> => {
  const text = JSON.stringify(task)
  const known = knownHashes.get(text)
  if (known !== undefined) return known
  const rows: { hash: string | null }[] = await tx.query(argumentsHash, [text])
  const hash = rows[0]?.hash ?? null
  if (knownHashes.size >= mostHashes) knownHashes.clear()
  knownHashes.set(text, hash)
  return hash
}

const ofRuns = prepared(
  `SELECT run_id AS "runId", id, number, status FROM jobs WHERE project_id = $1 AND run_id = ANY($2)`,
)

/** The jobs of runs, for the pages of runs. */
export const jobsOfRuns: JobsOfRuns = async (tx, scope, runIds) => {
  const rows: { runId: string; id: string; number: number; status: string }[] =
    runIds.length === 0 ? [] : await tx.query(ofRuns, [scope.projectId, runIds])
  return new Map(rows.map(({ runId, ...job }) => [runId, job]))
}
