import type { MetricValue, RunStatus } from '@novabrain/contracts'
import { groupRows } from '../../core/tracking/group-rows.js'
import { readValue } from '../../core/tracking/metric-value.js'
import type { Compiled } from '../../core/tracking/compile-search.js'
import type { ProjectScope, Tx } from '../../deps.js'
import { datasetSummaries } from '../../db/sql/tracking-dataset-summaries.sql.js'
import { dataOfRuns } from '../../db/sql/tracking-data-of-runs.sql.js'
import { prepared } from '../../db/prepared.js'
import { expireRuns } from '../../db/sql/tracking-expire-runs.sql.js'
import { followJob, followJobInside } from '../../db/sql/tracking-follow-job.sql.js'
import { newestMetricsOfRuns } from '../../db/sql/tracking-newest-metrics-of-runs.sql.js'
import { runColumns, runTables } from '../../db/sql/tracking-run-columns.sql.js'
import { runPage } from '../../db/sql/tracking-run-page.sql.js'
import { roomForRuns, searchRuns } from '../../db/sql/tracking-search-runs.sql.js'
import { setTags } from '../../db/sql/tracking-set-tags.sql.js'
import type { KeyValue, LifecycleStage } from '../experiments/service.js'

/** A run as it is read. */
export interface RunRecord {
  readonly id: string
  readonly tenantId: string
  readonly projectId: string
  readonly experimentId: string
  readonly experimentName: string
  readonly artifactUri: string
  readonly name: string
  readonly status: RunStatus
  readonly lifecycleStage: LifecycleStage
  readonly userName: string
  readonly startedAtMs: number
  readonly endedAtMs: number | null
  /** The job whose record it is. */
  readonly jobId: string | null
  /** The run of the job inside which it was begun. */
  readonly jobRunId: string | null
  /** The last attempt whose program began the run of its job. */
  readonly begunByAttemptId: string | null
}

export interface LatestMetricRow {
  readonly key: string
  readonly step: number
  readonly timestampMs: number
  readonly value: number
  readonly pointCount: number
}

export interface Dataset {
  readonly name: string
  readonly digest: string
  readonly sourceType: string
  readonly source: string
  readonly schema: string | null
  readonly profile: string | null
}

export interface DatasetInput extends Dataset {
  readonly tags: readonly KeyValue[]
}

export interface ModelLink {
  readonly direction: 'input' | 'output'
  readonly modelId: string
  readonly step: number
}

/** Everything that a run logged. */
export interface RunData {
  readonly params: readonly KeyValue[]
  readonly tags: readonly KeyValue[]
  readonly metrics: readonly LatestMetricRow[]
  readonly datasets: readonly DatasetInput[]
  readonly models: readonly ModelLink[]
}

/** What `run_changed` tells. */
export type ChangedRun = Pick<RunRecord, 'id' | 'tenantId' | 'projectId' | 'experimentId' | 'name' | 'status'>

/** A status that a job reached, and when; a run that is over has an end. */
export interface ReachedStatus {
  readonly status: RunStatus
  readonly atMs: number
  readonly isOver: boolean
}

/** A run by its id, and where it is. */
type PlacedRun = Pick<RunRecord, 'id' | 'projectId' | 'experimentId'>

/** A dataset that runs of an experiment used, and what for. */
export interface DatasetSummary {
  readonly experimentId: string
  readonly name: string
  readonly digest: string
  readonly context: string | null
}

type Project = Pick<ProjectScope, 'projectId'>
type OfRun<T> = T & { readonly runId: string }

const one = prepared(`SELECT ${runColumns} FROM ${runTables} WHERE r.project_id = $1 AND r.id = $2`)

const valuesOf = ({ projectId }: Project, runId: string, { status, atMs, isOver }: ReachedStatus) => [
  projectId,
  runId,
  status,
  atMs,
  isOver ? atMs : null,
]

const insertRun = prepared(`
  INSERT INTO runs (id, tenant_id, project_id, experiment_id, name, status, lifecycle_stage, user_name,
    started_at_ms, ended_at_ms, last_seen_at_ms, job_id, job_run_id)
  VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)`)

