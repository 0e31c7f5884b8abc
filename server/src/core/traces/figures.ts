/** What figures over many traces can be asked for, as MLflow has it. */
export type FiguresView = 'TRACES' | 'SPANS' | 'ASSESSMENTS'
export type Aggregation = 'COUNT' | 'SUM' | 'AVG' | 'PERCENTILE' | 'MIN' | 'MAX'

interface Figure {
  readonly aggregations: readonly Aggregation[]
  readonly dimensions: readonly string[]
}

const count = (...dimensions: string[]): Figure => ({ aggregations: ['COUNT'], dimensions })
const spread = (...dimensions: string[]): Figure => ({ aggregations: ['AVG', 'MAX', 'MIN', 'PERCENTILE'], dimensions })
const amount = (...dimensions: string[]): Figure => ({
  aggregations: ['AVG', 'MAX', 'MIN', 'PERCENTILE', 'SUM'],
  dimensions,
})
const model = ['span_model_name', 'span_model_provider']

/** For each view its figures, and for each of them how it may be taken together and apart. */
export const figures: Readonly<Record<FiguresView, Readonly<Record<string, Figure>>>> = {
  TRACES: {
    trace_count: count('trace_name', 'trace_status'),
    session_count: count(),
    latency: spread('trace_name'),
    input_tokens: amount('trace_name'),
    output_tokens: amount('trace_name'),
    total_tokens: amount('trace_name'),
    cache_read_input_tokens: amount('trace_name'),
    cache_creation_input_tokens: amount('trace_name'),
  },
  SPANS: {
    span_count: count('span_name', 'span_type', 'span_status', ...model),
    latency: spread('span_name', 'span_status'),
    input_cost: amount(...model),
    output_cost: amount(...model),
    total_cost: amount(...model),
  },
  ASSESSMENTS: {
    assessment_count: count('assessment_name', 'assessment_value'),
    assessment_value: spread('assessment_name'),
  },
}

export interface FiguresQuery {
  readonly experimentIds: readonly string[]
  readonly view: FiguresView
  readonly figure: string
  readonly aggregations: readonly { readonly kind: Aggregation; readonly percentile: number | null }[]
  readonly dimensions: readonly string[]
  readonly filters: readonly FigureFilter[]
  /** By how many seconds the points are apart; `null` is one for all time. */
  readonly intervalSeconds: number | null
  readonly fromMs: number | null
  readonly toMs: number | null
  readonly limit: number
}

/** One condition: what is told of a trace, a span or an assessment is a value. */
export interface FigureFilter {
  readonly on: 'trace' | 'span' | 'assessment'
  readonly entity: string
  readonly key: string | null
  readonly value: string
}

/** Why a query cannot be answered, in MLflow's words; `null` when it can. */
export const faultOf = ({ view, figure, aggregations, dimensions, ...query }: FiguresQuery): string | null => {
  const known = figures[view]
  const wanted = Object.hasOwn(known, figure) ? known[figure] : undefined
  if (wanted === undefined) return `metric_name must be one of ${listed(Object.keys(known))}, got '${figure}'`
  const wrong = [...new Set(aggregations.map(({ kind }) => kind))].filter((kind) => !wanted.aggregations.includes(kind))
  if (wrong.length > 0)
    return `Found invalid aggregation_type(s): ${listed(wrong)}. Supported aggregation types: ${listed(wanted.aggregations)}`
  const apart = dimensions.filter((each) => !wanted.dimensions.includes(each))
  if (apart.length > 0)
    return `Found invalid dimension(s): ${listed(apart)}. Supported dimensions: ${listed(wanted.dimensions)}`
  if (query.intervalSeconds !== null && (query.fromMs === null || query.toMs === null))
    return 'start_time_ms and end_time_ms are required if time_interval_seconds is set'
  const misplaced = query.filters.find(({ on }) => on !== 'trace' && `${on.toUpperCase()}S` !== view)
  if (misplaced === undefined) return null
  return `Filtering by ${misplaced.on} is only supported for ${misplaced.on.toUpperCase()}S view type, got ${view}`
}

const listed = (names: readonly string[]): string =>
  `[${[...names]
    .sort()
    .map((name) => `'${name}'`)
    .join(', ')}]`

/** The parts of a filter, and whether each takes a key. */
const entities: Readonly<Record<FigureFilter['on'], Readonly<Record<string, boolean>>>> = {
  trace: { status: false, tag: true, metadata: true },
  span: { name: false, status: false, type: false },
  assessment: { name: false, type: false },
}

/** Read `trace.tag.<key> = '<value>'` and its like; `null` for what is none. */
export const filterOf = (text: string): FigureFilter | null => {
  const form = /^\s*(trace|span|assessment)\.(\w+)(?:\.(`[^`]+`|"[^"]+"|[^\s=]+))?\s*=\s*(?:'([^']*)'|"([^"]*)")\s*$/
  const [, on, entity = '', key, single, double] = form.exec(text) ?? []
  if (on !== 'trace' && on !== 'span' && on !== 'assessment') return null
  const takesKey = Object.hasOwn(entities[on], entity) ? entities[on][entity] : undefined
  if (takesKey === undefined || takesKey !== (key !== undefined)) return null
  return { on, entity, key: key?.replace(/^([`"])(.*)\1$/, '$2') ?? null, value: single ?? double ?? '' }
}

/** A row as the database answers it: `bucket` in milliseconds, dimensions `d0…`, values `v0…`. */
export type FigureRow = Readonly<Record<string, string | number | null>>

/** One point: what it is of, and the values that there are. */
export interface FigurePoint {
  readonly dimensions: Readonly<Record<string, string>>
  readonly values: Readonly<Record<string, number>>
}

/** The points of an answer; one without a value is none. */
export const pointsOf = (rows: readonly FigureRow[], query: FiguresQuery): FigurePoint[] =>
  rows.map((row) => pointOf(row, query)).filter(({ values }) => Object.keys(values).length > 0)

const pointOf = (row: FigureRow, { aggregations, dimensions, intervalSeconds }: FiguresQuery): FigurePoint => ({
  dimensions: Object.fromEntries([
    ...(intervalSeconds === null ? [] : [['time_bucket', isoOf(Number(row['bucket']))] as const]),
    ...dimensions.map((name, index) => [name, String(row[`d${String(index)}`])] as const),
  ]),
  values: Object.fromEntries(
    aggregations.flatMap((aggregation, index) => {
      const value = row[`v${String(index)}`]
      return typeof value === 'number' ? [[labelOf(aggregation), value] as const] : []
    }),
  ),
})

const isoOf = (ms: number): string => new Date(ms).toISOString().replace('.000Z', '+00:00')

/** As Python writes a number: `P50.0`. */
const labelOf = ({ kind, percentile }: FiguresQuery['aggregations'][number]): string => {
  if (kind !== 'PERCENTILE') return kind
  return `P${Number.isInteger(percentile) ? `${String(percentile)}.0` : String(percentile)}`
}
