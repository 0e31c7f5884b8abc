import type { ExperimentSummary } from '@novabrain/contracts'
import type { Compiled } from '../../core/tracking/compile-search.js'
import type { ProjectScope, Tx } from '../../deps.js'
import { cellsOfRuns } from '../../db/sql/tracking-cells-of-runs.sql.js'
import { countRuns } from '../../db/sql/tracking-count-runs.sql.js'
import { groupRuns, type Grouping } from '../../db/sql/tracking-group-runs.sql.js'
import { listExperiments } from '../../db/sql/tracking-list-experiments.sql.js'
import { newestStart } from '../../db/sql/tracking-newest-start.sql.js'
import { runColumns, runTables } from '../../db/sql/tracking-run-columns.sql.js'
import { countRunKeys, runKeysPage } from '../../db/sql/tracking-run-keys.sql.js'
import { roomForRuns, searchRuns } from '../../db/sql/tracking-search-runs.sql.js'
import type { RunRecord } from '../runs/service.js'

/** What is asked of keys; `null` leaves a condition out. */
export interface KeySearch {
  readonly experimentIds: readonly string[] | null
  readonly kind: string | null
  readonly pattern: string | null
  readonly after: readonly [kind: string, key: string] | null
  readonly limit: number
}

export interface Keyed {
  readonly kind: string
  readonly key: string
}

/** A value of a run under a key. */
export interface CellRow {
  readonly runId: string
  readonly key: string
  readonly value: string | number
}

/** A group as the database answers it: `value0…`, `runCount`, `newestAtMs`, `total`, and for each metric `count0` and so on. */
export type GroupRow = Readonly<Record<string, string | number | null>>

type Project = Pick<ProjectScope, 'projectId'>

const active = ['active']

/** Tables of runs, in PostgreSQL. */
export const runTableRepository = {
  /** The ids of a piece of a search, in its order. */
  async page(
    tx: Tx,
    scope: Project,
    {
      experimentIds,
      upToMs,
      offset,
      limit,
    }: { experimentIds: readonly string[]; upToMs: number; offset: number; limit: number },
    { all, ranked }: { readonly all: Compiled; readonly ranked: Compiled | null },
  ): Promise<string[]> {
    const parameters = [scope.projectId, experimentIds, active, offset, limit, upToMs, ...all.parameters]
    const selected = 'r.id'
    const first: { id: string }[] = ranked === null ? [] : await tx.query(searchRuns(ranked, { selected }), parameters)
    if (ranked !== null && first.length === limit) return first.map(({ id }) => id)
    // What comes after those that are ranked only the whole search knows.
    const search = searchRuns(all, { selected, single: experimentIds.length === 1 })
    const [, found] = (await Promise.all([tx.query(roomForRuns), tx.query(search, parameters)])) as [
      unknown,
      { id: string }[],
    ]
    return found.map(({ id }) => id)
  },

  async rows(tx: Tx, scope: Project, runIds: readonly string[]): Promise<RunRecord[]> {
    return tx.query(`SELECT ${runColumns} FROM ${runTables} WHERE r.project_id = $1 AND r.id = ANY ($2)`, [
      scope.projectId,
      runIds,
    ])
  },

  async cells(
    tx: Tx,
    scope: Project,
    kind: keyof typeof cellsOfRuns,
    runIds: readonly string[],
    keys: readonly string[],
  ): Promise<CellRow[]> {
    if (runIds.length === 0 || keys.length === 0) return []
    return tx.query(cellsOfRuns[kind], [scope.projectId, runIds, keys])
  },

  async count(
    tx: Tx,
    scope: Project,
    { experimentIds, afterMs, upToMs }: { experimentIds: readonly string[]; afterMs: number; upToMs: number },
    compiled: Compiled,
  ): Promise<number> {
    const rows: { count: number }[] = await tx.query(countRuns(compiled), [
      scope.projectId,
      experimentIds,
      afterMs,
      upToMs,
      ...compiled.parameters,
    ])
    return rows[0]?.count ?? 0
  },

  async newestStart(tx: Tx, scope: Project, experimentIds: readonly string[]): Promise<number | null> {
    const rows: { atMs: number | null }[] = await tx.query(newestStart, [scope.projectId, experimentIds])
    return rows[0]?.atMs ?? null
  },

  async groups(
    tx: Tx,
    scope: Project,
    { experimentIds, offset, limit }: { experimentIds: readonly string[]; offset: number; limit: number },
    compiled: Compiled,
    { grouping, keys }: { readonly grouping: Grouping; readonly keys: readonly string[] },
  ): Promise<GroupRow[]> {
    const parameters = [scope.projectId, experimentIds, offset, limit, ...compiled.parameters, ...keys]
    const [, rows] = (await Promise.all([
      tx.query(roomForRuns),
      tx.query(groupRuns(compiled, grouping), parameters),
    ])) as [unknown, GroupRow[]]
    return rows
  },

  async keys(tx: Tx, scope: Project, { experimentIds, kind, pattern, after, limit }: KeySearch): Promise<Keyed[]> {
    const [afterKind = null, afterKey = null] = after ?? []
    return tx.query(runKeysPage, [scope.projectId, experimentIds, kind, pattern, afterKind, afterKey, limit])
  },

  async countKeys(tx: Tx, scope: Project, { experimentIds, kind, pattern }: KeySearch): Promise<number> {
    const rows: { count: number }[] = await tx.query(countRunKeys, [scope.projectId, experimentIds, kind, pattern])
    return rows[0]?.count ?? 0
  },

  async experiments(
    tx: Tx,
    scope: Project,
    search: { ids: readonly string[] | null; pattern: string | null; before: string | null; limit: number | null },
  ): Promise<ExperimentSummary[]> {
    return tx.query(listExperiments, [scope.projectId, search.ids, search.pattern, search.before, search.limit])
  },

  /** Open a cursor over a search, until the transaction ends; `take` answers the next ids, none at the end. */
  async cursor(
    tx: Tx,
    scope: Project,
    experimentIds: readonly string[],
    compiled: Compiled,
    most: number,
  ): Promise<{ take(count: number): Promise<string[]> }> {
    const parameters = [scope.projectId, experimentIds, active, 0, most, ...compiled.parameters]
    await tx.query(
      `DECLARE runs_in_order NO SCROLL CURSOR FOR ${searchRuns(compiled, { selected: 'r.id' })}`,
      parameters,
    )
    return {
      async take(count) {
        const rows: { id: string }[] = await tx.query(`FETCH FORWARD ${String(count)} FROM runs_in_order`)
        return rows.map(({ id }) => id)
      },
    }
  },
}
