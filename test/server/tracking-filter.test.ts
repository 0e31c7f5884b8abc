import { compileSearch, rankedByMetric, type SearchTables } from '../../server/src/core/tracking/compile-search.js'
import { parseFilter, parseOrder, type Comparison } from '../../server/src/core/tracking/filter.js'
import { experimentGrammar, runGrammar } from '../../server/src/core/tracking/search-grammar.js'
import { runSearchTables } from '../../server/src/modules/runs/search-tables.js'

const read = (text: string): readonly Comparison[] => {
  const result = parseFilter(text, runGrammar)
  if (!result.ok) throw new Error(`${result.message} at ${String(result.position)}`)
  return result.value
}

const refusal = (text: string) => {
  const result = parseFilter(text, runGrammar)
  return result.ok ? 'accepted' : `${String(result.position)}: ${result.message}`
}

describe('a filter is read as MLflow reads it', () => {
  test('an empty one is passed by everything', () => {
    expect(read('')).toEqual([])
    expect(read(' \n ')).toEqual([])
  })

  test('comparisons are joined by AND in any case', () => {
    expect(read('metrics.loss < 0.1 and params.model = \'tree\' AND tags.team != "risk"')).toEqual([
      { entity: 'metric', key: 'loss', test: { kind: 'number', operator: '<', value: 0.1 } },
      { entity: 'param', key: 'model', test: { kind: 'text', operator: '=', value: 'tree' } },
      { entity: 'tag', key: 'team', test: { kind: 'text', operator: '!=', value: 'risk' } },
    ])
  })

  test.each([
    ['metric.`val loss` > 1', 'metric', 'val loss'],
    ['metrics."a.b c" > 1', 'metric', 'a.b c'],
    ['metrics.a.b > 1', 'metric', 'a.b'],
    ['`metrics`.x > 1', 'metric', 'x'],
    ['metrics.精度 > 1', 'metric', '精度'],
    ["parameters.x = 'y'", 'param', 'x'],
    ["tags.mlflow.source.name = 'y'", 'tag', 'mlflow.source.name'],
    ["run.status = 'y'", 'attribute', 'status'],
    ["status = 'y'", 'attribute', 'status'],
    ["attributes.`Run name` = 'y'", 'attribute', 'run_name'],
    ["`run name` = 'y'", 'attribute', 'run_name'],
    ['Created >= 5', 'attribute', 'start_time'],
    ["datasets.context = 'train'", 'dataset', 'context'],
  ])('%s names the %s %s', (text, entity, key) => {
    expect(read(text)).toMatchObject([{ entity, key }])
  })

  test.each([
    ['metrics.a > -1', -1],
    ['metrics.a > +.5', 0.5],
    ['metrics.a > 1e-3', 0.001],
    ['metrics.a>5.', 5],
  ])('%s compares with %d', (text, value) => {
    expect(read(text)[0]?.test).toMatchObject({ kind: 'number', value })
  })

  test('quotes inside a value stay as they were written', () => {
    expect(read("params.a = 'it''s'")[0]?.test).toMatchObject({ value: "it''s" })
    expect(read(`params.a = "it's AND so"`)[0]?.test).toMatchObject({ value: "it's AND so" })
    expect(read("params.a = ''")[0]?.test).toMatchObject({ value: '' })
  })

  test('lists and tests for null stand where MLflow has them', () => {
    expect(read("run_id IN ('a', 'b')")[0]?.test).toEqual({ kind: 'list', negated: false, values: ['a', 'b'] })
    expect(read("dataset.name not in ('a',)")[0]?.test).toEqual({ kind: 'list', negated: true, values: ['a'] })
    expect(read('tags.x is null')[0]?.test).toEqual({ kind: 'null', negated: false })
    expect(read('params.x IS NOT NULL')[0]?.test).toEqual({ kind: 'null', negated: true })
  })

  test('what is wrong is said with where it is', () => {
    expect(refusal("params.a = '1' OR params.a = '2'")).toBe("16: Invalid clause(s) in filter string: 'OR'")
    expect(refusal('(metrics.a > 1)')).toMatch(/^1: Invalid clause\(s\) in filter string/)
    expect(refusal('metrics.a > 1; DROP TABLE runs')).toBe(
      "14: Invalid clause(s) in filter string: '; DROP TABLE runs'",
    )
    expect(refusal("nothing.a = 'x'")).toMatch(/^1: Invalid entity type 'nothing'/)
    expect(refusal("constructor.a = 'x'")).toMatch(/^1: Invalid entity type 'constructor'/)
    expect(refusal("toString = 'x'")).toMatch(/^1: Invalid attribute key 'toString'/)
    expect(refusal("metrics.a > 'x'")).toBe("13: Expected numeric value type for metric. Found 'x'")
    expect(refusal('params.a = 3')).toMatch(/^12: Expected a quoted string value for param/)
    expect(refusal("metrics.a LIKE 'x'")).toMatch(/^11: Invalid comparator 'LIKE'/)
    expect(refusal("status IN ('x')")).toMatch(/^8: Only \['run_id'\] attributes support/)
    expect(refusal("params.a IN ('x')")).toMatch(/Invalid comparator 'IN'/)
    expect(refusal('metrics.a IS NULL')).toMatch(/only supported for tags and params/)
    expect(refusal("dataset.kind = 'x'")).toMatch(/^1: Invalid dataset key 'kind'/)
    expect(refusal('metrics.a')).toMatch(/ends too early/)
    expect(refusal("params.a = 'x")).toMatch(/^12: Invalid clause/)
    expect(refusal('metrics.a > 1 AND')).toMatch(/ends too early/)
  })

  test('a thousand comparisons, and a long text without sense, are read in no time', () => {
    expect(read(Array.from({ length: 1000 }, () => 'metrics.a > 1').join(' AND '))).toHaveLength(1000)
    expect(refusal(`${'a.'.repeat(20_000)}"`)).not.toBe('accepted')
    expect(refusal("'".repeat(20_001))).not.toBe('accepted')
  })

  test('experiments have their own attributes', () => {
    expect(parseFilter("name LIKE '%x%' AND tags.a = 'b' AND creation_time > 5", experimentGrammar).ok).toBe(true)
    expect(parseFilter('metrics.a > 1', experimentGrammar).ok).toBe(false)
  })
})

