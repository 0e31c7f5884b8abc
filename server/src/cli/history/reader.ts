import { NovaBrainError, type MetricValue } from '@novabrain/contracts'
import { readValue } from '../../core/tracking/metric-value.js'
import type { Point } from '../../core/tracking/run-digest.js'
import { MlflowRefusal, type Json, type MlflowApi } from './api.js'
import { pages, records, text } from './pages.js'

export interface Pair {
  readonly key: string
  readonly value: string
}

export interface SourceExperiment {
  readonly id: string
  readonly name: string
  readonly artifactLocation: string
  readonly lifecycleStage: 'active' | 'deleted'
  readonly tags: readonly Pair[]
  readonly createdAtMs: number
  readonly updatedAtMs: number
}

export interface SourceDataset {
  readonly name: string
  readonly digest: string
  readonly sourceType: string
  readonly source: string
  readonly schema: string | null
  readonly profile: string | null
  readonly tags: readonly Pair[]
}

export interface ModelLink {
  readonly direction: 'input' | 'output'
  readonly modelId: string
  readonly step: number
}

export type RunStatus = 'SCHEDULED' | 'RUNNING' | 'FINISHED' | 'FAILED' | 'KILLED'

/** A run with all but its points and files. */
export interface SourceRun {
  readonly id: string
  readonly experimentId: string
  readonly name: string
  readonly status: RunStatus
  readonly lifecycleStage: 'active' | 'deleted'
  readonly userName: string
  readonly startedAtMs: number
  readonly endedAtMs: number | null
  readonly artifactUri: string
  readonly params: readonly Pair[]
  readonly tags: readonly Pair[]
  /** The latest value of each metric. */
  readonly latest: readonly (Point & { readonly key: string })[]
  readonly datasets: readonly SourceDataset[]
  readonly models: readonly ModelLink[]
}

export interface SourceModelMetric extends Point {
  readonly key: string
  readonly runId: string
  readonly datasetName: string | null
  readonly datasetDigest: string | null
}

export interface SourceLoggedModel {
  readonly id: string
  readonly experimentId: string
  readonly name: string
  readonly modelType: string | null
  readonly sourceRunId: string | null
  readonly status: 'LOGGED_MODEL_PENDING' | 'LOGGED_MODEL_READY' | 'LOGGED_MODEL_UPLOAD_FAILED'
  readonly artifactUri: string
  readonly params: readonly Pair[]
  readonly tags: readonly Pair[]
  readonly metrics: readonly SourceModelMetric[]
  readonly createdAtMs: number
  readonly updatedAtMs: number
}

export interface SourceVersion {
  readonly name: string
  readonly version: number
  readonly source: string
  readonly stage: string
  readonly runId: string | null
  readonly runLink: string | null
  readonly loggedModelId: string | null
  readonly description: string | null
  readonly userName: string
  readonly tags: readonly Pair[]
  readonly createdAtMs: number
  readonly updatedAtMs: number
}

export interface SourceRegisteredModel {
  readonly name: string
  readonly description: string | null
  readonly tags: readonly Pair[]
  readonly aliases: readonly { readonly alias: string; readonly version: number }[]
  readonly createdAtMs: number
  readonly updatedAtMs: number
}

/** Whose files, and where they are. */
export interface ArtifactOwner {
  readonly kind: 'run' | 'logged_model'
  readonly id: string
  readonly experimentId: string
  readonly artifactUri: string
}

export interface SourceFile {
  readonly path: string
  readonly sizeBytes: number
}

const mlflow = '/api/2.0/mlflow'
const historyPage = 20_000
/** More than so many points no answer about several runs tells. */
export const bulkLimit = 25_000
const isPrompt = "tags.`mlflow.prompt.is_prompt` = 'true'"

export type MlflowReader = ReturnType<typeof createReader>

/**
 * Everything that MLflow's REST API tells of a history, in an order that does not move while others go on logging: what is
 * new comes last. A part that an older server does not know has nothing in it.
 */
