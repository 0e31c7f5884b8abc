import { EntitySchema, type EntitySchemaColumnOptions } from 'typeorm'
import { json, optional, primaryId, text } from '../columns.js'

/** The tables of traces, read and written by SQL as those of tracking. */
type Columns<T> = Record<keyof T, EntitySchemaColumnOptions>

const bigint = { type: 'bigint' } as const satisfies EntitySchemaColumnOptions
const boolean = { type: 'boolean' } as const satisfies EntitySchemaColumnOptions

/** What is known of a trace without looking at its spans. */
export interface TraceRow {
  projectId: string
  id: string
  experimentId: number
  startedAtMs: number
  durationMs: number | null
  state: string
  name: string | null
  clientRequestId: string | null
  requestPreview: string | null
  responsePreview: string | null
  tags: Record<string, string>
  metadata: Record<string, string>
}

export const TraceEntity = new EntitySchema<TraceRow>({
  name: 'Trace',
  tableName: 'traces',
  columns: {
    projectId: primaryId,
    id: primaryId,
    experimentId: bigint,
    startedAtMs: bigint,
    durationMs: optional(bigint),
    state: text,
    name: optional(text),
    clientRequestId: optional(text),
    requestPreview: optional(text),
    responsePreview: optional(text),
    tags: json,
    metadata: json,
  } satisfies Columns<TraceRow>,
  indices: [
    {
      name: 'traces_newest_idx',
      columns: ['projectId', 'experimentId', 'startedAtMs', 'id'],
      synchronize: false,
    },
  ],
  foreignKeys: [
    { target: 'Experiment', columnNames: ['projectId', 'experimentId'], referencedColumnNames: ['projectId', 'id'] },
  ],
})

const ofTrace = {
  target: 'Trace',
  columnNames: ['projectId', 'traceId'],
  referencedColumnNames: ['projectId', 'id'],
  onDelete: 'CASCADE' as const,
}

/** A span. `content` is its text on MLflow's wire, whole; the other columns are what is searched and drawn. */
export interface SpanRow {
  projectId: string
  traceId: string
  id: string
  parentId: string | null
  name: string
  type: string | null
  status: string
  startedAtNs: string
  endedAtNs: string | null
  content: string
}

export const SpanEntity = new EntitySchema<SpanRow>({
  name: 'Span',
  tableName: 'spans',
  columns: {
    projectId: primaryId,
    traceId: primaryId,
    id: primaryId,
    parentId: optional(text),
    name: text,
    type: optional(text),
    status: text,
    startedAtNs: bigint,
    endedAtNs: optional(bigint),
    content: text,
  } satisfies Columns<SpanRow>,
  indices: [{ name: 'spans_children_idx', columns: ['projectId', 'traceId', 'parentId', 'startedAtNs', 'id'] }],
  foreignKeys: [ofTrace],
})

/** What somebody said of a trace; `value` is JSON. */
export interface AssessmentRow {
  projectId: string
  id: string
  traceId: string
  name: string
  kind: string
  value: string
  error: Record<string, string> | null
  sourceType: string
  sourceId: string | null
  spanId: string | null
  rationale: string | null
  metadata: Record<string, string>
  overrides: string | null
  valid: boolean
  createdAtMs: number
  updatedAtMs: number
}

export const AssessmentEntity = new EntitySchema<AssessmentRow>({
  name: 'Assessment',
  tableName: 'assessments',
  columns: {
    projectId: primaryId,
    id: primaryId,
    traceId: text,
    name: text,
    kind: text,
    value: text,
    error: optional(json),
    sourceType: text,
    sourceId: optional(text),
    spanId: optional(text),
    rationale: optional(text),
    metadata: json,
    overrides: optional(text),
    valid: boolean,
    createdAtMs: bigint,
    updatedAtMs: bigint,
  } satisfies Columns<AssessmentRow>,
  indices: [{ name: 'assessments_trace_idx', columns: ['projectId', 'traceId'] }],
  foreignKeys: [ofTrace],
})

/** That a trace belongs to a run, or used a version of a prompt (`name/version`). */
export interface TraceLinkRow {
  projectId: string
  traceId: string
  kind: string
  target: string
}

export const TraceLinkEntity = new EntitySchema<TraceLinkRow>({
  name: 'TraceLink',
  tableName: 'trace_links',
  columns: {
    projectId: primaryId,
    kind: primaryId,
    target: primaryId,
    traceId: primaryId,
  } satisfies Columns<TraceLinkRow>,
  indices: [{ name: 'trace_links_trace_idx', columns: ['projectId', 'traceId'] }],
  foreignKeys: [ofTrace],
})

/** Every entity of traces. */
export const traceEntities = [TraceEntity, SpanEntity, AssessmentEntity, TraceLinkEntity] as const
