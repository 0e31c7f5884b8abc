import { fail } from '@novabrain/contracts'
import { isForeignKeyViolation } from '../db/faults.js'
import { systemScope, type Clock, type Database } from '../deps.js'
import type { Announce } from './store.js'

const announceBlob = `
  INSERT INTO blobs (digest, size_bytes, touched_at_ms) VALUES ($1, $2, $3)
  ON CONFLICT (digest) DO UPDATE
  SET size_bytes = excluded.size_bytes, touched_at_ms = greatest(blobs.touched_at_ms, excluded.touched_at_ms),
    condemned_at_ms = NULL`

/**
 * Writes into the ledger that bytes are about to be there. It waits for a collector that is just removing the same bytes
 * and holds their row, so what is put afterwards stays; and a collector that comes later finds the row fresh.
 */
export const createAnnounce =
  ({ database, clock }: { readonly database: Database; readonly clock: Pick<Clock, 'nowMs'> }): Announce =>
  async ({ digest, sizeBytes }) => {
    await database.transaction(systemScope, (tx) => tx.query(announceBlob, [digest, sizeBytes, clock.nowMs()]))
  }

/** For whoever refers to bytes so long after they arrived that they were cleared up as nobody's: nothing is referred to. */
export const refuseWhenGone = (error: unknown): never => {
  if (isForeignKeyViolation(error)) return fail('blob_cleared_up', {}, error)
  throw error
}