export const createReader = (api: MlflowApi) => ({
  experiments: () =>
    pages(
      (page) => api.post(`${mlflow}/experiments/search`, { max_results: 1000, view_type: 'ALL', ...page }),
      (answer) => records(answer, 'experiments').map(experimentOf),
    ),

  /** Runs of an experiment, deleted ones too, oldest first. */
  runs: (experimentId: string, pageSize: number) =>
    pages(
      (page) =>
        api.post(`${mlflow}/runs/search`, {
          experiment_ids: [experimentId],
          run_view_type: 'ALL',
          max_results: pageSize,
          order_by: ['attributes.start_time ASC'],
          ...page,
        }),
      (answer) => records(answer, 'runs').map(runOf),
    ),

  /** All points of one metric, a page at a time. */
  history: (runId: string, key: string): AsyncGenerator<readonly Point[]> =>
    pages(
      (page) =>
        api.get(`${mlflow}/metrics/get-history`, { run_id: runId, metric_key: key, max_results: historyPage, ...page }),
      (answer) => records(answer, 'metrics').map(pointOf),
    ),

  /** All points of one metric of several runs, or `null` where that cannot be told in one answer (NaN among them, say). */
  bulkHistory: async (runIds: readonly string[], key: string): Promise<ReadonlyMap<string, Point[]> | null> => {
    const query = { run_id: runIds, metric_key: key, max_results: bulkLimit }
    const answer = await api.get('/ajax-api/2.0/mlflow/metrics/get-history-bulk', query).catch(whenUntold)
    const metrics = answer === null ? [] : records(answer, 'metrics')
    if (answer === null || metrics.length >= bulkLimit) return null
    const found = new Map<string, Point[]>(runIds.map((id) => [id, []]))
    for (const metric of metrics) found.get(text(metric, 'run_id'))?.push(pointOf(metric))
    return found
  },

  run: async (runId: string): Promise<SourceRun> =>
    runOf(record(await api.get(`${mlflow}/runs/get`, { run_id: runId }), 'run')),

  loggedModel: async (modelId: string): Promise<SourceLoggedModel> =>
    loggedModelOf(record(await api.get(`${mlflow}/logged-models/${modelId}`), 'model')),

  loggedModels: (experimentId: string) =>
    pages(
      (page) =>
        api.post(`${mlflow}/logged-models/search`, { experiment_ids: [experimentId], max_results: 50, ...page }),
      (answer) => records(answer, 'models').map(loggedModelOf),
    ),

  /** Registered models, then prompts, which are registered models too; each by name. */
  async *registeredModels(): AsyncGenerator<readonly SourceRegisteredModel[]> {
    for (const filter of [undefined, isPrompt])
      yield* pages(
        (page) => api.get(`${mlflow}/registered-models/search`, { max_results: 100, filter, ...page }),
        (answer) => records(answer, 'registered_models').map(registeredModelOf),
      )
  },

  /** With its aliases, which a search leaves out on some servers. */
  registeredModel: async (name: string): Promise<SourceRegisteredModel> =>
    registeredModelOf(record(await api.get(`${mlflow}/registered-models/get`, { name }), 'registered_model')),

  /** Whether the files of a version are not those of its run any more: only NovaBrain keeps them apart. */
  hasOwnFiles: async (name: string, version: number): Promise<boolean> =>
    /^mlflow-artifacts:\/\d+\/versions\//.test(
      text(
        await api.get(`${mlflow}/model-versions/get-download-uri`, { name, version: String(version) }),
        'artifact_uri',
      ),
    ),

  async *versions(): AsyncGenerator<readonly SourceVersion[]> {
    for (const filter of [undefined, isPrompt])
      yield* pages(
        (page) => api.get(`${mlflow}/model-versions/search`, { max_results: 1000, filter, ...page }),
        (answer) => records(answer, 'model_versions').map(versionOf),
      )
  },

  /** Every file of a run or logged model, whatever folder it is in, by path. */
  files: (owner: ArtifactOwner): AsyncGenerator<SourceFile> => filesUnder(api, owner, ''),

  /** The bytes of a file; `null` when the source has lost it. */
  open: (owner: ArtifactOwner, path: string): Promise<ReadableStream<Uint8Array> | null> => {
    const proxied = proxyPath(owner.artifactUri)
    if (proxied !== null) return api.open(`/api/2.0/mlflow-artifacts/artifacts/${encoded(`${proxied}/${path}`)}`)
    if (owner.kind === 'run') return api.open('/get-artifact', { run_id: owner.id, path })
    return api.open(`/ajax-api/2.0/mlflow/logged-models/${owner.id}/artifacts/files`, { artifact_file_path: path })
  },

  /** What is there that cannot come along: how many of each; `null` where the source does not say. */
  async leftBehind(experimentIds: readonly string[]): Promise<Readonly<Record<LeftBehind, number | null>>> {
    return { traces: await count(oldTraces(api, experimentIds)) }
  },
})