/** Runs and what they hold, in PostgreSQL. */
export const runRepository = {
  async find(tx: Tx, scope: Project, runId: string): Promise<RunRecord | null> {
    const rows: RunRecord[] = await tx.query(one, [scope.projectId, runId])
    return rows[0] ?? null
  },

  async findAll(tx: Tx, scope: Project, runIds: readonly string[]): Promise<RunRecord[]> {
    return tx.query(`SELECT ${runColumns} FROM ${runTables} WHERE r.project_id = $1 AND r.id = ANY ($2)`, [
      scope.projectId,
      runIds,
    ])
  },

  /** The run, locked until the transaction ends. */
  async lock(tx: Tx, scope: Project, runId: string): Promise<RunRecord | null> {
    const rows: RunRecord[] = await tx.query(`${one} FOR NO KEY UPDATE OF r`, [scope.projectId, runId])
    return rows[0] ?? null
  },

  /** The run, which nobody deletes until the transaction ends. */
  async hold(tx: Tx, scope: Project, runId: string): Promise<RunRecord | null> {
    const rows: RunRecord[] = await tx.query(`${one} FOR SHARE OF r`, [scope.projectId, runId])
    return rows[0] ?? null
  },

  async insert(tx: Tx, run: Omit<RunRecord, 'experimentName' | 'artifactUri'>, seenAtMs: number): Promise<void> {
    await tx.query(insertRun, [
      run.id,
      run.tenantId,
      run.projectId,
      run.experimentId,
      run.name,
      run.status,
      run.lifecycleStage,
      run.userName,
      run.startedAtMs,
      run.endedAtMs,
      seenAtMs,
      run.jobId,
      run.jobRunId,
    ])
  },

  async update(
    tx: Tx,
    scope: Project,
    runId: string,
    run: Pick<RunRecord, 'name' | 'status' | 'startedAtMs' | 'endedAtMs'>,
    seenAtMs: number,
  ): Promise<void> {
    await tx.query(
      `UPDATE runs SET name = $3, status = $4, started_at_ms = $5, ended_at_ms = $6,
         last_seen_at_ms = greatest(last_seen_at_ms, $7)
       WHERE project_id = $1 AND id = $2`,
      [scope.projectId, runId, run.name, run.status, run.startedAtMs, run.endedAtMs, seenAtMs],
    )
  },

  /** Note that the program of an attempt began the run of its job, and in which experiment it wants it. */
  async setBegun(tx: Tx, scope: Project, runId: string, attemptId: string, experimentId: string): Promise<void> {
    await tx.query(`UPDATE runs SET begun_by_attempt_id = $3, experiment_id = $4 WHERE project_id = $1 AND id = $2`, [
      scope.projectId,
      runId,
      attemptId,
      experimentId,
    ])
  },

  /** The run of a job has a status that its job reached. Answers the run where that is another than before. */
  async follow(tx: Tx, scope: Project, runId: string, reached: ReachedStatus): Promise<ChangedRun[]> {
    const [changed]: [ChangedRun[], number] = await tx.query(followJob, valuesOf(scope, runId, reached))
    return changed
  },

  /** The same for the open runs that were begun inside the job. */
  async followInside(tx: Tx, scope: Project, jobRunId: string, reached: ReachedStatus): Promise<ChangedRun[]> {
    const [changed]: [ChangedRun[], number] = await tx.query(followJobInside, valuesOf(scope, jobRunId, reached))
    return changed
  },

  async setLifecycleStage(
    tx: Tx,
    scope: Project,
    which: { readonly runId: string } | { readonly experimentId: string },
    stage: LifecycleStage,
    atMs: number,
  ): Promise<void> {
    const [column, id] = 'runId' in which ? ['id', which.runId] : ['experiment_id', which.experimentId]
    await tx.query(
      `UPDATE runs SET lifecycle_stage = $3, deleted_at_ms = $4 WHERE project_id = $1 AND ${column} = $2 AND lifecycle_stage <> $3`,
      [scope.projectId, id, stage, stage === 'deleted' ? atMs : null],
    )
  },

  async page(
    tx: Tx,
    scope: Project,
    page: { experimentId: string | null; before: string | null; limit: number },
  ): Promise<RunRecord[]> {
    return tx.query(runPage, [scope.projectId, page.experimentId, page.before, page.limit])
  },

  async search(
    tx: Tx,
    scope: Project,
    search: { experimentIds: readonly string[]; stages: readonly LifecycleStage[]; offset: number; limit: number },
    { all, ranked }: { readonly all: Compiled; readonly ranked: Compiled | null },
  ): Promise<RunRecord[]> {
    const { experimentIds, stages, offset, limit } = search
    const parameters = [scope.projectId, [...new Set(experimentIds)], stages, offset, limit, ...all.parameters]
    const first: RunRecord[] = ranked === null ? [] : await tx.query(searchRuns(ranked), parameters)
    if (ranked !== null && first.length === limit) return first
    // What comes after those that are ranked only the whole search knows.
    const single = experimentIds.length === 1 && stages.length === 1
    const [, found] = (await Promise.all([
      tx.query(roomForRuns),
      tx.query(searchRuns(all, { single }), parameters),
    ])) as [unknown, RunRecord[]]
    return found
  },

  async setTags(tx: Tx, scope: Project, runId: string, tags: readonly KeyValue[]): Promise<void> {
    if (tags.length === 0) return
    const last = [...new Map(tags.map((tag) => [tag.key, tag.value]))]
    const keys = last.map(([key]) => key)
    const values = last.map(([, value]) => value)
    await tx.query(setTags, [scope.projectId, keys.map(() => runId), keys, values])
  },

  /** Whether there was such a tag. */
  async deleteTag(tx: Tx, scope: Project, runId: string, key: string): Promise<boolean> {
    const [, count]: [unknown, number] = await tx.query(
      `DELETE FROM run_tags WHERE project_id = $1 AND run_id = $2 AND key = $3`,
      [scope.projectId, runId, key],
    )
    return count > 0
  },

  async addDatasets(tx: Tx, run: PlacedRun, inputs: readonly DatasetInput[]): Promise<void> {
    for (const { tags, ...dataset } of inputs) {
      const { name, digest } = dataset
      await tx.query(
        `INSERT INTO datasets (project_id, experiment_id, name, digest, source_type, source, schema, profile)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT DO NOTHING`,
        [
          run.projectId,
          run.experimentId,
          name,
          digest,
          dataset.sourceType,
          dataset.source,
          dataset.schema,
          dataset.profile,
        ],
      )
      await tx.query(
        `INSERT INTO run_datasets (run_id, name, digest, tags, project_id) VALUES ($1, $2, $3, $4, $5)
         ON CONFLICT DO NOTHING`,
        [
          run.id,
          name,
          digest,
          JSON.stringify(Object.fromEntries(tags.map((tag) => [tag.key, tag.value]))),
          run.projectId,
        ],
      )
    }
  },

  async datasetSummaries(tx: Tx, scope: Project, experimentIds: readonly string[]): Promise<DatasetSummary[]> {
    return tx.query(datasetSummaries, [scope.projectId, experimentIds])
  },

  async addModels(tx: Tx, run: PlacedRun, links: readonly ModelLink[]): Promise<void> {
    for (const { direction, modelId, step } of links) {
      await tx.query(
        `INSERT INTO run_models (run_id, direction, model_id, step, project_id) VALUES ($1, $2, $3, $4, $5)
         ON CONFLICT (run_id, direction, model_id) DO UPDATE SET step = excluded.step`,
        [run.id, direction, modelId, step, run.projectId],
      )
    }
  },

  /** What runs logged, in one statement for any number of runs. */
  async dataOf(tx: Tx, scope: Project, runIds: readonly string[]): Promise<(runId: string) => RunData> {
    const rows: DataRow[] = runIds.length === 0 ? [] : await tx.query(dataOfRuns, [scope.projectId, runIds])
    const byRun = new Map(rows.map((row) => [row.runId, dataFrom(row)]))
    return (runId) => byRun.get(runId) ?? noData
  },

  /** The few metrics of each run that were logged last, for lists. */
  async newestMetrics(
    tx: Tx,
    scope: Project,
    runIds: readonly string[],
    count: number,
  ): Promise<(runId: string) => readonly LatestMetricRow[]> {
    return byRun<LatestMetricRow>(await tx.query(newestMetricsOfRuns, [scope.projectId, runIds, count]))
  },

  /** End runs outside jobs last seen before an instant; some hundreds at a time. */
  async expire(tx: Tx, lastSeenBeforeMs: number): Promise<ChangedRun[]> {
    const [rows]: [ChangedRun[], number] = await tx.query(expireRuns, [lastSeenBeforeMs])
    return rows
  },
}

