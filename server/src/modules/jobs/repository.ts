import { In, LessThan, type FindOptionsWhere } from 'typeorm'
import type { JobStatus, Task } from '@novabrain/contracts'
import { AttemptEntity, JobEntity, type AttemptRow, type Grant, type JobRow } from '../../db/entities/execution.js'
import type { ProjectScope, Scope, Tx } from '../../deps.js'
import { prepared } from '../../db/prepared.js'
import type { JobsOfRuns } from '../runs/service.js'

/** A job with its latest attempt. */
export interface JobWithAttempt {
  readonly job: JobRow
  readonly attempt: AttemptRow | null
}

const within = (scope: Scope): FindOptionsWhere<JobRow> =>
  scope.kind === 'system'
    ? {}
    : scope.kind === 'tenant'
      ? { tenantId: scope.tenantId }
      : { tenantId: scope.tenantId, projectId: scope.projectId }

const attemptOf = async (tx: Tx, job: JobRow): Promise<AttemptRow | null> =>
  job.attemptId === null ? null : tx.findOneBy(AttemptEntity, { id: job.attemptId })

const withAttempts = async (tx: Tx, jobs: readonly JobRow[]): Promise<JobWithAttempt[]> => {
  const ids = jobs.flatMap((job) => job.attemptId ?? [])
  const attempts = ids.length === 0 ? [] : await tx.findBy(AttemptEntity, { id: In(ids) })
  const byId = new Map(attempts.map((attempt) => [attempt.id, attempt]))
  return jobs.map((job) => ({ job, attempt: byId.get(job.attemptId ?? '') ?? null }))
}

/** A job of the scope, or `null`. */
export const findJob = async (tx: Tx, scope: Scope, jobId: string): Promise<JobWithAttempt | null> => {
  const job = await tx.findOneBy(JobEntity, { ...within(scope), id: jobId })
  return job === null ? null : { job, attempt: await attemptOf(tx, job) }
}

/** Those of the jobs that are of the scope, in the order of their ids. */
export const findJobs = async (tx: Tx, scope: Scope, jobIds: readonly string[]): Promise<JobWithAttempt[]> =>
  jobIds.length === 0
    ? []
    : withAttempts(
        tx,
        await tx.find(JobEntity, { where: { ...within(scope), id: In([...jobIds]) }, order: { id: 'ASC' } }),
      )

/**
 * A job of the scope, locked until the transaction ends. Whoever changes a job or one of its attempts locks the job
 * first; since everybody does, two changes of one job never interleave and never wait for each other in a ring.
 */
export const lockJob = async (tx: Tx, scope: Scope, jobId: string): Promise<JobWithAttempt | null> => {
  const job = await tx.findOne(JobEntity, {
    where: { ...within(scope), id: jobId },
    lock: { mode: 'pessimistic_write' },
  })
  return job === null ? null : { job, attempt: await attemptOf(tx, job) }
}

/** Those of the jobs that are of the scope, locked one after another in the order of their ids. */
export const lockJobs = async (tx: Tx, scope: Scope, jobIds: readonly string[]): Promise<JobWithAttempt[]> => {
  if (jobIds.length === 0) return []
  const jobs = await tx.find(JobEntity, {
    where: { ...within(scope), id: In([...jobIds]) },
    order: { id: 'ASC' },
    lock: { mode: 'pessimistic_write' },
  })
  return withAttempts(tx, jobs)
}

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

const active: JobStatus[] = ['queued', 'starting', 'running', 'stopping']
const ended: JobStatus[] = ['succeeded', 'failed', 'cancelled']

const statuses = (filter: JobStatus | 'active' | 'ended'): JobStatus[] =>
  filter === 'active' ? active : filter === 'ended' ? ended : [filter]

/** Jobs of the project, newest first, below `beforeNumber`; one more than `limit` tells whether there are more. */
export const listJobs = async (
  tx: Tx,
  scope: ProjectScope,
  page: { status: JobStatus | 'active' | 'ended' | undefined; beforeNumber: number | null; limit: number },
): Promise<JobWithAttempt[]> => {
  const jobs = await tx.find(JobEntity, {
    where: {
      ...within(scope),
      ...(page.status === undefined ? {} : { status: In(statuses(page.status)) }),
      ...(page.beforeNumber === null ? {} : { number: LessThan(page.beforeNumber) }),
    },
    order: { number: 'DESC' },
    take: page.limit + 1,
  })
  return withAttempts(tx, jobs)
}

/** Jobs of the project that have not ended, in order of submission. */
export const listActiveJobs = async (tx: Tx, scope: ProjectScope): Promise<JobWithAttempt[]> =>
  withAttempts(
    tx,
    await tx.find(JobEntity, {
      where: { ...within(scope), status: In(active) },
      order: { submittedAt: 'ASC', id: 'ASC' },
    }),
  )

/** Every attempt of a job, first to last. */
export const listAttempts = (tx: Tx, scope: ProjectScope, jobId: string): Promise<AttemptRow[]> =>
  tx.find(AttemptEntity, { where: { projectId: scope.projectId, jobId }, order: { number: 'ASC' } })

const nextNumber = `
  INSERT INTO job_counters (project_id, tenant_id, last_number) VALUES ($1, $2, 1)
  ON CONFLICT (project_id) DO UPDATE SET last_number = job_counters.last_number + 1 RETURNING last_number AS number`

/** The next job number of the project; numbers of transactions that fail are given again. */
export const nextJobNumber = async (tx: Tx, scope: ProjectScope): Promise<number> => {
  const rows: { number: number }[] = await tx.query(nextNumber, [scope.projectId, scope.tenantId])
  const [first] = rows
  if (first === undefined) throw new Error('The job counter gave no number')
  return first.number
}

export const insertJob = (tx: Tx, job: JobRow): Promise<unknown> => tx.insert(JobEntity, job as never)

const argumentsHash = `SELECT md5($1::jsonb ->> 'arguments') AS hash`

/** The hash of the arguments of a task by which like jobs are found; PostgreSQL makes it of jobs that ran, so it makes this one too. */
export const hashOfArguments = async (tx: Tx, task: Task): Promise<string | null> => {
  const rows: { hash: string | null }[] = await tx.query(argumentsHash, [JSON.stringify(task)])
  return rows[0]?.hash ?? null
}

const ofRuns = `SELECT run_id AS "runId", id, number, status FROM jobs WHERE project_id = $1 AND run_id = ANY($2)`

/** The jobs of runs, for the pages of runs. */
export const jobsOfRuns: JobsOfRuns = async (tx, scope, runIds) => {
  const rows: { runId: string; id: string; number: number; status: string }[] =
    runIds.length === 0 ? [] : await tx.query(ofRuns, [scope.projectId, runIds])
  return new Map(rows.map(({ runId, ...job }) => [runId, job]))
}
