/**
 * Looks after the attempts of one node, so that what PostgreSQL says and what runs here agree.
 *
 * It goes round whenever something was committed, a runner is gone, or a second has passed:
 * - an attempt that is `submitted` is started, unless its runner turns out to run already: the server may have died
 *   between the commit and the start, or between the start and the next commit;
 * - one whose runner is gone gets the result that the runner left, or is `lost`, after everything it left running was
 *   killed, so that a retry never runs beside it;
 * - one whose runner lives but is silent is left alone: the server was away, and the runner sends again what it buffered;
 * - one that was told to stop gets a signal, so that it need not wait for its next heartbeat, and when its grace is over
 *   it is killed;
 * - scratch folders of attempts that are over are taken away, and what jobs saved between theirs once they have ended.
 *
 * Nothing here trusts the wall clock: waiting is measured by the monotonic clock of the process. When the two part, as
 * after a laptop was asleep, the node is told anew at once, since by the wall clock nobody has spoken for it. When
 * PostgreSQL cannot be reached nothing is decided; the next round tries again.
 */
import { attemptEnded, type Verdict } from '@novabrain/contracts'
import { plainVerdict } from '../core/jobs/after-attempt.js'
import type { AttemptRow } from '../db/entities/execution.js'
import { systemScope, type Deps, type Tx } from '../deps.js'
import type { AttemptService } from '../modules/attempts/service.js'
import type { JobLifecycle, JobWithAttempt } from '../modules/jobs/lifecycle.js'
import { logEnded } from '../modules/jobs/log-lines.js'
import type { NodeService } from '../modules/nodes/service.js'
import type { Executor } from './executor.js'
import { createRounds } from './rounds.js'

export interface SupervisorDeps extends Pick<Deps, 'clock' | 'config' | 'database' | 'log'> {
  readonly executor: Executor
  readonly lifecycle: JobLifecycle
  readonly attempts: Pick<AttemptService, 'liveOn' | 'liveOf' | 'endedOf'>
  readonly nodes: Pick<NodeService, 'register'>
  readonly tokens: { issue(attemptId: string): Promise<string> }
  /** Milliseconds that only ever grow. */
  readonly monotonicMs?: () => number
}

/** After the grace period the runner still has to report; this long it may take, then everything is killed. */
const reportMs = 5000
/** The same when it had come to saving outputs. */
const savingMs = 60_000
/** How often the node is looked at anew. */
const discoverEveryMs = 30_000
const roundEveryMs = 1000
/** What is committed within this time is looked at in one round. */
const pauseMs = 20

export interface Supervisor {
  start(): Promise<void>
  stop(): Promise<void>
  /** Go round now. */
  wake(): void
  /** Go round now, and resolve when that round is over. */
  settle(): Promise<void>
}

