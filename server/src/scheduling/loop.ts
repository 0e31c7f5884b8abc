import { openScheduler, type Actions, type Policy, type Scheduler, type Snapshot } from '@novabrain/scheduler'
import { systemScope, type Deps } from '../deps.js'
import { createRounds } from '../execution/rounds.js'
import type { JobLifecycle } from '../modules/jobs/lifecycle.js'
import { logGranted } from '../modules/jobs/log-lines.js'
import type { NodeService } from '../modules/nodes/service.js'
import { createAdmissions } from './admission-book.js'
import { createSnapshots, type ClusterRows } from './cluster.js'
import { createClusterReader } from './cluster-reader.js'
import { commitActions } from './commit.js'
import type { DemandBook } from './demand-book.js'
import type { PolicyBook } from './policy-book.js'
import { previewOn } from './preview.js'
import type { AnswerPreview } from './previews.js'
import { createHoldRecorder, type Planned } from './record-holds.js'
import type { RunTimeBook } from './run-time-book.js'
import type { StartBook } from './start-book.js'
import { createTurns } from './turns.js'

export interface LoopDeps extends Pick<Deps, 'config' | 'database' | 'clock' | 'hints' | 'log'> {
  readonly lifecycle: JobLifecycle
  readonly nodes: Pick<NodeService, 'markSilent'>
  readonly policies: PolicyBook
  readonly demand: DemandBook
  readonly runTimes: RunTimeBook
  readonly starts: StartBook
  /** Instead of the stored policy. */
  readonly policy?: Policy
  /** For the how manyth time this server is the one that schedules; `null` while it is not. */
  readonly term: () => number | null
}

/** With nothing to wait for, look again after this long: whoever forgot to wake us costs no more. */
const idleMs = 5000
/** Submissions of one moment are planned together. */
const pauseMs = 25
/** A plan that the database refused is made anew so often before resting a moment. */
const triesPerRound = 10
/** A node unheard of for this long takes no new work. */
const silentMs = 120_000
/** How often such nodes are looked for. */
const seekEveryMs = 1000

/** Up to so many waiting jobs learn at once why they wait; more of them after a while, since it costs the more. */
const toldAtOnce = 500
const tellEveryMs = 1000
/** Starts are committed in portions, so that no transaction is long; what comes first in the plan leans on nothing after it. */
const startsAtOnce = 32

/** A scheduler for a policy, opened anew when that is another. */
const createSchedulers = (): ((policy: Policy) => Scheduler) => {
  let known: { readonly policy: Policy; readonly scheduler: Scheduler } | null = null
  return (policy) => {
    if (known?.policy !== policy) known = { policy, scheduler: openScheduler(policy) }
    return known.scheduler
  }
}

/** What is to be done, cut so that evictions and holds come with the first starts. */
const portionsOf = ({ preempts, resizes, starts, holds }: Actions): Actions[] => {
  const count = Math.max(1, Math.ceil(starts.length / startsAtOnce))
  return Array.from({ length: count }, (_, at) => ({
    preempts: at === 0 ? preempts : [],
    resizes: at === 0 ? resizes : [],
    starts: starts.slice(at * startsAtOnce, (at + 1) * startsAtOnce),
    holds,
  }))
}

/**
 * The scheduler at work: read what changed in the cluster as of one instant, decide, write the decisions unless the
 * cluster has moved on, and keep for every waiting job why it waits. What it remembers is only ever what it has read.
 */
