import { fail } from '@novabrain/contracts'
import { compileSearch, type SearchTables } from '../../core/tracking/compile-search.js'
import type { Comparison, OrderKey } from '../../core/tracking/filter.js'
import { friendlyName } from '../../core/tracking/friendly-name.js'
import type { Deps, ProjectScope, Tx } from '../../deps.js'
import type { ExperimentsService, KeyValue } from '../experiments/service.js'
import type { CheckNotNeeded } from '../model-registry/needed.js'
import type { RunsService } from '../runs/service.js'
import {
  loggedModelRepository as models,
  type LoggedModelData,
  type LoggedModelRecord,
  type LoggedModelStatus,
} from './repository.js'
import { measuredOnOne, newestMetrics } from '../../db/sql/tracking-search-logged-models.sql.js'

export type { LoggedModelData, LoggedModelRecord, LoggedModelStatus } from './repository.js'

/** A logged model with all that is known of it. */
export interface LoggedModel {
  readonly model: LoggedModelRecord
  readonly data: LoggedModelData
}

/** A logged model as it was elsewhere, and the experiment that takes it here. */
export interface AdoptedLoggedModel extends Omit<LoggedModelRecord, 'artifactUri' | 'lifecycleStage' | 'creatorName'> {
  readonly params: readonly KeyValue[]
  readonly tags: readonly KeyValue[]
}

export interface LoggedModelSearch {
  readonly experimentIds: readonly string[]
  readonly filter: readonly Comparison[]
  /** Only models measured on one of these, and only their metrics on them; none is whatever was measured. */
  readonly datasets: readonly DatasetFilter[]
  /** A metric may be that on one dataset. */
  readonly order: readonly (OrderKey & { readonly dataset: DatasetFilter | null })[]
  readonly offset: number
  readonly limit: number
}

/** Which metrics count, by the dataset they were measured on. */
export interface DatasetFilter {
  readonly name: string
  /** `null`: whatever its digest. */
  readonly digest: string | null
}

const ofModel = (alias: string): string => `${alias}.model_id = model.id`

const tables: SearchTables = {
  attributes: {
    name: 'model.name',
    model_id: 'model.id',
    model_type: 'model.model_type',
    status: 'model.status',
    source_run_id: 'model.source_run_id',
    experiment_id: 'model.experiment_id::text',
    lifecycle_stage: 'model.lifecycle_stage',
    creation_timestamp_ms: 'model.created_at_ms',
    last_updated_timestamp_ms: 'model.updated_at_ms',
  },
  keyed: {
    metric: {
      table: 'logged_model_metrics',
      on: (alias) => `${ofModel(alias)} AND ${measuredOnOne(alias)}`,
      orderedBy: { table: newestMetrics, on: ofModel },
    },
    param: { table: 'logged_model_params', on: ofModel },
    tag: { table: 'logged_model_tags', on: ofModel },
  },
}

export type LoggedModelsService = ReturnType<typeof createLoggedModelsService>

/**
 * Models that programs logged, before anybody registers them. The token of an attempt may write to a model whose source
 * run it may write to. Errors: `logged_model_not_found`, `logged_model_tag_not_found`, those of runs and experiments.
 */
