import { NovaBrainError } from '@novabrain/contracts'
import type { Logger } from 'pino'
import type { DataSource } from 'typeorm'
import type { Database, Scope, TransactionOptions, Tx } from '../deps.js'
import { createBell } from './bell.js'
import { isConnectionFault } from './faults.js'
import { prepared } from './prepared.js'
import { alongside, answersOf, channelsOf, sendLast } from './transaction-end.js'

const settings = (scope: Scope, { byKeys = false }: TransactionOptions): string[] => [
  ...scopeSettings(scope),
  ...(byKeys ? ['off', 'force_generic_plan'] : ['on', 'auto']),
]

const scopeSettings = (scope: Scope): [string, string, string] => {
  if (scope.kind === 'system') return ['system', '', '']
  return ['member', scope.tenantId, scope.kind === 'project' ? scope.projectId : '']
}

/** Compiling (`jit`) is off: statements over many rows look dear to the planner, which compiles them for longer than they run. */
const setScope = prepared(`SELECT set_config('novabrain.access', $1, true), set_config('novabrain.tenant_id', $2, true),
  set_config('novabrain.project_id', $3, true), set_config('enable_seqscan', $4, true),
  set_config('enable_bitmapscan', $4, true), set_config('plan_cache_mode', $5, true), set_config('jit', 'off', true)`)

const retryable = new Set(['40001', '40P01'])

/**
 * Transactions under a scope over a TypeORM data source. A connection that is gone gives `database_unavailable`; whether
 * the work was committed is then not known.
 */
export const createDatabase = (dataSource: DataSource, log: Logger): Database => {
  const bell = createBell(dataSource, log)
  const attempt = async <T>(scope: Scope, work: (tx: Tx) => Promise<T>, options: TransactionOptions): Promise<T> => {
    const { result, tx } = await dataSource.transaction(async (tx) => {
      // The first statements of the work go with it. Where it fails they do too, and see nothing.
      alongside(tx, tx.query(setScope, settings(scope, options)))
      const result = await workIn(tx, work)
      sendLast(tx)
      return { result, tx }
    })
    // To commit what has failed is to roll it back, and no error: the statements tell.
    await answersOf(tx)
    bell.ring(channelsOf(tx))
    return result
  }
  return {
    async transaction(scope, work, options = {}) {
      for (let tries = 1; ; tries += 1) {
        try {
          return await attempt(scope, work, options)
        } catch (error) {
          if (tries === 3 || !isRetryable(error)) throw asUnavailable(error)
        }
      }
    },
  }
}

/** A statement that nobody waited for and that failed makes all after it fail: it is the one to be told. */
const workIn = async <T>(tx: Tx, work: (tx: Tx) => Promise<T>): Promise<T> => {
  try {
    return await work(tx)
  } catch (error) {
    await answersOf(tx)
    throw error
  }
}

const isRetryable = (error: unknown): boolean =>
  typeof error === 'object' && error !== null && 'code' in error && retryable.has(String(error.code))

const asUnavailable = (error: unknown): unknown =>
  !(error instanceof NovaBrainError) && isConnectionFault(error)
    ? new NovaBrainError('database_unavailable', {}, { cause: error })
    : error
