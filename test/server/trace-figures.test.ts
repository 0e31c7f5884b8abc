import { faultOf, filterOf, pointsOf, type FiguresQuery } from '../../server/src/core/traces/figures.js'

const query = (more: Partial<FiguresQuery> = {}): FiguresQuery => ({
  experimentIds: ['1'],
  view: 'TRACES',
  figure: 'latency',
  aggregations: [{ kind: 'AVG', percentile: null }],
  dimensions: [],
  filters: [],
  intervalSeconds: null,
  fromMs: null,
  toMs: null,
  limit: 10,
  ...more,
})

test('what does not fit together is refused in words that say what does', () => {
  expect(faultOf(query())).toBeNull()
  expect(faultOf(query({ figure: 'constructor' }))).toMatch(
    /^metric_name must be one of \['cache_creation_input_tokens',/,
  )
  expect(faultOf(query({ aggregations: [{ kind: 'SUM', percentile: null }] }))).toBe(
    "Found invalid aggregation_type(s): ['SUM']. Supported aggregation types: ['AVG', 'MAX', 'MIN', 'PERCENTILE']",
  )
  expect(faultOf(query({ dimensions: ['trace_status'] }))).toBe(
    "Found invalid dimension(s): ['trace_status']. Supported dimensions: ['trace_name']",
  )
  expect(faultOf(query({ intervalSeconds: 60, fromMs: 1 }))).toMatch(/are required if time_interval_seconds is set/)
  expect(faultOf(query({ filters: [{ on: 'span', entity: 'name', key: null, value: 'x' }] }))).toMatch(
    /only supported for SPANS/,
  )
})

test('a filter names what it looks at, and a key where there are many', () => {
  expect(filterOf("trace.status = 'OK'")).toEqual({ on: 'trace', entity: 'status', key: null, value: 'OK' })
  expect(filterOf("trace.metadata.`mlflow.trace.session` = 'a b'")).toMatchObject({
    key: 'mlflow.trace.session',
    value: 'a b',
  })
  expect(filterOf('trace.tag.team="ops"')).toMatchObject({ entity: 'tag', key: 'team', value: 'ops' })
  for (const text of [
    "status = 'OK'",
    "trace.tag = 'x'",
    "trace.status.k = 'x'",
    "trace.status != 'x'",
    'trace.status = x',
    "trace.constructor = 'x'",
    "trace.status = 'a' OR 'b'",
  ])
    expect(filterOf(text)).toBeNull()
})

test('points have the names that Python gives, and one without a value is none', () => {
  const wanted = query({
    aggregations: [
      { kind: 'MAX', percentile: null },
      { kind: 'PERCENTILE', percentile: 50 },
      { kind: 'PERCENTILE', percentile: 99.9 },
    ],
    dimensions: ['trace_name'],
    intervalSeconds: 60,
  })
  const rows = [
    { bucket: '1767225600000', d0: 'a', v0: 3, v1: 2, v2: 2.5 },
    { bucket: '1767225660000', d0: 'b', v0: null, v1: null, v2: null },
  ]
  expect(pointsOf(rows, wanted)).toEqual([
    {
      dimensions: { time_bucket: '2026-01-01T00:00:00+00:00', trace_name: 'a' },
      values: { MAX: 3, 'P50.0': 2, 'P99.9': 2.5 },
    },
  ])
})
