import type { Database, Scope, Tx } from '../deps.js'
import { alongside } from './transaction-end.js'

/**
 * A transaction whose statements are all sent at once, its commit with them: one journey to the database. Nothing that
 * `ask` sends may wait for an answer.
 */
export const inOneJourney = async <T>(database: Database, scope: Scope, ask: (tx: Tx) => Promise<T>): Promise<T> => {
  const { answer } = await database.transaction(scope, (tx) => {
    const answer = ask(tx)
    alongside(tx, answer)
    return Promise.resolve({ answer })
  })
  return answer
}
