import { pointsOf, type FigurePoint, type FigureRow, type FiguresQuery } from '../../core/traces/figures.js'
import { traceFigures } from '../../db/sql/traces-figures.sql.js'
import { groupRows } from '../../core/tracking/group-rows.js'
import { orderText, type Compiled } from '../../core/tracking/compile-search.js'
import type { CorrelationCounts } from '../../core/traces/correlation.js'
import type { TraceRecord } from '../../core/traces/trace.js'
import { deleteTraces, restorableTraces, restoreTraces } from '../../db/sql/retention-traces.sql.js'
import type { ProjectScope, Tx } from '../../deps.js'

type Project = Pick<ProjectScope, 'projectId'>

/** A span as it is kept. `content` is its text on MLflow's wire. */
export interface SpanRecord {
  readonly traceId: string
  readonly id: string
  readonly parentId: string | null
  readonly name: string
  readonly type: string | null
  readonly status: string
  readonly startedAtNs: string
  readonly endedAtNs: string | null
  readonly content: string
}

/** To what a trace is linked: a run, or a version of a prompt (`name/version`). */
export type LinkKind = 'run' | 'prompt'

/** What a statement that answers traces selects, from `traces t`. */
export const traceColumns = `
  t.id, t.experiment_id::text AS "experimentId", t.started_at_ms AS "startedAtMs", t.duration_ms AS "durationMs",
  t.state, t.name, t.client_request_id AS "clientRequestId", t.request_preview AS "requestPreview",
  t.response_preview AS "responsePreview", t.tags, t.metadata`

/** How many spans go to the database in one statement. */
const spansInStatement = 2000

/** Which traces are to be deleted. */
export interface TraceSelection {
  readonly experimentId: string
  readonly untilMs: number | null
  readonly count: number | null
  readonly ids: readonly string[]
}

