import { wireValue } from '../../core/tracking/metric-value.js'
import type { TaggedExperiment } from '../experiments/service.js'
import type { LoggedModel } from '../logged-models/service.js'
import type { ModelVersion, RegisteredModel } from '../model-registry/service.js'
import type { DatasetInput, DatasetSummary, LoggedRun, ModelLink, RunRecord } from '../runs/service.js'

/** An experiment as MLflow's clients read it. Fields that are not set are left out, as protobuf does. */
export const wireExperiment = (experiment: TaggedExperiment) => ({
  experiment_id: experiment.id,
  name: experiment.name,
  artifact_location: experiment.artifactLocation,
  lifecycle_stage: experiment.lifecycleStage,
  last_update_time: experiment.updatedAtMs,
  creation_time: experiment.createdAtMs,
  ...listed('tags', experiment.tags.map(pair)),
})

/** A dataset that runs of an experiment used. */
export const wireDatasetSummary = ({ experimentId, name, digest, context }: DatasetSummary) => ({
  experiment_id: experimentId,
  name,
  digest,
  ...(context === null ? {} : { context }),
})

export const wireRunInfo = (run: RunRecord) => ({
  run_id: run.id,
  run_uuid: run.id,
  run_name: run.name,
  experiment_id: run.experimentId,
  user_id: run.userName,
  status: run.status,
  start_time: run.startedAtMs,
  ...(run.endedAtMs === null ? {} : { end_time: run.endedAtMs }),
  artifact_uri: run.artifactUri,
  lifecycle_stage: run.lifecycleStage,
})

export const wireRun = ({ run, data }: LoggedRun) => {
  const inputs = data.models.filter((link) => link.direction === 'input')
  const outputs = data.models.filter((link) => link.direction === 'output')
  return {
    info: wireRunInfo(run),
    data: {
      ...listed('metrics', data.metrics.map(wireMetric)),
      ...listed('params', data.params.map(pair)),
      ...listed('tags', data.tags.map(pair)),
    },
    inputs: {
      ...listed('dataset_inputs', data.datasets.map(wireDatasetInput)),
      ...listed('model_inputs', inputs.map(wireModelInput)),
    },
    outputs: listed('model_outputs', outputs.map(wireModelOutput)),
  }
}

export const wireMetric = (metric: { key: string; value: number; timestampMs: number; step: number }) => ({
  key: metric.key,
  value: wireValue(metric.value),
  timestamp: metric.timestampMs,
  step: metric.step,
})

const wireDatasetInput = (input: DatasetInput) => ({
  ...listed('tags', input.tags.map(pair)),
  dataset: {
    name: input.name,
    digest: input.digest,
    source_type: input.sourceType,
    source: input.source,
    ...(input.schema === null ? {} : { schema: input.schema }),
    ...(input.profile === null ? {} : { profile: input.profile }),
  },
})

const wireModelInput = ({ modelId }: ModelLink) => ({ model_id: modelId })
const wireModelOutput = ({ modelId, step }: ModelLink) => ({ model_id: modelId, step })

export const wireLoggedModel = ({ model, data }: LoggedModel) => ({
  info: {
    model_id: model.id,
    experiment_id: model.experimentId,
    name: model.name,
    creation_timestamp_ms: model.createdAtMs,
    last_updated_timestamp_ms: model.updatedAtMs,
    artifact_uri: model.artifactUri,
    status: model.status,
    ...(model.modelType === null ? {} : { model_type: model.modelType }),
    ...(model.sourceRunId === null ? {} : { source_run_id: model.sourceRunId }),
    ...listed('tags', data.tags.map(pair)),
  },
  data: {
    ...listed('params', data.params.map(pair)),
    ...listed(
      'metrics',
      data.metrics.map((metric) => ({
        ...wireMetric(metric),
        model_id: model.id,
        run_id: metric.runId,
        ...(metric.datasetName === null ? {} : { dataset_name: metric.datasetName }),
        ...(metric.datasetDigest === null ? {} : { dataset_digest: metric.datasetDigest }),
      })),
    ),
  },
})

export const wireRegisteredModel = ({ record, tags, aliases, latestVersions }: RegisteredModel) => ({
  name: record.name,
  creation_timestamp: record.createdAtMs,
  last_updated_timestamp: record.updatedAtMs,
  ...(record.description === null || record.description === '' ? {} : { description: record.description }),
  ...listed('latest_versions', latestVersions.map(wireModelVersion)),
  ...listed('tags', tags.map(pair)),
  ...listed(
    'aliases',
    aliases.map(({ alias, version }) => ({ alias, version: String(version) })),
  ),
})

/**
 * A version as MLflow's clients read it; its number travels as text. It is ready as soon as it is there. What was not said
 * is an empty text, as MLflow's server has it.
 */
export const wireModelVersion = ({ record, tags, aliases }: ModelVersion) => ({
  name: record.modelName,
  version: String(record.version),
  creation_timestamp: record.createdAtMs,
  last_updated_timestamp: record.updatedAtMs,
  user_id: record.creatorName,
  current_stage: record.stage,
  description: record.description ?? '',
  source: record.source,
  run_id: record.runId ?? '',
  status: 'READY',
  run_link: record.runLink ?? '',
  ...(record.loggedModelId === null || record.loggedModelId === '' ? {} : { model_id: record.loggedModelId }),
  ...listed('tags', tags.map(pair)),
  ...listed('aliases', aliases),
})

/** A list that is left out when it is empty. */
export const listed = <K extends string, T>(name: K, items: readonly T[]): Partial<Record<K, readonly T[]>> =>
  items.length === 0 ? {} : ({ [name]: items } as Record<K, readonly T[]>)

const pair = ({ key, value }: { key: string; value: string }) => ({ key, value })
