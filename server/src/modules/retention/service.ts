import type { BlobStore } from '../../blobs/store.js'
import { abandonedMs } from '../../blobs/keeper.js'
import { overSinceMs } from '../../core/retention/age.js'
import { countBlobs, heldBlobs, unknownBlobs } from '../../db/sql/retention-blobs.sql.js'
import { neededRuns } from '../../db/sql/retention-needed.sql.js'
import { countOverdue, countOverdueFiles, overdueIds } from '../../db/sql/retention-preview.sql.js'
import { systemScope, type Deps, type Tx } from '../../deps.js'
import { uploadRepository as uploads } from '../artifacts/uploads-repository.js'
import { createBlobCollector } from './collector.js'
import { createRecordPurge } from './records.js'
import { nothing, plus, type Told, type Totals } from './totals.js'

export type { Told, Totals } from './totals.js'

export interface RoundOptions {
  /** How long ago something must have been deleted, milliseconds; as configured when left out. */
  readonly olderThanMs?: number
  /** Look through the whole store for bytes that the ledger does not know. */
  readonly strays: boolean
  readonly told?: Told
  readonly signal?: AbortSignal
}

/** What a round would take away, without taking it. */
export interface Preview {
  readonly runs: number
  readonly loggedModels: number
  readonly experiments: number
  readonly traces: number
  readonly points: number
  readonly files: number
  /** What the names of these files stand for; bytes that others refer to as well stay. */
  readonly fileBytes: number
  readonly needed: number
  /** Bytes that nobody refers to, whose time of grace is over. */
  readonly removable: number
  readonly removableBytes: number
  /** Bytes that nobody refers to, to be removed when their time of grace is over. */
  readonly waiting: number
  readonly waitingBytes: number
}

export type RetentionService = ReturnType<typeof createRetentionService>

/**
 * What is kept, and for how long: takes away for good what was deleted long enough ago, and then the bytes to which nothing
 * refers any more.
 */
export const createRetentionService = (
  deps: Pick<Deps, 'database' | 'audit' | 'clock' | 'config' | 'log'> & { readonly blobStore: BlobStore },
) => {
  const { database, clock, config, log, blobStore } = deps
  const records = createRecordPurge(deps)
  const blobs = createBlobCollector({ database, store: blobStore })
  const lived: Lived = { totals: nothing, rounds: 0, failures: 0, lastEndedAtMs: null }

  const beforeMs = (olderThanMs: number | undefined): number | null =>
    olderThanMs === undefined ? overSinceMs(config.deletedRetentionMs, clock.nowMs()) : clock.nowMs() - olderThanMs

  /** Uploads in parts that were begun a day ago and never ended are aborted; ended ones are forgotten. */
  const forgetUploads = async (untilMs: number, told: Told): Promise<void> => {
    for (;;) {
      const { count, open } = await database.transaction(systemScope, (tx) => uploads.forgetOlder(tx, untilMs, 100))
      for (const upload of open) await blobStore.direct?.abort(upload)
      told({ uploads: open.length })
      if (count < 100) return
    }
  }

  const round = async ({ olderThanMs, strays, signal }: RoundOptions, told: Told): Promise<void> => {
    const before = beforeMs(olderThanMs)
    if (before !== null) {
      await records.runs(before, told, signal)
      await records.models(before, told, signal)
      await records.experiments(before, told, signal)
      await records.traces(before, told, signal)
    }
    await records.points(told, signal)
    const nowMs = clock.nowMs()
    const graceMs = nowMs - config.blobGraceMs
    await forgetUploads(nowMs - abandonedMs, told)
    told({ uploads: await blobStore.sweep(nowMs - abandonedMs) })
    await blobs.forgetIdle(graceMs, signal)
    if (strays) await blobs.recordStrays(graceMs, signal)
    await blobs.mark(graceMs, nowMs, told, signal)
    await blobs.remove(graceMs, told, signal)
  }

  return {
    /** One round, from what was deleted to the bytes. It may be stopped between any two steps and begun anew. */
    async collect(options: RoundOptions): Promise<Totals> {
      let totals = nothing
      const told: Told = (step) => {
        totals = plus(totals, step)
        lived.totals = plus(lived.totals, step)
        options.told?.(step)
      }
      try {
        await round(options, told)
        lived.rounds += 1
        lived.lastEndedAtMs = clock.nowMs()
      } catch (error) {
        lived.failures += 1
        throw error
      }
      if (Object.values(totals).some((count) => count > 0)) log.info({ ...totals }, 'what was deleted long ago is gone')
      return totals
    },

    /** What a round would find now. */
    preview: ({ olderThanMs, strays }: Pick<RoundOptions, 'olderThanMs' | 'strays'>): Promise<Preview> =>
      database.transaction(systemScope, async (tx) => {
        const before = beforeMs(olderThanMs) ?? -1
        const graceMs = clock.nowMs() - config.blobGraceMs
        const overdue = await one<Omit<Preview, 'needed' | 'files'>>(tx, countOverdue, [before])
        const files = await one<Pick<Preview, 'files' | 'fileBytes'>>(tx, countOverdueFiles, [before])
        const { ids } = await one<{ ids: string[] }>(tx, overdueIds, [before])
        const needed: unknown[] = await tx.query(neededRuns, [ids])
        const unreferred = await one<Found>(tx, countBlobs, [graceMs, graceMs])
        const found = strays ? withStrays(unreferred, await straysIn(tx, blobStore, graceMs)) : unreferred
        return { ...overdue, ...files, needed: needed.length, runs: overdue.runs - needed.length, ...found }
      }),

    /** What became of all rounds of this process. */
    lived: (): Readonly<Lived> => lived,

    /** How much the store holds. */
    held: (): Promise<{ readonly blobs: number; readonly bytes: number }> =>
      database.transaction(systemScope, (tx) => one(tx, heldBlobs, [])),
  }
}

/** What became of all rounds of this process. */
export interface Lived {
  totals: Totals
  rounds: number
  failures: number
  lastEndedAtMs: number | null
}

type Found = Pick<Preview, 'removable' | 'removableBytes' | 'waiting' | 'waitingBytes'>

const withStrays = (found: Found, strays: readonly { readonly sizeBytes: number }[]): Found => ({
  ...found,
  waiting: found.waiting + strays.length,
  waitingBytes: found.waitingBytes + strays.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0),
})

const straysIn = async (tx: Tx, store: BlobStore, untilMs: number): Promise<{ readonly sizeBytes: number }[]> => {
  const found: { readonly sizeBytes: number }[] = []
  for await (const page of store.list()) {
    const old = page.filter(({ storedAtMs }) => storedAtMs <= untilMs)
    const unknown: { digest: string }[] = await tx.query(unknownBlobs, [old.map(({ digest }) => digest)])
    const digests = new Set(unknown.map(({ digest }) => digest))
    found.push(...old.filter(({ digest }) => digests.has(digest)))
  }
  return found
}

const one = async <T>(tx: Tx, statement: string, parameters: readonly unknown[]): Promise<T> => {
  const [row]: T[] = await tx.query(statement, [...parameters])
  if (row === undefined) throw new Error('A statement that counts answers one row')
  return row
}
