/**
 * The end of all attempts of this node, for a server that is asked to leave nothing running.
 *
 * Every attempt is told to make room, as in a preemption, so that its job goes back to its queue and nothing counts
 * against it. The supervisor does the rest in its rounds: it sees that the runner hears of it, and kills it when its
 * grace is over. What then still runs is killed here, whatever PostgreSQL says.
 */
import { attemptEnded } from '@novabrain/contracts'
import { setTimeout as delay } from 'node:timers/promises'
import { systemScope } from '../deps.js'
import type { Executor } from './executor.js'
import type { Supervisor, SupervisorDeps } from './supervisor.js'

export interface DrainDeps extends Pick<SupervisorDeps, 'config' | 'database' | 'log' | 'lifecycle' | 'attempts'> {
  readonly executor: Executor
  readonly supervisor: Pick<Supervisor, 'settle'>
}

/** After its grace period a runner may take so long to report and to be gone. */
const patienceMs = 10_000
const lookEveryMs = 100

/** Stop every attempt of this node and resolve when no process of any is left. Nothing may start attempts meanwhile. */
export const drain = async (deps: DrainDeps): Promise<void> => {
  const { executor, log } = deps
  const deadlineMs = performance.now() + deps.config.gracePeriodMs + patienceMs
  await makeRoom(deps).catch((error: unknown) => log.error({ err: error }, 'running jobs could not be told to stop'))
  await deps.supervisor.settle()
  while ((await anyLives(executor)) && performance.now() < deadlineMs) {
    await delay(lookEveryMs)
    await deps.supervisor.settle()
  }
  for (const attemptId of await executor.list()) await executor.kill(attemptId)
  await deps.supervisor.settle()
}

const makeRoom = async ({ database, lifecycle, attempts, executor }: DrainDeps): Promise<void> => {
  for (const { id, jobId } of await attempts.liveOn((await executor.discover()).id))
    await database.transaction(systemScope, async (tx) => {
      const locked = await lifecycle.lock(tx, systemScope, jobId)
      if (locked?.attempt?.id === id && !attemptEnded(locked.attempt.state))
        await lifecycle.preempt(tx, locked, { forJobId: null, why: 'shutdown' })
    })
}

const anyLives = async (executor: Executor): Promise<boolean> => {
  const fates = await Promise.all((await executor.list()).map((attemptId) => executor.ask(attemptId)))
  return fates.some(({ kind }) => kind === 'alive')
}
