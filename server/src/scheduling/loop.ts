import { decide, type Policy } from '@novabrain/scheduler'
import { systemScope, type Deps } from '../deps.js'
import { createRounds } from '../execution/rounds.js'
import type { JobLifecycle } from '../modules/jobs/lifecycle.js'
import { logGranted } from '../modules/jobs/log-lines.js'
import type { NodeService } from '../modules/nodes/service.js'
import { admissionsOf, letIn } from './admission-book.js'
import { readCluster, snapshotOf, type ClusterRows } from './cluster.js'
import { commitDecisions } from './commit.js'
import type { DemandBook } from './demand-book.js'
import type { PolicyBook } from './policy-book.js'
import { recordHolds } from './record-holds.js'
import type { RunTimeBook } from './run-time-book.js'

export interface LoopDeps extends Pick<Deps, 'database' | 'clock' | 'hints' | 'log'> {
  readonly lifecycle: JobLifecycle
  readonly nodes: Pick<NodeService, 'markSilent'>
  readonly policies: PolicyBook
  readonly demand: DemandBook
  readonly runTimes: RunTimeBook
  /** Instead of the stored policy. */
  readonly policy?: Policy
  /** Whether this server is the one that schedules. */
  readonly leads: () => boolean
}

/** With nothing to wait for, look again after this long: whoever forgot to wake us costs no more. */
const idleMs = 5000
/** Submissions of one moment are planned together. */
const pauseMs = 25
/** A plan that the database refused is made anew so often before resting a moment. */
const triesPerRound = 10
/** A node unheard of for this long takes no new work. */
const silentMs = 120_000

/**
 * The scheduler at work: read the cluster as of one instant, decide, write the decisions unless the cluster has moved on,
 * and keep for every waiting job why it waits.
 */
export const createSchedulingLoop = (deps: LoopDeps) => {
  const { database, clock } = deps
  let restMs = idleMs

  /** Answers the rows it planned on, or `null` when the plan was refused. */
  const cycle = async (): Promise<ClusterRows | null> => {
    const { rows, policy, demand, foresee } = await database.transaction(systemScope, async (tx) => ({
      rows: await readCluster(tx),
      policy: deps.policy ?? (await deps.policies.read(tx)),
      demand: await deps.demand.read(tx),
      foresee: await deps.runTimes.read(tx),
    }))
    const waits = rows.jobs.some(({ status }) => status === 'queued')
    if (!waits && rows.reservations.length === 0) return rows
    const nowMs = clock.nowMs()
    const admitted = admissionsOf(rows, policy)
    const snapshot = letIn(snapshotOf(rows, nowMs, demand, foresee), admitted)
    const decisions = decide(snapshot, policy, nowMs)
    const committed = await commitDecisions(deps, rows, decisions)
    if (committed.stale) return null
    for (const granted of committed.started) logGranted(deps.log, granted)
    await recordHolds(deps, { rows, admitted }, decisions)
    return rows
  }

  const round = async (): Promise<void> => {
    if (!deps.leads()) return
    await deps.nodes.markSilent(new Date(clock.nowMs() - silentMs).toISOString())
    for (let tries = 0; tries < triesPerRound; tries += 1) {
      const rows = await cycle()
      if (rows === null) continue
      restMs = untilNext(rows, clock.nowMs())
      return
    }
    restMs = 50
  }

  return createRounds({ work: round, everyMs: () => restMs, log: deps.log, name: 'scheduler', pauseMs })
}

/** How long until a back-off or a reservation runs out, at most the idle time. */
const untilNext = (rows: ClusterRows, nowMs: number): number => {
  const instants = [
    ...rows.jobs.flatMap((job) => (job.status === 'queued' ? (job.notBeforeMs ?? []) : [])),
    ...rows.reservations.map(({ expiresAtMs }) => expiresAtMs),
  ]
  const ahead = instants.filter((atMs) => atMs > nowMs).map((atMs) => atMs - nowMs + 1)
  return Math.max(10, Math.min(idleMs, ...ahead))
}
