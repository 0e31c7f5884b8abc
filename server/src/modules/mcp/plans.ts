import { fail, type SubmitJob } from '@novabrain/contracts'
import { createHash } from 'node:crypto'
import { confirmationLifeMs, isConfirmed } from '../../core/assistant/confirmation.js'
import type { Deps, ProjectScope } from '../../deps.js'
import { hashSecret, newSecret } from '../../http/secrets.js'
import { canonical } from '../../scheduling/canonical.js'
import { findPlan, insertPlan } from './repository.js'

export type JobPlans = ReturnType<typeof createJobPlans>

/** What is confirmed: a word that is good for one request, and until when. */
export interface Confirmation {
  readonly confirmation: string
  readonly expiresAt: string
}

/** The memory of what assistants planned: a job is submitted only as it was planned, by the same member, soon after. */
export const createJobPlans = ({ database, clock, newId }: Pick<Deps, 'database' | 'clock' | 'newId'>) => ({
  /** Remember a request; the answer confirms it. */
  async remember(scope: ProjectScope, request: SubmitJob): Promise<Confirmation> {
    const [id, confirmation] = [newId(), newSecret()]
    const row = {
      id,
      tenantId: scope.tenantId,
      projectId: scope.projectId,
      memberId: memberOf(scope),
      requestDigest: digestOf(request),
      secretHash: hashSecret(confirmation),
      createdAt: clock.now(),
      expiresAt: new Date(clock.nowMs() + confirmationLifeMs).toISOString(),
    }
    await database.transaction(scope, (tx) => insertPlan(tx, row, clock.now()))
    return { confirmation, expiresAt: row.expiresAt }
  },

  /** The id of the plan that a confirmation is for, which makes a repeat one job. Errors: `confirmation_invalid`. */
  async confirm(scope: ProjectScope, confirmation: string, request: SubmitJob): Promise<string> {
    const plan = await database.transaction(scope, (tx) => findPlan(tx, scope, hashSecret(confirmation)))
    const confirmed = plan === null ? null : { ...plan, createdAtMs: Date.parse(plan.createdAt) }
    const asked = { memberId: memberOf(scope), projectId: scope.projectId, requestDigest: digestOf(request) }
    if (plan === null || !isConfirmed(confirmed, asked, clock.nowMs())) return fail('confirmation_invalid')
    return plan.id
  },
})

const digestOf = (request: SubmitJob): string => createHash('sha256').update(canonical(request)).digest('hex')

const memberOf = ({ memberId }: ProjectScope): string => memberId ?? fail('permission_denied', { role: 'editor' })
