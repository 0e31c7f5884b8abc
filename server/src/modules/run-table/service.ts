import {
  fail,
  parseRunColumn,
  runColumnName,
  type ExperimentSummary,
  type ExportRuns,
  type GroupRuns,
  type MetricSpread,
  type RunColumn,
  type RunGroup,
  type RunGroups,
  type RunGroupValue,
  type RunKeys,
  type RunTablePage,
  type RunTableRow,
  type SearchRunTable,
} from '@novabrain/contracts'
import { compileSearch, rankedByMetric, type Compiled } from '../../core/tracking/compile-search.js'
import { containsPattern } from '../../core/tracking/contains-pattern.js'
import { parseFilter, type Comparison } from '../../core/tracking/filter.js'
import { instant } from '../../core/tracking/instant.js'
import { wireValue } from '../../core/tracking/metric-value.js'
import { runGrammar } from '../../core/tracking/search-grammar.js'
import type { Deps, ProjectScope, Tx } from '../../deps.js'
import type { RunRecord } from '../runs/service.js'
import { columnsOf, groupingOf, orderOf, tableSearch } from './columns.js'
import { runTableRepository as table, type GroupRow } from './repository.js'

export type RunTableService = ReturnType<typeof createRunTableService>

/** What is asked of the keys of runs. */
export interface KeyQuery {
  readonly experimentIds?: string
  readonly kind?: 'metric' | 'param' | 'tag'
  readonly search?: string
  readonly cursor?: string
  readonly limit?: number
}

export interface ExperimentQuery {
  readonly ids?: string
  readonly search?: string
  readonly cursor?: string
  readonly limit?: number
}

/** Rows of a table that is read from its beginning to its end. */
export interface RowsInOrder {
  /** The next rows; none at the end. */
  take(count: number): Promise<readonly RunTableRow[]>
}

/**
 * Tables of runs: pieces of them, groups, the keys that may be columns. Everything is answered from latest values, never
 * from points. Errors: `search_text_invalid`, `invalid_request`.
 */
