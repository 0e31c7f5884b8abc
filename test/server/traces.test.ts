import { pythonJson, type AnyValue, type Attribute } from '../../server/src/core/traces/any-value.js'
import { afterEnd, afterSpans, emptyTrace } from '../../server/src/core/traces/after.js'
import { withConventions } from '../../server/src/core/traces/conventions.js'
import { correlationOf } from '../../server/src/core/traces/correlation.js'
import { previewOf } from '../../server/src/core/traces/preview.js'
import { readSpanText, spanText, type NewSpan } from '../../server/src/core/traces/span.js'
import { totalOf, type UsageNode } from '../../server/src/core/traces/usage.js'
import { compileTraceSearch } from '../../server/src/modules/traces/search.js'
import { parseFilter } from '../../server/src/core/tracking/filter.js'
import { traceGrammar } from '../../server/src/core/tracking/search-grammar.js'

const text = (value: string): AnyValue => ({ string_value: value })
const attributes = (values: Readonly<Record<string, AnyValue>>): Attribute[] =>
  Object.entries(values).map(([key, value]) => ({ key, value }))

const span = (given: Partial<NewSpan> = {}): NewSpan => ({
  traceId: `tr-${'0'.repeat(31)}1`,
  id: '00000000000000a1',
  parentId: null,
  name: 'root',
  startedAtNs: '1767225600000000001',
  endedAtNs: '1767225601000000003',
  status: 'OK',
  statusMessage: '',
  attributes: [],
  events: [],
  links: [],
  resource: [],
  ...given,
})

describe('the text of a span', () => {
  test('keeps every digit of its times, also those of events, and does not mistake texts for them', () => {
    const words = '"time_unix_nano":5'
    const given = span({
      name: words,
      attributes: attributes({ k: text(words) }),
      events: [{ name: words, timeNs: '1767225600000000007', attributes: attributes({ k: text(words) }) }],
    })
    const read = readSpanText(spanText(given))
    expect(read.start_time_unix_nano).toBe('1767225600000000001')
    expect(read.events?.[0]).toEqual({
      name: words,
      time_unix_nano: '1767225600000000007',
      attributes: [{ key: 'k', value: { string_value: words } }],
    })
    expect([read.name, read.attributes]).toEqual([words, [{ key: 'k', value: { string_value: words } }]])
  })

  test('is JSON that names what MLflow names', () => {
    expect(Object.keys(JSON.parse(spanText(span({ parentId: '00000000000000a0' }))) as object)).toEqual([
      'trace_id',
      'span_id',
      'parent_span_id',
      'name',
      'start_time_unix_nano',
      'end_time_unix_nano',
      'attributes',
      'status',
    ])
  })
})

test('a value is written as Python writes it: 2 and 2.0 are not the same', () => {
  const value: AnyValue = {
    kvlist_value: {
      values: attributes({
        a: { int_value: 2 },
        b: { double_value: 2 },
        c: { array_value: { values: [{}, { bool_value: true }, text('é"')] } },
        d: { int_value: '9223372036854775807' },
        e: { double_value: 'NaN' },
      }),
    },
  }
  expect(pythonJson(value)).toBe('{"a": 2, "b": 2.0, "c": [null, true, "é\\""], "d": 9223372036854775807, "e": NaN}')
})

describe('conventions of other instrumentations', () => {
  test.each([
    ['OpenInference', { 'openinference.span.kind': text('AGENT'), 'input.value': text('Hi') }, 'AGENT'],
    ['OpenTelemetry', { 'gen_ai.operation.name': text('chat'), 'gen_ai.input.messages': text('Hi') }, 'CHAT_MODEL'],
    ['OpenLLMetry', { 'traceloop.span.kind': text('tool'), 'traceloop.entity.input': text('Hi') }, 'TOOL'],
  ])('are understood: %s', (_name, given, type) => {
    const found = withConventions(attributes(given))
    expect(found).toContainEqual({ key: 'mlflow.spanType', value: { string_value: type } })
    expect(found).toContainEqual({ key: 'mlflow.spanInputs', value: { string_value: 'Hi' } })
  })

  test('do not outweigh what MLflow itself said', () => {
    const given = attributes({
      'mlflow.spanType': text('LLM'),
      'mlflow.spanInputs': text('mine'),
      'openinference.span.kind': text('AGENT'),
      'input.value': text('theirs'),
    })
    expect(withConventions(given)).toEqual(given)
  })

  test('leave a text alone that holds a number too long for JavaScript', () => {
    const given = attributes({ k: text('{"id": 12345678901234567890}') })
    expect(withConventions(given)).toEqual(given)
  })
})

