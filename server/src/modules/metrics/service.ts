import type { MetricSeries } from '@novabrain/contracts'
import { curvesOf, type Curve } from '../../core/tracking/curve.js'
import { storedValue, wireValue } from '../../core/tracking/metric-value.js'
import type { Deps, ProjectScope, Tx } from '../../deps.js'
import type { KeyValue } from '../experiments/service.js'
import type { RunsService } from '../runs/service.js'
import { createGroupCommit } from './group-commit.js'
import { createLogBatch, type LogRequest } from './log-batch.js'
import {
  metricRepository as metrics,
  type Bucket,
  type ModelPoint,
  type OwnedSeriesDigest,
  type Point,
  type SeriesQuery,
} from './repository.js'
import type { Summaries } from './summaries.js'

/** One value of a metric as a program logs it. */
export interface LoggedMetric {
  readonly key: string
  readonly value: number
  readonly step: number
  readonly timestampMs: number
  readonly modelId: string | null
  readonly datasetName: string | null
  readonly datasetDigest: string | null
}

/** What a program logs in one request. Params are distinct by key. */
export interface Logged {
  readonly metrics: readonly LoggedMetric[]
  readonly params: readonly KeyValue[]
  readonly tags: readonly KeyValue[]
}

export type HistoryPoint = Omit<Point, 'runId' | 'key'>

export type MetricsService = ReturnType<typeof createMetricsService>

/**
 * What runs log, and metrics read. Errors: `run_not_found`, `run_not_active`, `run_not_of_attempt`, `param_immutable`.
 */
export const createMetricsService = (
  deps: Pick<Deps, 'database' | 'clock' | 'config' | 'hints'> & {
    readonly runs: RunsService
    readonly summaries: Pick<Summaries, 'want'>
  },
) => {
  const { database, hints, runs, summaries } = deps
  const commitBatch = createLogBatch(deps)
  const writer = createGroupCommit<LogRequest>({
    commit: async (requests) => (requests[0] === undefined ? [] : commitBatch(requests[0].scope, requests)),
    groupOf: (request) => request.scope.projectId,
    laneOf: (request) => request.runId,
    weightOf: ({ curves, params, tags }) =>
      curves.reduce((sum, { steps }) => sum + steps.length, params.length + tags.length),
    writers: 2,
    maxWeight: 20_000,
  })

  return {
    /** Keep what a program logs; when this resolves it is on the disk. */
    async log(scope: ProjectScope, runId: string, logged: Logged): Promise<void> {
      await writer.submit(requestOf(scope, runId, logged))
      if (logged.metrics.length > 0) hints.publish(scope.projectId, { type: 'metrics', runId })
    },

    /** Points of runs that are taken over from elsewhere, inside somebody's transaction; answers the series that are long. */
    adopt: async (tx: Tx, scope: ProjectScope, curves: readonly Curve[]): Promise<readonly string[]> =>
      (await metrics.addPoints(tx, scope, curves)).long,
    /** Ask that series be told in blocks; those that `adopt` answered, after the commit. */
    summarise: (scope: ProjectScope, seriesIds: readonly string[]): void => summaries.want(scope, seriesIds),
    adoptModelPoints: (tx: Tx, scope: ProjectScope, points: readonly ModelPoint[]): Promise<void> =>
      metrics.addModelPoints(
        tx,
        scope,
        points.map((point) => ({ ...point, value: storedValue(point.value) })),
      ),

    /** All points of the metrics of runs, each metric as one digest, inside somebody's transaction. */
    digests: (tx: Tx, scope: ProjectScope, runIds: readonly string[]): Promise<OwnedSeriesDigest[]> =>
      metrics.digests(tx, scope, runIds),

    /** The points of a metric as they were logged, by time, step and value. `limit: null` gives all. */
    history: (
      scope: ProjectScope,
      query: { runId: string; key: string; offset: number; limit: number | null },
    ): Promise<HistoryPoint[]> =>
      database.transaction(scope, async (tx) => {
        await runs.find(tx, scope, query.runId)
        return metrics.history(tx, scope, query)
      }),

    /** Points of one metric of several runs, at most `perRun` of each; runs that are not found have none. */
    historyRange: (
      scope: ProjectScope,
      query: { runIds: readonly string[]; key: string; fromStep: number | null; toStep: number | null; perRun: number },
    ): Promise<Omit<Point, 'key'>[]> => database.transaction(scope, (tx) => metrics.historyRange(tx, scope, query)),

    /** One metric for drawing. */
    async series(scope: ProjectScope, query: SeriesQuery): Promise<MetricSeries> {
      const buckets = await database.transaction(scope, async (tx) => {
        await runs.find(tx, scope, query.runId)
        return metrics.series(tx, scope, query)
      })
      summaries.want(scope, metrics.longSeries(buckets))
      return seriesOf(query.key, buckets)
    },
  }
}

const requestOf = (scope: ProjectScope, runId: string, logged: Logged): LogRequest => {
  const modelPoints = logged.metrics
    .filter(isOfModel)
    .map((metric) => ({ ...metric, runId, value: storedValue(metric.value) }))
  return {
    scope,
    runId,
    curves: curvesOf(runId, logged.metrics),
    modelPoints,
    params: logged.params,
    tags: logged.tags,
  }
}

const isOfModel = (metric: LoggedMetric): metric is LoggedMetric & { readonly modelId: string } =>
  metric.modelId !== null

const seriesOf = (key: string, buckets: readonly Bucket[]): MetricSeries => {
  const pointCount = buckets[0]?.total ?? 0
  return {
    key,
    pointCount,
    downsampled: pointCount > buckets.length,
    steps: buckets.map((bucket) => bucket.step),
    timestampsMs: buckets.map((bucket) => bucket.timestampMs),
    values: buckets.map((bucket) => wireValue(bucket.value)),
    low: buckets.map((bucket) => wireValue(bucket.low)),
    high: buckets.map((bucket) => wireValue(bucket.high)),
  }
}
