import type { Database, Scope, Tx } from '../deps.js'
import { alongside } from './transaction-end.js'

/** A last question, on whose answer the transaction does not lean: it goes to the database together with the commit. */
export const withTheCommit = <T>(tx: Tx, answer: Promise<T>): { readonly answer: Promise<T> } => {
  alongside(tx, answer)
  return { answer }
}

/**
 * A transaction whose statements are all sent at once, its commit with them: one journey to the database. Nothing that
 * `ask` sends may wait for an answer.
 */
export const inOneJourney = async <T>(database: Database, scope: Scope, ask: (tx: Tx) => Promise<T>): Promise<T> => {
  const { answer } = await database.transaction(scope, (tx) => Promise.resolve(withTheCommit(tx, ask(tx))))
  return answer
}
