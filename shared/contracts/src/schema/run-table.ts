import { Type, type Static } from '@sinclair/typebox'
import { Id, nullable, Timestamp } from './common.js'
import { RunStatus } from './run.js'

/** What a column of a table of runs shows. */
export type RunColumnKind = 'attribute' | 'metric' | 'param' | 'tag'

/** A column apart from how it is written. */
export interface RunColumn {
  readonly kind: RunColumnKind
  /** The key of the metric, param or tag; of an attribute its name. */
  readonly key: string
}

/** Attributes that are columns, in the order in which they are offered. */
export const runAttributes = [
  'run_name',
  'status',
  'start_time',
  'duration',
  'end_time',
  'user_id',
  'experiment_name',
  'run_id',
] as const
export type RunAttribute = (typeof runAttributes)[number]

const kinds = { attributes: 'attribute', metrics: 'metric', params: 'param', tags: 'tag' } as const
const prefixes = { attribute: 'attributes', metric: 'metrics', param: 'params', tag: 'tags' } as const

/** A column as text: `metrics.loss`, `params.learning rate`, `tags.mlflow.user`, `attributes.start_time`. */
export const RunColumnName = Type.String({
  pattern: '^(attributes|metrics|params|tags)\\.[^\\u0000]+$',
  maxLength: 300,
})

/** The column that a text names; everything after the first dot is the key. `null` for a text that names none. */
export const parseRunColumn = (name: string): RunColumn | null => {
  const dot = name.indexOf('.')
  const prefix = name.slice(0, Math.max(0, dot))
  const key = name.slice(dot + 1)
  if (key === '' || !isPrefix(prefix)) return null
  if (prefix === 'attributes' && !runAttributes.some((attribute) => attribute === key)) return null
  return { kind: kinds[prefix], key }
}

/** How a column is written. */
export const runColumnName = ({ kind, key }: RunColumn): string => `${prefixes[kind]}.${key}`

const isPrefix = (text: string): text is keyof typeof kinds => Object.hasOwn(kinds, text)

/** One key of the order of a table. Params and tags that are numbers are ordered as numbers. */
export const RunOrderKey = Type.Object({ column: RunColumnName, descending: Type.Boolean() })
export type RunOrderKey = Static<typeof RunOrderKey>

const ExperimentIds = Type.Array(Type.String({ pattern: '^\\d{1,18}$' }), {
  maxItems: 500,
  description: 'Experiments whose runs are wanted; none: those of all experiments',
})
const Filter = Type.String({ maxLength: 10_000, description: "A filter in MLflow's grammar; empty: all runs" })
const Columns = Type.Array(RunColumnName, { maxItems: 500 })
const Order = Type.Array(RunOrderKey, { maxItems: 4 })

/** Which runs a table is about. */
export const RunSelection = Type.Object({ experimentIds: ExperimentIds, filter: Filter })
export type RunSelection = Static<typeof RunSelection>

/** A value that all runs of a group have in a column; `null`: they have none. */
export const RunGroupValue = Type.Object({ column: RunColumnName, value: nullable(Type.String()) })
export type RunGroupValue = Static<typeof RunGroupValue>

/** A piece of a table: the runs from a position on, with the wanted columns. */
export const SearchRunTable = Type.Composite([
  RunSelection,
  Type.Object({
    order: Order,
    columns: Columns,
    within: Type.Optional(Type.Array(RunGroupValue, { maxItems: 3, description: 'Only the runs of this group' })),
    upToMs: Type.Optional(
      Type.Integer({ description: 'Leave out runs begun later, so that positions stay while runs begin' }),
    ),
    count: Type.Optional(Type.Boolean({ description: 'Say how many runs there are in all' })),
    offset: Type.Integer({ minimum: 0, maximum: 100_000_000 }),
    limit: Type.Integer({ minimum: 0, maximum: 500 }),
  }),
])
export type SearchRunTable = Static<typeof SearchRunTable>

