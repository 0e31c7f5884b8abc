import {
  openCorrector,
  type Corrector,
  type Decision,
  type HoldDecision,
  type ReserveDecision,
  type StartCorrection,
  type Suggestion,
} from '@novabrain/scheduler'
import type { MemoryFacts } from '../core/jobs/gpu-memory.js'
import type { HoldRecord } from '../db/entities/execution.js'
import { prepared } from '../db/prepared.js'
import { systemScope, type Database, type Hints, type Tx } from '../deps.js'
import type { JobLifecycle } from '../modules/jobs/lifecycle.js'
import { canonical } from './canonical.js'
import type { AdmissionBook } from './admission-book.js'
import type { ActiveJob, ClusterRows } from './cluster.js'

/** An estimate that moved by less than this, or than this part of how far it lies ahead, is told as it was. */
const estimateStepMs = 30_000
const estimateStepPart = 0.1
/** Up to here positions are kept to the very one, behind it to a twentieth. */
const exactPositions = 200
/** Behind those, a change that leaves the reason as it was is told after this long, so that no end of a job rewrites all. */
const farBehindMs = 30_000
/** At most so many are written in one go, those first that are served first. */
const atOnce = 500

interface HoldDeps {
  readonly database: Database
  readonly lifecycle: JobLifecycle
  readonly hints: Hints
}

/** What was planned on, with how much memory jobs were let in, and how estimated starts are moved. */
export interface Planned {
  readonly rows: ClusterRows
  readonly admitted: AdmissionBook
  readonly correction: StartCorrection
}

/** Keeps why each job waits, for its owner to read. */
export interface HoldRecorder {
  /**
   * Writes what changed, no more than some hundred at once; `more` says that others are left for the next time. A changed
   * reason is announced as a change of the job, anything else only hinted at.
   */
  record(planned: Planned, decisions: readonly Decision[], nowMs: number): Promise<{ readonly more: boolean }>
}

type Waits = HoldDecision | ReserveDecision
type Estimate = HoldRecord['estimatedStart']

interface Circumstances {
  readonly admission: MemoryFacts | null
  readonly corrector: Corrector
  readonly nowMs: number
}

interface Told {
  readonly hold: HoldRecord
  readonly decision: Decision | null
  readonly atMs: number
}

interface Change {
  readonly job: ActiveJob
  readonly hold: HoldRecord
  readonly before: HoldRecord | null
}

/** Opens a recorder; what it wrote it knows by the row of the job, until that is read anew. */
export const createHoldRecorder = (deps: HoldDeps): HoldRecorder => {
  const toldOf = new WeakMap<ActiveJob, Told>()
  const before = (job: ActiveJob): Told | null =>
    toldOf.get(job) ?? (job.hold === null ? null : { hold: job.hold, decision: null, atMs: 0 })

  const changeOf = (job: ActiveJob, decision: Waits, { admission, corrector, nowMs }: Circumstances): Change | null => {
    const told = before(job)
    const estimate = decision.estimatedStart === null ? null : corrector.correct(decision.estimatedStart, nowMs)
    // What is told of a start moves with time and with what was learnt, even where the forecast stays.
    if (told?.decision === decision && sameEstimate(told.hold.estimatedStart, estimate, nowMs)) return null
    const hold = recordOf(decision, admission, estimate)
    if (told === null) return { job, hold, before: null }
    const isNear = hold.position <= exactPositions || told.hold.position <= exactPositions
    const isDue = isNear || told.hold.reason !== hold.reason || nowMs - told.atMs >= farBehindMs
    return isDue && !sameHold(told.hold, hold, nowMs) ? { job, hold, before: told.hold } : null
  }
  return {
    async record({ rows, admitted, correction }, decisions, nowMs) {
      const corrector = openCorrector(correction)
      const waiting = new Map(rows.jobs.filter(({ status }) => status === 'queued').map((job) => [job.id, job]))
      const changes: Change[] = []
      const told: { readonly job: ActiveJob; readonly told: Told }[] = []
      for (const decision of decisions) {
        if (decision.type !== 'hold' && decision.type !== 'reserve') continue
        const job = waiting.get(decision.jobId)
        if (job === undefined) continue
        const admission = admitted.of(job).facts
        const change = changeOf(job, decision, { admission, corrector, nowMs })
        if (change === null) continue
        changes.push(change)
        told.push({ job, told: { hold: change.hold, decision, atMs: nowMs } })
        if (changes.length === atOnce) break
      }
      if (changes.length === 0) return { more: false }
      await deps.database.transaction(systemScope, (tx) => write(tx, deps.lifecycle, changes), { byKeys: true })
      for (const { job, told: now } of told) toldOf.set(job, now)
      for (const projectId of new Set(changes.map(({ job }) => job.projectId)))
        deps.hints.publish(projectId, { type: 'queue' })
      return { more: changes.length === atOnce }
    },
  }
}

const recordOf = (decision: Waits, admission: MemoryFacts | null, estimatedStart: Estimate): HoldRecord => ({
  reason: decision.reason,
  facts: { ...decision.facts, ...(admission === null ? {} : { admission }) },
  position: decision.position,
  suggestion: helpful(decision.suggestion, admission) as HoldRecord['suggestion'],
  estimatedStart,
})

/** What a job is let in with by the rule is not changed by asking for less of it. */
const helpful = (suggestion: Suggestion | null, admission: MemoryFacts | null): Suggestion | null => {
  if (suggestion === null || admission === null || admission.kind === 'raised') return suggestion
  return 'gpuMilli' in suggestion.change || 'gpuMemoryMib' in suggestion.change ? null : suggestion
}

/** Not joined with a list: a plan made while there was little would compare each job with each of it. $1 ids, $2 holds by id. */
const updateHolds = prepared(`
  UPDATE jobs SET hold = $2::jsonb -> id, reason = $2::jsonb -> id ->> 'reason' WHERE id = ANY ($1) AND status = 'queued'`)

const write = async (tx: Tx, lifecycle: JobLifecycle, changed: readonly Change[]): Promise<void> => {
  const holds = Object.fromEntries(changed.map(({ job, hold }) => [job.id, hold]))
  await tx.query(updateHolds, [Object.keys(holds), JSON.stringify(holds)])
  const told = changed.filter(({ before, hold }) => before?.reason !== hold.reason).map(({ job }) => job.id)
  for (const now of await lifecycle.findMany(tx, systemScope, told))
    if (now.job.status === 'queued') await lifecycle.announce(tx, now)
}

const sameHold = (left: HoldRecord, right: HoldRecord, nowMs: number): boolean =>
  canonical({ ...left, position: 0, estimatedStart: null }) ===
    canonical({ ...right, position: 0, estimatedStart: null }) &&
  samePosition(left.position, right.position) &&
  sameEstimate(left.estimatedStart, right.estimatedStart, nowMs)

/** Far back in a long queue a step more or less is no news: each start would else rewrite every waiting job. */
const samePosition = (left: number, right: number): boolean =>
  left === right || (Math.min(left, right) > exactPositions && Math.abs(left - right) * 20 < right)

const sameEstimate = (left: Estimate, right: Estimate, nowMs: number): boolean => {
  if (left === null || right === null) return left === right
  const isNear = (one: number, other: number): boolean =>
    Math.abs(one - other) < Math.max(estimateStepMs, estimateStepPart * (other - nowMs))
  return isNear(left.p50Ms, right.p50Ms) && isNear(left.p90Ms, right.p90Ms)
}
