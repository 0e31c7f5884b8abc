import { parseFilter, parseOrder } from '../../core/tracking/filter.js'
import { experimentGrammar } from '../../core/tracking/search-grammar.js'
import {
  maxResultsOf,
  offsetOf,
  pageOf,
  parsed,
  stagesOf,
  viewTypes,
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
import { checkExperimentId, checkExperimentName, checkExperimentTag, pairOf } from './validation.js'
import { listed, wireDatasetSummary, wireExperiment } from './wire.js'

/** `experiments/*` of MLflow's REST API. */
export const experimentEndpoints = ({ experiments, runs }: TrackingServices): readonly Endpoint[] => {
  const search = async ({ scope, fields }: MlflowCall) => {
    const limit = maxResultsOf(optionalInteger(fields, 'max_results'), 1000, 50_000)
    const offset = offsetOf(optionalText(fields, 'page_token'))
    const order = texts(fields, 'order_by').map((clause) => parsed(parseOrder(clause, experimentGrammar)))
    if (order.some((key) => key.entity !== 'attribute')) invalid('Invalid order_by entity: only attributes are allowed')
    const found = await experiments.search(scope, {
      stages: stagesOf(optionalEnum(fields, 'view_type', viewTypes)),
      filter: parsed(parseFilter(text(fields, 'filter'), experimentGrammar)),
      order,
      offset,
      limit: limit + 1,
    })
    const { items, next } = pageOf(found, offset, limit)
    return { ...listed('experiments', items.map(wireExperiment)), ...next }
  }

  return [
    {
      method: 'POST',
      path: '/experiments/create',
      access: 'write',
      async handle({ scope, fields }) {
        const name = checkExperimentName(requiredText(fields, 'name'))
        const artifactLocation = artifactLocationOf(fields)
        const tags = records(fields, 'tags').map((tag, index) =>
          checkExperimentTag(pairOf(tag, `tags[${String(index)}]`)),
        )
        return { experiment_id: await experiments.create(scope, { name, artifactLocation, tags }) }
      },
    },
    { method: 'POST', path: '/experiments/search', access: 'read', handle: search },
    { method: 'GET', path: '/experiments/search', access: 'read', handle: search },
    {
      method: 'GET',
      path: '/experiments/get',
      access: 'read',
      handle: async ({ scope, fields }) => ({
        experiment: wireExperiment(await experiments.get(scope, requiredText(fields, 'experiment_id'))),
      }),
    },
    {
      method: 'GET',
      path: '/experiments/get-by-name',
      access: 'read',
      handle: async ({ scope, fields }) => ({
        experiment: wireExperiment(await experiments.getByName(scope, requiredText(fields, 'experiment_name'))),
      }),
    },
    {
      method: 'POST',
      path: '/experiments/search-datasets',
      access: 'read',
      async handle({ scope, fields }) {
        const ids = texts(fields, 'experiment_ids').map(checkExperimentId)
        if (ids.length === 0) invalid('SearchDatasets request must specify at least one experiment_id.')
        if (ids.length > 20)
          invalid(
            `SearchDatasets request cannot specify more than 20 experiment_ids. Received ${String(ids.length)} experiment_ids.`,
          )
        return listed('dataset_summaries', (await runs.datasetSummaries(scope, ids)).map(wireDatasetSummary))
      },
    },
    {
      method: 'POST',
      path: '/experiments/delete',
      access: 'write',
      handle: ({ scope, fields }) => runs.deleteExperiment(scope, requiredText(fields, 'experiment_id')),
    },
    {
      method: 'POST',
      path: '/experiments/restore',
      access: 'write',
      handle: ({ scope, fields }) => runs.restoreExperiment(scope, requiredText(fields, 'experiment_id')),
    },
    {
      method: 'POST',
      path: '/experiments/update',
      access: 'write',
      handle: ({ scope, fields }) =>
        experiments.rename(
          scope,
          requiredText(fields, 'experiment_id'),
          checkExperimentName(requiredText(fields, 'new_name')),
        ),
    },
    {
      method: 'POST',
      path: '/experiments/set-experiment-tag',
      access: 'write',
      handle: ({ scope, fields }) =>
        experiments.setTag(
          scope,
          requiredText(fields, 'experiment_id'),
          checkExperimentTag({ key: requiredText(fields, 'key'), value: text(fields, 'value') }),
        ),
    },
    {
      method: 'POST',
      path: '/experiments/delete-experiment-tag',
      access: 'write',
      handle: ({ scope, fields }) =>
        experiments.deleteTag(scope, requiredText(fields, 'experiment_id'), requiredText(fields, 'key')),
    },
  ]
}

/**
 * Where the client keeps the artifacts of an experiment. An address of somebody's store is kept and handed back; the
 * proxy's own addresses are given by the server alone.
 */
const artifactLocationOf = (fields: Fields): string | null => {
  const location = optionalText(fields, 'artifact_location')
  if (location === null) return null
  if (/[?#]/.test(location) || /^mlflow-artifacts:/i.test(location)) {
    invalid(`Invalid artifact_location '${location}': leave it out to keep artifacts in NovaBrain.`)
  }
  return location.replace(/\/+$/, '')
}
