import { Type, type Static } from '@sinclair/typebox'
import { nullable, Timestamp } from './common.js'

/** The id of a trace or a span, made by the program that sent it. */
export const TraceId = Type.String({ minLength: 1, maxLength: 250 })
export const SpanId = Type.String({ minLength: 1, maxLength: 64 })

const Pair = Type.Object({ key: Type.String(), value: Type.String() })
const NamedValue = Type.Object({ key: Type.String(), value: Type.Unknown() })
const Microseconds = Type.Integer()

export const TraceState = Type.Union([
  Type.Literal('OK'),
  Type.Literal('ERROR'),
  Type.Literal('IN_PROGRESS'),
  Type.Literal('STATE_UNSPECIFIED'),
])
export type TraceState = Static<typeof TraceState>

/** A trace in a list. */
export const TraceSummary = Type.Object({
  id: TraceId,
  experimentId: Type.String(),
  /** Given by the program, else the name of its root span. */
  name: nullable(Type.String()),
  state: TraceState,
  startedAt: Timestamp,
  durationMs: nullable(Type.Integer()),
  requestPreview: nullable(Type.String()),
  responsePreview: nullable(Type.String()),
  session: nullable(Type.String()),
  user: nullable(Type.String()),
  totalTokens: nullable(Type.Number()),
  /** How many people and programs said something of it that counts. */
  assessmentCount: Type.Integer({ minimum: 0 }),
})
export type TraceSummary = Static<typeof TraceSummary>

/** What a person or a program said of a trace, or of one of its spans. */
export const Assessment = Type.Object({
  id: Type.String(),
  name: Type.String(),
  kind: Type.Union([Type.Literal('feedback'), Type.Literal('expectation'), Type.Literal('issue')]),
  value: Type.Unknown(),
  error: nullable(Type.String()),
  source: Type.Object({ type: Type.String(), id: nullable(Type.String()) }),
  spanId: nullable(SpanId),
  rationale: nullable(Type.String()),
  /** Whether it counts: no other one took its place. */
  valid: Type.Boolean(),
  updatedAt: Timestamp,
})
export type Assessment = Static<typeof Assessment>

/** Everything of a trace but its spans, of which it says how many and how long. */
export const Trace = Type.Composite([
  TraceSummary,
  Type.Object({
    spanCount: Type.Integer({ minimum: 0 }),
    failedSpanCount: Type.Integer({ minimum: 0 }),
    /** From the first beginning of a span to the last end. */
    spanUs: Microseconds,
    tags: Type.Array(Pair),
    metadata: Type.Array(Pair),
    assessments: Type.Array(Assessment),
    /** The runs it is linked to. */
    runIds: Type.Array(Type.String()),
  }),
])
export type Trace = Static<typeof Trace>

export const SpanStatus = Type.Union([Type.Literal('OK'), Type.Literal('ERROR'), Type.Literal('UNSET')])
export type SpanStatus = Static<typeof SpanStatus>

/** A span as a tree shows it. */
export const Span = Type.Object({
  id: SpanId,
  parentId: nullable(SpanId),
  name: Type.String(),
  type: nullable(Type.String()),
  status: SpanStatus,
  /** Since the first span of the trace began. */
  startUs: Microseconds,
  /** `null` as long as it has not ended. */
  durationUs: nullable(Microseconds),
  childCount: Type.Integer({ minimum: 0 }),
})
export type Span = Static<typeof Span>

/** A span with all it says. */
export const SpanDetail = Type.Composite([
  Span,
  Type.Object({
    statusMessage: nullable(Type.String()),
    inputs: nullable(Type.Object({ value: Type.Unknown() })),
    outputs: nullable(Type.Object({ value: Type.Unknown() })),
    /** Without inputs, outputs and what only machines read. */
    attributes: Type.Array(NamedValue),
    events: Type.Array(Type.Object({ name: Type.String(), startUs: Microseconds, attributes: Type.Array(NamedValue) })),
  }),
])
export type SpanDetail = Static<typeof SpanDetail>
