import type { Hint } from '@novabrain/contracts'
import type { Hints } from '../deps.js'

/** Hints inside this process: what modules publish, the socket hub hears. */
export interface HintBus extends Hints {
  /** Hear every hint; the answer ends it. */
  listen(listener: (projectId: string, hint: Hint) => void): () => void
}

export const createHints = (): HintBus => {
  const listeners = new Set<(projectId: string, hint: Hint) => void>()
  return {
    publish(projectId, hint) {
      for (const listener of listeners) listener(projectId, hint)
    },
    listen(listener) {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
  }
}
