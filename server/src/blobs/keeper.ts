import { constants } from 'node:fs'
import { access, mkdir } from 'node:fs/promises'
import type { Background } from '../background.js'
import type { Clock } from '../deps.js'
import { sweepAbandonedUploads } from './folder-store.js'

/** Keeps the folder of blobs in order: makes it, removes uploads that a dead process left, tells whether it can be written. */
export const createBlobKeeper = (folder: string, clock: Pick<Clock, 'nowMs'>): Background => ({
  name: 'blobStore',
  async start() {
    await mkdir(folder, { recursive: true, mode: 0o700 })
    await sweepAbandonedUploads(folder, clock.nowMs())
  },
  stop: () => Promise.resolve(),
  async check() {
    await access(folder, constants.R_OK | constants.W_OK)
    return { ok: true, detail: null }
  },
})
