import { jobEnded, type Job, type JobStatus, type RunStatus, type RunSummary } from '@novabrain/contracts'

/** A row of the list of runs: a job with its run, or a run that was logged without a job. */
export interface RunRow {
  readonly runId: string
  readonly job: Job | null
  readonly name: string
  readonly status: JobStatus | RunStatus
  readonly ended: boolean
  /** When it was submitted or began; rows are ordered by it, newest first. */
  readonly at: string
  readonly startedAt: string | null
  readonly endedAt: string | null
}

/** One source of rows: what was read of it, and whether older ones are still to be read. */
export interface Source<T> {
  readonly items: readonly T[]
  readonly more: boolean
}

/**
 * Jobs and the runs without a job as one list, newest first. Two sources are paged apart, so ended rows older than the
 * oldest one known of a source that has more are held back: between them there may be rows not read yet.
 */
export const runRows = (jobs: Source<Job>, runs: Source<RunSummary>): readonly RunRow[] => {
  const jobRows = jobs.items.map(rowOfJob)
  const runRows = runs.items.filter((run) => run.job === null).map(rowOfRun)
  const horizon = later(horizonOf(jobRows, jobs.more), horizonOf(runs.items.map(rowOfRun), runs.more))
  return [...jobRows, ...runRows].filter((row) => !row.ended || row.at >= horizon).sort(newestFirst)
}

const rowOfJob = (job: Job): RunRow => ({
  runId: job.runId,
  job,
  name: job.name,
  status: job.status,
  ended: jobEnded(job.status),
  at: job.submittedAt,
  startedAt: job.startedAt,
  endedAt: job.endedAt,
})

const rowOfRun = (run: RunSummary): RunRow => ({
  runId: run.id,
  job: null,
  name: run.name,
  status: run.status,
  ended: run.status !== 'RUNNING' && run.status !== 'SCHEDULED',
  at: run.startedAt ?? '',
  startedAt: run.startedAt,
  endedAt: run.endedAt,
})

const horizonOf = (rows: readonly RunRow[], more: boolean): string =>
  more ? rows.filter((row) => row.ended).reduce((oldest, row) => (row.at < oldest ? row.at : oldest), '9') : ''

const later = (a: string, b: string): string => (a > b ? a : b)
const newestFirst = (a: RunRow, b: RunRow): number =>
  a.at === b.at ? (a.runId < b.runId ? 1 : -1) : a.at < b.at ? 1 : -1
