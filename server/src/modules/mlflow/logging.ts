import type { KeyValue } from '../experiments/service.js'
import type { LoggedMetric } from '../metrics/service.js'
import { offsetOf, pageOf, type Endpoint, type TrackingServices } from './endpoint.js'
import {
  integerOf,
  invalid,
  missing,
  numberOf,
  optionalInteger,
  optionalText,
  records,
  requiredInteger,
  requiredNumber,
  requiredText,
  runIdOf,
  text,
  texts,
  type Fields,
} from './fields.js'
import { checkBatchLimits, checkDistinct, checkMetric, checkParam, checkTag, limits, pairOf } from './validation.js'
import { listed, wireMetric } from './wire.js'

const nothing = { metrics: [], params: [], tags: [] }

/** Logging of metrics, params and tags, and reading metrics, in MLflow's REST API. */
export const loggingEndpoints = ({ metrics, runs }: TrackingServices): readonly Endpoint[] => [
  {
    method: 'POST',
    path: '/runs/log-metric',
    access: 'write',
    async handle({ scope, fields }) {
      const metric: LoggedMetric = {
        key: requiredText(fields, 'key'),
        value: requiredNumber(fields, 'value'),
        timestampMs: requiredInteger(fields, 'timestamp'),
        ...detailsOf(fields),
      }
      checkMetric(metric)
      return metrics.log(scope, runIdOf(fields), { ...nothing, metrics: [metric] })
    },
  },
  {
    method: 'POST',
    path: '/runs/log-parameter',
    access: 'write',
    async handle({ scope, fields }) {
      const param = checkParam({ key: requiredText(fields, 'key'), value: text(fields, 'value') })
      return metrics.log(scope, runIdOf(fields), { ...nothing, params: [param] })
    },
  },
  {
    method: 'POST',
    path: '/runs/set-tag',
    access: 'write',
    async handle({ scope, fields }) {
      const tag = checkTag({ key: requiredText(fields, 'key'), value: text(fields, 'value') })
      return metrics.log(scope, runIdOf(fields), { ...nothing, tags: [tag] })
    },
  },
  {
    method: 'POST',
    path: '/runs/log-batch',
    access: 'write',
    async handle({ scope, fields, request }) {
      checkSize(request.headers['content-length'])
      const [runId, batch] = [runIdOf(fields), batchOf(fields)]
      // What was parsed is not held in memory while the answer waits for the disk.
      request.body = undefined
      return metrics.log(scope, runId, batch)
    },
  },
  {
    method: 'POST',
    path: '/runs/log-model',
    access: 'write',
    async handle({ scope, fields }) {
      const runId = runIdOf(fields)
      const { data } = await runs.get(scope, runId)
      const tag = loggedModelsTag(data.tags, requiredText(fields, 'model_json'))
      return metrics.log(scope, runId, { ...nothing, tags: [tag] })
    },
  },
  {
    method: 'GET',
    path: '/metrics/get-history',
    access: 'read',
    async handle({ scope, fields }) {
      const limit = optionalInteger(fields, 'max_results')
      if (limit !== null && limit <= 0) {
        invalid(`Invalid value ${String(limit)} for parameter 'max_results' supplied. It must be a positive integer.`)
      }
      const [runId, key] = [runIdOf(fields), requiredText(fields, 'metric_key')]
      const offset = offsetOf(optionalText(fields, 'page_token'))
      const points = await metrics.history(scope, { runId, key, offset, limit: limit === null ? null : limit + 1 })
      const { items, next } = pageOf(points, offset, limit ?? points.length)
      return {
        ...listed(
          'metrics',
          items.map((point) => wireMetric({ key, ...point })),
        ),
        ...next,
      }
    },
  },
  {
    method: 'GET',
    path: '/metrics/get-history-bulk',
    access: 'read',
    async handle({ scope, fields }) {
      const runIds = texts(fields, 'run_id')
      if (runIds.length === 0) invalid('GetMetricHistoryBulk request must specify at least one run_id.')
      checkRunCount('GetMetricHistoryBulk request cannot specify more than', runIds)
      const key =
        optionalText(fields, 'metric_key') ?? invalid('GetMetricHistoryBulk request must specify a metric_key.')
      const limit = Math.min(optionalInteger(fields, 'max_results') ?? 25_000, 25_000)
      const found = await metrics.historyRange(scope, { runIds, key, fromStep: null, toStep: null, perRun: limit })
      return {
        metrics: found.slice(0, limit).map((point) => ({ ...wireMetric({ key, ...point }), run_id: point.runId })),
      }
    },
  },
  {
    method: 'GET',
    path: '/metrics/get-history-bulk-interval',
    access: 'read',
    async handle({ scope, fields }) {
      const runIds = texts(fields, 'run_ids')
      if (runIds.length === 0) invalid("Missing value for required parameter 'run_ids'.")
      checkRunCount('GetMetricHistoryBulkInterval request must specify at most', runIds)
      const key = requiredText(fields, 'metric_key')
      const perRun = optionalInteger(fields, 'max_results') ?? 2500
      if (perRun < 1 || perRun > 2500) invalid('max_results must be between 1 and 2500.')
      const range = stepsOf(optionalInteger(fields, 'start_step'), optionalInteger(fields, 'end_step'))
      const found = await metrics.historyRange(scope, { runIds, key, ...range, perRun })
      return listed(
        'metrics',
        found.map((point) => ({ ...wireMetric({ key, ...point }), run_id: point.runId })),
      )
    },
  },
]

