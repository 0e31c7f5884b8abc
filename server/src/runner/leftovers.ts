import { setTimeout as delay } from 'node:timers/promises'
import { ancestorsOf, listProcesses, processesWith, sendSignal } from './process-table.js'

/** The variable by which everything that belongs to an attempt is found again. */
export const attemptMark = 'NOVABRAIN_ATTEMPT_ID'

const roundMs = 20
const rounds = 250

/**
 * Kill every process that was started with the mark of this attempt, except the runner and what started it. Resolves with
 * the number of processes that were found; it looks again until none is, for at most five seconds.
 */
export const killLeftovers = async (attemptId: string): Promise<number> => {
  const killed = new Set<number>()
  for (let round = 0; round < rounds; round += 1) {
    const all = await listProcesses()
    const ours = ancestorsOf(process.pid, all)
    const left = (await processesWith(attemptMark, attemptId, all)).filter(({ pid }) => !ours.has(pid))
    if (left.length === 0) break
    for (const { pid } of left) {
      killed.add(pid)
      sendSignal(pid, 'SIGKILL')
    }
    await delay(roundMs)
  }
  return killed.size
}
