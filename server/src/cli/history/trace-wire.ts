import type { Json } from './api.js'
import { sha256 } from './hashing.js'
import { otlpOfPython, otlpOfValue, textInOrder } from './python-json.js'

/** A trace with everything that MLflow's REST API tells of it. */
export interface SourceTrace {
  readonly id: string
  /** `TraceInfoV3`, with tags, metadata and assessments. */
  readonly info: Json
  /** As OTLP has them in JSON. */
  readonly spans: readonly Json[]
}

/** What can differ between two sides of a trace. */
export type TracePart = 'info' | 'tags' | 'metadata' | 'assessments' | 'spans'

export type TraceFacts = Readonly<Record<TracePart, string>>

/** Where a store keeps a trace, and what exports leave: no part of what it says. */
const ownTags = [
  'mlflow.artifactLocation',
  'mlflow.trace.spansLocation',
  'mlflow.trace.archiveLocation',
  'mlflow.trace.archivalFailure',
]
const ownMetadata = ['mlflow.trace.infoFinalized']

/** Tags that mean the same in any store. */
export const portableTags = (tags: Readonly<Record<string, string>>): Record<string, string> =>
  without(tags, (key) => ownTags.includes(key) || key.startsWith('novabrain.'))

/** What a trace says, part by part, so that two sides can be held to each other; numbers of 64 bits in their digits. */
export const traceFacts = ({ info, spans }: SourceTrace): TraceFacts => ({
  info: textInOrder([
    info['trace_id'],
    info['client_request_id'] ?? null,
    info['request_preview'] ?? null,
    info['response_preview'] ?? null,
    instant(info['request_time']),
    duration(info['execution_duration']),
    info['state'] ?? 'STATE_UNSPECIFIED',
  ]),
  tags: textInOrder(portableTags(texts(info['tags']))),
  metadata: textInOrder(without(texts(info['trace_metadata']), (key) => ownMetadata.includes(key))),
  assessments: textInOrder(list(info['assessments']).map(assessmentFacts).sort()),
  spans: sha256(textInOrder(spans.map((span) => textInOrder(plainSpan(span))).sort())),
})

/** Which parts are not the same. */
export const differingTraceParts = (left: TraceFacts, right: TraceFacts): TracePart[] =>
  (['info', 'tags', 'metadata', 'assessments', 'spans'] as const).filter((part) => left[part] !== right[part])

const assessmentFacts = (of: Json): string =>
  textInOrder([
    of['assessment_id'],
    of['assessment_name'],
    of['span_id'] ?? null,
    of['source'] ?? null,
    of['feedback'] ?? null,
    of['expectation'] ?? null,
    of['issue'] ?? null,
    of['rationale'] ?? null,
    of['metadata'] ?? {},
    of['overrides'] ?? null,
    of['valid'] !== false,
    instant(of['create_time']),
    instant(of['last_update_time']),
  ])

/** The order of attributes, and of keys in their values, says nothing. */
const plainSpan = (span: Json): Json => ({
  ...span,
  attributes: plainPairs(span['attributes']),
  events: list(span['events']).map((event) => ({ ...event, attributes: plainPairs(event['attributes']) })),
  links: list(span['links']).map((link) => ({ ...link, attributes: plainPairs(link['attributes']) })),
})

const plainPairs = (pairs: unknown): readonly Json[] =>
  sortedByKey(list(pairs).map((pair) => ({ ...pair, value: plainValue(record(pair['value'])) })))

const plainValue = (value: Json): Json => {
  if ('arrayValue' in value)
    return { arrayValue: list(record(value['arrayValue'])['values']).map((each) => plainValue(each)) }
  return 'kvlistValue' in value ? { kvlistValue: plainPairs(record(value['kvlistValue'])['values']) } : value
}

const sortedByKey = (pairs: readonly Json[]): readonly Json[] =>
  pairs.toSorted((left, right) => (String(left['key']) < String(right['key']) ? -1 : 1))

/** Read an answer of MLflow's about spans; whole numbers of 64 bits become text, digit by digit. Inside a text a quote stands after a backslash, so only fields match. */
export const readSpans = (text: string): Json =>
  JSON.parse(
    text.replaceAll(/"(\w*time_unix_nano|start_time|end_time|timestamp|int_value)":\s*(-?\d+)/g, '"$1":"$2"'),
  ) as Json

/** A span of MLflow's REST API as OTLP writes it in JSON, where ids are hexadecimal. */
export const otlpSpan = (span: Json): Json => ({
  traceId: hex(span['trace_id']),
  spanId: hex(span['span_id']),
  ...some('parentSpanId', hex(span['parent_span_id'])),
  name: String(span['name'] ?? ''),
  startTimeUnixNano: digits(span['start_time_unix_nano']),
  ...some('endTimeUnixNano', digits(span['end_time_unix_nano'])),
  attributes: list(span['attributes']).map(otlpAttribute),
  events: list(span['events']).map((event) => ({
    timeUnixNano: digits(event['time_unix_nano']),
    name: String(event['name'] ?? ''),
    attributes: list(event['attributes']).map(otlpAttribute),
  })),
  links: list(span['links']).map((link) => ({
    traceId: hex(link['trace_id']),
    spanId: hex(link['span_id']),
    attributes: list(link['attributes']).map(otlpAttribute),
  })),
  status: statusOf(record(span['status'])),
})

