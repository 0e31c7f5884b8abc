import type { FigureFilter, FiguresQuery, FiguresView } from '../../core/traces/figures.js'

/** A statement with its parameters. */
export interface Statement {
  readonly text: string
  readonly parameters: readonly unknown[]
}

const usage = (name: string): string =>
  `substring(t.metadata ->> 'mlflow.trace.tokenUsage' from '"${name}": *([0-9]+)')::double precision`

/** An attribute of a span, as OpenTelemetry writes a value in JSON. */
const spanAttribute = (key: string, value: string): string => `(
  SELECT ${value} FROM json_to_recordset(s.content::json -> 'attributes') AS a (key text, value json)
  WHERE a.key = '${key}' LIMIT 1)`

const spanText = (key: string): string => `btrim(${spanAttribute(key, `a.value ->> 'string_value'`)}, '"')`

/** One of the costs of a span: a number in a list of keys and values, or in a text that is JSON of its own. */
const cost = (name: string): string => {
  const number = `"${name}\\\\?"(?:,"value":\\{"(?:double|int)_value":|: *)"?([-+0-9.eE]+)`
  return `substring(${spanAttribute('mlflow.llm.cost', 'a.value::text')} from '${number}')::double precision`
}

const values: Readonly<Record<FiguresView, Readonly<Record<string, string>>>> = {
  TRACES: {
    trace_count: 't.id',
    session_count: `t.metadata ->> 'mlflow.trace.session'`,
    latency: 't.duration_ms',
    input_tokens: usage('input_tokens'),
    output_tokens: usage('output_tokens'),
    total_tokens: usage('total_tokens'),
    cache_read_input_tokens: usage('cache_read_input_tokens'),
    cache_creation_input_tokens: usage('cache_creation_input_tokens'),
  },
  SPANS: {
    span_count: 's.id',
    latency: '(s.ended_at_ns - s.started_at_ns) / 1000000',
    input_cost: cost('input_cost'),
    output_cost: cost('output_cost'),
    total_cost: cost('total_cost'),
  },
  ASSESSMENTS: {
    assessment_count: 'a.id',
    assessment_value: `CASE WHEN lower(a.value) IN ('true', '"yes"') THEN 1 WHEN lower(a.value) IN ('false', '"no"') THEN 0
      WHEN a.value ~ '^-?[0-9]+(\\.[0-9]+)?([eE][-+]?[0-9]{1,2})?$' THEN a.value::double precision END`,
  },
}

const dimensions: Readonly<Record<string, string>> = {
  trace_name: 't.name',
  trace_status: 't.state',
  span_name: 's.name',
  span_type: 's.type',
  span_status: 's.status',
  span_model_name: spanText('mlflow.llm.model'),
  span_model_provider: spanText('mlflow.llm.provider'),
  assessment_name: 'a.name',
  assessment_value: 'a.value',
}

const tables: Readonly<Record<FiguresView, string>> = {
  TRACES: 'traces t',
  SPANS: 'traces t JOIN spans s ON s.project_id = t.project_id AND s.trace_id = t.id',
  ASSESSMENTS: 'traces t JOIN assessments a ON a.project_id = t.project_id AND a.trace_id = t.id AND a.valid',
}

const columns: Readonly<Record<string, string>> = {
  'trace.status': 't.state',
  'span.name': 's.name',
  'span.status': 's.status',
  'span.type': 's.type',
  'assessment.name': 'a.name',
  'assessment.type': 'a.kind',
}

type Bind = (value: unknown) => string

const conditionOf = ({ on, entity, key, value }: FigureFilter, bind: Bind): string => {
  const column = columns[`${on}.${entity}`]
  if (column !== undefined) return `${column} = ${bind(value)}`
  if (entity === 'tag')
    return key === 'mlflow.traceName' ? `t.name = ${bind(value)}` : `t.tags ->> ${bind(key)} = ${bind(value)}`
  const said = `t.metadata ->> ${bind(key)} = ${bind(value)}`
  if (key !== 'mlflow.sourceRun') return said
  return `(${said} OR EXISTS (SELECT 1 FROM trace_links l WHERE l.project_id = t.project_id AND l.trace_id = t.id
    AND l.kind = 'run' AND l.target = ${bind(value)}))`
}

/** Figures over many traces: a row for each point, its dimensions `d0…`, its bucket, its values `v0…`. */
export const traceFigures = (projectId: string, query: FiguresQuery): Statement => {
  const parameters: unknown[] = []
  const bind: Bind = (value) => `$${String(parameters.push(value))}`
  const { view, figure } = query
  const value = values[view][figure] ?? 'NULL'
  const spanTime = 's.started_at_ns / 1000000'
  const rangeTime = view === 'SPANS' && figure.endsWith('_cost') ? spanTime : 't.started_at_ms'
  const sizeMs = query.intervalSeconds === null ? null : bind(query.intervalSeconds * 1000)
  const bucket =
    sizeMs === null
      ? []
      : [`(floor((${view === 'SPANS' ? spanTime : 't.started_at_ms'})::numeric / ${sizeMs}) * ${sizeMs})`]
  const apart = query.dimensions.map((name) => dimensions[name] ?? 'NULL')
  const conditions = [
    `t.project_id = ${bind(projectId)}`,
    `t.experiment_id = ANY (${bind(query.experimentIds)}::bigint[])`,
    `${value} IS NOT NULL`,
    ...apart.map((column) => `${column} IS NOT NULL`),
    ...(query.fromMs === null ? [] : [`${rangeTime} >= ${bind(query.fromMs)}`]),
    ...(query.toMs === null ? [] : [`${rangeTime} <= ${bind(query.toMs)}`]),
    ...query.filters.map((filter) => conditionOf(filter, bind)),
  ]
  const taken = query.aggregations.map(({ kind, percentile }, index) => {
    const what = figure === 'session_count' ? `DISTINCT ${value}` : value
    const together =
      kind === 'PERCENTILE'
        ? `percentile_cont(${bind((percentile ?? 0) / 100)}::double precision) WITHIN GROUP (ORDER BY (${value})::double precision)`
        : `${kind}(${what})`
    return `${together}::double precision AS v${String(index)}`
  })
  const groups = [...bucket, ...apart.map((column) => `(${column}) COLLATE "C"`)]
  const names = [...bucket.map(() => 'bucket'), ...apart.map((_, index) => `d${String(index)}`)]
  const selected = [...groups.map((group, index) => `${group} AS ${names[index] ?? ''}`), ...taken]
  const grouped = groups.length === 0 ? '' : `GROUP BY ${names.join(', ')} ORDER BY ${names.join(', ')}`
  return {
    text: `SELECT ${selected.join(', ')} FROM ${tables[view]} WHERE ${conditions.join(' AND ')} ${grouped} LIMIT ${bind(query.limit)}`,
    parameters,
  }
}
