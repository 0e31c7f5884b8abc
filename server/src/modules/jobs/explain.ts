import {
  jobEnded,
  sentences,
  type EstimatedStart,
  type Explanation,
  type Holder,
  type Locale,
  type QueueEntry,
  type Suggestion,
} from '@novabrain/contracts'
import { freshlyQueuedText, resizedText, resizingText, statusText, stoppedForText } from '../../core/jobs/texts.js'
import type { AttemptRow, HoldRecord, JobRow } from '../../db/entities/execution.js'
import type { Planner } from './planner.js'
import type { JobWithAttempt } from './repository.js'

/** How the asker knows other jobs: those of the project by number and name, others by nothing. */
export type KnownJobs = ReadonlyMap<string, Pick<JobRow, 'id' | 'number' | 'name' | 'submittedBy'>>

/** What an explanation is told with. */
export interface Telling {
  readonly planner: Planner
  readonly locale: Locale
}

/** The jobs that the asker may be told of. */
export const knownJobs = (jobs: readonly JobWithAttempt[]): KnownJobs => new Map(jobs.map(({ job }) => [job.id, job]))

const otherJob: Readonly<Record<Locale, string>> = { en: 'a job of another project', 'zh-CN': '其他项目的作业' }

const nameIn =
  (known: KnownJobs, locale: Locale) =>
  (jobId: string): string => {
    const job = known.get(jobId)
    return job === undefined ? otherJob[locale] : `#${String(job.number)}`
  }

/** The jobs for which others shrank, as far as that is told of them. */
export const madeRoomFor = (jobs: readonly JobWithAttempt[]): string[] => [
  ...new Set(jobs.flatMap(({ attempt }) => (attempt === null ? [] : (shrankFor(attempt) ?? [])))),
]

/** The jobs of which it is told why a job waits; of other projects' too, and what else has an id. */
export const namedIn = ({ job }: JobWithAttempt): string[] => [
  ...new Set(job.status === 'queued' && job.hold !== null ? JSON.stringify(job.hold.facts).match(idsInText) : []),
]

const idsInText = /\b[0-9a-f]{32}\b/g

const shrankFor = (attempt: AttemptRow): string | null =>
  attempt.command === 'resized' ? attempt.preemptedFor : (attempt.resizedFrom?.forJobId ?? null)

/** With how many GPUs an elastic job goes on, or did, and for whom; empty where there is nothing to tell. */
const resizeTextOf = (attempt: AttemptRow | null, known: KnownJobs, locale: Locale): string => {
  if (attempt === null) return ''
  const forJobId = shrankFor(attempt)
  const forJob = forJobId === null ? '' : nameIn(known, locale)(forJobId)
  const [has, { resizeTo, resizedFrom }] = [attempt.devices.length, attempt]
  if (attempt.command === 'resized' && resizeTo !== null)
    return resizingText({ from: has, to: resizeTo.devices.length, forJob }, locale)
  return resizedFrom === null ? '' : resizedText({ from: resizedFrom.gpuCount, to: has, forJob }, locale)
}

const iso = (atMs: number): string => new Date(atMs).toISOString()

const estimateOf = ({ estimatedStart }: HoldRecord): EstimatedStart | null =>
  estimatedStart === null ? null : { p50: iso(estimatedStart.p50Ms), p90: iso(estimatedStart.p90Ms) }

/** Causes that a change only makes possible; for all others it starts the job in the cycle that found it. */
const impossible = new Set(['never_fits', 'no_node_matches'])

const suggestionOf = (hold: HoldRecord, message: string | null): Suggestion | null =>
  hold.suggestion === null || message === null
    ? null
    : { change: hold.suggestion.change, message, startsNow: !impossible.has(hold.reason) }

