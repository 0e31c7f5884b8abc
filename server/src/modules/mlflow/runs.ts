import { parseFilter, parseOrder } from '../../core/tracking/filter.js'
import { runGrammar } from '../../core/tracking/search-grammar.js'
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
  runIdOf,
  text,
  texts,
  type Fields,
} from './fields.js'
import { atMost, checkExperimentId, checkTag, limits, pairOf } from './validation.js'
import { listed, wireRun, wireRunInfo } from './wire.js'

const runStatuses = { RUNNING: 1, SCHEDULED: 2, FINISHED: 3, FAILED: 4, KILLED: 5 } as const

/** `runs/*` of MLflow's REST API, but for logging. */
export const runEndpoints = ({ runs }: TrackingServices): readonly Endpoint[] => [
  {
    method: 'POST',
    path: '/runs/create',
    access: 'write',
    async handle({ scope, fields }) {
      const tags = records(fields, 'tags').map((tag, index) => checkTag(pairOf(tag, `tags[${String(index)}]`)))
      const created = await runs.create(scope, {
        experimentId: optionalText(fields, 'experiment_id') ?? '0',
        name: runNameOf(optionalText(fields, 'run_name'), tags),
        userName: optionalText(fields, 'user_id'),
        startedAtMs: optionalInteger(fields, 'start_time') || null,
        tags,
      })
      return { run: wireRun(created) }
    },
  },
  {
    method: 'GET',
    path: '/runs/get',
    access: 'read',
    handle: async ({ scope, fields }) => ({ run: wireRun(await runs.get(scope, runIdOf(fields))) }),
  },
  {
    method: 'POST',
    path: '/runs/update',
    access: 'write',
    async handle({ scope, fields }) {
      const status = optionalEnum(fields, 'status', runStatuses)
      const endedAtMs = optionalInteger(fields, 'end_time')
      const name = optionalText(fields, 'run_name')
      const updated = await runs.update(scope, runIdOf(fields), {
        ...(status === null ? {} : { status }),
        ...(endedAtMs === null ? {} : { endedAtMs }),
        ...(name === null ? {} : { name }),
      })
      return { run_info: wireRunInfo(updated) }
    },
  },
  {
    method: 'POST',
    path: '/runs/delete',
    access: 'write',
    handle: ({ scope, fields }) => runs.delete(scope, runIdOf(fields)),
  },
  {
    method: 'POST',
    path: '/runs/restore',
    access: 'write',
    handle: ({ scope, fields }) => runs.restore(scope, runIdOf(fields)),
  },
  {
    method: 'POST',
    path: '/runs/delete-tag',
    access: 'write',
    handle: ({ scope, fields }) => runs.deleteTag(scope, runIdOf(fields), requiredText(fields, 'key')),
  },
  {
    method: 'POST',
    path: '/runs/log-inputs',
    access: 'write',
    handle: ({ scope, fields }) =>
      runs.logInputs(scope, runIdOf(fields), {
        datasets: records(fields, 'datasets').map(datasetInputOf),
        models: records(fields, 'models').map((model) => modelLinkOf('input', model)),
      }),
  },
  {
    method: 'POST',
    path: '/runs/outputs',
    access: 'write',
    handle: ({ scope, fields }) =>
      runs.logInputs(scope, runIdOf(fields), {
        datasets: [],
        models: records(fields, 'models').map((model) => modelLinkOf('output', model)),
      }),
  },
  { method: 'POST', path: '/runs/search', access: 'read', handle: searchRuns(runs) },
]

function searchRuns(runs: TrackingServices['runs']) {
  return async ({ scope, fields }: MlflowCall) => {
    const limit = maxResultsOf(optionalInteger(fields, 'max_results'), 1000, 50_000)
    const offset = offsetOf(optionalText(fields, 'page_token'))
    const found = await runs.search(scope, {
      experimentIds: texts(fields, 'experiment_ids').map(checkExperimentId),
      stages: stagesOf(optionalEnum(fields, 'run_view_type', viewTypes)),
      filter: parsed(parseFilter(text(fields, 'filter'), runGrammar)),
      order: orderOf(texts(fields, 'order_by')),
      offset,
      limit: limit + 1,
    })
    const { items, next } = pageOf(found, offset, limit)
    return { ...listed('runs', items.map(wireRun)), ...next }
  }
}

const orderOf = (clauses: readonly string[]) => {
  const order = clauses.map((clause) => parsed(parseOrder(clause, runGrammar)))
  const names = new Set(order.map(({ entity, key }) => `${entity}.${key}`))
  if (names.size < order.length) {
    invalid(`\`order_by\` contains duplicate fields: [${clauses.map((clause) => `'${clause}'`).join(', ')}]`)
  }
  return order
}

const runNameOf = (name: string | null, tags: readonly { key: string; value: string }[]): string | null => {
  const tagged = tags.find((tag) => tag.key === 'mlflow.runName')?.value || null
  if (name !== null && tagged !== null && name !== tagged) {
    invalid(
      `Both 'run_name' argument and 'mlflow.runName' tag are specified, but with different values (run_name='${name}', mlflow.runName='${tagged}').`,
    )
  }
  return name ?? tagged
}

const datasetInputOf = (fields: Fields) => {
  const given = fields['dataset']
  const dataset: Fields = typeof given === 'object' && given !== null ? (given as Fields) : {}
  const tags = records(fields, 'tags').map((tag, index) => pairOf(tag, `tags[${String(index)}]`))
  for (const { key, value } of tags) {
    atMost('key', limits.inputTagKey, key)
    atMost('value', limits.inputTagValue, value)
  }
  return {
    name: atMost('name', limits.datasetName, requiredText(dataset, 'name')),
    digest: atMost('digest', limits.datasetDigest, requiredText(dataset, 'digest')),
    sourceType: requiredText(dataset, 'source_type'),
    source: atMost('source', limits.datasetSource, requiredText(dataset, 'source')),
    schema: atMostOrNull('schema', limits.datasetSchema, optionalText(dataset, 'schema')),
    profile: atMostOrNull('profile', limits.datasetProfile, optionalText(dataset, 'profile')),
    tags,
  }
}

const atMostOrNull = (what: string, limit: number, value: string | null): string | null =>
  value === null ? null : atMost(what, limit, value)

const modelLinkOf = (direction: 'input' | 'output', fields: Fields) => ({
  direction,
  modelId: requiredText(fields, 'model_id'),
  step: optionalInteger(fields, 'step') ?? 0,
})
