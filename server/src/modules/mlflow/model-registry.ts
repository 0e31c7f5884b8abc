import { fail } from '@novabrain/contracts'
import { parseFilter, parseOrder, type OrderKey } from '../../core/tracking/filter.js'
import {
  modelVersionGrammar,
  modelVersionOrderGrammar,
  registeredModelGrammar,
  registeredModelOrderGrammar,
  type SearchGrammar,
} from '../../core/tracking/search-grammar.js'
import {
  maxResultsOf,
  offsetOf,
  pageOf,
  parsed,
  type Endpoint,
  type MlflowCall,
  type TrackingServices,
} from './endpoint.js'
import { invalid, optionalInteger, optionalText, records, requiredText, text, texts, type Fields } from './fields.js'
import {
  checkAlias,
  checkFreeAlias,
  checkRegistryTag,
  checkRegisteredModelName,
  checkTagKey,
  pairOf,
} from './validation.js'
import { versionIdOf } from '../model-registry/version-files.js'
import { listed, wireModelVersion, wireRegisteredModel } from './wire.js'

type Registry = TrackingServices['modelRegistry']

const nameOf = (fields: Fields, name = 'name'): string => checkRegisteredModelName(requiredText(fields, name), name)

/** The number of a version, which travels as text. One that PostgreSQL cannot hold was never given. */
export const versionOf = (fields: Fields): number => {
  const version = requiredText(fields, 'version')
  if (!/^[+-]?\d{1,300}$/.test(version)) return invalid(`Parameter 'version' must be an integer, got '${version}'.`)
  const number = Number(version)
  if (Math.abs(number) < 2 ** 31) return number
  return fail('model_version_not_found', { name: text(fields, 'name'), version })
}

const tagsOf = (fields: Fields) =>
  records(fields, 'tags').map((tag, index) => checkRegistryTag(pairOf(tag, `tags[${String(index)}]`)))

const tagOf = (fields: Fields) => checkRegistryTag({ key: requiredText(fields, 'key'), value: text(fields, 'value') })

/** A text, empty or not, or `null` when the field is not there. */
const saidText = (fields: Fields, name: string): string | null =>
  fields[name] === undefined || fields[name] === null ? null : text(fields, name)

const ordersOf = (fields: Fields, grammar: SearchGrammar): OrderKey[] => {
  const clauses = texts(fields, 'order_by')
  const keys = clauses.map((clause) => parsed(parseOrder(clause, grammar)))
  if (keys.some(({ entity }) => entity !== 'attribute')) invalid('Invalid order_by entity: only attributes are allowed')
  if (new Set(keys.map(({ key }) => key)).size < keys.length)
    invalid(`\`order_by\` contains duplicate fields: [${clauses.map((clause) => `'${clause}'`).join(', ')}]`)
  return keys
}

/** `registered-models/*` of MLflow's REST API. */
export const registeredModelEndpoints = ({ modelRegistry }: TrackingServices): readonly Endpoint[] => [
  {
    method: 'POST',
    path: '/registered-models/create',
    access: 'write',
    handle: async ({ scope, fields }) => ({
      registered_model: wireRegisteredModel(
        await modelRegistry.createModel(scope, {
          name: nameOf(fields),
          description: optionalText(fields, 'description'),
          tags: tagsOf(fields),
        }),
      ),
    }),
  },
  {
    method: 'GET',
    path: '/registered-models/get',
    access: 'read',
    handle: async ({ scope, fields }) => ({
      registered_model: wireRegisteredModel(await modelRegistry.getModel(scope, nameOf(fields))),
    }),
  },
  {
    method: 'PATCH',
    path: '/registered-models/update',
    access: 'write',
    handle: async ({ scope, fields }) => ({
      registered_model: wireRegisteredModel(
        await modelRegistry.describeModel(scope, nameOf(fields), text(fields, 'description')),
      ),
    }),
  },
  {
    method: 'POST',
    path: '/registered-models/rename',
    access: 'write',
    handle: async ({ scope, fields }) => ({
      registered_model: wireRegisteredModel(
        await modelRegistry.renameModel(scope, nameOf(fields), nameOf(fields, 'new_name')),
      ),
    }),
  },
  {
    method: 'DELETE',
    path: '/registered-models/delete',
    access: 'write',
    handle: ({ scope, fields }) => modelRegistry.deleteModel(scope, nameOf(fields)),
  },
  { method: 'GET', path: '/registered-models/search', access: 'read', handle: searchModels(modelRegistry) },
  ...(['GET', 'POST'] as const).map((method): Endpoint => ({
    method,
    path: '/registered-models/get-latest-versions',
    access: 'read',
    async handle({ scope, fields }) {
      const latest = await modelRegistry.latestVersions(scope, nameOf(fields), texts(fields, 'stages'))
      return listed('model_versions', latest.map(wireModelVersion))
    },
  })),
  {
    method: 'POST',
    path: '/registered-models/set-tag',
    access: 'write',
    handle: ({ scope, fields }) => modelRegistry.setModelTag(scope, nameOf(fields), tagOf(fields)),
  },
  {
    method: 'DELETE',
    path: '/registered-models/delete-tag',
    access: 'write',
    handle: ({ scope, fields }) =>
      modelRegistry.deleteModelTag(scope, nameOf(fields), checkTagKey(requiredText(fields, 'key'))),
  },
  {
    method: 'POST',
    path: '/registered-models/alias',
    access: 'write',
    handle: ({ scope, fields }) =>
      modelRegistry.setAlias(scope, nameOf(fields), checkFreeAlias(requiredText(fields, 'alias')), versionOf(fields)),
  },
  {
    method: 'DELETE',
    path: '/registered-models/alias',
    access: 'write',
    handle: ({ scope, fields }) =>
      modelRegistry.deleteAlias(scope, nameOf(fields), checkAlias(requiredText(fields, 'alias'))),
  },
  {
    method: 'GET',
    path: '/registered-models/alias',
    access: 'read',
    handle: async ({ scope, fields }) => ({
      model_version: wireModelVersion(
        await modelRegistry.versionByAlias(scope, nameOf(fields), checkAlias(requiredText(fields, 'alias'))),
      ),
    }),
  },
]