/** Why a job waits, where it stands, who holds what it needs until when, and what would start it. */
export const explanationOf = (
  { job, attempt }: JobWithAttempt,
  known: KnownJobs,
  { planner, locale }: Telling,
): Explanation => {
  const plain = {
    jobId: job.id,
    status: job.status,
    reason: job.reason ?? 'ready',
    position: null,
    facts: {},
    holders: [],
    estimatedStart: null,
    suggestion: null,
  }
  if (job.status !== 'queued') {
    const { nodeName = null, preemptedWhy = null } = attempt ?? {}
    const status = statusText({ ...job, status: job.status, nodeName, preemptedWhy }, locale)
    const resize = jobEnded(job.status) ? '' : resizeTextOf(attempt, known, locale)
    const parts = job.reason === 'resized' ? [resize] : [status, resize]
    return { ...plain, message: sentences(parts, locale) || status }
  }
  const { hold } = job
  const preemptedWhy = attempt?.preemptedWhy ?? null
  if (hold === null) return { ...plain, message: freshlyQueuedText(job.reason, locale, preemptedWhy) }
  const text = planner.explain(job.id, hold, locale, nameIn(known, locale))
  return {
    ...plain,
    reason: hold.reason,
    message:
      attempt?.state === 'preempted'
        ? sentences([text.message, stoppedForText(preemptedWhy, locale)], locale)
        : text.message,
    position: hold.position,
    facts: visibleFacts(hold.facts, known),
    holders: holdersOf(hold.facts, known),
    estimatedStart: estimateOf(hold),
    suggestion: suggestionOf(hold, text.suggestion),
  }
}

interface KeptHolder {
  readonly jobId: string
  readonly gpuMilli: number
  readonly predictedEndMs: number | null
}

const holdersOf = (facts: Record<string, unknown>, known: KnownJobs): Holder[] => {
  const kept: readonly KeptHolder[] = Array.isArray(facts['heldBy']) ? facts['heldBy'] : []
  return kept.map(({ jobId, gpuMilli, predictedEndMs }) => {
    const job = known.get(jobId)
    return {
      jobId: job?.id ?? null,
      jobNumber: job?.number ?? null,
      jobName: job?.name ?? null,
      submittedBy: job?.submittedBy ?? null,
      gpuMilli,
      until: predictedEndMs === null ? null : iso(predictedEndMs),
    }
  })
}

/** Facts without the ids of jobs that are not the asker's; queues by the name their tenant gave. */
const visibleFacts = (facts: Record<string, unknown>, known: KnownJobs): Record<string, unknown> => {
  const visible = (key: string, value: unknown): unknown => {
    if (typeof value === 'string' && /^[0-9a-f]{32}$/.test(value)) return known.has(value) ? value : null
    if ((key === 'queueName' || key === 'cohort') && typeof value === 'string') return value.split('/').at(-1)
    return value
  }
  return JSON.parse(JSON.stringify(facts, visible)) as Record<string, unknown>
}

/** A job as the page of the queue shows it. */
export const entryOf = (found: JobWithAttempt, known: KnownJobs, telling: Telling): QueueEntry => {
  const { job, attempt } = found
  const { message, position, estimatedStart, suggestion } = explanationOf(found, known, telling)
  return {
    jobId: job.id,
    jobNumber: job.number,
    jobName: job.name,
    submittedBy: job.submittedBy,
    queueName: job.queueName,
    status: job.status,
    position,
    gpuCount: job.maxGpuCount === null || job.status === 'queued' ? job.gpuCount : (attempt?.devices.length ?? 0),
    ...(job.maxGpuCount === null ? {} : { minGpuCount: job.gpuCount, maxGpuCount: job.maxGpuCount }),
    reason: job.reason ?? 'ready',
    message,
    estimatedStart,
    suggestion,
    submittedAt: job.submittedAt,
  }
}

/** Running jobs first, then by position; a job not yet looked at comes last. */
export const byPosition = (left: QueueEntry, right: QueueEntry): number => rankOf(left) - rankOf(right)

const rankOf = (entry: QueueEntry): number =>
  entry.status === 'queued' ? (entry.position ?? Number.MAX_SAFE_INTEGER) : 0