export type LeftBehind = 'traces'

/** Traces of servers before MLflow 3, which tell too little of them; newer ones answer their own request. */
async function* oldTraces(api: MlflowApi, experimentIds: readonly string[]): AsyncGenerator<readonly unknown[]> {
  const location = { type: 'MLFLOW_EXPERIMENT', mlflow_experiment: { experiment_id: experimentIds[0] ?? '0' } }
  const newer = await api
    .post('/api/3.0/mlflow/traces/search', { locations: [location], max_results: 1 })
    .catch(whenUntold)
  if (newer !== null) return
  for (const experimentId of experimentIds)
    yield* pages(
      (page) => api.get(`${mlflow}/traces`, { experiment_ids: [experimentId], max_results: 500, ...page }),
      (answer) => records(answer, 'traces'),
    )
}

/** How many, or `null`: stores in folders fail at what they do not have. */
const count = async (found: AsyncGenerator<readonly unknown[]>): Promise<number | null> => {
  let sum = 0
  try {
    for await (const items of found) sum += items.length
    return sum
  } catch (error) {
    if (error instanceof MlflowRefusal) return null
    throw error
  }
}

const whenUntold = (error: unknown): null => {
  const noJson = error instanceof NovaBrainError && error.code === 'mlflow_not_mlflow'
  if (error instanceof MlflowRefusal || noJson) return null
  throw error
}

async function* filesUnder(api: MlflowApi, owner: ArtifactOwner, folder: string): AsyncGenerator<SourceFile> {
  const listed = pages(
    (page) =>
      owner.kind === 'run'
        ? api.get(`${mlflow}/artifacts/list`, { run_id: owner.id, ...(folder === '' ? {} : { path: folder }), ...page })
        : api.get(`${mlflow}/logged-models/${owner.id}/artifacts/directories`, {
            ...(folder === '' ? {} : { artifact_directory_path: folder }),
            ...page,
          }),
    (answer) => records(answer, 'files'),
  )
  for await (const files of listed)
    for (const file of files) {
      const path = text(file, 'path')
      if (file['is_dir'] === true) yield* filesUnder(api, owner, path)
      else yield { path, sizeBytes: integer(file, 'file_size') }
    }
}

/** The path of files that the server keeps itself, or `null` for files that it reads for us from elsewhere. */
export const proxyPath = (uri: string): string | null => {
  const [, path = ''] = /^mlflow-artifacts:(?:\/\/[^/]*)?\/+(.*)$/.exec(uri) ?? []
  return path === '' ? null : path.replace(/\/+$/, '')
}

const encoded = (path: string): string => path.split('/').map(encodeURIComponent).join('/')

const experimentOf = (of: Json): SourceExperiment => ({
  id: text(of, 'experiment_id'),
  name: text(of, 'name'),
  artifactLocation: text(of, 'artifact_location'),
  lifecycleStage: stageOf(of),
  tags: pairs(of, 'tags'),
  createdAtMs: integer(of, 'creation_time'),
  updatedAtMs: integer(of, 'last_update_time') || integer(of, 'creation_time'),
})

const runOf = (of: Json): SourceRun => {
  const [info, data] = [record(of, 'info'), record(of, 'data')]
  const [inputs, outputs] = [record(of, 'inputs'), record(of, 'outputs')]
  const tags = pairs(data, 'tags')
  const links = (from: Json, name: string, direction: ModelLink['direction']) =>
    records(from, name).map((link) => ({ direction, modelId: text(link, 'model_id'), step: integer(link, 'step') }))
  return {
    id: text(info, 'run_id') || text(info, 'run_uuid'),
    experimentId: text(info, 'experiment_id'),
    name: text(info, 'run_name') || (tags.find(({ key }) => key === 'mlflow.runName')?.value ?? ''),
    status: statusOf(text(info, 'status')),
    lifecycleStage: stageOf(info),
    userName: text(info, 'user_id'),
    startedAtMs: integer(info, 'start_time'),
    endedAtMs: integer(info, 'end_time') || null,
    artifactUri: text(info, 'artifact_uri'),
    params: pairs(data, 'params'),
    tags,
    latest: records(data, 'metrics').map((metric) => ({ key: text(metric, 'key'), ...pointOf(metric) })),
    datasets: records(inputs, 'dataset_inputs').map(datasetOf),
    models: [...links(inputs, 'model_inputs', 'input'), ...links(outputs, 'model_outputs', 'output')],
  }
}