/** A span of the file in which MLflow's clients of old keep spans: its attributes are JSON in texts. */
export const otlpSpanOfFile = (span: Json): Json => {
  const context = record(span['context'])
  return {
    traceId: fileId(context['trace_id'] ?? span['trace_id']),
    spanId: fileId(context['span_id'] ?? span['span_id']),
    ...some('parentSpanId', fileId(span['parent_span_id'] ?? span['parent_id'])),
    name: String(span['name'] ?? ''),
    startTimeUnixNano: digits(span['start_time_unix_nano'] ?? span['start_time']),
    ...some('endTimeUnixNano', digits(span['end_time_unix_nano'] ?? span['end_time'])),
    attributes: Object.entries(record(span['attributes'])).map(([key, value]) => ({ key, value: otlpOfPython(value) })),
    events: list(span['events']).map((event) => ({
      timeUnixNano: digits(event['time_unix_nano'] ?? event['timestamp']),
      name: String(event['name'] ?? ''),
      attributes: Object.entries(record(event['attributes'])).map(([key, value]) => ({
        key,
        value: otlpOfValue(value),
      })),
    })),
    links: [],
    status: statusOf(
      'status' in span ? record(span['status']) : { code: span['status_code'], message: span['status_message'] },
    ),
  }
}

const otlpAttribute = (attribute: Json): Json => ({
  key: String(attribute['key'] ?? ''),
  value: otlpValue(record(attribute['value'])),
})

const otlpValue = (value: Json): Json => {
  const [kind] = Object.keys(value)
  switch (kind) {
    case 'string_value':
      return { stringValue: value[kind] }
    case 'bool_value':
      return { boolValue: value[kind] }
    case 'int_value':
      return { intValue: String(value[kind]) }
    case 'double_value':
      return { doubleValue: value[kind] }
    case 'bytes_value':
      return { bytesValue: value[kind] }
    case 'array_value':
      return { arrayValue: { values: list(record(value[kind])['values']).map(otlpValue) } }
    case 'kvlist_value':
      return { kvlistValue: { values: list(record(value[kind])['values']).map(otlpAttribute) } }
    default:
      return {}
  }
}

const codes = ['STATUS_CODE_UNSET', 'STATUS_CODE_OK', 'STATUS_CODE_ERROR']

const statusOf = ({ code, message }: Json): Json => ({
  code:
    typeof code === 'number'
      ? code
      : Math.max(
          0,
          codes.findIndex((name) => name.endsWith(String(code ?? 'UNSET'))),
        ),
  ...some('message', typeof message === 'string' ? message : ''),
})

const hex = (base64: unknown): string =>
  typeof base64 === 'string' ? Buffer.from(base64, 'base64').toString('hex') : ''

/** `0x…` as clients of old wrote it, hexadecimal, or base64. */
const fileId = (id: unknown): string => {
  if (typeof id !== 'string') return ''
  const plain = id.replace(/^0x/, '')
  return /^([0-9a-f]{16}|[0-9a-f]{32})$/.test(plain) ? plain : hex(id)
}

const digits = (value: unknown): string => (value === undefined || value === null ? '' : String(value))

const some = (name: string, value: string): Json => (value === '' ? {} : { [name]: value })

const instant = (text: unknown): number | null => (typeof text === 'string' ? Math.floor(Date.parse(text)) : null)

/** MLflow's server leaves out a duration of less than a millisecond. */
const duration = (text: unknown): number =>
  typeof text === 'string' ? Math.round(Number(text.replace(/s$/, '')) * 1000) : 0

const without = (of: Readonly<Record<string, string>>, leave: (key: string) => boolean): Record<string, string> =>
  Object.fromEntries(Object.entries(of).filter(([key]) => !leave(key)))

export const texts = (of: unknown): Readonly<Record<string, string>> => record(of) as Readonly<Record<string, string>>

const record = (of: unknown): Json => (typeof of === 'object' && of !== null ? (of as Json) : {})

const list = (of: unknown): readonly Json[] => (Array.isArray(of) ? (of as readonly Json[]) : [])

/** The names of files that spans refer to, such as images in their inputs. */
export const attachmentsOf = (spans: readonly Json[]): string[] => [
  ...new Set([...JSON.stringify(spans).matchAll(/mlflow-attachment:\/\/([\w.-]+)/g)].map(([, name = '']) => name)),
]