export const createSchedulingLoop = (deps: LoopDeps) => {
  const { database, clock } = deps
  const remember = () => ({
    schedulerFor: createSchedulers(),
    reader: createClusterReader(),
    snapshots: createSnapshots({ movesElastic: deps.config.checkpointsFolder !== undefined }),
    admissionsOf: createAdmissions(),
    recorder: createHoldRecorder(deps),
  })
  type Memory = ReturnType<typeof remember>
  let memory = remember()
  let lastTerm: number | null = null
  let restMs = idleMs
  let soughtAtMs = Number.NEGATIVE_INFINITY
  let toldAtMs = Number.NEGATIVE_INFINITY
  let untold = false

  /** One after another, since all go by the same memory; whatever else waits, the next round goes first. */
  const inTurn = createTurns()

  const commit = async (rows: ClusterRows, actions: Actions): Promise<boolean> => {
    for (const portion of portionsOf(actions)) {
      const committed = await commitActions(deps, rows, portion)
      if (committed.stale) return false
      for (const granted of committed.started) logGranted(deps.log, granted)
    }
    return true
  }

  const tell = async (planned: Planned, snapshot: Snapshot, scheduler: Scheduler, nowMs: number): Promise<void> => {
    untold = snapshot.queued.length > toldAtOnce && performance.now() - toldAtMs < tellEveryMs
    if (untold) return
    const decisions = scheduler.decide(snapshot, nowMs)
    const { more } = await memory.recorder.record(planned, decisions, nowMs)
    if (deps.starts.isDue(nowMs)) await database.transaction(systemScope, (tx) => deps.starts.ask(tx, decisions, nowMs))
    toldAtMs = performance.now()
    untold = more
  }

  /** What is known now, read and remembered. */
  const look = async (by: Memory) => {
    const { rows, policy, demand, foresee, correction } = await database.transaction(systemScope, async (tx) => ({
      rows: await by.reader.read(tx),
      policy: deps.policy ?? (await deps.policies.read(tx)),
      demand: await deps.demand.read(tx),
      foresee: await deps.runTimes.read(tx),
      correction: await deps.starts.read(tx),
    }))
    const nowMs = clock.nowMs()
    const admitted = by.admissionsOf(rows, policy)
    const snapshot = by.snapshots.of(rows, nowMs, { demand, foresee, admit: admitted.admit })
    return { rows, policy, correction, nowMs, admitted, snapshot }
  }

  /** Answers the rows it planned on, or `null` when the plan was refused. */
  const cycle = async (): Promise<ClusterRows | null> => {
    const { rows, policy, correction, nowMs, admitted, snapshot } = await look(memory)
    if (isSettled(snapshot)) return rows
    const scheduler = memory.schedulerFor(policy)
    if (!(await commit(rows, scheduler.act(snapshot, nowMs)))) return null
    await tell({ rows, admitted, correction }, snapshot, scheduler, nowMs)
    return rows
  }

  const lookForSilent = async (): Promise<void> => {
    const nowMs = clock.nowMs()
    if (Math.abs(nowMs - soughtAtMs) < seekEveryMs) return
    await deps.nodes.markSilent(new Date(nowMs - silentMs).toISOString())
    soughtAtMs = nowMs
  }

  const round = async (): Promise<void> => {
    const term = deps.term()
    // Another server may have written what this one remembers.
    if (term !== lastTerm) memory = remember()
    lastTerm = term
    if (term === null) return
    await lookForSilent()
    for (let tries = 0; tries < triesPerRound; tries += 1) {
      const rows = await cycle()
      if (rows === null) continue
      restMs = Math.min(untold ? tellEveryMs : idleMs, untilNext(rows, clock.nowMs()))
      return
    }
    // What is remembered may be what is wrong.
    memory = remember()
    restMs = 50
  }

  /** Where another server leads, what is remembered for questions is read anew once that has forgotten what was not read. */
  const preview: AnswerPreview = (question) =>
    inTurn(async () => {
      const by = deps.term() === lastTerm ? memory : remember()
      const grounds = await look(by)
      const scheduler = by.schedulerFor(grounds.policy)
      return previewOn(grounds, question, (snapshot, nowMs) => scheduler.decide(snapshot, nowMs))
    })

  const work = () => inTurn(round, true)
  const rounds = createRounds({ work, everyMs: () => restMs, log: deps.log, name: 'scheduler', pauseMs })
  return { ...rounds, preview }
}

/** Whether there is nothing to decide: nobody waits, nothing is held, and nobody could grow. */
const isSettled = ({ queued, holds, running }: Snapshot): boolean =>
  queued.length + holds.length === 0 &&
  !running.some(({ elastic, request, stopping }) => !stopping && request.gpuCount < (elastic?.maximumGpuCount ?? 0))

/** How long until a back-off or a reservation runs out, at most the idle time. */
const untilNext = (rows: ClusterRows, nowMs: number): number => {
  let nextMs = nowMs + idleMs
  const consider = (atMs: number) => {
    if (atMs > nowMs && atMs < nextMs) nextMs = atMs + 1
  }
  for (const job of rows.jobs) if (job.status === 'queued' && job.notBeforeMs !== null) consider(job.notBeforeMs)
  for (const { expiresAtMs } of rows.reservations) consider(expiresAtMs)
  return Math.max(10, Math.min(idleMs, nextMs - nowMs))
}