/** Traces and their spans in PostgreSQL. */
export const traceRepository = {
  async find(tx: Tx, scope: Project, id: string): Promise<TraceRecord | null> {
    const [found] = await traceRepository.findMany(tx, scope, [id], null)
    return found ?? null
  },

  /** In the order of the ids; those that are not there, or not in one of the experiments, are left out. */
  async findMany(
    tx: Tx,
    scope: Project,
    ids: readonly string[],
    experimentIds: readonly string[] | null,
  ): Promise<TraceRecord[]> {
    const rows: TraceRecord[] = await tx.query(
      `SELECT ${traceColumns} FROM traces t WHERE t.project_id = $1 AND t.id = ANY ($2)
         AND ($3::bigint[] IS NULL OR t.experiment_id = ANY ($3::bigint[]))`,
      [scope.projectId, ids, experimentIds],
    )
    const byId = new Map(rows.map((row) => [row.id, row]))
    return [...new Set(ids)].flatMap((id) => byId.get(id) ?? [])
  },

  /** The traces of these ids, which nobody else changes until the transaction ends; those that are new are made first. */
  async hold(tx: Tx, scope: Project, fresh: readonly TraceRecord[]): Promise<TraceRecord[]> {
    const sorted = fresh.toSorted((left, right) => (left.id < right.id ? -1 : 1))
    await tx.query(
      `INSERT INTO traces (project_id, id, experiment_id, started_at_ms, state, tags, metadata)
       SELECT $1, given.id, given.experiment_id, given.started_at_ms, given.state, '{}', '{}'
       FROM unnest($2::text[], $3::bigint[], $4::bigint[], $5::text[])
         AS given (id, experiment_id, started_at_ms, state)
       ON CONFLICT (project_id, id) DO NOTHING`,
      [
        scope.projectId,
        sorted.map(({ id }) => id),
        sorted.map(({ experimentId }) => experimentId),
        sorted.map(({ startedAtMs }) => startedAtMs),
        sorted.map(({ state }) => state),
      ],
    )
    return tx.query(
      `SELECT ${traceColumns} FROM traces t WHERE t.project_id = $1 AND t.id = ANY ($2) ORDER BY t.id FOR UPDATE`,
      [scope.projectId, sorted.map(({ id }) => id)],
    )
  },

  async save(tx: Tx, scope: Project, trace: TraceRecord): Promise<void> {
    await tx.query(
      `UPDATE traces SET experiment_id = $3, started_at_ms = $4, duration_ms = $5, state = $6, name = $7,
         client_request_id = $8, request_preview = $9, response_preview = $10, tags = $11, metadata = $12
       WHERE project_id = $1 AND id = $2`,
      [
        scope.projectId,
        trace.id,
        trace.experimentId,
        trace.startedAtMs,
        trace.durationMs,
        trace.state,
        trace.name,
        trace.clientRequestId,
        trace.requestPreview,
        trace.responsePreview,
        JSON.stringify(trace.tags),
        JSON.stringify(trace.metadata),
      ],
    )
  },

  /** Spans that are there already are replaced where they say something else; sent again as they were they write nothing. */
  async putSpans(tx: Tx, scope: Project, spans: readonly SpanRecord[]): Promise<void> {
    for (let at = 0; at < spans.length; at += spansInStatement) {
      await putBatch(tx, scope, spans.slice(at, at + spansInStatement))
    }
  },

  async countSpans(tx: Tx, scope: Project, traceIds: readonly string[]): Promise<(traceId: string) => number> {
    const rows: { traceId: string; count: number }[] = await tx.query(
      `SELECT trace_id AS "traceId", count(*)::int AS count FROM spans
       WHERE project_id = $1 AND trace_id = ANY ($2) GROUP BY trace_id`,
      [scope.projectId, traceIds],
    )
    const counts = new Map(rows.map(({ traceId, count }) => [traceId, count]))
    return (traceId) => counts.get(traceId) ?? 0
  },

  /** The texts of a trace's spans: the root first, then by the time they began. */
  async contentsOf(tx: Tx, scope: Project, traceIds: readonly string[]): Promise<(traceId: string) => string[]> {
    const rows: { traceId: string; content: string }[] = await tx.query(
      `SELECT trace_id AS "traceId", content FROM spans WHERE project_id = $1 AND trace_id = ANY ($2)
       ORDER BY trace_id, (parent_id IS NOT NULL), started_at_ns, id`,
      [scope.projectId, traceIds],
    )
    const groups = groupRows(rows, ({ traceId }) => traceId)
    return (traceId) => (groups.get(traceId) ?? []).map(({ content }) => content)
  },

  /** Spans of a trace that say what they used, and what is above them. */
  async usageSpans(
    tx: Tx,
    scope: Project,
    traceId: string,
  ): Promise<{ id: string; parentId: string | null; content: string | null }[]> {
    return tx.query(
      `SELECT id, parent_id AS "parentId",
         CASE WHEN content LIKE '%"mlflow.chat.tokenUsage"%' OR content LIKE '%"mlflow.llm.cost"%' THEN content END
           AS content
       FROM spans WHERE project_id = $1 AND trace_id = $2`,
      [scope.projectId, traceId],
    )
  },

  async figures(tx: Tx, scope: Project, query: FiguresQuery): Promise<FigurePoint[]> {
    const { text, parameters } = traceFigures(scope.projectId, query)
    const rows: FigureRow[] = await tx.query(text, [...parameters])
    return pointsOf(rows, query)
  },

  async search(
    tx: Tx,
    scope: Project,
    page: { readonly experimentIds: readonly string[]; readonly offset: number; readonly limit: number },
    { conditions, joins, order, parameters }: Compiled,
  ): Promise<TraceRecord[]> {
    return tx.query(
      `SELECT ${traceColumns} FROM traces t ${joins.join(' ')}
       WHERE ${['t.project_id = $1', 't.experiment_id = ANY ($2::bigint[])', ...conditions].join(' AND ')}
       ORDER BY ${[...order.map(orderText), 't.started_at_ms DESC', 't.id'].join(', ')} OFFSET $3 LIMIT $4`,
      [scope.projectId, page.experimentIds, page.offset, page.limit, ...parameters],
    )
  },

  /** How many traces of these experiments pass `base`, and of those how many pass each of two filters, and both. */
  async countTogether(
    tx: Tx,
    scope: Project,
    experimentIds: readonly string[],
    filters: {
      readonly base: readonly string[]
      readonly first: readonly string[]
      readonly second: readonly string[]
    },
    parameters: readonly unknown[],
  ): Promise<CorrelationCounts> {
    const all = (...conditions: readonly (readonly string[])[]) => ['true', ...conditions.flat()].join(' AND ')
    const { base, first, second } = filters
    const rows: CorrelationCounts[] = await tx.query(
      `SELECT count(*)::int AS total, count(*) FILTER (WHERE ${all(first)})::int AS first,
         count(*) FILTER (WHERE ${all(second)})::int AS second, count(*) FILTER (WHERE ${all(first, second)})::int AS both
       FROM traces t WHERE t.project_id = $1 AND t.experiment_id = ANY ($2::bigint[]) AND ${all(base)}`,
      [scope.projectId, experimentIds, ...parameters],
    )
    return rows[0] ?? { total: 0, first: 0, second: 0, both: 0 }
  },

  /** Their ids; with them go their spans, assessments and links, until they are put back or their time is over. */
  async delete(
    tx: Tx,
    scope: Project,
    { experimentId, untilMs, count, ids }: TraceSelection,
    nowMs: number,
  ): Promise<string[]> {
    const parameters = [scope.projectId, experimentId, untilMs, ids, count, nowMs]
    const [deleted]: [{ id: string }[], number] = await tx.query(deleteTraces, parameters)
    return deleted.map(({ id }) => id)
  },

  /** Put deleted traces back; answers which. One whose id another has by now stays deleted. */
  async restore(tx: Tx, scope: Project, ids: readonly string[]): Promise<string[]> {
    const found: { id: string }[] = await tx.query(restorableTraces, [scope.projectId, ids])
    const restored = found.map(({ id }) => id)
    for (const statement of restoreTraces) await tx.query(statement, [scope.projectId, restored])
    return restored
  },

  /** Whether there is such a trace. The name is a tag with a column of its own. */
  async setTag(tx: Tx, scope: Project, id: string, key: string, value: string): Promise<boolean> {
    const [, count]: [unknown, number] = await tx.query(
      `UPDATE traces SET tags = tags || jsonb_build_object($3::text, $4::text) WHERE project_id = $1 AND id = $2`,
      [scope.projectId, id, key, value],
    )
    return count > 0
  },

  async setName(tx: Tx, scope: Project, id: string, name: string | null): Promise<boolean> {
    const [, count]: [unknown, number] = await tx.query(
      `UPDATE traces SET name = $3 WHERE project_id = $1 AND id = $2`,
      [scope.projectId, id, name],
    )
    return count > 0
  },

  /** Whether there was such a tag. */
  async deleteTag(tx: Tx, scope: Project, id: string, key: string): Promise<boolean> {
    const [, count]: [unknown, number] = await tx.query(
      `UPDATE traces SET tags = tags - $3::text WHERE project_id = $1 AND id = $2 AND tags ? $3::text`,
      [scope.projectId, id, key],
    )
    return count > 0
  },

  /** Traces that are not there are left out; what is linked already stays so. */
  async link(
    tx: Tx,
    scope: Project,
    traceIds: readonly string[],
    kind: LinkKind,
    targets: readonly string[],
  ): Promise<void> {
    await tx.query(
      `INSERT INTO trace_links (project_id, trace_id, kind, target)
       SELECT t.project_id, t.id, $3, wanted.target FROM traces t CROSS JOIN unnest($4::text[]) AS wanted (target)
       WHERE t.project_id = $1 AND t.id = ANY ($2) ON CONFLICT DO NOTHING`,
      [scope.projectId, traceIds, kind, targets],
    )
  },
}

const putBatch = async (tx: Tx, scope: Project, spans: readonly SpanRecord[]): Promise<void> => {
  await tx.query(
    `INSERT INTO spans (project_id, trace_id, id, parent_id, name, type, status, started_at_ns, ended_at_ns, content)
     SELECT $1, given.* FROM unnest($2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[],
       $8::bigint[], $9::bigint[], $10::text[]) AS given
     ON CONFLICT (project_id, trace_id, id) DO UPDATE SET parent_id = excluded.parent_id, name = excluded.name,
       type = excluded.type, status = excluded.status, started_at_ns = excluded.started_at_ns,
       ended_at_ns = excluded.ended_at_ns, content = excluded.content
     WHERE spans.content <> excluded.content`,
    [
      scope.projectId,
      spans.map(({ traceId }) => traceId),
      spans.map(({ id }) => id),
      spans.map(({ parentId }) => parentId),
      spans.map(({ name }) => name),
      spans.map(({ type }) => type),
      spans.map(({ status }) => status),
      spans.map(({ startedAtNs }) => startedAtNs),
      spans.map(({ endedAtNs }) => endedAtNs),
      spans.map(({ content }) => content),
    ],
  )
}
