import { groupRows } from '../../core/tracking/group-rows.js'
import type { ProjectScope, Tx } from '../../deps.js'

/** What went wrong when something was to be judged. */
export interface AssessmentFault {
  readonly error_code: string
  readonly error_message?: string
  readonly stack_trace?: string
}

/** What a person or a program said of a trace, or of one of its spans. */
export interface AssessmentRecord {
  readonly id: string
  readonly traceId: string
  readonly name: string
  readonly kind: 'feedback' | 'expectation' | 'issue'
  /** JSON. */
  readonly value: string
  readonly error: AssessmentFault | null
  readonly sourceType: string
  readonly sourceId: string | null
  readonly spanId: string | null
  readonly rationale: string | null
  readonly metadata: Readonly<Record<string, string>>
  /** The assessment in whose place this one counts. */
  readonly overrides: string | null
  /** Whether it counts: no other one overrides it. */
  readonly valid: boolean
  readonly createdAtMs: number
  readonly updatedAtMs: number
}

type Project = Pick<ProjectScope, 'projectId'>

const columns = `
  id, trace_id AS "traceId", name, kind, value, error, source_type AS "sourceType", source_id AS "sourceId",
  span_id AS "spanId", rationale, metadata, overrides, valid, created_at_ms AS "createdAtMs",
  updated_at_ms AS "updatedAtMs"`

/** Assessments in PostgreSQL. */
export const assessmentRepository = {
  async find(tx: Tx, scope: Project, traceId: string, id: string): Promise<AssessmentRecord | null> {
    const rows: AssessmentRecord[] = await tx.query(
      `SELECT ${columns} FROM assessments WHERE project_id = $1 AND trace_id = $2 AND id = $3 FOR UPDATE`,
      [scope.projectId, traceId, id],
    )
    return rows[0] ?? null
  },

  async ofTraces(
    tx: Tx,
    scope: Project,
    traceIds: readonly string[],
  ): Promise<(traceId: string) => AssessmentRecord[]> {
    const rows: AssessmentRecord[] = await tx.query(
      `SELECT ${columns} FROM assessments WHERE project_id = $1 AND trace_id = ANY ($2)
       ORDER BY trace_id, created_at_ms, id`,
      [scope.projectId, traceIds],
    )
    const groups = groupRows(rows, ({ traceId }) => traceId)
    return (traceId) => groups.get(traceId) ?? []
  },

  /** Adds it, or changes what is there under its id for the same trace. */
  async put(tx: Tx, scope: Project, assessment: AssessmentRecord): Promise<void> {
    await tx.query(
      `INSERT INTO assessments (project_id, id, trace_id, name, kind, value, error, source_type, source_id, span_id,
         rationale, metadata, overrides, valid, created_at_ms, updated_at_ms)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)
       ON CONFLICT (project_id, id) DO UPDATE SET name = excluded.name, value = excluded.value,
         error = excluded.error, rationale = excluded.rationale, metadata = excluded.metadata,
         updated_at_ms = excluded.updated_at_ms
       WHERE assessments.trace_id = excluded.trace_id`,
      [
        scope.projectId,
        assessment.id,
        assessment.traceId,
        assessment.name,
        assessment.kind,
        assessment.value,
        assessment.error === null ? null : JSON.stringify(assessment.error),
        assessment.sourceType,
        assessment.sourceId,
        assessment.spanId,
        assessment.rationale,
        JSON.stringify(assessment.metadata),
        assessment.overrides,
        assessment.valid,
        assessment.createdAtMs,
        assessment.updatedAtMs,
      ],
    )
  },

  /** Whether there is such an assessment of the trace. */
  async setValid(tx: Tx, scope: Project, traceId: string, id: string, valid: boolean): Promise<boolean> {
    const [, count]: [unknown, number] = await tx.query(
      `UPDATE assessments SET valid = $4 WHERE project_id = $1 AND trace_id = $2 AND id = $3`,
      [scope.projectId, traceId, id, valid],
    )
    return count > 0
  },

  async delete(tx: Tx, scope: Project, traceId: string, id: string): Promise<void> {
    await tx.query(`DELETE FROM assessments WHERE project_id = $1 AND trace_id = $2 AND id = $3`, [
      scope.projectId,
      traceId,
      id,
    ])
  },
}