export const createLoggedModelsService = (
  deps: Pick<Deps, 'database' | 'clock' | 'newId' | 'audit'> & {
    readonly experiments: ExperimentsService
    readonly runs: RunsService
    readonly notNeeded: Pick<CheckNotNeeded, 'loggedModel'>
  },
) => {
  const { database, clock, newId, audit, experiments, runs, notNeeded } = deps

  const get = async (tx: Tx, scope: ProjectScope, id: string): Promise<LoggedModelRecord> => {
    const found = await models.find(tx, scope, id)
    return found?.lifecycleStage === 'active' ? found : fail('logged_model_not_found', { modelId: id })
  }

  const getWritable = async (tx: Tx, scope: ProjectScope, id: string): Promise<LoggedModelRecord> => {
    const model = await get(tx, scope, id)
    if (scope.attemptId === null) return model
    if (model.sourceRunId === null) return fail('run_not_of_attempt', { runId: id })
    await runs.findWritable(tx, scope, model.sourceRunId)
    return model
  }

  const loaded = async (tx: Tx, scope: ProjectScope, found: readonly LoggedModelRecord[]): Promise<LoggedModel[]> => {
    const dataOf = await models.dataOf(
      tx,
      scope,
      found.map((model) => model.id),
    )
    return found.map((model) => ({ model, data: dataOf(model.id) }))
  }

  const load = async (tx: Tx, scope: ProjectScope, id: string): Promise<LoggedModel> => {
    const [only] = await loaded(tx, scope, [await get(tx, scope, id)])
    return only ?? fail('logged_model_not_found', { modelId: id })
  }

  return {
    create: (
      scope: ProjectScope,
      request: {
        experimentId: string
        name: string | null
        modelType: string | null
        sourceRunId: string | null
        params: readonly KeyValue[]
        tags: readonly KeyValue[]
      },
    ): Promise<LoggedModel> =>
      database.transaction(scope, async (tx) => {
        const { id: experimentId } = await experiments.getActive(tx, scope, request.experimentId)
        if (request.sourceRunId !== null) await runs.findWritable(tx, scope, request.sourceRunId)
        else if (scope.attemptId !== null) return fail('run_not_of_attempt', { runId: '-' })
        const id = `m-${newId()}`
        const nowMs = clock.nowMs()
        await models.insert(tx, scope, {
          id,
          experimentId,
          name: request.name ?? friendlyName(id),
          modelType: request.modelType,
          sourceRunId: request.sourceRunId,
          status: 'LOGGED_MODEL_PENDING',
          creatorName: scope.memberName,
          createdAtMs: nowMs,
          updatedAtMs: nowMs,
        })
        await models.setPairs(tx, scope, 'logged_model_params', id, request.params)
        await models.setPairs(tx, scope, 'logged_model_tags', id, request.tags)
        return load(tx, scope, id)
      }),

    /**
     * Take over a model as it was elsewhere, inside somebody's transaction; `known` when it was taken over before.
     * Answers whether its id was free or known.
     */
    async adopt(tx: Tx, scope: ProjectScope, model: AdoptedLoggedModel, known: boolean): Promise<boolean> {
      const record = { ...model, creatorName: scope.memberName }
      if (known) await models.setStatus(tx, scope, model.id, model.status, model.updatedAtMs)
      else if (!(await models.adopt(tx, scope, record))) return false
      await models.setPairs(tx, scope, 'logged_model_params', model.id, model.params)
      await models.setPairs(tx, scope, 'logged_model_tags', model.id, model.tags)
      return true
    },

    get: (scope: ProjectScope, id: string): Promise<LoggedModel> =>
      database.transaction(scope, (tx) => load(tx, scope, id)),

    /** The record alone, inside somebody's transaction. */
    find: get,

    /** The record of a model that stays until the transaction ends: something is made of it. */
    async hold(tx: Tx, scope: ProjectScope, id: string): Promise<LoggedModelRecord> {
      const held = await models.find(tx, scope, id, 'FOR SHARE OF model')
      return held?.lifecycleStage === 'active' ? held : fail('logged_model_not_found', { modelId: id })
    },
    /** The same, for somebody who wants to write. */
    findWritable: getWritable,

    /** Those that a run made and that are whole, oldest first, inside somebody's transaction. */
    ofRun: (tx: Tx, scope: ProjectScope, runId: string): Promise<LoggedModelRecord[]> => models.ofRun(tx, scope, runId),

    finalize: (scope: ProjectScope, id: string, status: LoggedModelStatus): Promise<LoggedModel> =>
      database.transaction(scope, async (tx) => {
        await getWritable(tx, scope, id)
        await models.setStatus(tx, scope, id, status, clock.nowMs())
        return load(tx, scope, id)
      }),

    delete: (scope: ProjectScope, id: string): Promise<void> =>
      database.transaction(scope, async (tx) => {
        await getWritable(tx, scope, id)
        await models.find(tx, scope, id, 'FOR NO KEY UPDATE OF model')
        await notNeeded.loggedModel(tx, scope, id)
        await models.setLifecycleStage(tx, scope, id, 'deleted', clock.nowMs())
        await audit.append(tx, scope, { action: 'logged_model.delete', subject: id })
      }),

    /** Put a deleted model back. One that is gone for good is not found. */
    restore: (scope: ProjectScope, id: string): Promise<void> =>
      database.transaction(scope, async (tx) => {
        if (scope.attemptId !== null) return fail('permission_denied', { role: 'editor' })
        const found = await models.find(tx, scope, id, 'FOR NO KEY UPDATE OF model')
        if (found === null) return fail('logged_model_not_found', { modelId: id })
        await models.setLifecycleStage(tx, scope, id, 'active', clock.nowMs())
        await audit.append(tx, scope, { action: 'logged_model.restore', subject: id })
      }),

    addParams: (scope: ProjectScope, id: string, params: readonly KeyValue[]): Promise<void> =>
      database.transaction(scope, async (tx) => {
        await getWritable(tx, scope, id)
        await models.setPairs(tx, scope, 'logged_model_params', id, params)
      }),

    setTags: (scope: ProjectScope, id: string, tags: readonly KeyValue[]): Promise<LoggedModel> =>
      database.transaction(scope, async (tx) => {
        await getWritable(tx, scope, id)
        await models.setPairs(tx, scope, 'logged_model_tags', id, tags)
        return load(tx, scope, id)
      }),

    deleteTag: (scope: ProjectScope, id: string, key: string): Promise<void> =>
      database.transaction(scope, async (tx) => {
        await getWritable(tx, scope, id)
        const found = await models.deleteTag(tx, scope, id, key)
        if (!found) return fail('logged_model_tag_not_found', { modelId: id, key })
      }),

    /** Note in a tag that a version of a registered model was made of this one, inside somebody's transaction. */
    async noteVersion(
      tx: Tx,
      scope: ProjectScope,
      id: string,
      key: string,
      made: { readonly name: string; readonly version: number },
    ): Promise<void> {
      const data = (await models.dataOf(tx, scope, [id]))(id)
      const value = withVersion(data.tags.find((tag) => tag.key === key)?.value ?? '[]', made)
      await models.setPairs(tx, scope, 'logged_model_tags', id, [{ key, value }])
    },

    search: (scope: ProjectScope, search: LoggedModelSearch): Promise<LoggedModel[]> =>
      database.transaction(scope, async (tx) => {
        const compiled = compileSearch(search.filter, search.order, tables, 5)
        return loaded(tx, scope, await models.search(tx, scope, search, compiled))
      }),
  }
}

/** A list in JSON with one more, spaced as Python writes it. A text that is no list is begun anew. */
const withVersion = (text: string, { name, version }: { readonly name: string; readonly version: number }): string => {
  const known = listIn(text)
  const made = `{"name": ${JSON.stringify(name)}, "version": ${String(version)}}`
  const others = known.map((each) => JSON.stringify(each).replaceAll('":', '": ').replaceAll(',"', ', "'))
  return `[${[...others.filter((other) => other !== made), made].join(', ')}]`
}

const listIn = (text: string): readonly unknown[] => {
  try {
    const value: unknown = JSON.parse(text)
    return Array.isArray(value) ? value : []
  } catch {
    return []
  }
}
