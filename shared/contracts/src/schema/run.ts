import { Type, type Static } from '@sinclair/typebox'
import { Id, nullable, Timestamp } from './common.js'

/** MLflow's statuses of a run. */
export const RunStatus = Type.Union([
  Type.Literal('SCHEDULED'),
  Type.Literal('RUNNING'),
  Type.Literal('FINISHED'),
  Type.Literal('FAILED'),
  Type.Literal('KILLED'),
])
export type RunStatus = Static<typeof RunStatus>

/** A metric value on the wire: JSON has no NaN or infinities, so these travel as strings, as in MLflow. */
export const MetricValue = Type.Union([
  Type.Number(),
  Type.Literal('NaN'),
  Type.Literal('Infinity'),
  Type.Literal('-Infinity'),
])
export type MetricValue = Static<typeof MetricValue>

export const LatestMetric = Type.Object({
  key: Type.String(),
  value: MetricValue,
  step: Type.Integer(),
  timestampMs: Type.Integer(),
  pointCount: Type.Integer({ minimum: 0 }),
})
export type LatestMetric = Static<typeof LatestMetric>

/** The record of something that ran. Params, tags and metrics are MLflow's. */
export const Run = Type.Object({
  id: Id,
  projectId: Id,
  experimentId: Type.String(),
  experimentName: Type.String(),
  name: Type.String(),
  status: RunStatus,
  lifecycleStage: Type.Union([Type.Literal('active'), Type.Literal('deleted')]),
  userName: Type.String(),
  startedAt: nullable(Timestamp),
  endedAt: nullable(Timestamp),
  params: Type.Array(Type.Object({ key: Type.String(), value: Type.String() })),
  tags: Type.Array(Type.Object({ key: Type.String(), value: Type.String() })),
  metrics: Type.Array(LatestMetric),
  job: nullable(Type.Object({ id: Id, number: Type.Integer(), status: Type.String() })),
})
export type Run = Static<typeof Run>

/** A run in a list: no params and tags, only the few latest metrics. */
export const RunSummary = Type.Omit(Run, ['params', 'tags'])
export type RunSummary = Static<typeof RunSummary>

/** A series for drawing. Arrays are parallel; `low` and `high` are the extremes of the points a bucket stands for. */
export const MetricSeries = Type.Object({
  key: Type.String(),
  pointCount: Type.Integer({ minimum: 0 }),
  downsampled: Type.Boolean(),
  steps: Type.Array(Type.Integer()),
  timestampsMs: Type.Array(Type.Integer()),
  values: Type.Array(MetricValue),
  low: Type.Array(MetricValue),
  high: Type.Array(MetricValue),
})
export type MetricSeries = Static<typeof MetricSeries>

export const ArtifactFile = Type.Object({
  path: Type.String(),
  isDirectory: Type.Boolean(),
  sizeBytes: nullable(Type.Integer({ minimum: 0 })),
})
export type ArtifactFile = Static<typeof ArtifactFile>