const byRun = <T>(rows: readonly OfRun<T>[]): ((runId: string) => readonly T[]) => {
  const groups = groupRows(rows, (row) => row.runId)
  return (runId) => groups.get(runId) ?? []
}

interface PairColumns {
  readonly keys: readonly string[] | null
  readonly values: readonly string[] | null
}

interface MetricColumns {
  readonly keys: readonly string[] | null
  readonly values: readonly MetricValue[] | null
  readonly steps: readonly number[] | null
  readonly timestampsMs: readonly number[] | null
  readonly pointCounts: readonly number[] | null
}

/** What one run logged, as the statement tells it. */
interface DataRow {
  readonly runId: string
  readonly params: PairColumns
  readonly tags: PairColumns
  readonly metrics: MetricColumns
  readonly datasets: readonly (Dataset & { readonly tags: Record<string, string> })[]
  readonly models: readonly ModelLink[]
}

const noData: RunData = { params: [], tags: [], metrics: [], datasets: [], models: [] }

const dataFrom = ({ params, tags, metrics, datasets, models }: DataRow): RunData => ({
  params: pairsFrom(params),
  tags: pairsFrom(tags),
  metrics: metricsFrom(metrics),
  datasets: datasets.map((input) => ({ ...input, tags: keyValues(input.tags) })),
  models,
})

const pairsFrom = ({ keys, values }: PairColumns): KeyValue[] =>
  (keys ?? []).map((key, at) => ({ key, value: values?.[at] ?? '' }))

const metricsFrom = ({ keys, values, steps, timestampsMs, pointCounts }: MetricColumns): LatestMetricRow[] =>
  (keys ?? []).map((key, at) => ({
    key,
    step: steps?.[at] ?? 0,
    timestampMs: timestampsMs?.[at] ?? 0,
    value: readValue(values?.[at] ?? 'NaN'),
    pointCount: pointCounts?.[at] ?? 0,
  }))

const keyValues = (record: Record<string, string>): KeyValue[] =>
  Object.entries(record).map(([key, value]) => ({ key, value }))
