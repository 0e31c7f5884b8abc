import { placeOfToken, tokenOfPlace } from '../../core/evaluation-datasets/record-page.js'
import { parseFilter, parseOrder } from '../../core/tracking/filter.js'
import { evaluationDatasetGrammar, evaluationDatasetOrderGrammar } from '../../core/tracking/search-grammar.js'
import type { CameRecords, EvaluationDataset, EvaluationRecord, RecordSource } from '../evaluation-datasets/service.js'
import {
  maxResultsOf,
  offsetOf,
  pageOf,
  parsed,
  type Endpoint,
  type MlflowCall,
  type TrackingServices,
} from './endpoint.js'
import { invalid, isRecord, optionalInteger, optionalText, requiredText, text, texts, type Fields } from './fields.js'
import { atMost } from './validation.js'
import { listed } from './wire.js'

/** MLflow's limits of names, keys and values, in characters; and how many records a page holds at most. */
const limits = { name: 255, tagKey: 255, tagValue: 5000, recordsInPage: 5000, user: 255 } as const

/** `datasets/*` of MLflow's REST API: evaluation datasets, which are other things than the datasets of a run. */
export const evaluationDatasetEndpoints = (services: TrackingServices): readonly Endpoint[] => {
  const { evaluationDatasets } = services
  const search = searchOf(services)
  return [
    {
      method: 'POST',
      path: '/datasets/create',
      access: 'write',
      async handle({ scope, fields }) {
        const name = atMost('name', limits.name, requiredText(fields, 'name'))
        const experimentIds = texts(fields, 'experiment_ids')
        const tags = fields['tags'] === undefined || fields['tags'] === '' ? {} : tagsOf(fields)
        const dataset = await evaluationDatasets.create(scope, { name, tags, experimentIds })
        return { dataset: { ...wireDataset(dataset), ...listed('experiment_ids', experimentIds) } }
      },
    },
    { method: 'POST', path: '/datasets/search', access: 'read', handle: search },
    { method: 'GET', path: '/datasets/search', access: 'read', handle: search },
    {
      method: 'GET',
      path: '/datasets/:datasetId',
      access: 'read',
      handle: async (call) => ({ dataset: wireDataset(await evaluationDatasets.get(call.scope, idOf(call))) }),
    },
    {
      method: 'DELETE',
      path: '/datasets/:datasetId',
      access: 'write',
      handle: (call) => evaluationDatasets.delete(call.scope, idOf(call)),
    },
    {
      method: 'PATCH',
      path: '/datasets/:datasetId/tags',
      access: 'write',
      handle: (call) => evaluationDatasets.setTags(call.scope, idOf(call), tagsOf(call.fields)),
    },
    {
      method: 'DELETE',
      path: '/datasets/:datasetId/tags/:key',
      access: 'write',
      handle: (call) => evaluationDatasets.deleteTag(call.scope, idOf(call), call.params['key'] ?? ''),
    },
    {
      method: 'POST',
      path: '/datasets/:datasetId/records',
      access: 'write',
      async handle(call) {
        const { inserted, updated } = await evaluationDatasets.upsertRecords(
          call.scope,
          idOf(call),
          recordsOf(requiredText(call.fields, 'records')),
        )
        return { inserted_count: inserted, updated_count: updated }
      },
    },
    { method: 'GET', path: '/datasets/:datasetId/records', access: 'read', handle: pageOfRecords(services) },
    {
      method: 'DELETE',
      path: '/datasets/:datasetId/records',
      access: 'write',
      async handle(call) {
        const ids = texts(call.fields, 'dataset_record_ids')
        return { deleted_count: await evaluationDatasets.deleteRecords(call.scope, idOf(call), ids) }
      },
    },
    {
      method: 'GET',
      path: '/datasets/:datasetId/experiment-ids',
      access: 'read',
      handle: async (call) => listed('experiment_ids', await evaluationDatasets.experimentIds(call.scope, idOf(call))),
    },
    ...(['add', 'remove'] as const).map((what): Endpoint => ({
      method: 'POST',
      path: `/datasets/:datasetId/${what}-experiments`,
      access: 'write',
      async handle(call) {
        const change = what === 'add' ? evaluationDatasets.addToExperiments : evaluationDatasets.removeFromExperiments
        return { dataset: wireDataset(await change(call.scope, idOf(call), texts(call.fields, 'experiment_ids'))) }
      },
    })),
  ]
}

const idOf = ({ params }: MlflowCall): string => params['datasetId'] ?? ''

const searchOf =
  ({ evaluationDatasets }: TrackingServices) =>
  async ({ scope, fields }: MlflowCall) => {
    const limit = maxResultsOf(optionalInteger(fields, 'max_results') || null, 1000, 50_000)
    const offset = offsetOf(optionalText(fields, 'page_token'))
    const order = texts(fields, 'order_by').map((clause) => parsed(parseOrder(clause, evaluationDatasetOrderGrammar)))
    if (order.some(({ entity }) => entity !== 'attribute')) invalid('Invalid order_by entity: tag')
    const wanted = texts(fields, 'experiment_ids')
    const known = wanted.filter((id) => /^\d{1,18}$/.test(id))
    const found = await evaluationDatasets.search(scope, {
      // No experiment has such an id, so nothing is found where only ids were asked for that are none.
      experimentIds: wanted.length > 0 && known.length === 0 ? ['-1'] : known,
      filter: parsed(parseFilter(text(fields, 'filter_string'), evaluationDatasetGrammar)),
      order,
      offset,
      limit: limit + 1,
    })
    const { items, next } = pageOf(found, offset, limit)
    return { ...listed('datasets', items.map(wireDataset)), ...next }
  }

