import { createWriteStream } from 'node:fs'
import { mkdir, rename } from 'node:fs/promises'
import path from 'node:path'
import type { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { wireValue } from '../../core/tracking/metric-value.js'
import type { Point } from '../../core/tracking/run-digest.js'
import { MlflowRefusal, type Json, type MlflowApi } from './api.js'
import { localPath } from './files.js'
import { chunks } from './pool.js'
import { proxyPath, type ArtifactOwner, type Pair, type SourceDataset, type SourceRun } from './reader.js'

const mlflow = '/api/2.0/mlflow'
/** MLflow's limits for one request. */
const [metricsInBatch, pairsInBatch] = [1000, 100]

/** A point, and the logged model that it measures. */
export interface LoggedPoint extends Point {
  readonly key: string
  readonly modelId?: string
  readonly datasetName?: string | null
  readonly datasetDigest?: string | null
}

export type MlflowWriter = ReturnType<typeof createWriter>

/** What MLflow's REST API lets one write of a history. `local`: the store's files are on this machine. */
export const createWriter = (api: MlflowApi, { local }: { readonly local: boolean }) => ({
  createExperiment: async (name: string, tags: readonly Pair[]): Promise<string> =>
    idIn(await api.create(`${mlflow}/experiments/create`, { name, tags }), 'experiment_id'),

  tagExperiment: (experimentId: string, { key, value }: Pair) =>
    api.post(`${mlflow}/experiments/set-experiment-tag`, { experiment_id: experimentId, key, value }),

  setExperimentStage: (experimentId: string, stage: 'active' | 'deleted') =>
    api.post(`${mlflow}/experiments/${stage === 'deleted' ? 'delete' : 'restore'}`, { experiment_id: experimentId }),

  createRun: async (experimentId: string, run: SourceRun, tags: readonly Pair[]): Promise<string> => {
    const answer = await api.create(`${mlflow}/runs/create`, {
      experiment_id: experimentId,
      user_id: run.userName,
      run_name: run.name,
      start_time: run.startedAtMs,
      tags,
    })
    const created = answer['run'] as { info?: Json } | undefined
    return idIn(created?.info ?? {}, 'run_id')
  },

  logPairs: async (runId: string, { params = [], tags = [] }: { params?: readonly Pair[]; tags?: readonly Pair[] }) => {
    const [paramBatches, tagBatches] = [chunks(params, pairsInBatch), chunks(tags, pairsInBatch)]
    for (let at = 0; at < Math.max(paramBatches.length, tagBatches.length); at += 1)
      await api.post(`${mlflow}/runs/log-batch`, { run_id: runId, params: paramBatches[at], tags: tagBatches[at] })
  },

  logPoints: async (runId: string, points: readonly LoggedPoint[]): Promise<void> => {
    for (const batch of chunks(points, metricsInBatch))
      await api.post(`${mlflow}/runs/log-batch`, { run_id: runId, metrics: batch.map(wirePoint) })
  },

  logInputs: async (runId: string, datasets: readonly SourceDataset[], modelIds: readonly string[]): Promise<void> => {
    if (datasets.length + modelIds.length === 0) return
    await api.post(`${mlflow}/runs/log-inputs`, {
      run_id: runId,
      datasets: datasets.map(({ tags, ...of }) => ({
        tags,
        dataset: {
          name: of.name,
          digest: of.digest,
          source_type: of.sourceType,
          source: of.source,
          ...(of.schema === null ? {} : { schema: of.schema }),
          ...(of.profile === null ? {} : { profile: of.profile }),
        },
      })),
      ...(modelIds.length === 0 ? {} : { models: modelIds.map((id) => ({ model_id: id })) }),
    })
  },

  logOutputs: async (runId: string, models: readonly { modelId: string; step: number }[]): Promise<void> => {
    if (models.length === 0) return
    const links = models.map(({ modelId, step }) => ({ model_id: modelId, step }))
    await api.post(`${mlflow}/runs/outputs`, { run_id: runId, models: links })
  },

  /** The last of a run: its status and end. */
  endRun: (runId: string, { status, endedAtMs, name }: SourceRun) =>
    api.post(`${mlflow}/runs/update`, {
      run_id: runId,
      status,
      run_name: name,
      ...(endedAtMs === null ? {} : { end_time: endedAtMs }),
    }),

  setRunStage: (runId: string, stage: 'active' | 'deleted') =>
    api.post(`${mlflow}/runs/${stage === 'deleted' ? 'delete' : 'restore'}`, { run_id: runId }),

  createLoggedModel: async (body: object): Promise<string> => {
    const answer = await api.create(`${mlflow}/logged-models`, body)
    const model = answer['model'] as { info?: Json } | undefined
    return idIn(model?.info ?? {}, 'model_id')
  },
  endLoggedModel: (modelId: string, status: string) =>
    api.patch(`${mlflow}/logged-models/${modelId}`, { model_id: modelId, status }),
  tagLoggedModel: (modelId: string, tags: readonly Pair[]) =>
    api.patch(`${mlflow}/logged-models/${modelId}/tags`, { model_id: modelId, tags }),

  createRegisteredModel: (body: object) => api.create(`${mlflow}/registered-models/create`, body),
  createVersion: async (body: object): Promise<number> => {
    const answer = await api.create(`${mlflow}/model-versions/create`, body)
    return Number(idIn((answer['model_version'] ?? {}) as Json, 'version'))
  },
  deleteVersion: (name: string, version: number) =>
    api.delete(`${mlflow}/model-versions/delete`, { name, version: String(version) }),
  setStage: (name: string, version: number, stage: string) =>
    api.post(`${mlflow}/model-versions/transition-stage`, {
      name,
      version: String(version),
      stage,
      archive_existing_versions: false,
    }),
  setAlias: (name: string, alias: string, version: number) =>
    api.post(`${mlflow}/registered-models/alias`, { name, alias, version: String(version) }),

  /** Keep a file; `false` when the store takes none from us. */
  putFile: async (
    owner: Pick<ArtifactOwner, 'artifactUri'>,
    file: string,
    body: () => Promise<Readable>,
  ): Promise<boolean> => {
    const proxied = proxyPath(owner.artifactUri)
    if (proxied !== null) {
      const address = `${proxied}/${file}`.split('/').map(encodeURIComponent).join('/')
      await api.put(`/api/2.0/mlflow-artifacts/artifacts/${address}`, body)
      return true
    }
    const folder = local ? localPath(owner.artifactUri) : null
    if (folder === null) return false
    await writeFile(path.join(folder, file), await body())
    return true
  },
})

/** Written beside and renamed, so that a file that is there is whole. */
const writeFile = async (place: string, body: Readable): Promise<void> => {
  await mkdir(path.dirname(place), { recursive: true })
  const draft = `${place}.${String(process.pid)}.part`
  await pipeline(body, createWriteStream(draft))
  await rename(draft, place)
}

const wirePoint = ({ key, value, timestampMs, step, modelId, datasetName, datasetDigest }: LoggedPoint) => ({
  key,
  value: wireValue(value),
  timestamp: timestampMs,
  step,
  ...(modelId === undefined ? {} : { model_id: modelId }),
  ...(datasetName === undefined || datasetName === null ? {} : { dataset_name: datasetName }),
  ...(datasetDigest === undefined || datasetDigest === null ? {} : { dataset_digest: datasetDigest }),
})

const idIn = (of: Json, name: string): string => {
  const value = of[name]
  if (typeof value === 'string' && value !== '') return value
  if (typeof value === 'number') return String(value)
  throw new MlflowRefusal(200, 'NO_ID', JSON.stringify(of).slice(0, 200), name)
}
