import { attemptEnded, type AttemptState } from '@novabrain/contracts'
import { stillLasts } from '../../core/time/still-lasts.js'
import { askTogether } from '../../db/ask-together.js'
import { attemptRows } from '../../db/job-rows.js'
import { inOneJourney } from '../../db/one-journey.js'
import { prepared } from '../../db/prepared.js'
import { systemScope, type Deps } from '../../deps.js'
import type { AttemptTokens } from '../../http/authentication.js'
import type { AttemptIdentity } from '../../http/identity.js'
import { formatToken, hashSecret, newSecret, parseToken, secretMatches } from '../../http/secrets.js'

/** How long an answer is believed without asking the database: every metric of every job comes with a token. */
const believedMs = 2000
/** A token outlives its attempt a little, so that a runner whose last answer got lost can ask again. */
const afterlifeMs = 600_000

interface Known {
  readonly identity: AttemptIdentity
  readonly secretHash: Buffer
  readonly validUntilMs: number
  readonly loadedAtMs: number
}

interface Holder extends Omit<AttemptIdentity, 'kind'> {
  readonly secretHash: Buffer
  readonly state: AttemptState
  readonly endedAt: Date | null
}

/** Read attempt by attempt: a plan that was kept from when there were few jobs would look through all of them. */
const holders = prepared(`
  SELECT attempt.id AS "attemptId", attempt.secret_hash AS "secretHash", attempt.state, attempt.ended_at AS "endedAt",
    job.id AS "jobId", job.run_id AS "runId", job.tenant_id AS "tenantId", job.project_id AS "projectId",
    job.submitted_by AS "memberName"
  FROM unnest($1::text[]) AS asked (id),
    LATERAL (SELECT * FROM attempts WHERE id = asked.id AND secret_hash IS NOT NULL OFFSET 0) attempt,
    LATERAL (SELECT * FROM jobs WHERE id = attempt.job_id OFFSET 0) job`)

/** Makes and checks the tokens of attempts. A token is good for one attempt and, ten minutes after it, for nothing. */
export const createAttemptTokens = ({
  database,
  clock,
}: Pick<Deps, 'database' | 'clock'>): AttemptTokens & { issue(attemptId: string): Promise<string> } => {
  const known = new Map<string, Known>()

  /** Many runners begin at once. */
  const find = askTogether(async (attemptIds) => {
    const rows = await inOneJourney(database, systemScope, (tx): Promise<Holder[]> => tx.query(holders, [attemptIds]))
    return new Map(rows.map((row) => [row.attemptId, row]))
  })

  const load = async (attemptId: string): Promise<Known | null> => {
    const found = await find(attemptId)
    if (found === undefined) return null
    const { secretHash, state, endedAt, ...identity } = found
    const over = attemptEnded(state) && endedAt !== null
    return {
      identity: { kind: 'attempt', ...identity },
      secretHash,
      validUntilMs: over ? endedAt.getTime() + afterlifeMs : Infinity,
      loadedAtMs: clock.nowMs(),
    }
  }

  const lookUp = async (attemptId: string): Promise<Known | null> => {
    const found = known.get(attemptId)
    if (found !== undefined && stillLasts(found.loadedAtMs, believedMs, clock.nowMs())) return found
    const loaded = await load(attemptId)
    known.delete(attemptId)
    if (known.size >= 10_000) known.clear()
    if (loaded !== null) known.set(attemptId, loaded)
    return loaded
  }

  return {
    async verify(token) {
      const parsed = parseToken('nba', token)
      if (parsed === null) return null
      const entry = await lookUp(parsed.id)
      if (entry === null || !secretMatches(parsed.secret, entry.secretHash)) return null
      return clock.nowMs() <= entry.validUntilMs ? entry.identity : null
    },

    /** A new token for an attempt that has not ended; an older one is good no more. */
    async issue(attemptId) {
      const secret = newSecret()
      const secretHash = hashSecret(secret)
      await inOneJourney(database, systemScope, (tx) => attemptRows.update(tx, attemptId, { secretHash }))
      known.delete(attemptId)
      return formatToken('nba', attemptId, secret)
    },
  }
}
