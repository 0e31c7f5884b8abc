import type { BlobStore } from '../../blobs/store.js'
import { isForeignKeyViolation } from '../../db/faults.js'
import {
  condemnedBlobs,
  forgetBlob,
  forgetProjectBlobs,
  markBlobs,
  nextBlobs,
  recordStrays,
} from '../../db/sql/retention-blobs.sql.js'
import { systemScope, type Database } from '../../deps.js'
import type { Told } from './totals.js'

interface Sized {
  readonly digest: string
  readonly sizeBytes: number
}

const inPiece = 2000
const atOnce = 4

/**
 * Removes bytes that nobody refers to, and never any others. First they are marked, and only when the mark is as old as the
 * time of grace they go: their row in the ledger is deleted, which PostgreSQL refuses while anything refers to it, then the
 * bytes, then the transaction ends. Whoever puts the same bytes meanwhile waits for that end and puts them anew; whoever
 * refers to them is refused, or was first. See docs/decisions/0017.
 */
export const createBlobCollector = ({
  database,
  store,
}: {
  readonly database: Database
  readonly store: BlobStore
}) => {
  /** Whether it went. */
  const removeOne = ({ digest }: Sized, markedUntilMs: number): Promise<boolean> =>
    database
      .transaction(systemScope, async (tx) => {
        const [gone]: [unknown[], number] = await tx.query(forgetBlob, [digest, markedUntilMs])
        if (gone.length === 0) return false
        await store.remove(digest)
        return true
      })
      .catch((error: unknown) => {
        if (isForeignKeyViolation(error)) return false
        throw error
      })

  const removeAll = async (blobs: readonly Sized[], markedUntilMs: number, told: Told): Promise<void> => {
    const waiting = [...blobs]
    const work = async (): Promise<void> => {
      for (let next = waiting.shift(); next !== undefined; next = waiting.shift())
        if (await removeOne(next, markedUntilMs)) told({ blobsRemoved: 1, bytesRemoved: next.sizeBytes })
    }
    await Promise.all(Array.from({ length: atOnce }, work))
  }

  return {
    /** Projects forget bytes that no snapshot of code has and nobody asked for since an instant. */
    async forgetIdle(untilMs: number, signal?: AbortSignal): Promise<void> {
      for (;;) {
        signal?.throwIfAborted()
        const [, count]: [unknown, number] = await database.transaction(systemScope, (tx) =>
          tx.query(forgetProjectBlobs, [untilMs, inPiece]),
        )
        if (count < inPiece) return
      }
    },

    /** Bytes in the store of which the ledger knows nothing, from before there was one or from a broken disk, are recorded. */
    async recordStrays(untilMs: number, signal?: AbortSignal): Promise<void> {
      for await (const page of store.list()) {
        signal?.throwIfAborted()
        const old = page.filter((held) => held.storedAtMs <= untilMs)
        if (old.length === 0) continue
        await database.transaction(systemScope, (tx) =>
          tx.query(recordStrays, [
            old.map(({ digest }) => digest),
            old.map(({ sizeBytes }) => sizeBytes),
            old.map(({ storedAtMs }) => Math.floor(storedAtMs)),
          ]),
        )
      }
    },

    /** The first phase. */
    async mark(untilMs: number, nowMs: number, told: Told, signal?: AbortSignal): Promise<void> {
      for (let after = ''; ;) {
        signal?.throwIfAborted()
        const last = await database.transaction(systemScope, async (tx) => {
          const piece: { digest: string }[] = await tx.query(nextBlobs, [after, inPiece])
          const [first, end] = [piece[0]?.digest, piece.at(-1)?.digest]
          if (first === undefined || end === undefined) return null
          const [changed]: [(Sized & { marked: boolean })[], number] = await tx.query(markBlobs, [
            first,
            end,
            untilMs,
            nowMs,
          ])
          const marked = changed.filter((blob) => blob.marked)
          told({ blobsMarked: marked.length, bytesMarked: marked.reduce((sum, blob) => sum + blob.sizeBytes, 0) })
          return end
        })
        if (last === null) return
        after = last
      }
    },

    /** The second phase. */
    async remove(markedUntilMs: number, told: Told, signal?: AbortSignal): Promise<void> {
      for (let after = ''; ;) {
        signal?.throwIfAborted()
        const piece: Sized[] = await database.transaction(systemScope, (tx) =>
          tx.query(condemnedBlobs, [markedUntilMs, after, inPiece]),
        )
        await removeAll(piece, markedUntilMs, told)
        const last = piece.at(-1)
        if (last === undefined) return
        after = last.digest
      }
    },
  }
}