/** A run with its values in the wanted columns: numbers (or `NaN`, `Infinity`, `-Infinity`) of metrics, else text. */
export const RunTableRow = Type.Object({
  id: Id,
  experimentId: Type.String(),
  experimentName: Type.String(),
  name: Type.String(),
  status: RunStatus,
  userName: Type.String(),
  startedAt: nullable(Timestamp),
  endedAt: nullable(Timestamp),
  cells: Type.Array(Type.Union([Type.Number(), Type.String(), Type.Null()])),
})
export type RunTableRow = Static<typeof RunTableRow>
export type RunCell = RunTableRow['cells'][number]

/** The answer; `total` and `newer` are `null` unless `count` was asked for. */
export const RunTablePage = Type.Object({
  rows: Type.Array(RunTableRow),
  total: nullable(Type.Integer({ minimum: 0 })),
  newer: nullable(Type.Integer({ minimum: 0, description: 'Runs that were left out because of `upToMs`' })),
  upToMs: nullable(Type.Integer({ description: 'When the newest of the runs began; give it with the next pieces' })),
})
export type RunTablePage = Static<typeof RunTablePage>

/** Rows of known runs, for what changed and for columns that were added. */
export const ReadRunRows = Type.Object({ runIds: Type.Array(Id, { maxItems: 500 }), columns: Columns })

/** Runs counted by what they have in some columns, with the spread of some metrics. */
export const GroupRuns = Type.Composite([
  RunSelection,
  Type.Object({
    by: Type.Array(RunColumnName, { minItems: 1, maxItems: 3 }),
    metrics: Type.Array(Type.String({ minLength: 1, maxLength: 250 }), { maxItems: 12 }),
    offset: Type.Integer({ minimum: 0, maximum: 1_000_000 }),
    limit: Type.Integer({ minimum: 1, maximum: 200 }),
  }),
])
export type GroupRuns = Static<typeof GroupRuns>

/** The numbers of a metric in a group; what is no number is left out. */
export const MetricSpread = Type.Object({
  count: Type.Integer({ minimum: 0 }),
  mean: Type.Number(),
  low: Type.Number(),
  high: Type.Number(),
})
export type MetricSpread = Static<typeof MetricSpread>

export const RunGroup = Type.Object({
  values: Type.Array(nullable(Type.String())),
  runCount: Type.Integer({ minimum: 1 }),
  newestAt: nullable(Timestamp),
  metrics: Type.Array(nullable(MetricSpread)),
})
export type RunGroup = Static<typeof RunGroup>

/** Groups, largest first. */
export const RunGroups = Type.Object({ groups: Type.Array(RunGroup), total: Type.Integer({ minimum: 0 }) })
export type RunGroups = Static<typeof RunGroups>

/** The keys that runs of some experiments have logged, a page of them. */
export const RunKeys = Type.Object({
  items: Type.Array(RunColumnName),
  nextCursor: nullable(Type.String()),
  total: Type.Integer({ minimum: 0, description: 'How many keys match in all' }),
})
export type RunKeys = Static<typeof RunKeys>

/** A table as a file: every run that matches, in order, with the columns in their order. */
export const ExportRuns = Type.Composite([
  RunSelection,
  Type.Object({
    order: Order,
    columns: Type.Array(RunColumnName, { minItems: 1, maxItems: 1000 }),
    runIds: Type.Optional(Type.Array(Id, { maxItems: 10_000, description: 'Only these of them' })),
    format: Type.Union([Type.Literal('csv'), Type.Literal('parquet')]),
    byteOrderMark: Type.Optional(
      Type.Boolean({ description: 'CSV only: begin with the mark by which Excel knows UTF-8' }),
    ),
  }),
])
export type ExportRuns = Static<typeof ExportRuns>

/** An experiment in a list. */
export const ExperimentSummary = Type.Object({ id: Type.String(), name: Type.String() })
export type ExperimentSummary = Static<typeof ExperimentSummary>
