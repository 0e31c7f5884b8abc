import type { LatestMetric, Run, RunSummary } from '@novabrain/contracts'
import { instant } from '../../core/tracking/instant.js'
import { wireValue } from '../../core/tracking/metric-value.js'
import type { LatestMetricRow, RunData, RunRecord } from './repository.js'

/** The job of a run as the run page shows it. */
export interface JobOfRun {
  readonly id: string
  readonly number: number
  readonly status: string
}

/** Stands in where no jobs are known. */
export const jobless = (): Promise<ReadonlyMap<string, JobOfRun>> => Promise.resolve(new Map())

/** A run in a list. */
export const summaryOf = (run: RunRecord, metrics: readonly LatestMetricRow[], job: JobOfRun | null): RunSummary => ({
  id: run.id,
  projectId: run.projectId,
  experimentId: run.experimentId,
  experimentName: run.experimentName,
  name: run.name,
  status: run.status,
  lifecycleStage: run.lifecycleStage,
  userName: run.userName,
  startedAt: run.status === 'SCHEDULED' ? null : instant(run.startedAtMs),
  endedAt: run.endedAtMs === null ? null : instant(run.endedAtMs),
  metrics: metrics.map(latestOf),
  job,
})

/** A run with all it logged. */
export const runOf = (run: RunRecord, data: RunData, job: JobOfRun | null): Run => ({
  ...summaryOf(run, data.metrics, job),
  params: data.params.map(({ key, value }) => ({ key, value })),
  tags: data.tags.map(({ key, value }) => ({ key, value })),
})

const latestOf = ({ key, value, step, timestampMs, pointCount }: LatestMetricRow): LatestMetric => ({
  key,
  value: wireValue(value),
  step,
  timestampMs,
  pointCount,
})
