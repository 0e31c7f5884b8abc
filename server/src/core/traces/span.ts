import { pythonJson, type Attribute } from './any-value.js'

/** How a span ended, as MLflow names it. */
export type SpanStatus = 'OK' | 'ERROR' | 'UNSET'

export interface SpanEvent {
  readonly name: string
  /** Nanoseconds since 1970, in decimal. */
  readonly timeNs: string
  readonly attributes: readonly Attribute[]
}

export interface SpanLink {
  /** Base64, as on the wire. */
  readonly traceId: string
  readonly spanId: string
  readonly attributes: readonly Attribute[]
}

/** A span that arrived. Ids are hexadecimal; the id of the trace has MLflow's prefix. Times are nanoseconds, in decimal. */
export interface NewSpan {
  readonly traceId: string
  readonly id: string
  readonly parentId: string | null
  readonly name: string
  readonly startedAtNs: string
  readonly endedAtNs: string | null
  readonly status: SpanStatus
  readonly statusMessage: string
  readonly attributes: readonly Attribute[]
  readonly events: readonly SpanEvent[]
  readonly links: readonly SpanLink[]
  /** Of the program that made it. */
  readonly resource: readonly Attribute[]
}

export const tracePrefix = 'tr-'

/** The attribute in which MLflow keeps the kind of a span, such as `LLM`. */
export const spanTypeKey = 'mlflow.spanType'

const base64 = (hex: string): string => Buffer.from(hex, 'hex').toString('base64')

const statusCodes = { OK: 'STATUS_CODE_OK', ERROR: 'STATUS_CODE_ERROR', UNSET: 'STATUS_CODE_UNSET' } as const

/**
 * The text of a span on MLflow's wire, kept as it is and handed out as it is. Times are written digit by digit: they are
 * larger than a JavaScript number holds exactly.
 */
export const spanText = (span: NewSpan): string => {
  const parts = [
    `"trace_id":"${base64(span.traceId.slice(tracePrefix.length))}"`,
    `"span_id":"${base64(span.id)}"`,
    ...(span.parentId === null ? [] : [`"parent_span_id":"${base64(span.parentId)}"`]),
    `"name":${JSON.stringify(span.name)}`,
    `"start_time_unix_nano":${span.startedAtNs}`,
    ...(span.endedAtNs === null ? [] : [`"end_time_unix_nano":${span.endedAtNs}`]),
    `"attributes":${JSON.stringify(span.attributes)}`,
    ...(span.events.length === 0 ? [] : [`"events":[${span.events.map(eventText).join(',')}]`]),
    ...(span.links.length === 0 ? [] : [`"links":${JSON.stringify(span.links.map(wireLink))}`]),
    `"status":${JSON.stringify({ code: statusCodes[span.status], ...(span.statusMessage === '' ? {} : { message: span.statusMessage }) })}`,
  ]
  return `{${parts.join(',')}}`
}

const eventText = ({ name, timeNs, attributes }: SpanEvent): string =>
  `{"time_unix_nano":${timeNs},"name":${JSON.stringify(name)},"attributes":${JSON.stringify(attributes)}}`

const wireLink = ({ traceId, spanId, attributes }: SpanLink) => ({
  trace_id: traceId,
  span_id: spanId,
  ...(attributes.length === 0 ? {} : { attributes }),
})

/** A span out of its text. Times are decimal text. */
export interface StoredSpan {
  readonly trace_id: string
  readonly span_id: string
  readonly parent_span_id?: string
  readonly name: string
  readonly start_time_unix_nano: string
  readonly end_time_unix_nano?: string
  readonly attributes: readonly Attribute[]
  readonly events?: readonly { time_unix_nano: string; name: string; attributes: readonly Attribute[] }[]
  readonly links?: readonly { trace_id: string; span_id: string; attributes?: readonly Attribute[] }[]
  readonly status: { readonly code: string; readonly message?: string }
}

/** Read the text of a span. Inside a text a quote would stand after a backslash, so only the fields themselves match. */
export const readSpanText = (content: string): StoredSpan =>
  JSON.parse(content.replaceAll(/time_unix_nano":(\d+)/g, 'time_unix_nano":"$1"')) as StoredSpan

/** Attributes as MLflow's own files have them: each value JSON in a text. */
export const dumpedAttributes = (attributes: readonly Attribute[]): Record<string, string> =>
  Object.fromEntries(attributes.map(({ key, value }) => [key, pythonJson(value)]))
