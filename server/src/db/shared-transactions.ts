import { NovaBrainError } from '@novabrain/contracts'
import type { Database, ProjectScope, Tx } from '../deps.js'

/** Pieces of work that come at once go through the database together. */
export interface SharedTransactions {
  /**
   * Do a piece of work in a transaction that it may share; when this resolves it is committed. Pieces of one lane come one
   * after another, as if each had a transaction of its own; those of different lanes must not lean on one another. What a
   * piece does may be done again, as in any transaction.
   */
  run<T>(scope: ProjectScope, lane: string | null, work: (tx: Tx) => Promise<T>): Promise<T>
}

export interface SharedTransactionsOptions {
  readonly database: Database
  /** How many transactions may be open at once. */
  readonly writers: number
  /** How many pieces one transaction takes at most. */
  readonly most: number
  /** Waits until a transaction may begin; whatever comes meanwhile goes with it. */
  readonly whenItMayBegin?: () => Promise<void>
}

interface Piece {
  readonly scope: ProjectScope
  readonly lane: string | null
  work(tx: Tx): Promise<unknown>
  resolve(answer: never): void
  reject(error: unknown): void
}

/**
 * Group commit: what arrives while a transaction is under way goes with the next, with one beginning, one commit and one
 * wait for the disk. A piece alone waits for nobody. Where one fails nothing is kept of the transaction: the others go
 * together again, and those that failed each alone, so that no piece ever fails another.
 */
export const createSharedTransactions = (options: SharedTransactionsOptions): SharedTransactions => {
  const { database, writers, most, whenItMayBegin } = options
  let waiting: Piece[] = []
  let open = 0

  /** Of one scope, the first that waits. */
  const takeBatch = (): Piece[] => {
    const [first] = waiting
    const batch = waiting.filter((piece) => first !== undefined && sameRows(first.scope, piece.scope)).slice(0, most)
    const taken = new Set(batch)
    waiting = waiting.filter((piece) => !taken.has(piece))
    return batch
  }

  const settle = async (batch: readonly Piece[]): Promise<void> => {
    const [first] = batch
    if (first === undefined) return
    let outcomes: readonly PromiseSettledResult<unknown>[] = []
    try {
      await database.transaction(first.scope, async (tx) => {
        outcomes = await Promise.allSettled(inLanes(batch, tx))
        for (const outcome of outcomes) if (outcome.status === 'rejected') throw outcome.reason
      })
      batch.forEach((piece, at) => piece.resolve(answerOf(outcomes[at]) as never))
    } catch (error) {
      await again(batch, outcomes, error)
    }
  }

  const again = async (
    batch: readonly Piece[],
    outcomes: readonly PromiseSettledResult<unknown>[],
    error: unknown,
  ): Promise<void> => {
    if (batch.length === 1 || mayBeCommitted(error)) return batch.forEach((piece) => piece.reject(error))
    const sound = batch.filter((_, at) => outcomes[at]?.status === 'fulfilled')
    // Nobody to blame: it failed with the commit.
    const together = sound.length < batch.length ? sound : []
    await settle(together)
    for (const piece of batch) if (!together.includes(piece)) await settle([piece])
  }

  const begin = async (): Promise<void> => {
    await whenItMayBegin?.()
    await settle(takeBatch())
  }

  const pump = (): void => {
    if (open >= writers || waiting.length === 0) return
    open += 1
    void begin().finally(() => {
      open -= 1
      pump()
    })
  }

  return {
    run: (scope, lane, work) =>
      new Promise((resolve, reject) => {
        waiting.push({ scope, lane, work, resolve, reject })
        // After the others that arrive in the same turn of the event loop, so that they go together.
        setImmediate(pump)
      }),
  }
}

/** Whether a transaction under one scope shows the same rows as under the other. */
const sameRows = (left: ProjectScope, right: ProjectScope): boolean =>
  left.tenantId === right.tenantId && left.projectId === right.projectId

const inLanes = (batch: readonly Piece[], tx: Tx): Promise<unknown>[] => {
  const lanes = new Map<string, Promise<unknown>>()
  return batch.map(({ lane, work }) => {
    const before = lane === null ? undefined : lanes.get(lane)
    const done = before === undefined ? work(tx) : before.then(() => work(tx))
    if (lane !== null) lanes.set(lane, done)
    return done
  })
}

const answerOf = (outcome: PromiseSettledResult<unknown> | undefined): unknown =>
  outcome?.status === 'fulfilled' ? outcome.value : undefined

/** Of a connection that broke nobody knows: to do the work again might do it twice. */
const mayBeCommitted = (error: unknown): boolean =>
  error instanceof NovaBrainError && error.code === 'database_unavailable'
