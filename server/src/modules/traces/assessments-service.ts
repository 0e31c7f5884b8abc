import { fail } from '@novabrain/contracts'
import type { Deps, ProjectScope, Tx } from '../../deps.js'
import {
  assessmentRepository as assessments,
  type AssessmentFault,
  type AssessmentRecord,
} from './assessment-repository.js'
import type { TracesService } from './service.js'

export type { AssessmentFault, AssessmentRecord } from './assessment-repository.js'

/** What a change of an assessment says; what is not named stays. */
export interface AssessmentChange {
  readonly name?: string
  readonly kind?: AssessmentRecord['kind']
  readonly value?: string
  readonly error?: AssessmentFault | null
  readonly rationale?: string
  readonly metadata?: Readonly<Record<string, string>>
}

const called = { feedback: 'a Feedback', expectation: 'an Expectation', issue: 'an IssueReference' } as const

export type AssessmentsService = ReturnType<typeof createAssessmentsService>

/**
 * What people and programs say of traces. One that overrides another takes its place, and gives it back when it is
 * deleted. Errors: `trace_not_found`, `assessment_not_found`.
 */
export const createAssessmentsService = (
  deps: Pick<Deps, 'database' | 'clock'> & { readonly traces: TracesService },
) => {
  const { database, clock, traces } = deps

  const find = async (tx: Tx, scope: ProjectScope, traceId: string, id: string): Promise<AssessmentRecord> => {
    await traces.find(tx, scope, traceId)
    return (
      (await assessments.find(tx, scope, traceId, id)) ?? fail('assessment_not_found', { traceId, assessmentId: id })
    )
  }

  return {
    create: (scope: ProjectScope, assessment: AssessmentRecord): Promise<AssessmentRecord> =>
      database.transaction(scope, async (tx) => {
        const { traceId, overrides } = assessment
        await traces.find(tx, scope, traceId)
        if (overrides !== null && !(await assessments.setValid(tx, scope, traceId, overrides, false)))
          return fail('assessment_not_found', { traceId, assessmentId: overrides })
        await assessments.put(tx, scope, assessment)
        return assessment
      }),

    get: (scope: ProjectScope, traceId: string, id: string): Promise<AssessmentRecord> =>
      database.transaction(scope, (tx) => find(tx, scope, traceId, id)),

    /** Metadata is added to what is there. */
    update: (scope: ProjectScope, traceId: string, id: string, change: AssessmentChange): Promise<AssessmentRecord> =>
      database.transaction(scope, async (tx) => {
        const before = await find(tx, scope, traceId, id)
        if (change.kind !== undefined && change.kind !== before.kind)
          return fail('invalid_request', {
            detail: `Cannot update ${change.kind} value on ${called[before.kind]} assessment.`,
          })
        const metadata = { ...before.metadata, ...change.metadata }
        const after = { ...before, ...change, kind: before.kind, metadata, updatedAtMs: clock.nowMs() }
        await assessments.put(tx, scope, after)
        return after
      }),

    /** One that is not there is deleted already, and so is all that was said of a trace that is not there. */
    delete: (scope: ProjectScope, traceId: string, id: string): Promise<void> =>
      database.transaction(scope, async (tx) => {
        const found = await assessments.find(tx, scope, traceId, id)
        const overrides = found?.overrides ?? null
        if (overrides !== null) await assessments.setValid(tx, scope, traceId, overrides, true)
        await assessments.delete(tx, scope, traceId, id)
      }),
  }
}