/** `model-versions/*` of MLflow's REST API. */
export const modelVersionEndpoints = ({ modelRegistry, artifacts }: TrackingServices): readonly Endpoint[] => [
  {
    method: 'POST',
    path: '/model-versions/create',
    access: 'write',
    handle: async ({ scope, fields }) => ({
      model_version: wireModelVersion(
        await modelRegistry.createVersion(scope, nameOf(fields), {
          source: requiredText(fields, 'source'),
          runId: saidText(fields, 'run_id'),
          loggedModelId: saidText(fields, 'model_id'),
          runLink: saidText(fields, 'run_link'),
          description: saidText(fields, 'description'),
          tags: tagsOf(fields),
        }),
      ),
    }),
  },
  {
    method: 'GET',
    path: '/model-versions/get',
    access: 'read',
    handle: async ({ scope, fields }) => ({
      model_version: wireModelVersion(await modelRegistry.getVersion(scope, nameOf(fields), versionOf(fields))),
    }),
  },
  {
    method: 'PATCH',
    path: '/model-versions/update',
    access: 'write',
    handle: async ({ scope, fields }) => ({
      model_version: wireModelVersion(
        await modelRegistry.describeVersion(scope, nameOf(fields), versionOf(fields), text(fields, 'description')),
      ),
    }),
  },
  {
    method: 'POST',
    path: '/model-versions/transition-stage',
    access: 'write',
    handle: async ({ scope, fields }) => ({
      model_version: wireModelVersion(
        await modelRegistry.transitionStage(scope, nameOf(fields), versionOf(fields), {
          stage: requiredText(fields, 'stage'),
          archiveOthers: isTrue(fields['archive_existing_versions']),
        }),
      ),
    }),
  },
  {
    method: 'DELETE',
    path: '/model-versions/delete',
    access: 'write',
    handle: ({ scope, fields }) => modelRegistry.deleteVersion(scope, nameOf(fields), versionOf(fields)),
  },
  {
    method: 'GET',
    path: '/model-versions/get-download-uri',
    access: 'read',
    async handle({ scope, fields }) {
      const { record } = await modelRegistry.getVersion(scope, nameOf(fields), versionOf(fields))
      const id = versionIdOf(record)
      // As it was registered, although files of the run or logged model were replaced since.
      const former = await artifacts.keepsFiles(scope, id)
      const own = `mlflow-artifacts:/${former?.experimentId ?? ''}/versions/${id}/artifacts`
      return { artifact_uri: former === null ? record.storageLocation : own }
    },
  },
  { method: 'GET', path: '/model-versions/search', access: 'read', handle: searchVersions(modelRegistry) },
  {
    method: 'POST',
    path: '/model-versions/set-tag',
    access: 'write',
    handle: ({ scope, fields }) => modelRegistry.setVersionTag(scope, nameOf(fields), versionOf(fields), tagOf(fields)),
  },
  {
    method: 'DELETE',
    path: '/model-versions/delete-tag',
    access: 'write',
    handle: ({ scope, fields }) =>
      modelRegistry.deleteVersionTag(
        scope,
        nameOf(fields),
        versionOf(fields),
        checkTagKey(requiredText(fields, 'key')),
      ),
  },
]

const isTrue = (value: unknown): boolean => value === true || value === 'true' || value === 'True'

function searchModels(modelRegistry: Registry) {
  return async ({ scope, fields }: MlflowCall) => {
    const limit = maxResultsOf(optionalInteger(fields, 'max_results'), 100, 1000)
    const offset = offsetOf(optionalText(fields, 'page_token'))
    const found = await modelRegistry.searchModels(scope, {
      filter: parsed(parseFilter(text(fields, 'filter'), registeredModelGrammar)),
      order: ordersOf(fields, registeredModelOrderGrammar),
      offset,
      limit: limit + 1,
    })
    const { items, next } = pageOf(found, offset, limit)
    return { ...listed('registered_models', items.map(wireRegisteredModel)), ...next }
  }
}

const newestFirst: readonly OrderKey[] = [{ entity: 'attribute', key: 'last_updated_timestamp', descending: true }]

function searchVersions(modelRegistry: Registry) {
  return async ({ scope, fields }: MlflowCall) => {
    const limit = maxResultsOf(optionalInteger(fields, 'max_results'), 10_000, 200_000)
    const offset = offsetOf(optionalText(fields, 'page_token'))
    const order = ordersOf(fields, modelVersionOrderGrammar)
    const found = await modelRegistry.searchVersions(scope, {
      filter: parsed(parseFilter(text(fields, 'filter'), modelVersionGrammar)),
      order: order.length === 0 ? newestFirst : order,
      offset,
      limit: limit + 1,
    })
    const { items, next } = pageOf(found, offset, limit)
    return { ...listed('model_versions', items.map(wireModelVersion)), ...next }
  }
}