const pageOfRecords =
  ({ evaluationDatasets }: TrackingServices) =>
  async (call: MlflowCall) => {
    const wanted = optionalInteger(call.fields, 'max_results') || 1000
    if (wanted < 1) invalid(`Invalid value ${String(wanted)} for parameter 'max_results' supplied.`)
    const limit = Math.min(limits.recordsInPage, wanted)
    const token = optionalText(call.fields, 'page_token')
    const after = token === null ? null : (placeOfToken(token) ?? invalid(`Invalid page token: ${token}`))
    const id = idOf(call)
    const found = await evaluationDatasets.records(call.scope, id, { after, limit: limit + 1 })
    const items = found.slice(0, limit)
    const last = items.at(-1)
    return {
      records: `[${items.map((record) => wireRecord(id, record)).join(', ')}]`,
      ...(found.length > limit && last !== undefined ? { next_page_token: tokenOfPlace(last) } : {}),
    }
  }

/** A field that holds JSON as a text. */
const jsonOf = (name: string, value: string): unknown => {
  try {
    return JSON.parse(value)
  } catch {
    return invalid(`Parameter '${name}' is not valid JSON.`)
  }
}

/** Tags as a JSON object; those without a value are left out. */
const tagsOf = (fields: Fields): Record<string, string> => {
  const said = jsonOf('tags', requiredText(fields, 'tags'))
  if (!isRecord(said)) return invalid("Parameter 'tags' must be a JSON object.")
  const tags = Object.entries(said).flatMap(([key, value]) => {
    if (value === null) return []
    return [[atMost('key', limits.tagKey, key), atMost('value', limits.tagValue, asPython(value))] as const]
  })
  return Object.fromEntries(tags)
}

/** What Python makes of a value as text. */
const asPython = (value: unknown): string => {
  if (typeof value === 'string') return value
  if (typeof value === 'boolean') return value ? 'True' : 'False'
  return JSON.stringify(value)
}

const recordsOf = (json: string): CameRecords => {
  const said = jsonOf('records', json)
  if (!Array.isArray(said)) return invalid("Parameter 'records' must be a JSON list of objects.")
  return { json, records: said.map(recordOf) }
}

const recordOf = (said: unknown, index: number): CameRecords['records'][number] => {
  const at = `records[${String(index)}]`
  if (!isRecord(said)) return invalid(`${at} must be a JSON object.`)
  objectAt(said, 'inputs', at, { optional: !('inputs' in said) })
  objectAt(said, 'expectations', at)
  const userName = objectAt(said, 'tags', at)?.['mlflow.user']
  return {
    source: sourceOf(objectAt(said, 'source', at), at),
    userName: typeof userName === 'string' ? atMost('mlflow.user', limits.user, userName) : null,
  }
}

const objectAt = (said: Fields, name: string, at: string, { optional } = { optional: true }): Fields | null => {
  const value = said[name]
  if (isRecord(value)) return value
  if (optional && (value === undefined || value === null)) return null
  return invalid(`${at}.${name} must be a JSON object.`)
}

const sourceTypes: readonly string[] = ['UNSPECIFIED', 'TRACE', 'HUMAN', 'DOCUMENT', 'CODE']

const sourceOf = (said: Fields | null, at: string): RecordSource | null => {
  if (said === null || Object.keys(said).length === 0) return null
  const type = text(said, 'source_type').toUpperCase()
  if (!sourceTypes.includes(type)) {
    const valid = sourceTypes.map((each) => `'${each}'`).join(', ')
    return invalid(`Invalid dataset record source type: ${type}. Valid source types: [${valid}]`)
  }
  const data = objectAt(said, 'source_data', `${at}.source`) ?? {}
  const id = data[type === 'TRACE' ? 'trace_id' : 'source_id']
  return { value: { source_type: type, source_data: data }, id: typeof id === 'string' ? id : null, type }
}

const wireDataset = (dataset: EvaluationDataset) => ({
  dataset_id: dataset.id,
  name: dataset.name,
  tags: JSON.stringify(dataset.tags),
  ...(dataset.schema === null ? {} : { schema: JSON.stringify(dataset.schema) }),
  ...(dataset.recordCount === 0 ? {} : { profile: JSON.stringify({ num_records: dataset.recordCount }) }),
  digest: dataset.digest,
  created_time: dataset.createdAtMs,
  last_update_time: dataset.updatedAtMs,
  ...(dataset.createdBy === null ? {} : { created_by: dataset.createdBy }),
  ...(dataset.lastUpdatedBy === null ? {} : { last_updated_by: dataset.lastUpdatedBy }),
})

/** A record as text: its parts are JSON that is handed on as it is kept. */
const wireRecord = (datasetId: string, record: EvaluationRecord): string => {
  const parts: readonly (readonly [name: string, json: string | null])[] = [
    ['dataset_record_id', JSON.stringify(record.id)],
    ['dataset_id', JSON.stringify(datasetId)],
    ['inputs', record.inputs],
    ['outputs', record.outputs],
    ['expectations', record.expectations],
    ['tags', record.tags],
    ['source', record.source],
    ['source_id', quotedOrNull(record.sourceId)],
    ['source_type', quotedOrNull(record.sourceType)],
    ['created_by', quotedOrNull(record.createdBy)],
    ['last_updated_by', quotedOrNull(record.lastUpdatedBy)],
    ['created_time', String(record.createdAtMs)],
    ['last_update_time', String(record.updatedAtMs)],
  ]
  const said = parts.flatMap(([name, json]) => (json === null ? [] : [`"${name}": ${json}`]))
  return `{${said.join(', ')}}`
}

const quotedOrNull = (value: string | null): string | null => (value === null ? null : JSON.stringify(value))