const datasetOf = (of: Json): SourceDataset => {
  const dataset = record(of, 'dataset')
  return {
    name: text(dataset, 'name'),
    digest: text(dataset, 'digest'),
    sourceType: text(dataset, 'source_type'),
    source: text(dataset, 'source'),
    schema: text(dataset, 'schema') || null,
    profile: text(dataset, 'profile') || null,
    tags: pairs(of, 'tags'),
  }
}

const loggedModelOf = (of: Json): SourceLoggedModel => {
  const [info, data] = [record(of, 'info'), record(of, 'data')]
  return {
    id: text(info, 'model_id'),
    experimentId: text(info, 'experiment_id'),
    name: text(info, 'name'),
    modelType: text(info, 'model_type') || null,
    sourceRunId: text(info, 'source_run_id') || null,
    status: modelStatusOf(text(info, 'status')),
    artifactUri: text(info, 'artifact_uri'),
    params: pairs(data, 'params'),
    tags: pairs(info, 'tags'),
    metrics: records(data, 'metrics').map((metric) => ({
      key: text(metric, 'key'),
      ...pointOf(metric),
      runId: text(metric, 'run_id'),
      datasetName: text(metric, 'dataset_name') || null,
      datasetDigest: text(metric, 'dataset_digest') || null,
    })),
    createdAtMs: integer(info, 'creation_timestamp_ms'),
    updatedAtMs: integer(info, 'last_updated_timestamp_ms'),
  }
}

const registeredModelOf = (of: Json): SourceRegisteredModel => ({
  name: text(of, 'name'),
  description: text(of, 'description') || null,
  tags: pairs(of, 'tags'),
  aliases: records(of, 'aliases').map((alias) => ({ alias: text(alias, 'alias'), version: integer(alias, 'version') })),
  createdAtMs: integer(of, 'creation_timestamp'),
  updatedAtMs: integer(of, 'last_updated_timestamp') || integer(of, 'creation_timestamp'),
})

const versionOf = (of: Json): SourceVersion => ({
  name: text(of, 'name'),
  version: integer(of, 'version'),
  source: text(of, 'source'),
  stage: text(of, 'current_stage') || 'None',
  runId: text(of, 'run_id') || null,
  runLink: text(of, 'run_link') || null,
  loggedModelId: text(of, 'model_id') || null,
  description: text(of, 'description') || null,
  userName: text(of, 'user_id'),
  tags: pairs(of, 'tags'),
  createdAtMs: integer(of, 'creation_timestamp'),
  updatedAtMs: integer(of, 'last_updated_timestamp') || integer(of, 'creation_timestamp'),
})

const pointOf = (of: Json): Point => ({
  step: integer(of, 'step'),
  timestampMs: integer(of, 'timestamp'),
  value: readValue((of['value'] ?? 0) as MetricValue),
})

const statuses = ['SCHEDULED', 'RUNNING', 'FINISHED', 'FAILED', 'KILLED'] as const
const statusOf = (name: string): RunStatus => statuses.find((status) => status === name) ?? 'RUNNING'

const modelStatuses = ['LOGGED_MODEL_PENDING', 'LOGGED_MODEL_READY', 'LOGGED_MODEL_UPLOAD_FAILED'] as const
const modelStatusOf = (name: string) => modelStatuses.find((status) => status === name) ?? 'LOGGED_MODEL_READY'

const stageOf = (of: Json) => (text(of, 'lifecycle_stage') === 'deleted' ? 'deleted' : 'active')

/** MLflow sends 64-bit integers as numbers, older servers as text. */
const integer = (of: Json, name: string): number => {
  const value = Number(of[name] ?? 0)
  return Number.isFinite(value) ? Math.trunc(value) : 0
}

const record = (of: Json, name: string): Json => {
  const value = of[name]
  return typeof value === 'object' && value !== null ? (value as Json) : {}
}

const pairs = (of: Json, name: string): Pair[] =>
  records(of, name).map((pair) => ({ key: text(pair, 'key'), value: text(pair, 'value') }))
