import protobuf from 'protobufjs'

/**
 * OpenTelemetry's export of traces, version 1, as far as it is read here: field numbers of
 * `opentelemetry/proto/collector/trace/v1/trace_service.proto` and what it includes. Other fields are skipped.
 */
const source = `
  syntax = "proto3";
  message ExportTraceServiceRequest { repeated ResourceSpans resource_spans = 1; }
  message ResourceSpans { Resource resource = 1; repeated ScopeSpans scope_spans = 2; }
  message Resource { repeated KeyValue attributes = 1; }
  message ScopeSpans { repeated Span spans = 2; }
  message Span {
    bytes trace_id = 1;
    bytes span_id = 2;
    bytes parent_span_id = 4;
    string name = 5;
    fixed64 start_time_unix_nano = 7;
    fixed64 end_time_unix_nano = 8;
    repeated KeyValue attributes = 9;
    repeated Event events = 11;
    repeated Link links = 13;
    Status status = 15;
    message Event { fixed64 time_unix_nano = 1; string name = 2; repeated KeyValue attributes = 3; }
    message Link { bytes trace_id = 1; bytes span_id = 2; repeated KeyValue attributes = 4; }
  }
  message Status {
    string message = 2;
    StatusCode code = 3;
    enum StatusCode { STATUS_CODE_UNSET = 0; STATUS_CODE_OK = 1; STATUS_CODE_ERROR = 2; }
  }
  message KeyValue { string key = 1; AnyValue value = 2; }
  message AnyValue {
    oneof value {
      string string_value = 1;
      bool bool_value = 2;
      int64 int_value = 3;
      double double_value = 4;
      ArrayValue array_value = 5;
      KeyValueList kvlist_value = 6;
      bytes bytes_value = 7;
    }
  }
  message ArrayValue { repeated AnyValue values = 1; }
  message KeyValueList { repeated KeyValue values = 1; }`

const requestType = protobuf.parse(source).root.lookupType('ExportTraceServiceRequest')

/** A whole number of 64 bits; only its decimal text is used. */
type Long = { toString(): string }

export interface OtlpAnyValue {
  readonly value?:
    'stringValue' | 'boolValue' | 'intValue' | 'doubleValue' | 'arrayValue' | 'kvlistValue' | 'bytesValue'
  readonly stringValue: string
  readonly boolValue: boolean
  readonly intValue: Long
  readonly doubleValue: number
  readonly bytesValue: Uint8Array
  readonly arrayValue: { readonly values: readonly OtlpAnyValue[] }
  readonly kvlistValue: { readonly values: readonly OtlpKeyValue[] }
}

export interface OtlpKeyValue {
  readonly key: string
  readonly value: OtlpAnyValue | null
}

export interface OtlpSpan {
  readonly traceId: Uint8Array
  readonly spanId: Uint8Array
  readonly parentSpanId: Uint8Array
  readonly name: string
  readonly startTimeUnixNano: Long
  readonly endTimeUnixNano: Long
  readonly attributes: readonly OtlpKeyValue[]
  readonly events: readonly { timeUnixNano: Long; name: string; attributes: readonly OtlpKeyValue[] }[]
  readonly links: readonly { traceId: Uint8Array; spanId: Uint8Array; attributes: readonly OtlpKeyValue[] }[]
  readonly status: { readonly code: 0 | 1 | 2; readonly message: string } | null
}

export interface OtlpRequest {
  readonly resourceSpans: readonly {
    readonly resource: { readonly attributes: readonly OtlpKeyValue[] } | null
    readonly scopeSpans: readonly { readonly spans: readonly OtlpSpan[] }[]
  }[]
}

/** How many numbers a request may hold that say what follows: two for each field, so that a small text makes no large heap. */
const mostFields = 8_000_000

/** Counts what it reads: a body of empty messages would otherwise become objects a hundred times its size. */
class CountingReader extends protobuf.BufferReader {
  #read = 0

  override uint32(): number {
    this.#read += 1
    if (this.#read > mostFields) throw new RangeError('too many fields')
    return super.uint32()
  }
}

/** A request out of protobuf. Throws what is no request, too deep or too much. */
export const decodeRequest = (body: Buffer): OtlpRequest =>
  requestType.decode(new CountingReader(body)) as unknown as OtlpRequest

/** A request out of OTLP's JSON, where ids are hexadecimal. Throws what is no request. */
export const requestOfJson = (text: string): OtlpRequest =>
  requestType.fromObject(JSON.parse(text, hexToBytes) as Record<string, unknown>) as unknown as OtlpRequest

const ids = new Set(['traceId', 'spanId', 'parentSpanId'])

const hexToBytes = (key: string, value: unknown): unknown =>
  ids.has(key) && typeof value === 'string' ? Buffer.from(value, 'hex') : value

/** A request as protobuf, out of what OTLP's JSON says. */
export const encodeRequest = (request: object): Buffer =>
  Buffer.from(
    requestType.encode(requestType.fromObject(JSON.parse(JSON.stringify(request), hexToBytes) as object)).finish(),
  )