export const createSupervisor = (deps: SupervisorDeps): Supervisor => {
  const { clock, config, database, executor, lifecycle, log } = deps
  const monotonicMs = deps.monotonicMs ?? (() => performance.now())
  const stopping = new Map<string, { readonly sinceMs: number; signalled: boolean }>()
  const heard = new Map<string, { sequence: number; sinceMs: number; noted: boolean }>()
  let nodeId: string | null = null
  let discovered = { monotonicMs: -Infinity, wallMs: -Infinity }

  const change = (
    attempt: AttemptRow,
    work: (tx: Tx, locked: JobWithAttempt) => Promise<JobWithAttempt>,
  ): Promise<JobWithAttempt | null> =>
    database.transaction(systemScope, async (tx) => {
      const locked = await lifecycle.lock(tx, systemScope, attempt.jobId)
      if (locked === null || locked.attempt?.id !== attempt.id || attemptEnded(locked.attempt.state)) return null
      return work(tx, locked)
    })

  const conclude = async (attempt: AttemptRow, verdict: Verdict): Promise<void> => {
    const ended = await change(attempt, (tx, locked) => lifecycle.end(tx, locked, attempt.id, verdict))
    if (ended !== null) logEnded(log, ended)
  }

  const lookAtNode = async (): Promise<string> => {
    const passedMs = [monotonicMs() - discovered.monotonicMs, Math.abs(clock.nowMs() - discovered.wallMs)]
    if (nodeId !== null && passedMs.every((ms) => ms < discoverEveryMs)) return nodeId
    const found = await executor.discover()
    await deps.nodes.register(found)
    discovered = { monotonicMs: monotonicMs(), wallMs: clock.nowMs() }
    return (nodeId = found.id)
  }

  /** A runner that lives but has not been heard for two leases: worth a word in the log, and nothing more. */
  const noteSilence = (attempt: AttemptRow): void => {
    const known = heard.get(attempt.id)
    if (known === undefined || known.sequence !== attempt.heartbeatSequence)
      return void heard.set(attempt.id, { sequence: attempt.heartbeatSequence, sinceMs: monotonicMs(), noted: false })
    if (known.noted || monotonicMs() - known.sinceMs < 2 * config.leaseMs) return
    known.noted = true
    log.warn(
      { projectId: attempt.projectId, jobId: attempt.jobId, attemptId: attempt.id },
      'a runner is alive but silent; it is left to go on',
    )
  }

  const startAttempt = async (attempt: AttemptRow): Promise<void> => {
    if (attempt.command !== 'none')
      return conclude(attempt, plainVerdict(attempt.command, 'It was stopped before it started.'))
    try {
      await executor.start(attempt.id, await deps.tokens.issue(attempt.id))
    } catch (error) {
      log.error({ err: error, attemptId: attempt.id, jobId: attempt.jobId }, 'a runner could not be started')
      await executor.kill(attempt.id)
      const why = error instanceof Error ? error.message : String(error)
      return conclude(attempt, plainVerdict('lost', `The runner could not be started: ${why}`))
    }
    await change(attempt, (tx, locked) => lifecycle.accept(tx, locked))
  }

  const bury = async (attempt: AttemptRow, lastWords: string | null): Promise<void> => {
    await executor.kill(attempt.id)
    log.warn(
      { projectId: attempt.projectId, jobId: attempt.jobId, attemptId: attempt.id },
      'the runner of an attempt is gone without a result',
    )
    const evidence = `The runner ended without reporting a result.${lastWords === null ? '' : ` It said: ${lastWords}`}`
    await conclude(attempt, plainVerdict('lost', evidence))
  }

  /** A runner that beat after the command was given has heard of it; a second signal would cost it its grace. */
  const seeToStop = async (attempt: AttemptRow): Promise<void> => {
    const heard = (attempt.lastSeenAt ?? '') > (attempt.commandedAt ?? '')
    const state = stopping.get(attempt.id) ?? { sinceMs: monotonicMs(), signalled: false }
    stopping.set(attempt.id, state)
    const waitedMs = monotonicMs() - state.sinceMs
    if (!heard && !state.signalled) {
      state.signalled = true
      await executor.stop(attempt.id)
    }
    const patienceMs = config.gracePeriodMs + (attempt.stage === 'saving' ? savingMs : reportMs)
    if (waitedMs < patienceMs) return
    await executor.kill(attempt.id)
    const evidence = 'It did not end within its grace period and was killed.'
    await conclude(attempt, plainVerdict(attempt.command === 'none' ? 'cancelled' : attempt.command, evidence))
  }

  const lookAt = async (attempt: AttemptRow): Promise<void> => {
    const fate = await executor.ask(attempt.id)
    if (fate.kind === 'never_started')
      return attempt.state === 'submitted' ? startAttempt(attempt) : bury(attempt, null)
    if (fate.kind === 'ended') {
      if (fate.result === null) return bury(attempt, fate.lastWords)
      await executor.kill(attempt.id)
      return conclude(attempt, fate.result.verdict)
    }
    if (attempt.state === 'submitted') await change(attempt, (tx, locked) => lifecycle.accept(tx, locked))
    noteSilence(attempt)
    if (attempt.command !== 'none') await seeToStop(attempt)
  }

  /** Attempts that are over in PostgreSQL: their runner has a grace period to notice, then its folder goes. */
  const tidy = async (live: ReadonlySet<string>): Promise<void> => {
    const listed = (await executor.list()).filter((attemptId) => !live.has(attemptId))
    const liveElsewhere = await deps.attempts.liveOf(listed)
    for (const attemptId of listed) {
      if (liveElsewhere.has(attemptId)) continue
      const since = stopping.get(attemptId) ?? { sinceMs: monotonicMs(), signalled: false }
      stopping.set(attemptId, since)
      const alive = (await executor.ask(attemptId)).kind === 'alive'
      if (alive && monotonicMs() - since.sinceMs < config.gracePeriodMs + reportMs) continue
      await executor.kill(attemptId)
      await executor.release(attemptId)
      stopping.delete(attemptId)
    }
  }

  /** What jobs saved for their next attempt goes when there will be none. */
  const forget = async (live: ReadonlySet<string>): Promise<void> => {
    const kept = (await executor.saved()).filter((jobId) => !live.has(jobId))
    if (kept.length === 0) return
    for (const jobId of await deps.attempts.endedOf(kept)) await executor.forget(jobId)
  }

  const round = async (): Promise<void> => {
    const node = await lookAtNode()
    const attempts = await deps.attempts.liveOn(node)
    const outcomes = await Promise.allSettled(attempts.map(lookAt))
    outcomes.forEach((outcome, index) => {
      if (outcome.status === 'rejected')
        log.error(
          { err: outcome.reason as unknown, attemptId: attempts[index]?.id },
          'an attempt could not be looked after',
        )
    })
    const live = new Set(attempts.map(({ id }) => id))
    for (const attemptId of heard.keys()) if (!live.has(attemptId)) heard.delete(attemptId)
    await tidy(live)
    await forget(new Set(attempts.map(({ jobId }) => jobId)))
  }

  const rounds = createRounds({ work: round, everyMs: () => roundEveryMs, log, name: 'supervisor', pauseMs })
  executor.onGone(() => rounds.wake())

  return {
    async start() {
      await lookAtNode().catch((error: unknown) => log.error({ err: error }, 'the node could not be registered yet'))
      rounds.start()
    },
    stop: rounds.stop,
    wake: rounds.wake,
    settle: rounds.settle,
  }
}
