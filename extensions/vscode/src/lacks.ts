import type { Unsubscribe } from '@novabrain/contracts'

/** What somebody ran into that is not there: a Python here, a GPU on the server. Views show it; nothing pops up. */
export interface Lacks {
  readonly python: boolean
  readonly gpu: boolean
  set(what: Partial<Record<'python' | 'gpu', boolean>>): void
  onChange(listener: () => void): Unsubscribe
}

export const createLacks = (): Lacks => {
  const listeners = new Set<() => void>()
  let now = { python: false, gpu: false }
  return {
    get python() {
      return now.python
    },
    get gpu() {
      return now.gpu
    },
    set(what) {
      const next = { ...now, ...what }
      if (next.python === now.python && next.gpu === now.gpu) return
      now = next
      for (const listener of [...listeners]) listener()
    },
    onChange(listener) {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
  }
}
