import type { Decision, HoldDecision, ReserveDecision, Suggestion } from '@novabrain/scheduler'
import type { MemoryFacts } from '../core/jobs/gpu-memory.js'
import type { HoldRecord } from '../db/entities/execution.js'
import { systemScope, type Database, type Hints, type Tx } from '../deps.js'
import type { JobLifecycle } from '../modules/jobs/lifecycle.js'
import { canonical } from './canonical.js'
import type { AdmissionBook } from './admission-book.js'
import type { ActiveJob, ClusterRows } from './cluster.js'

/** An estimate that moved by less than this is told as it was. */
const estimateStepMs = 30_000
/** Up to here positions are kept to the very one, behind it to a twentieth. */
const exactPositions = 200

/**
 * Keep why each job waits, for its owner to read. Only what changed is written; a changed reason is announced as a change
 * of the job, a changed position only hinted at.
 */
export const recordHolds = async (
  deps: { readonly database: Database; readonly lifecycle: JobLifecycle; readonly hints: Hints },
  { rows, admitted }: { readonly rows: ClusterRows; readonly admitted: AdmissionBook },
  decisions: readonly Decision[],
): Promise<void> => {
  const jobs = new Map(rows.jobs.map((job) => [job.id, job]))
  const changed = decisions.flatMap((decision) => {
    if (decision.type !== 'hold' && decision.type !== 'reserve') return []
    const job = jobs.get(decision.jobId)
    const hold = recordOf(decision, admitted.get(decision.jobId)?.facts ?? null)
    return job === undefined || (job.hold !== null && sameHold(job.hold, hold)) ? [] : [{ job, hold }]
  })
  if (changed.length === 0) return
  await deps.database.transaction(systemScope, (tx) => write(tx, deps.lifecycle, changed))
  for (const projectId of new Set(changed.map(({ job }) => job.projectId)))
    deps.hints.publish(projectId, { type: 'queue' })
}

const recordOf = (decision: HoldDecision | ReserveDecision, admission: MemoryFacts | null): HoldRecord => ({
  reason: decision.reason,
  facts: { ...decision.facts, ...(admission === null ? {} : { admission }) },
  position: decision.position,
  suggestion: helpful(decision.suggestion, admission) as HoldRecord['suggestion'],
  estimatedStart: decision.estimatedStart,
})

/** What a job is let in with by the rule is not changed by asking for less of it. */
const helpful = (suggestion: Suggestion | null, admission: MemoryFacts | null): Suggestion | null => {
  if (suggestion === null || admission === null || admission.kind === 'raised') return suggestion
  return 'gpuMilli' in suggestion.change || 'gpuMemoryMib' in suggestion.change ? null : suggestion
}

const updateHolds = `
  UPDATE jobs SET hold = held.hold, reason = held.hold ->> 'reason'
  FROM unnest($1::text[], $2::jsonb[]) AS held (id, hold)
  WHERE jobs.id = held.id AND jobs.status = 'queued'`

const write = async (
  tx: Tx,
  lifecycle: JobLifecycle,
  changed: readonly { job: ActiveJob; hold: HoldRecord }[],
): Promise<void> => {
  await tx.query(updateHolds, [changed.map(({ job }) => job.id), changed.map(({ hold }) => JSON.stringify(hold))])
  const told = changed.filter(({ job, hold }) => job.hold?.reason !== hold.reason).map(({ job }) => job.id)
  for (const now of await lifecycle.findMany(tx, systemScope, told))
    if (now.job.status === 'queued') await lifecycle.announce(tx, now)
}

const sameHold = (left: HoldRecord, right: HoldRecord): boolean =>
  canonical({ ...left, position: 0, estimatedStart: null }) ===
    canonical({ ...right, position: 0, estimatedStart: null }) &&
  samePosition(left.position, right.position) &&
  sameEstimate(left.estimatedStart, right.estimatedStart)

/** Far back in a long queue a step more or less is no news: each start would else rewrite every waiting job. */
const samePosition = (left: number, right: number): boolean =>
  left === right || (Math.min(left, right) > exactPositions && Math.abs(left - right) * 20 < right)

const sameEstimate = (left: HoldRecord['estimatedStart'], right: HoldRecord['estimatedStart']): boolean =>
  left === null || right === null
    ? left === right
    : Math.abs(left.p50Ms - right.p50Ms) < estimateStepMs && Math.abs(left.p90Ms - right.p90Ms) < estimateStepMs
