import type { Background } from '../background.js'
import type { Clock } from '../deps.js'
import type { BlobStore } from './store.js'

/** An upload that has not grown for so long was left behind by a process that died. */
export const abandonedMs = 86_400_000

/** Keeps the store of blobs in order: makes it ready, removes uploads that a dead process left, tells whether it works. */
export const createBlobKeeper = (store: BlobStore, clock: Pick<Clock, 'nowMs'>): Background => ({
  name: 'blobStore',
  async start() {
    await store.prepare()
    await store.sweep(clock.nowMs() - abandonedMs)
  },
  stop: () => Promise.resolve(),
  async check() {
    await store.check()
    return { ok: true, detail: null }
  },
})
