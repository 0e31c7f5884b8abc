import { fail } from '@novabrain/contracts'
import { promisify } from 'node:util'
import { gunzip, inflate, inflateRaw } from 'node:zlib'
import type { AnyValue, Attribute } from '../../core/traces/any-value.js'
import { withConventions } from '../../core/traces/conventions.js'
import { storable } from '../../core/traces/storable.js'
import { tracePrefix, type NewSpan } from '../../core/traces/span.js'
import {
  decodeRequest,
  requestOfJson,
  type OtlpAnyValue,
  type OtlpKeyValue,
  type OtlpRequest,
  type OtlpSpan,
} from './otlp-proto.js'

/** How large an export may be, unpacked. */
export const exportLimitMib = 64

const unpackers = { gzip: promisify(gunzip), deflate: promisify(inflate), raw: promisify(inflateRaw) }
const unpacked = { maxOutputLength: exportLimitMib * 1_048_576 }

const malformed = (detail: string): never => fail('spans_malformed', { detail })

/** The body as it was before it was compressed. Errors: `spans_malformed`. */
export const unpackExport = async (body: Buffer, encoding: string): Promise<Buffer> => {
  const why = (error: unknown): never =>
    isTooLarge(error)
      ? malformed(`The export is larger than ${String(exportLimitMib)} MiB`)
      : malformed(`Failed to decompress ${encoding} payload`)
  switch (encoding) {
    case '':
    case 'identity':
      return body
    case 'gzip':
      return unpackers.gzip(body, unpacked).catch(why)
    case 'deflate':
      return unpackers
        .deflate(body, unpacked)
        .catch((error: unknown) => (isTooLarge(error) ? why(error) : unpackers.raw(body, unpacked).catch(why)))
    default:
      return malformed(`Unsupported Content-Encoding: ${encoding}`)
  }
}

const isTooLarge = (error: unknown): boolean =>
  typeof error === 'object' && error !== null && 'code' in error && error.code === 'ERR_BUFFER_TOO_LARGE'

/** The spans of an export, in MLflow's words where they come in others'. Errors: `spans_malformed`, `span_invalid`. */
export const readExport = (body: Buffer, mediaType: string): readonly NewSpan[] =>
  spansIn(parse(body, mediaType)).map((span) => ({ ...span, attributes: withConventions(span.attributes) }))

/** The same word for word, for spans that a store has kept already. */
export const readKeptSpans = (text: string): readonly NewSpan[] => spansIn(parse(Buffer.from(text), 'application/json'))

const spansIn = (request: OtlpRequest): readonly NewSpan[] => {
  if (request.resourceSpans.length === 0) return malformed('Invalid OpenTelemetry format - no spans found')
  return request.resourceSpans.flatMap(({ resource, scopeSpans }) => {
    const about = attributesOf(resource?.attributes ?? [])
    return scopeSpans.flatMap(({ spans }) => spans.map((span) => spanOf(span, about)))
  })
}

const parse = (body: Buffer, mediaType: string): OtlpRequest => {
  try {
    return mediaType === 'application/json' ? requestOfJson(body.toString('utf8')) : decodeRequest(body)
  } catch {
    return malformed('Invalid OpenTelemetry format')
  }
}

const spanOf = (span: OtlpSpan, resource: readonly Attribute[]): NewSpan => {
  const traceId = `${tracePrefix}${idOf(span.traceId, 16, 'trace_id')}`
  return {
    traceId,
    id: idOf(span.spanId, 8, 'span_id'),
    parentId: span.parentSpanId.every((byte) => byte === 0) ? null : idOf(span.parentSpanId, 8, 'parent_span_id'),
    name: storable(span.name),
    startedAtNs: timeOf(span.startTimeUnixNano, 'start_time_unix_nano') ?? '0',
    endedAtNs: timeOf(span.endTimeUnixNano, 'end_time_unix_nano'),
    status: (['UNSET', 'OK', 'ERROR'] as const)[span.status?.code ?? 0],
    statusMessage: storable(span.status?.message ?? ''),
    attributes: withTraceId(attributesOf(span.attributes), traceId),
    events: span.events.map((event) => ({
      name: storable(event.name),
      timeNs: timeOf(event.timeUnixNano, 'time_unix_nano') ?? '0',
      attributes: attributesOf(event.attributes),
    })),
    links: span.links.map((link) => ({
      traceId: base64(link.traceId),
      spanId: base64(link.spanId),
      attributes: attributesOf(link.attributes),
    })),
    resource,
  }
}

/** What a client says is the id of its trace is not believed: it follows from the id that OpenTelemetry knows. */
const withTraceId = (attributes: readonly Attribute[], traceId: string): readonly Attribute[] => {
  const value = { string_value: traceId }
  const named = attributes.map((attribute) => (attribute.key === traceIdKey ? { key: traceIdKey, value } : attribute))
  return named.some(({ key }) => key === traceIdKey) ? named : [...named, { key: traceIdKey, value }]
}

const traceIdKey = 'mlflow.traceRequestId'

const idOf = (bytes: Uint8Array, length: number, what: string): string =>
  bytes.length === length
    ? Buffer.from(bytes).toString('hex')
    : fail('span_invalid', { detail: `${what} has ${String(bytes.length)} bytes instead of ${String(length)}` })

const mostNanoseconds = 2n ** 63n - 1n

/** `null` for 0, which is what is not set. */
const timeOf = (value: { toString(): string }, what: string): string | null => {
  const text = value.toString()
  if (text === '0') return null
  return BigInt(text) <= mostNanoseconds ? text : fail('span_invalid', { detail: `${what} is ${text}` })
}

const attributesOf = (pairs: readonly OtlpKeyValue[]): readonly Attribute[] => {
  const attributes = pairs.map(({ key, value }) => ({ key: storable(key), value: anyValue(value) }))
  return [...new Map(attributes.map((attribute) => [attribute.key, attribute])).values()]
}

const anyValue = (value: OtlpAnyValue | null): AnyValue => {
  switch (value?.value) {
    case 'stringValue':
      return { string_value: storable(value.stringValue) }
    case 'boolValue':
      return { bool_value: value.boolValue }
    case 'intValue':
      return { int_value: wholeNumber(value.intValue.toString()) }
    case 'doubleValue':
      return { double_value: finite(value.doubleValue) }
    case 'bytesValue':
      return { string_value: base64(value.bytesValue) }
    case 'arrayValue':
      return { array_value: { values: value.arrayValue.values.map(anyValue) } }
    case 'kvlistValue':
      return { kvlist_value: { values: [...attributesOf(value.kvlistValue.values)] } }
    case undefined:
      return {}
  }
}

const wholeNumber = (text: string): number | string => (Number.isSafeInteger(Number(text)) ? Number(text) : text)

const finite = (value: number) => (Number.isFinite(value) ? value : (String(value) as 'NaN' | 'Infinity' | '-Infinity'))

const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64')
