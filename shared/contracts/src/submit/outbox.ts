import type { KeptSubmission } from './submission.js'

/** Where submissions wait for the server. They survive a reload of the editor; they hold code, never a token. */
export interface KeptStore {
  put(kept: KeptSubmission): Promise<void>
  all(): Promise<KeptSubmission[]>
  remove(key: string): Promise<void>
}

/** What became of a kept submission when it was tried. `away` keeps it and all after it, `elsewhere` keeps it alone: another session sends it. */
export type Delivery = 'sent' | 'refused' | 'away' | 'elsewhere'

/** Sends what was kept, oldest first, one at a time, and each once. */
export interface Outbox {
  keep(kept: KeptSubmission): Promise<void>
  /** Forget one that was answered. */
  drop(key: string): Promise<void>
  /** Try everything that waits; a second call while one is at work joins it. */
  flush(deliver: (kept: KeptSubmission) => Promise<Delivery>): Promise<void>
}

/** An outbox over a store. */
export const createOutbox = (store: KeptStore): Outbox => {
  let working: Promise<void> | null = null
  const work = async (deliver: (kept: KeptSubmission) => Promise<Delivery>) => {
    for (const kept of (await store.all()).sort((a, b) => a.keptAtMs - b.keptAtMs)) {
      const became = await deliver(kept)
      if (became === 'away') return
      if (became !== 'elsewhere') await store.remove(kept.key)
    }
  }
  return {
    keep: (kept) => store.put(kept),
    drop: (key) => store.remove(key),
    flush(deliver) {
      working ??= work(deliver).finally(() => (working = null))
      return working
    },
  }
}
