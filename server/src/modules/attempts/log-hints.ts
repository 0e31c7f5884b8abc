import type { Hint } from '@novabrain/contracts'
import type { Hints } from '../../deps.js'

type LogHint = Extract<Hint, { type: 'log' }>

/** At most one hint for an attempt in this time; the last one always comes. */
const intervalMs = 200

/**
 * Hints about logs, coalesced: the first goes out at once, those within the next 200 ms become one at the end of it. A
 * job that prints without pause costs its viewers five hints a second.
 */
export const createLogHints = (hints: Hints) => {
  const waiting = new Map<string, { projectId: string; hint: LogHint | null }>()

  const release = (attemptId: string): void => {
    const entry = waiting.get(attemptId)
    if (entry === undefined || entry.hint === null) return void waiting.delete(attemptId)
    hints.publish(entry.projectId, entry.hint)
    waiting.set(attemptId, { ...entry, hint: null })
    setTimeout(() => release(attemptId), intervalMs).unref()
  }

  return {
    publish(projectId: string, hint: LogHint): void {
      const first = !waiting.has(hint.attemptId)
      waiting.set(hint.attemptId, { projectId, hint })
      if (first) release(hint.attemptId)
    },
  }
}