export const createRunTableService = ({ database }: Pick<Deps, 'database'>) => {
  const experimentsOf = async (tx: Tx, scope: ProjectScope, ids: readonly string[]): Promise<readonly string[]> => {
    if (ids.length > 0) return [...new Set(ids)]
    const all = await table.experiments(tx, scope, { ids: null, pattern: null, before: null, limit: null })
    return all.map(({ id }) => id)
  }

  const rowsOf = async (
    tx: Tx,
    scope: ProjectScope,
    runIds: readonly string[],
    columns: readonly RunColumn[],
  ): Promise<RunTableRow[]> => {
    if (runIds.length === 0) return []
    const found = new Map((await table.rows(tx, scope, runIds)).map((run) => [run.id, run]))
    const cells = await cellsOf(tx, scope, runIds, columns)
    return runIds.flatMap((id) => {
      const run = found.get(id)
      return run === undefined ? [] : [rowOf(run, cells(id))]
    })
  }

  return {
    /** A piece of a table. */
    search: (scope: ProjectScope, request: SearchRunTable): Promise<RunTablePage> => {
      const comparisons = [...filterOf(request.filter), ...(request.within ?? []).map(sameValue)]
      const columns = columnsOf(request.columns)
      const order = orderOf(request.order)
      return database.transaction(scope, async (tx) => {
        const experimentIds = await experimentsOf(tx, scope, request.experimentIds)
        const upToMs = request.upToMs ?? (await table.newestStart(tx, scope, experimentIds))
        const { offset, limit } = request
        const all = begunUpTo(compileSearch(comparisons, order, tableSearch, 6))
        const part = { experimentIds, upToMs: upToMs ?? 0, offset, limit }
        const runIds = limit === 0 ? [] : await table.page(tx, scope, part, { all, ranked: rankedByMetric(all, order) })
        const compared = compileSearch(comparisons, [], tableSearch, 4)
        const count = (afterMs: number, toMs: number) =>
          table.count(tx, scope, { experimentIds, afterMs, upToMs: toMs }, compared)
        const counted = request.count === true
        return {
          rows: await rowsOf(tx, scope, runIds, columns),
          total: counted ? await count(earliest, upToMs ?? earliest) : null,
          newer: counted ? await count(upToMs ?? earliest, latest) : null,
          upToMs,
        }
      })
    },

    /** Rows of known runs. */
    rows: (scope: ProjectScope, request: { runIds: readonly string[]; columns: readonly string[] }) => {
      const columns = columnsOf(request.columns)
      return database.transaction(scope, async (tx) => ({
        rows: await rowsOf(tx, scope, [...new Set(request.runIds)], columns),
      }))
    },

    /** Runs in groups. */
    groups: (scope: ProjectScope, request: GroupRuns): Promise<RunGroups> => {
      const comparisons = filterOf(request.filter)
      return database.transaction(scope, async (tx) => {
        const experimentIds = await experimentsOf(tx, scope, request.experimentIds)
        const compiled = compileSearch(comparisons, [], tableSearch, 4)
        const { grouping, keys } = groupingsOf(request, compiled)
        const rows = await table.groups(tx, scope, { ...request, experimentIds }, compiled, { grouping, keys })
        return {
          groups: rows.map((row) => groupOf(row, request.by.length, request.metrics.length)),
          total: Number(rows[0]?.['total'] ?? 0),
        }
      })
    },

    /** A page of the keys that may be columns. */
    keys: (scope: ProjectScope, query: KeyQuery): Promise<RunKeys> => {
      const limit = query.limit ?? 50
      const after = query.cursor === undefined ? null : parseRunColumn(query.cursor)
      const search = {
        experimentIds: query.experimentIds?.split(',') ?? null,
        kind: query.kind ?? null,
        pattern: containsPattern(query.search),
        after: after === null ? null : ([after.kind, after.key] as const),
        limit: limit + 1,
      }
      return database.transaction(scope, async (tx) => {
        const found = await table.keys(tx, scope, search)
        const names = found.map(({ kind, key }) => runColumnName({ kind: kindOf(kind), key }))
        const items = names.slice(0, limit)
        return {
          items,
          nextCursor: names.length > limit ? (items.at(-1) ?? null) : null,
          total: await table.countKeys(tx, scope, search),
        }
      })
    },

    /** A page of experiments. */
    experiments: (
      scope: ProjectScope,
      query: ExperimentQuery,
    ): Promise<{ items: ExperimentSummary[]; nextCursor: string | null }> => {
      const limit = query.limit ?? 50
      const search = {
        ids: query.ids?.split(',') ?? null,
        pattern: containsPattern(query.search),
        before: query.cursor !== undefined && /^\d{1,18}$/.test(query.cursor) ? query.cursor : null,
        limit: limit + 1,
      }
      return database.transaction(scope, async (tx) => {
        const found = await table.experiments(tx, scope, search)
        const items = found.slice(0, limit)
        return { items, nextCursor: found.length > limit ? (items.at(-1)?.id ?? null) : null }
      })
    },

    /**
     * Work through a table from its beginning to its end, by a cursor: however many runs there are, only the rows that were
     * taken are in memory. A filter that cannot be read is refused before.
     */
    readAll(
      scope: ProjectScope,
      request: Pick<ExportRuns, 'experimentIds' | 'filter' | 'order' | 'runIds'> & {
        readonly columns: readonly string[]
      },
    ): (work: (rows: RowsInOrder) => Promise<void>) => Promise<void> {
      const comparisons = [
        ...filterOf(request.filter),
        ...(request.runIds === undefined ? [] : [among(request.runIds)]),
      ]
      const compiled = compileSearch(comparisons, orderOf(request.order), tableSearch, 5)
      const columns = columnsOf(request.columns)
      return (work) =>
        database.transaction(scope, async (tx) => {
          const experimentIds = await experimentsOf(tx, scope, request.experimentIds)
          const cursor = await table.cursor(tx, scope, experimentIds, compiled, mostExported)
          await work({ take: async (count) => rowsOf(tx, scope, await cursor.take(count), columns) })
        })
    },
  }
}

const mostExported = 1_000_000_000

const filterOf = (text: string): readonly Comparison[] => {
  const result = parseFilter(text, runGrammar)
  return result.ok ? result.value : fail('search_text_invalid', { detail: result.message, position: result.position })
}

/** Before and after every time at which a run can begin. */
const earliest = Number.MIN_SAFE_INTEGER
const latest = Number.MAX_SAFE_INTEGER