const detailsOf = (fields: Fields): Pick<LoggedMetric, 'step' | 'modelId' | 'datasetName' | 'datasetDigest'> => ({
  step: optionalInteger(fields, 'step') ?? 0,
  modelId: optionalText(fields, 'model_id'),
  datasetName: optionalText(fields, 'dataset_name'),
  datasetDigest: optionalText(fields, 'dataset_digest'),
})

const checkSize = (length: string | undefined): void => {
  if (length === undefined || Number(length) <= limits.batchBytes) return
  invalid(
    `Batched logging API requests must be at most ${String(limits.batchBytes)} bytes, got a request of size ${length}.`,
  )
}

const batchOf = (fields: Fields) => {
  const given = {
    metrics: records(fields, 'metrics'),
    params: records(fields, 'params'),
    tags: records(fields, 'tags'),
  }
  const metrics = given.metrics.map(metricOf)
  const params = given.params.map((param, index) => pairOf(param, `params[${String(index)}]`))
  const tags = given.tags.map((tag, index) => pairOf(tag, `tags[${String(index)}]`))
  checkBatchLimits({ metrics: metrics.length, params: params.length, tags: tags.length })
  checkDistinct(params)
  return {
    metrics,
    params: params.map((param, index) => checkParam(param, `params[${String(index)}]`)),
    tags: tags.map((tag, index) => checkTag(tag, `tags[${String(index)}]`)),
  }
}

/** A metric of a batch. Its place is only put into words when it is refused. */
const metricOf = (fields: Fields, index: number): LoggedMetric => {
  const placeOf = (name: string): string => `metrics[${String(index)}].${name}`
  for (const name of ['key', 'value', 'timestamp']) {
    const value = fields[name]
    if (value === undefined || value === null || value === '') missing(placeOf(name))
  }
  const { value, timestamp } = fields
  const metric: LoggedMetric = {
    key: text(fields, 'key'),
    value: typeof value === 'number' ? value : numberOf(placeOf('value'), value),
    timestampMs:
      typeof timestamp === 'number' && Number.isSafeInteger(timestamp)
        ? timestamp
        : integerOf(placeOf('timestamp'), timestamp),
    ...detailsOf(fields),
  }
  checkMetric(metric, placeOf)
  return metric
}

const checkRunCount = (sentence: string, runIds: readonly string[]): void => {
  if (runIds.length > 100) invalid(`${sentence} 100 run_ids. Received ${String(runIds.length)} run_ids.`)
}

const stepsOf = (fromStep: number | null, toStep: number | null) => {
  if ((fromStep === null) !== (toStep === null)) {
    invalid('If either start step or end step are specified, both must be specified.')
  }
  if (fromStep !== null && toStep !== null && fromStep > toStep) {
    invalid(
      `end_step must be greater than start_step. Found start_step=${String(fromStep)} and end_step=${String(toStep)}.`,
    )
  }
  return { fromStep, toStep }
}

const mandatoryOfModel = ['artifact_path', 'flavors', 'utc_time_created', 'run_id']

/** The tag in which MLflow 2 remembers the models of a run, with one more. */
const loggedModelsTag = (tags: readonly KeyValue[], modelJson: string): KeyValue => {
  const model = parseJson(modelJson)
  if (typeof model !== 'object' || model === null)
    return invalid(`Malformed model info. \n ${modelJson} \n is not a valid JSON.`)
  const missing = mandatoryOfModel.filter((name) => !(name in model)).map((name) => `'${name}'`)
  if (missing.length > 0) invalid(`Model json is missing mandatory fields: {${missing.join(', ')}}`)
  const key = 'mlflow.log-model.history'
  const known = parseJson(tags.find((tag) => tag.key === key)?.value ?? '[]')
  return checkTag({ key, value: JSON.stringify([...(Array.isArray(known) ? (known as unknown[]) : []), model]) })
}

const parseJson = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}
