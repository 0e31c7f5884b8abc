import { parseFilter, parseOrder } from '../../core/tracking/filter.js'
import { loggedModelGrammar } from '../../core/tracking/search-grammar.js'
import type { DatasetFilter, LoggedModelsService } from '../logged-models/service.js'
import {
  maxResultsOf,
  offsetOf,
  pageOf,
  parsed,
  type Endpoint,
  type MlflowCall,
  type TrackingServices,
} from './endpoint.js'
import {
  invalid,
  optionalEnum,
  optionalInteger,
  optionalText,
  records,
  requiredText,
  text,
  texts,
  type Fields,
} from './fields.js'
import { artifactList } from './artifacts.js'
import { checkExperimentId, checkModelName, pairOf } from './validation.js'
import { listed, wireLoggedModel } from './wire.js'

const statuses = { LOGGED_MODEL_PENDING: 1, LOGGED_MODEL_READY: 2, LOGGED_MODEL_UPLOAD_FAILED: 3 } as const

const modelIdOf = (call: MlflowCall): string => call.params['modelId'] ?? ''

/** `logged-models/*` of MLflow's REST API: what `log_model` of MLflow 3 needs. */
export const loggedModelEndpoints = ({ loggedModels, artifacts }: TrackingServices): readonly Endpoint[] => [
  {
    method: 'POST',
    path: '/logged-models',
    access: 'write',
    async handle({ scope, fields }) {
      const name = optionalText(fields, 'name')
      const created = await loggedModels.create(scope, {
        experimentId: requiredText(fields, 'experiment_id'),
        name: name === null ? null : checkModelName(name),
        modelType: optionalText(fields, 'model_type'),
        sourceRunId: optionalText(fields, 'source_run_id'),
        params: pairs(fields, 'params'),
        tags: pairs(fields, 'tags'),
      })
      return { model: wireLoggedModel(created) }
    },
  },
  { method: 'POST', path: '/logged-models/search', access: 'read', handle: search(loggedModels) },
  {
    method: 'GET',
    path: '/logged-models/:modelId',
    access: 'read',
    handle: async (call) => ({ model: wireLoggedModel(await loggedModels.get(call.scope, modelIdOf(call))) }),
  },
  {
    method: 'PATCH',
    path: '/logged-models/:modelId',
    access: 'write',
    async handle(call) {
      const status =
        optionalEnum(call.fields, 'status', statuses) ?? invalid("Missing value for required parameter 'status'.")
      return { model: wireLoggedModel(await loggedModels.finalize(call.scope, modelIdOf(call), status)) }
    },
  },
  {
    method: 'DELETE',
    path: '/logged-models/:modelId',
    access: 'write',
    handle: (call) => loggedModels.delete(call.scope, modelIdOf(call)),
  },
  {
    method: 'POST',
    path: '/logged-models/:modelId/params',
    access: 'write',
    handle: (call) => loggedModels.addParams(call.scope, modelIdOf(call), pairs(call.fields, 'params')),
  },
  {
    method: 'PATCH',
    path: '/logged-models/:modelId/tags',
    access: 'write',
    handle: async (call) => ({
      model: wireLoggedModel(await loggedModels.setTags(call.scope, modelIdOf(call), pairs(call.fields, 'tags'))),
    }),
  },
  {
    method: 'DELETE',
    path: '/logged-models/:modelId/tags/:key',
    access: 'write',
    handle: (call) => loggedModels.deleteTag(call.scope, modelIdOf(call), call.params['key'] ?? ''),
  },
  {
    method: 'GET',
    path: '/logged-models/:modelId/artifacts/directories',
    access: 'read',
    async handle(call) {
      const { model } = await loggedModels.get(call.scope, modelIdOf(call))
      const folder = text(call.fields, 'artifact_directory_path')
      return artifactList(artifacts, call.scope, { kind: 'logged_model', id: model.id }, folder, model.artifactUri)
    },
  },
]

function search(loggedModels: LoggedModelsService) {
  return async ({ scope, fields }: MlflowCall) => {
    const limit = maxResultsOf(optionalInteger(fields, 'max_results') || null, 50, 50)
    const offset = offsetOf(optionalText(fields, 'page_token'))
    const datasets = records(fields, 'datasets').map((each) => datasetIn(each) ?? invalid(noDatasetName))
    const experimentIds = texts(fields, 'experiment_ids').map(checkExperimentId)
    if (experimentIds.length === 0) invalid("Missing value for required parameter 'experiment_ids'.")
    const found = await loggedModels.search(scope, {
      experimentIds,
      filter: parsed(parseFilter(text(fields, 'filter'), loggedModelGrammar)),
      datasets,
      order: records(fields, 'order_by').map(orderKeyOf),
      offset,
      limit: limit + 1,
    })
    const { items, next } = pageOf(found, offset, limit)
    return { ...listed('models', items.map(wireLoggedModel)), ...next }
  }
}

const orderKeyOf = (fields: Fields) => {
  const key = parsed(parseOrder(requiredText(fields, 'field_name'), loggedModelGrammar))
  if (key.entity !== 'attribute' && key.entity !== 'metric') {
    invalid(`Invalid order by field name: ${requiredText(fields, 'field_name')}. Only metrics are supported.`)
  }
  return { ...key, descending: fields['ascending'] === false, dataset: datasetIn(fields) }
}

const noDatasetName = '`dataset_name` in the `datasets` clause must be specified.'

const datasetIn = (fields: Fields): DatasetFilter | null => {
  const name = optionalText(fields, 'dataset_name')
  return name === null ? null : { name, digest: optionalText(fields, 'dataset_digest') }
}

const pairs = (fields: Fields, name: string) =>
  records(fields, name).map((pair, index) => pairOf(pair, `${name}[${String(index)}]`))
