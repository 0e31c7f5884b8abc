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
  /** How many pieces one transaction takes at most. */
  readonly most: number
  /** Waits until a transaction may begin; whatever comes meanwhile goes with it. */
  readonly whenItMayBegin?: () => Promise<void>
}

/** What waits under one scope. */
interface Line {
  readonly waiting: Piece[]
  open: boolean
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
 * wait for the disk. A project has one transaction at a time, so that two of them never want the same rows in another
 * order, and none waits for another project's. A piece alone waits for nobody. Where one fails nothing is kept of the
 * transaction: the others go together again, and those that failed each alone, so that no piece ever fails another.
 */
export const createSharedTransactions = (options: SharedTransactionsOptions): SharedTransactions => {
  const { database, most, whenItMayBegin } = options
  const lines = new Map<string, Line>()

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

  const begin = async (line: Line): Promise<void> => {
    await whenItMayBegin?.()
    await settle(line.waiting.splice(0, most))
  }

  const pump = (name: string): void => {
    const line = lines.get(name)
    if (line === undefined || line.open) return
    if (line.waiting.length === 0) return void lines.delete(name)
    line.open = true
    void begin(line).finally(() => {
      line.open = false
      pump(name)
    })
  }

  return {
    run: (scope, lane, work) =>
      new Promise((resolve, reject) => {
        const name = rowsOf(scope)
        const line = lines.get(name) ?? { waiting: [], open: false }
        line.waiting.push({ scope, lane, work, resolve, reject })
        lines.set(name, line)
        // After the others that arrive in the same turn of the event loop, so that they go together.
        setImmediate(pump, name)
      }),
  }
}

/** Transactions under scopes of the same name show the same rows. */
const rowsOf = ({ tenantId, projectId }: ProjectScope): string => `${tenantId} ${projectId}`

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
