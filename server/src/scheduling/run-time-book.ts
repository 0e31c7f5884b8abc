import { openRunTimeHistory, type RunTimeHistory } from '@novabrain/scheduler'
import { schedulingRunTimes } from '../db/sql/scheduling-run-times.sql.js'
import type { Clock, Tx } from '../deps.js'
import type { Foresee, LikeJob } from '../modules/jobs/planner.js'

/** Where the scheduler learns how long jobs run. */
export interface RunTimeBook {
  /**
   * What is foreseen of a job from those of its tenant that succeeded; asks PostgreSQL every ten seconds for new ones, and is
   * another function once there were some. The transaction has the system's scope.
   */
  read(tx: Tx): Promise<Foresee>
  /** What is foreseen without asking; `null` when it is time to ask. */
  known(): Foresee | null
}

interface PastJob extends LikeJob {
  readonly id: string
  readonly runMs: number
  readonly endedAtMs: number
}

const keptMs = 10_000
const mostOfTenant = 20_000
/** An end is written a little after its instant: so far back the history is read again. */
const overlapMs = 60_000

/** What jobs have in common, from most to least special: user, script and arguments; user and name; user and GPUs; GPUs. */
export const runTimeKeys = (job: Omit<LikeJob, 'tenantId'>): string[] => {
  const { owner, name, script, arguments: hash, gpuCount } = job
  return [
    ...(script === null ? [] : [JSON.stringify(['script', owner, script, hash])]),
    JSON.stringify(['name', owner, name]),
    JSON.stringify(['gpus', owner, gpuCount]),
    JSON.stringify(['gpus', gpuCount]),
  ]
}

/** Opens a book that has learnt nothing yet; tenants learn apart. */
export const createRunTimeBook = ({ clock }: { readonly clock: Clock }): RunTimeBook => {
  const tenants = new Map<string, RunTimeHistory>()
  let recent: ReadonlyMap<string, number> = new Map()
  let [readAtMs, upToMs] = [Number.NEGATIVE_INFINITY, 0]
  let isReading = false

  const learn = (past: PastJob): void => {
    const history = tenants.get(past.tenantId) ?? openRunTimeHistory()
    tenants.set(past.tenantId, history)
    history.learn(runTimeKeys(past), past.runMs)
  }
  const opened = (): Foresee => (job) => tenants.get(job.tenantId)?.foresee(runTimeKeys(job)) ?? null
  let foresee = opened()
  const readNew = async (tx: Tx): Promise<void> => {
    const fromMs = Math.max(0, upToMs - overlapMs)
    const past: PastJob[] = await tx.query(schedulingRunTimes, [new Date(fromMs).toISOString(), mostOfTenant])
    const fresh = past.filter(({ id }) => !recent.has(id))
    for (const job of fresh) learn(job)
    if (fresh.length > 0) foresee = opened()
    upToMs = past.reduce((latest, { endedAtMs }) => Math.max(latest, endedAtMs), upToMs)
    const ends = [...recent, ...past.map(({ id, endedAtMs }) => [id, endedAtMs] as const)]
    recent = new Map(ends.filter(([, endedAtMs]) => endedAtMs > upToMs - overlapMs))
  }
  const known = (): Foresee | null => {
    const nowMs = clock.nowMs()
    return isReading || (nowMs >= readAtMs && nowMs < readAtMs + keptMs) ? foresee : null
  }
  return {
    known,
    async read(tx) {
      if (known() !== null) return foresee
      const nowMs = clock.nowMs()
      isReading = true
      try {
        await readNew(tx)
        readAtMs = nowMs
      } finally {
        isReading = false
      }
      return foresee
    },
  }
}
