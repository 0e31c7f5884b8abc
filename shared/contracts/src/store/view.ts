import type { EventRecord } from '../schema/event.js'
import type { Job } from '../schema/job.js'
import type { RunStatus } from '../schema/run.js'
import { jobEnded } from '../lifecycle/transitions.js'
import { assertNever } from '../assert-never.js'

/** What the events say of a run; the whole of it is read with `getRun`. */
export interface RunGlimpse {
  readonly runId: string
  readonly experimentId: string
  readonly name: string
  readonly status: RunStatus
}

/**
 * What a client knows of a project, built from lists it read and events it heard. A value: each change makes a new one,
 * and what did not change stays the same object.
 */
export interface LiveView {
  /** The last event applied; 0 before the first. */
  readonly cursor: number
  readonly jobs: ReadonlyMap<string, Job>
  readonly runs: ReadonlyMap<string, RunGlimpse>
  /** For each job, the cursor of the event that last touched it. */
  readonly touched: ReadonlyMap<string, number>
  /** Grows when models, versions or aliases changed: read them again. */
  readonly modelsRevision: number
  /** Grows when nodes or devices changed: read them again. */
  readonly nodesRevision: number
  /** Grows when queues changed: read them again. */
  readonly queuesRevision: number
}

/** Knowing nothing, with events to be heard after `cursor`. */
export const emptyView = (cursor = 0): LiveView => ({
  cursor,
  jobs: new Map(),
  runs: new Map(),
  touched: new Map(),
  modelsRevision: 0,
  nodesRevision: 0,
  queuesRevision: 0,
})

/** The view after an event. One heard before (its cursor is not above the view's) changes nothing. */
export const applyEvent = (view: LiveView, record: EventRecord): LiveView => {
  if (record.cursor <= view.cursor) return view
  const next = { ...view, cursor: record.cursor }
  const { event } = record
  switch (event.type) {
    case 'job_changed':
      return { ...next, ...withJob(view, event.job, record.cursor) }
    case 'run_changed': {
      const { runId, experimentId, name, status } = event
      return { ...next, runs: set(view.runs, runId, { runId, experimentId, name, status }) }
    }
    case 'model_changed':
      return { ...next, modelsRevision: view.modelsRevision + 1 }
    case 'nodes_changed':
      return { ...next, nodesRevision: view.nodesRevision + 1 }
    case 'queues_changed':
      return { ...next, queuesRevision: view.queuesRevision + 1 }
    default:
      return assertNever(event)
  }
}

/**
 * The view with a list that was read. `askedAt` is the view's cursor when the reading began: a job that an event
 * touched since then keeps what the event said, for the answer may be older than the event.
 */
export const mergeJobs = (view: LiveView, jobs: readonly Job[], askedAt: number): LiveView => {
  const fresh = jobs.filter((job) => (view.touched.get(job.id) ?? 0) <= askedAt)
  if (fresh.length === 0) return view
  const merged = new Map(view.jobs)
  for (const job of fresh) merged.set(job.id, later(merged.get(job.id), job))
  return { ...view, jobs: merged }
}

/**
 * The view after every active job was read: one that is not in `activeIds`, and that no event touched since `askedAt`,
 * ended while nobody listened, and is forgotten until a list of ended jobs brings it back.
 */
export const dropMissed = (view: LiveView, activeIds: ReadonlySet<string>, askedAt: number): LiveView => {
  const missed = activeJobs(view).filter((job) => !activeIds.has(job.id) && (view.touched.get(job.id) ?? 0) <= askedAt)
  return missed.length === 0 ? view : withoutJobs(view, missed)
}

/** Forget the oldest ended jobs beyond `keep`, so that a page that stays open for weeks stays small. */
export const trimEnded = (view: LiveView, keep: number): LiveView => {
  const extra = endedJobs(view).slice(keep)
  return extra.length === 0 ? view : withoutJobs(view, extra)
}

/** Jobs that have not ended, newest first. */
export const activeJobs = (view: LiveView): readonly Job[] => pick(view, (job) => !jobEnded(job.status))

/** Jobs that have ended, newest first. */
export const endedJobs = (view: LiveView): readonly Job[] => pick(view, (job) => jobEnded(job.status))

/** How many jobs wait and how many are at work, for a status bar. */
export const countJobs = (view: LiveView): { readonly queued: number; readonly running: number } => {
  const active = activeJobs(view)
  const queued = active.filter((job) => job.status === 'queued').length
  return { queued, running: active.length - queued }
}

const pick = (view: LiveView, wanted: (job: Job) => boolean): readonly Job[] =>
  [...view.jobs.values()].filter(wanted).sort((a, b) => b.number - a.number)

const withoutJobs = (view: LiveView, gone: readonly Job[]): LiveView => {
  const jobs = new Map(view.jobs)
  const touched = new Map(view.touched)
  for (const job of gone) {
    jobs.delete(job.id)
    touched.delete(job.id)
  }
  return { ...view, jobs, touched }
}

const withJob = (view: LiveView, job: Job, cursor: number): Pick<LiveView, 'jobs' | 'touched'> => ({
  jobs: set(view.jobs, job.id, later(view.jobs.get(job.id), job)),
  touched: set(view.touched, job.id, cursor),
})

/** An ended job stays ended: whoever says otherwise speaks of the past. */
const later = (known: Job | undefined, told: Job): Job =>
  known !== undefined && jobEnded(known.status) && !jobEnded(told.status) ? known : told

const set = <K, V>(map: ReadonlyMap<K, V>, key: K, value: V): ReadonlyMap<K, V> => new Map(map).set(key, value)
