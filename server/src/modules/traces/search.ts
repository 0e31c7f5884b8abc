import {
  compileSearch,
  type Compiled,
  type ConditionTools,
  type SearchTables,
} from '../../core/tracking/compile-search.js'
import { traceKeys } from '../../core/traces/trace.js'
import type { Comparison, OrderKey } from '../../core/tracking/filter.js'

const linked = (kind: 'run' | 'prompt') => (test: (column: string) => string) =>
  `EXISTS (SELECT 1 FROM trace_links l WHERE l.project_id = t.project_id AND l.trace_id = t.id
     AND l.kind = '${kind}' AND ${test('l.target')})`

const ofTrace = (alias: string): string => `${alias}.project_id = t.project_id AND ${alias}.trace_id = t.id`

/** The words of a span, without the names of fields on MLflow's wire, which nobody looks for. */
const words = (alias: string): string =>
  `regexp_replace(${alias}.content, '([{,])"(?:(?:string|bool|int|double|bytes|array|kvlist)_value|values|key|value)":', '\\1', 'g')`

const someSpan = (conditions: readonly string[]): string =>
  `EXISTS (SELECT 1 FROM spans s WHERE ${[ofTrace('s'), ...conditions].join(' AND ')})`

const tables: SearchTables = {
  attributes: {
    request_id: 't.id',
    experiment_id: 't.experiment_id',
    status: 't.state',
    client_request_id: 't.client_request_id',
    name: 't.name',
    source_run: `(t.metadata ->> 'mlflow.sourceRun')`,
    run_id: linked('run'),
    prompt: linked('prompt'),
    text: (test) => someSpan([test(words('s'))]),
    timestamp_ms: 't.started_at_ms',
    execution_time_ms: 't.duration_ms',
    end_time_ms: '(t.started_at_ms + coalesce(t.duration_ms, 0))',
  },
  keyed: {},
  valueIn: {
    tag: (key) => `CASE ${key} WHEN 'mlflow.traceName' THEN t.name ELSE t.tags ->> ${key} END`,
    metadata: (key) => `(t.metadata ->> ${key})`,
  },
  others: (comparisons, tools) => {
    const spans = comparisons.filter(({ entity }) => entity === 'span')
    return [
      // All of them mean one and the same span.
      ...(spans.length === 0 ? [] : [someSpan(spans.map((comparison) => spanCondition(comparison, tools)))]),
      ...comparisons.filter(({ entity }) => entity !== 'span').map((comparison) => assessed(comparison, tools)),
    ]
  },
}

const spanCondition = ({ key, test }: Comparison, tools: ConditionTools): string => {
  if (key === 'content') return tools.test(words('s'), test)
  if (!key.startsWith('attributes.')) return tools.test(`s.${key}`, test)
  const name = tools.bind(key.slice('attributes.'.length))
  const value = `coalesce(a.value ->> 'string_value', a.value ->> 'int_value', a.value ->> 'double_value',
    a.value ->> 'bool_value', a.value::text)`
  return `EXISTS (SELECT 1 FROM json_to_recordset(s.content::json -> 'attributes') AS a (key text, value json)
    WHERE a.key = ${name} AND ${tools.test(value, test)})`
}

/** Traces of which it was said, or of whose whole session it was: such a word names the session in its metadata. */
const assessed = (comparison: Comparison, tools: ConditionTools): string => {
  const negated = comparison.test.kind === 'null' && !comparison.test.negated
  const ofItself = `EXISTS (SELECT 1 FROM assessments a WHERE ${[ofTrace('a'), ...said(comparison, tools)].join(' AND ')})`
  const inSession = [
    'a.project_id = $1',
    's.experiment_id = ANY ($2::bigint[])',
    `${sessionOf('s')} IS NOT NULL`,
    `a.metadata ? '${traceKeys.session}'`,
    ...said(comparison, tools),
  ]
  const ofSession = `coalesce(${sessionOf('t')} IN (SELECT ${sessionOf('s')} FROM assessments a
    JOIN traces s ON s.project_id = a.project_id AND s.id = a.trace_id WHERE ${inSession.join(' AND ')}), false)`
  return `${negated ? 'NOT ' : ''}(${ofItself} OR ${ofSession})`
}

const sessionOf = (alias: string): string => `(${alias}.metadata ->> '${traceKeys.session}')`

/** Conditions of an assessment `a` that counts. */
const said = ({ entity, key, test }: Comparison, tools: ConditionTools): readonly string[] => [
  `a.kind = '${entity}'`,
  'a.valid',
  `a.name = ${tools.bind(key)}`,
  ...saidValue(test, tools),
]

const saidValue = (test: Comparison['test'], tools: ConditionTools): readonly string[] => {
  switch (test.kind) {
    case 'null':
      return []
    case 'number':
      return [`CASE WHEN a.value ~ '^-?[0-9.]+([eE][-+]?[0-9]+)?$' THEN ${tools.test('a.value::numeric', test)} END`]
    case 'text':
    case 'list':
      return [tools.test(`(CASE WHEN a.value LIKE '"%' THEN a.value::json #>> '{}' ELSE a.value END)`, test)]
  }
}

/** A filter and an order over `traces t` as SQL; see `compileSearch`. In its statement $1 is the project, $2 the experiments. */
export const compileTraceSearch = (
  filter: readonly Comparison[],
  order: readonly OrderKey[],
  firstParameter: number,
): Compiled => compileSearch(filter, order, tables, firstParameter)
