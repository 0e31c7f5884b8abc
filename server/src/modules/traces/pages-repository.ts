import type { TraceRecord } from '../../core/traces/trace.js'
import type { ProjectScope, Tx } from '../../deps.js'
import { traceColumns } from './repository.js'

type Project = Pick<ProjectScope, 'projectId'>

export interface TraceCursor {
  readonly startedAtMs: number
  readonly id: string
}

export interface TraceFilter {
  readonly experimentId: string | null
  readonly runId: string | null
  readonly state: string | null
  /** Part of the name or of a preview; empty for any. */
  readonly search: string
}

export interface SpanCursor {
  readonly startedAtNs: string
  readonly id: string
}

/** A span without its text. */
export interface SpanLine {
  readonly id: string
  readonly parentId: string | null
  readonly name: string
  readonly type: string | null
  readonly status: 'OK' | 'ERROR' | 'UNSET'
  readonly startedAtNs: string
  readonly startUs: number
  readonly durationUs: number | null
  readonly childCount: number
}

const spanColumns = `
  s.id, s.parent_id AS "parentId", s.name, s.type, s.status, s.started_at_ns::text AS "startedAtNs",
  (s.started_at_ns - (SELECT min(f.started_at_ns) FROM spans f WHERE f.project_id = $1 AND f.trace_id = $2)) / 1000
    AS "startUs",
  (s.ended_at_ns - s.started_at_ns) / 1000 AS "durationUs",
  (SELECT count(*)::int FROM spans c WHERE c.project_id = $1 AND c.trace_id = $2 AND c.parent_id = s.id) AS "childCount"`

/** Traces and spans as pages show them, in PostgreSQL. */
export const tracePagesRepository = {
  /** Newest first; a name that the program did not give is that of the root. */
  async page(
    tx: Tx,
    scope: Project,
    { experimentId, runId, state, search, after, limit }: TraceFilter & { after: TraceCursor | null; limit: number },
  ): Promise<TraceRecord[]> {
    const like = search === '' ? null : `%${search.replaceAll(/[\\%_]/g, '\\$&')}%`
    return tx.query(
      `SELECT p.*, coalesce(p.name, (SELECT r.name FROM spans r WHERE r.project_id = $1 AND r.trace_id = p.id
         AND r.parent_id IS NULL ORDER BY r.started_at_ns LIMIT 1)) AS name
       FROM (
         SELECT ${traceColumns} FROM traces t WHERE t.project_id = $1
           AND ($2::bigint IS NULL OR t.experiment_id = $2::bigint)
           AND ($3::text IS NULL OR EXISTS (SELECT 1 FROM trace_links l WHERE l.project_id = $1 AND l.kind = 'run'
             AND l.target = $3 AND l.trace_id = t.id))
           AND ($4::text IS NULL OR t.state = $4)
           AND ($5::text IS NULL OR t.name ILIKE $5 OR t.request_preview ILIKE $5 OR t.response_preview ILIKE $5)
           AND ($6::bigint IS NULL OR t.started_at_ms < $6 OR (t.started_at_ms = $6 AND t.id > $7))
         ORDER BY t.started_at_ms DESC, t.id LIMIT $8
       ) p ORDER BY p."startedAtMs" DESC, p.id`,
      [scope.projectId, experimentId, runId, state, like, after?.startedAtMs ?? null, after?.id ?? null, limit],
    )
  },

  async assessmentCounts(tx: Tx, scope: Project, traceIds: readonly string[]): Promise<(id: string) => number> {
    const rows: { id: string; count: number }[] = await tx.query(
      `SELECT trace_id AS id, count(*)::int AS count FROM assessments
       WHERE project_id = $1 AND trace_id = ANY ($2) AND valid GROUP BY trace_id`,
      [scope.projectId, traceIds],
    )
    const counts = new Map(rows.map(({ id, count }) => [id, count]))
    return (id) => counts.get(id) ?? 0
  },

  async figures(
    tx: Tx,
    scope: Project,
    traceId: string,
  ): Promise<{ spanCount: number; failedSpanCount: number; spanUs: number; rootName: string | null }> {
    const rows: { spanCount: number; failedSpanCount: number; spanUs: number; rootName: string | null }[] =
      await tx.query(
        `SELECT count(*)::int AS "spanCount", count(*) FILTER (WHERE status = 'ERROR')::int AS "failedSpanCount",
           coalesce((max(greatest(ended_at_ns, started_at_ns)) - min(started_at_ns)) / 1000, 0) AS "spanUs",
           min(name) FILTER (WHERE parent_id IS NULL) AS "rootName"
         FROM spans WHERE project_id = $1 AND trace_id = $2`,
        [scope.projectId, traceId],
      )
    return rows[0] ?? { spanCount: 0, failedSpanCount: 0, spanUs: 0, rootName: null }
  },

  async runsOf(tx: Tx, scope: Project, traceId: string): Promise<string[]> {
    const rows: { target: string }[] = await tx.query(
      `SELECT target FROM trace_links WHERE project_id = $1 AND trace_id = $2 AND kind = 'run' ORDER BY target`,
      [scope.projectId, traceId],
    )
    return rows.map(({ target }) => target)
  },

  /** Those below a span; without one those at the top, and those whose parent has not arrived. */
  async spans(
    tx: Tx,
    scope: Project,
    traceId: string,
    { parentId, after, limit }: { parentId: string | null; after: SpanCursor | null; limit: number },
  ): Promise<SpanLine[]> {
    const place =
      parentId === null
        ? `($3::text IS NULL AND (s.parent_id IS NULL OR NOT EXISTS (SELECT 1 FROM spans p
            WHERE p.project_id = $1 AND p.trace_id = $2 AND p.id = s.parent_id)))`
        : `s.parent_id = $3`
    return tx.query(
      `SELECT ${spanColumns} FROM spans s WHERE s.project_id = $1 AND s.trace_id = $2 AND ${place}
         AND ($4::bigint IS NULL OR s.started_at_ns > $4 OR (s.started_at_ns = $4 AND s.id > $5))
       ORDER BY s.started_at_ns, s.id LIMIT $6`,
      [scope.projectId, traceId, parentId, after?.startedAtNs ?? null, after?.id ?? null, limit],
    )
  },

  async span(tx: Tx, scope: Project, traceId: string, id: string): Promise<(SpanLine & { content: string }) | null> {
    const rows: (SpanLine & { content: string })[] = await tx.query(
      `SELECT ${spanColumns}, s.content FROM spans s WHERE s.project_id = $1 AND s.trace_id = $2 AND s.id = $3`,
      [scope.projectId, traceId, id],
    )
    return rows[0] ?? null
  },
}