describe('an order', () => {
  test.each([
    ['metrics.loss', { entity: 'metric', key: 'loss', descending: false }],
    ['metrics.`val loss` DESC', { entity: 'metric', key: 'val loss', descending: true }],
    ['start_time asc', { entity: 'attribute', key: 'start_time', descending: false }],
    ['attributes.Created DESC', { entity: 'attribute', key: 'start_time', descending: true }],
  ])('%s', (text, key) => expect(parseOrder(text, runGrammar)).toEqual({ ok: true, value: key }))

  test.each(['', 'metrics.a SIDEWAYS', 'metrics.a DESC now', 'datasets.name', 'metrics.a; x'])('%s is none', (text) =>
    expect(parseOrder(text, runGrammar).ok).toBe(false),
  )
})

describe('a filter becomes SQL in which everything that a user wrote is a parameter', () => {
  const tables: SearchTables = {
    attributes: { status: 'r.status' },
    keyed: {
      metric: { table: 'run_metrics', on: (m) => `${m}.run_id = r.id` },
      tag: { table: 'run_tags', on: (t) => `${t}.run_id = r.id` },
    },
  }
  const hostile = "'; DROP TABLE runs; --"

  test('keys and values alike', () => {
    const filter = read(`tags."${hostile}" = "${hostile}" AND status = "${hostile}"`)
    const { conditions, parameters } = compileSearch(filter, [], tables, 5)
    expect(conditions.join(' AND ')).not.toContain('DROP')
    expect(parameters).toEqual([hostile, hostile, hostile])
    expect(conditions[1]).toBe('r.status = $8')
  })

  test('NaN is unequal to every number and in no order with any', () => {
    const [less, unequal] = ['metrics.a < 1', 'metrics.a != 1'].map((text) => compileSearch(read(text), [], tables, 0))
    expect(less?.conditions[0]).toContain(`<> 'NaN'`)
    expect(unequal?.conditions[0]).not.toContain('NaN')
  })

  test('an order by metric puts NaN before what is missing, and both last', () => {
    const order = parseOrder('metrics.a DESC', runGrammar)
    const compiled = compileSearch([], order.ok ? [order.value] : [], tables, 2)
    expect(compiled.joins).toEqual(['LEFT JOIN run_metrics o0 ON o0.run_id = r.id AND o0.key = $3'])
    expect(compiled.order[1]).toEqual({ expression: 'o0.value', direction: 'DESC' })
  })

  test('by a metric first, what has a number in it is searched by itself; by anything else, nothing is', () => {
    const order = ['metrics.a DESC', 'params.b'].map((text) => parseOrder(text, runGrammar))
    const keys = order.flatMap((each) => (each.ok ? [each.value] : []))
    const ranked = rankedByMetric(compileSearch(read('tags.t = "x"'), keys, runSearchTables, 5), keys)
    expect(ranked?.joins.map((join) => join.split(' ').slice(0, 2))).toEqual([
      ['JOIN', 'run_metrics'],
      ['LEFT', 'JOIN'],
    ])
    expect(ranked?.conditions[0]).toBe(`o0.value < 'NaN'`)
    expect(ranked?.order[0]).toEqual({ expression: 'o0.value', direction: 'DESC' })
    const [, byParam] = keys
    expect(rankedByMetric(compileSearch([], keys.slice(1), runSearchTables, 5), byParam ? [byParam] : [])).toBeNull()
  })

  test('a value that a param or tag must equal is looked up by its beginning', () => {
    const { conditions, parameters } = compileSearch(
      read('params.a = "x" AND params.b LIKE "y%"'),
      [],
      runSearchTables,
      5,
    )
    expect(conditions[0]).toContain('left(f0.value, 64) = left($7, 64) AND f0.value = $8')
    expect(conditions[1]).not.toContain('left(')
    expect(parameters).toEqual(['a', 'x', 'x', 'b', 'y%'])
  })
})
