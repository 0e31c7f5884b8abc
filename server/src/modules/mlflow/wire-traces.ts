import { plainAttributes, pythonDumps } from '../../core/traces/any-value.js'
import { dumpedAttributes, readSpanText, tracePrefix, type StoredSpan } from '../../core/traces/span.js'
import { traceKeys, type TraceRecord } from '../../core/traces/trace.js'
import type { AssessmentRecord } from '../traces/assessments-service.js'
import type { Trace, WholeTrace } from '../traces/service.js'
import { listed } from './wire.js'

const given = <K extends string, T>(name: K, value: T | null): Partial<Record<K, T>> =>
  value === null ? {} : ({ [name]: value } as Record<K, T>)

const instant = (milliseconds: number): string => new Date(milliseconds).toISOString()

/** A trace without its spans, as MLflow's clients read it. */
export const wireTraceInfo = ({ record, assessments }: Trace) => ({
  trace_id: record.id,
  ...given('client_request_id', record.clientRequestId),
  trace_location: { type: 'MLFLOW_EXPERIMENT', mlflow_experiment: { experiment_id: record.experimentId } },
  ...given('request_preview', record.requestPreview),
  ...given('response_preview', record.responsePreview),
  request_time: instant(record.startedAtMs),
  ...given('execution_duration', record.durationMs === null ? null : `${(record.durationMs / 1000).toFixed(3)}s`),
  state: record.state,
  trace_metadata: record.metadata,
  ...listed('assessments', assessments.map(wireAssessment)),
  tags: tagsOf(record),
})

const tagsOf = (record: TraceRecord): Readonly<Record<string, string>> =>
  record.name === null ? record.tags : { ...record.tags, [traceKeys.name]: record.name }

/** The text of a trace with its spans, which are on the wire as they are kept. */
export const wholeTraceText = (trace: WholeTrace): string =>
  `{"trace_info":${JSON.stringify(wireTraceInfo(trace))},"spans":[${trace.spans.join(',')}]}`

/** A trace as clients before MLflow 3 read it. */
export const wireOldTraceInfo = ({ record }: Trace) => ({
  request_id: record.id,
  experiment_id: record.experimentId,
  timestamp_ms: record.startedAtMs,
  ...given('execution_time_ms', record.durationMs),
  status: record.state === 'STATE_UNSPECIFIED' ? 'TRACE_STATUS_UNSPECIFIED' : record.state,
  ...listed('request_metadata', pairs(record.metadata)),
  ...listed('tags', pairs(tagsOf(record))),
})

const pairs = (texts: Readonly<Record<string, string>>) => Object.entries(texts).map(([key, value]) => ({ key, value }))

/** An assessment as MLflow's clients read it. */
export const wireAssessment = (assessment: AssessmentRecord) => ({
  assessment_id: assessment.id,
  assessment_name: assessment.name,
  trace_id: assessment.traceId,
  ...given('span_id', assessment.spanId),
  source: { source_type: assessment.sourceType, ...given('source_id', assessment.sourceId) },
  create_time: instant(assessment.createdAtMs),
  last_update_time: instant(assessment.updatedAtMs),
  ...wireValue(assessment),
  ...given('rationale', assessment.rationale),
  ...(Object.keys(assessment.metadata).length === 0 ? {} : { metadata: assessment.metadata }),
  ...given('overrides', assessment.overrides),
  valid: assessment.valid,
})

const wireValue = ({ kind, value, error }: AssessmentRecord) => {
  const parsed: unknown = JSON.parse(value)
  switch (kind) {
    case 'feedback':
      return { feedback: { value: parsed, ...given('error', error) } }
    case 'expectation':
      return { expectation: typeof parsed === 'object' && parsed !== null ? serialized(value) : { value: parsed } }
    case 'issue':
      return { issue: { issue_name: typeof parsed === 'string' ? parsed : '' } }
  }
}

const serialized = (value: string) => ({ serialized_value: { serialization_format: 'JSON_FORMAT', value } })

/** The text of the file in which MLflow's clients keep the spans of a trace: the values of attributes are JSON in texts. */
export const spansFileText = (contents: readonly string[]): string =>
  `{"spans": [${contents.map(spanFileText).join(', ')}]}`

const spanFileText = (content: string): string => {
  const span = readSpanText(content)
  const text = pythonDumps({
    trace_id: span.trace_id,
    span_id: span.span_id,
    parent_span_id: span.parent_span_id ?? null,
    name: span.name,
    start_time_unix_nano: span.start_time_unix_nano,
    end_time_unix_nano: span.end_time_unix_nano ?? null,
    events: (span.events ?? []).map(({ name, time_unix_nano, attributes }) => ({
      name,
      time_unix_nano,
      attributes: plainAttributes(attributes),
    })),
    status: { code: span.status.code, message: span.status.message ?? '' },
    attributes: dumpedAttributes(span.attributes),
    links: (span.links ?? []).map(fileLink),
  })
  return text.replaceAll(/time_unix_nano": "(\d+)"/g, 'time_unix_nano": $1')
}

const fileLink = (link: NonNullable<StoredSpan['links']>[number]) => ({
  trace_id: `${tracePrefix}${Buffer.from(link.trace_id, 'base64').toString('hex')}`,
  span_id: Buffer.from(link.span_id, 'base64').toString('hex'),
  attributes: plainAttributes(link.attributes ?? []),
})