describe('what a trace used', () => {
  const node = (id: string, parentId: string | null, tokens: number | null): UsageNode => ({
    id,
    parentId,
    usage: tokens === null ? null : { input_tokens: tokens, output_tokens: 0, total_tokens: tokens },
    cost: null,
  })

  test('is counted once where an agent counts up its models', () => {
    const nodes = [
      node('root', null, null),
      node('agent', 'root', 10),
      node('model', 'agent', 10),
      node('other', 'root', 5),
    ]
    expect(totalOf(nodes, 'usage')).toEqual({ input_tokens: 15, output_tokens: 0, total_tokens: 15 })
    expect(totalOf(nodes, 'cost')).toBeNull()
  })

  test('of a chain of a hundred thousand spans takes no time that matters', () => {
    const nodes = Array.from({ length: 100_000 }, (_, index) =>
      node(String(index), index === 0 ? null : String(index - 1), index === 99_999 ? 1 : null),
    )
    expect(totalOf(nodes, 'usage')).toMatchObject({ total_tokens: 1 })
  })

  test('of spans that name each other as parents is nothing', () => {
    expect(totalOf([node('a', 'b', 1), node('b', 'a', 1)], 'usage')).toBeNull()
  })
})

describe('a trace', () => {
  const id = span().traceId
  const end = {
    id,
    experimentId: '1',
    startedAtMs: 5,
    durationMs: 7,
    state: 'ERROR' as const,
    clientRequestId: null,
    requestPreview: null,
    responsePreview: null,
    tags: { 'mlflow.traceName': 'named', k: 'v' },
    metadata: { m: '1' },
  }

  test('is the same, whichever came first: the spans or the word of the client', () => {
    const spans = [span({ resource: attributes({ 'service.name': text('shop') }) })]
    const empty = emptyTrace(id, '1', 1_767_225_600_000)
    expect(afterEnd(afterSpans(empty, spans, []), end)).toEqual(afterSpans(afterEnd(empty, end), spans, []))
  })

  test('runs until its root ends; then its state is that of the root', () => {
    const child = span({ id: '00000000000000a2', parentId: '00000000000000a1' })
    const running = afterSpans(emptyTrace(id, '1', 1_767_225_600_000), [child], [])
    expect(running.state).toBe('IN_PROGRESS')
    expect(afterSpans(running, [span({ status: 'ERROR' })], [])).toMatchObject({ state: 'ERROR', durationMs: 1000 })
  })

  test('takes no tag from a program that is MLflow’s own', () => {
    const resource = attributes({ 'mlflow.trace.spansLocation': text('ARTIFACT_REPO'), 'a\nb': text('x') })
    const { tags } = afterSpans(emptyTrace(id, '1', 0), [span({ resource })], [])
    expect(tags).toEqual({ 'mlflow.trace.spansLocation': 'TRACKING_STORE' })
  })
})

describe('how two filters go together', () => {
  test.each([
    ['always', { total: 4, first: 4, second: 4, both: 4 }, 1],
    ['never', { total: 4, first: 2, second: 2, both: 0 }, -1],
    ['by chance', { total: 4, first: 2, second: 2, both: 1 }, 0],
    ['is not known of a filter that nothing passes', { total: 4, first: 0, second: 2, both: 0 }, Number.NaN],
  ])('%s', (_name, counts, npmi) => expect(Number(correlationOf(counts).npmi.toFixed(9))).toEqual(npmi))
})

describe('a preview', () => {
  const messages = (role: string, content: string) => ({
    kvlist_value: { values: attributes({ role: text(role), content: text(content) }) },
  })
  test('is the last message of the speaker where it is a conversation', () => {
    const list = [messages('system', 'Be kind'), messages('user', 'Why?'), messages('assistant', 'So it is')]
    const value = { kvlist_value: { values: attributes({ messages: { array_value: { values: list } } }) } }
    expect([previewOf(value, 'user'), previewOf(value, 'assistant')]).toEqual(['Why?', 'So it is'])
  })

  test('is a thousand characters at most', () => {
    expect(previewOf(text('x'.repeat(5000)), 'user')).toHaveLength(1000)
  })
})

test('conditions on spans mean one and the same span, and no text of the user is SQL', () => {
  const filter = parseFilter(
    "span.type = 'x''; DROP' AND span.attributes.`a'b` LIKE '%y%' AND tags.k = 'z'",
    traceGrammar,
  )
  if (!filter.ok) throw new Error(filter.message)
  const { conditions, parameters } = compileTraceSearch(filter.value, [], 4)
  expect(conditions.filter((condition) => condition.includes('FROM spans'))).toHaveLength(1)
  expect(conditions.join(' ')).not.toContain('DROP')
  expect(parameters).toHaveLength(5)
})