/** With the condition that leaves out runs begun after `$6`. */
const begunUpTo = (compiled: Compiled): Compiled => ({
  ...compiled,
  conditions: ['r.started_at_ms <= $6::bigint', ...compiled.conditions],
})

const among = (values: readonly string[]): Comparison => ({
  entity: 'attribute',
  key: 'run_id',
  test: { kind: 'list', negated: false, values },
})

const sameValue = ({ column, value }: RunGroupValue): Comparison => {
  const [{ kind, key } = fail('invalid_request', { detail: `No column: ${column}`, field: 'within' })] = columnsOf([
    column,
  ])
  if (kind === 'metric' || (kind === 'attribute' && value === null))
    return fail('invalid_request', { detail: `No group of ${column}`, field: 'within' })
  const test: Comparison['test'] =
    value === null ? { kind: 'null', negated: false } : { kind: 'text', operator: '=', value }
  return { entity: kind, key, test }
}

const cellsOf = async (tx: Tx, scope: ProjectScope, runIds: readonly string[], columns: readonly RunColumn[]) => {
  const values = new Map<string, Map<string, string | number>>()
  for (const kind of ['metric', 'param', 'tag'] as const) {
    const keys = columns.filter((column) => column.kind === kind).map(({ key }) => key)
    for (const { runId, key, value } of await table.cells(tx, scope, kind, runIds, keys)) {
      const ofRun = values.get(runId) ?? new Map<string, string | number>()
      values.set(runId, ofRun.set(`${kind} ${key}`, typeof value === 'number' ? wireValue(value) : value))
    }
  }
  return (runId: string) => columns.map(({ kind, key }) => values.get(runId)?.get(`${kind} ${key}`) ?? null)
}

const rowOf = (run: RunRecord, cells: RunTableRow['cells']): RunTableRow => ({
  id: run.id,
  experimentId: run.experimentId,
  experimentName: run.experimentName,
  name: run.name,
  status: run.status,
  userName: run.userName,
  startedAt: run.status === 'SCHEDULED' ? null : instant(run.startedAtMs),
  endedAt: run.endedAtMs === null ? null : instant(run.endedAtMs),
  cells,
})

const groupingsOf = ({ by, metrics }: GroupRuns, { parameters }: Compiled) => {
  const keys: string[] = []
  const bind = (key: string) => `$${String(4 + parameters.length + keys.push(key))}`
  const columns = columnsOf(by)
  const parts = columns.map((column, index) => groupingOf(column, index, () => bind(column.key)))
  const { on, table: from } = tableSearch.keyed.metric ?? fail('internal_error')
  const spreads = metrics.map((key, index) => {
    const alias = `m${String(index)}`
    // The experiments are told of the metric too: an index holds its values by them, and they are read in one go.
    return `LEFT JOIN ${from} ${alias} ON ${on(alias)} AND ${alias}.experiment_id = ANY ($2::bigint[]) AND ${alias}.key = ${bind(key)}`
  })
  const joins = [...parts.flatMap(({ join }) => join ?? []), ...spreads]
  const grouping = {
    by: parts.map(({ expression }) => expression),
    joins,
    metrics: metrics.map((_, index) => `m${String(index)}.value`),
  }
  return { grouping, keys }
}

const groupOf = (row: GroupRow, columns: number, metrics: number): RunGroup => ({
  values: [...Array(columns).keys()].map((index) => textOf(row[`value${String(index)}`])),
  runCount: Number(row['runCount']),
  newestAt: row['newestAtMs'] === null ? null : instant(Number(row['newestAtMs'])),
  metrics: [...Array(metrics).keys()].map((index) => spreadOf(row, String(index))),
})

const spreadOf = (row: GroupRow, index: string): MetricSpread | null => {
  const count = Number(row[`count${index}`])
  const number = (name: string) => Number(row[name + index])
  return count === 0 ? null : { count, mean: number('mean'), low: number('low'), high: number('high') }
}

const textOf = (value: string | number | null | undefined): string | null =>
  value === null || value === undefined ? null : String(value)

const kindOf = (kind: string): RunColumn['kind'] => (kind === 'metric' || kind === 'param' ? kind : 'tag')
