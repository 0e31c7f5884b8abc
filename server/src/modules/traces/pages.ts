import { fail, type Assessment, type Span, type SpanDetail, type Trace, type TraceSummary } from '@novabrain/contracts'
import { attributeOf, plainValue, type Attribute } from '../../core/traces/any-value.js'
import { spanKeys } from '../../core/traces/conventions.js'
import { readSpanText, type StoredSpan } from '../../core/traces/span.js'
import { traceKeys, type TraceRecord } from '../../core/traces/trace.js'
import type { Deps, ProjectScope } from '../../deps.js'
import type { AssessmentRecord } from './assessments-service.js'
import { tracePagesRepository as pages, type SpanCursor, type SpanLine, type TraceCursor } from './pages-repository.js'
import type { TracesService } from './service.js'

type Page = { readonly cursor?: string; readonly limit?: number }

export type TracePages = ReturnType<typeof createTracePages>

/** Traces as faces show them: lists by page, a tree whose branches are read when they are opened. */
export const createTracePages = ({
  database,
  traces,
}: Pick<Deps, 'database'> & { readonly traces: TracesService }) => ({
  list: (
    scope: ProjectScope,
    query: Page & {
      readonly experimentId?: string
      readonly runId?: string
      readonly state?: TraceSummary['state']
      readonly search?: string
    },
  ) =>
    database.transaction(scope, async (tx) => {
      const { experimentId = null, runId = null, state = null, search = '', cursor, limit = 50 } = query
      const after = cursor === undefined ? null : readTraceCursor(cursor)
      const found = await pages.page(tx, scope, { experimentId, runId, state, search, after, limit: limit + 1 })
      const shown = found.slice(0, limit)
      const countOf = await pages.assessmentCounts(
        tx,
        scope,
        shown.map(({ id }) => id),
      )
      const last = shown.at(-1)
      return {
        items: shown.map((record) => summaryOf(record, countOf(record.id))),
        nextCursor: found.length > limit && last !== undefined ? `${String(last.startedAtMs)}_${last.id}` : null,
      }
    }),

  get: (scope: ProjectScope, traceId: string): Promise<Trace> =>
    database.transaction(scope, async (tx) => {
      const { record, assessments } = await traces.read(tx, scope, traceId)
      const { rootName, ...figures } = await pages.figures(tx, scope, traceId)
      const valid = assessments.filter((assessment) => assessment.valid).length
      return {
        ...summaryOf({ ...record, name: record.name ?? rootName }, valid),
        ...figures,
        tags: pairs(record.tags),
        metadata: pairs(record.metadata),
        assessments: assessments.map(assessmentOf),
        runIds: await pages.runsOf(tx, scope, traceId),
      }
    }),

  spans: (
    scope: ProjectScope,
    traceId: string,
    { parentId, cursor, limit = 50 }: Page & { readonly parentId?: string },
  ) =>
    database.transaction(scope, async (tx) => {
      await traces.find(tx, scope, traceId)
      const after = cursor === undefined ? null : readSpanCursor(cursor)
      const found = await pages.spans(tx, scope, traceId, { parentId: parentId ?? null, after, limit: limit + 1 })
      const shown = found.slice(0, limit)
      const last = shown.at(-1)
      return {
        items: shown.map(spanOf),
        nextCursor: found.length > limit && last !== undefined ? `${last.startedAtNs}_${last.id}` : null,
      }
    }),

  span: (scope: ProjectScope, traceId: string, spanId: string): Promise<SpanDetail> =>
    database.transaction(scope, async (tx) => {
      await traces.find(tx, scope, traceId)
      const found = (await pages.span(tx, scope, traceId, spanId)) ?? fail('span_not_found', { traceId, spanId })
      return detailOf(found, readSpanText(found.content))
    }),
})

const pairs = (texts: Readonly<Record<string, string>>) =>
  Object.entries(texts)
    .map(([key, value]) => ({ key, value }))
    .sort((left, right) => (left.key < right.key ? -1 : 1))

const summaryOf = (record: TraceRecord, assessmentCount: number): TraceSummary => ({
  id: record.id,
  experimentId: record.experimentId,
  name: record.name,
  state: record.state,
  startedAt: new Date(record.startedAtMs).toISOString(),
  durationMs: record.durationMs,
  requestPreview: record.requestPreview,
  responsePreview: record.responsePreview,
  session: record.metadata[traceKeys.session] ?? null,
  user: record.metadata[traceKeys.user] ?? null,
  totalTokens: totalTokensOf(record.metadata[traceKeys.usage]),
  assessmentCount,
})

const totalTokensOf = (usage: string | undefined): number | null => {
  const parsed = parsedJson(usage ?? 'null')
  if (typeof parsed !== 'object' || parsed === null || !('total_tokens' in parsed)) return null
  return typeof parsed.total_tokens === 'number' ? parsed.total_tokens : null
}

const parsedJson = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}

const assessmentOf = (record: AssessmentRecord): Assessment => ({
  id: record.id,
  name: record.name,
  kind: record.kind,
  value: parsedJson(record.value),
  error:
    record.error === null ? null : [record.error.error_code, record.error.error_message].filter(Boolean).join(': '),
  source: { type: record.sourceType, id: record.sourceId },
  spanId: record.spanId,
  rationale: record.rationale,
  valid: record.valid,
  updatedAt: new Date(record.updatedAtMs).toISOString(),
})

const spanOf = ({ startedAtNs: _, ...line }: SpanLine): Span => line

/** What only programs read in the attributes of a span. */
const hidden: readonly string[] = ['mlflow.traceRequestId', 'mlflow.experimentId', spanKeys.inputs, spanKeys.outputs]

const detailOf = ({ content: _, ...line }: SpanLine & { content: string }, span: StoredSpan): SpanDetail => ({
  ...spanOf(line),
  statusMessage: span.status.message ?? null,
  inputs: valueAt(span.attributes, spanKeys.inputs),
  outputs: valueAt(span.attributes, spanKeys.outputs),
  attributes: namedValues(span.attributes.filter(({ key }) => !hidden.includes(key))),
  events: (span.events ?? []).map(({ name, time_unix_nano, attributes }) => ({
    name,
    startUs: Number((BigInt(time_unix_nano) - BigInt(line.startedAtNs)) / 1000n) + line.startUs,
    attributes: namedValues(attributes),
  })),
})

const valueAt = (attributes: readonly Attribute[], key: string) => {
  const value = attributeOf(attributes, key)
  return value === null ? null : { value: plainValue(value) }
}

const namedValues = (attributes: readonly Attribute[]) =>
  attributes.map(({ key, value }) => ({ key, value: plainValue(value) }))

const malformedCursor = (): never => fail('invalid_request', { detail: 'Invalid cursor', field: 'cursor' })

const readTraceCursor = (cursor: string): TraceCursor => {
  const [, startedAtMs, id] = /^(-?\d{1,15})_(.+)$/s.exec(cursor) ?? []
  return startedAtMs === undefined || id === undefined ? malformedCursor() : { startedAtMs: Number(startedAtMs), id }
}

const readSpanCursor = (cursor: string): SpanCursor => {
  const [, startedAtNs, id] = /^(\d{1,18}|[1-8]\d{18})_(.+)$/s.exec(cursor) ?? []
  return startedAtNs === undefined || id === undefined ? malformedCursor() : { startedAtNs, id }
}
