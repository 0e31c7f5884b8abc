import { fail } from '@novabrain/contracts'
import { prepared } from './prepared.js'
import { alongside } from './transaction-end.js'
import type { Clock, Idempotency } from '../deps.js'

const claim = prepared(`
  INSERT INTO idempotency_keys (project_id, key, fingerprint, created_at) VALUES ($1, $2, $3, $4)
  ON CONFLICT (project_id, key) DO NOTHING RETURNING key`)
const recall = `SELECT fingerprint, answer FROM idempotency_keys WHERE project_id = $1 AND key = $2`
const remember = prepared(`UPDATE idempotency_keys SET answer = $3 WHERE project_id = $1 AND key = $2`)

/**
 * Idempotency kept in a table, in the transaction of the deed. Of two requests with one key at the same instant the
 * second waits in PostgreSQL at the unique key until the first commits, and gets its answer; if the first fails, the
 * second does the work.
 */
export const createIdempotency = (clock: Clock): Idempotency => ({
  async run(tx, scope, { key, fingerprint }, work) {
    if (key === null) return work()
    const claimed: unknown[] = await tx.query(claim, [scope.projectId, key, fingerprint, clock.now()])
    if (claimed.length === 0) return firstAnswer(await tx.query(recall, [scope.projectId, key]), fingerprint)
    const answer = await work()
    alongside(tx, tx.query(remember, [scope.projectId, key, JSON.stringify(answer)]))
    return answer
  },
})

const firstAnswer = <T>(rows: readonly { fingerprint: string; answer: T }[], fingerprint: string): T => {
  const [first] = rows
  if (first === undefined) throw new Error('An idempotency key vanished inside a transaction')
  if (first.fingerprint !== fingerprint) return fail('idempotency_key_reused')
  return first.answer
}
