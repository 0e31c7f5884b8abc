import { createHash } from 'node:crypto'
import { fail } from '@novabrain/contracts'
import type { RecordPlace } from '../../core/evaluation-datasets/record-page.js'
import { withFields } from '../../core/evaluation-datasets/schema.js'
import { compileSearch, type SearchTables } from '../../core/tracking/compile-search.js'
import type { Comparison, OrderKey } from '../../core/tracking/filter.js'
import type { Deps, ProjectScope, Tx } from '../../deps.js'
import type { ExperimentsService } from '../experiments/service.js'
import {
  evaluationDatasetRepository as datasets,
  type EvaluationDataset,
  type EvaluationRecord,
  type RecordSource,
} from './repository.js'

export type { EvaluationDataset, EvaluationRecord, RecordSource } from './repository.js'

type Tags = Readonly<Record<string, string>>

export interface NewEvaluationDataset {
  readonly name: string
  readonly tags: Tags
  readonly experimentIds: readonly string[]
}

export interface EvaluationDatasetSearch {
  /** None: those of all experiments, and of none. */
  readonly experimentIds: readonly string[]
  readonly filter: readonly Comparison[]
  readonly order: readonly OrderKey[]
  readonly offset: number
  readonly limit: number
}

/** Records that came: their JSON as it was sent, and what was read of each. */
export interface CameRecords {
  readonly json: string
  readonly records: readonly { readonly source: RecordSource | null; readonly userName: string | null }[]
}

/** The tag by which a client says who works. */
const userKey = 'mlflow.user'

const tables: SearchTables = {
  attributes: {
    name: 'd.name',
    created_time: 'd.created_at_ms',
    last_update_time: 'd.updated_at_ms',
    created_by: 'd.created_by',
    last_updated_by: 'd.last_updated_by',
  },
  keyed: {},
  valueIn: { tag: (key) => `d.tags ->> ${key}` },
}

export type EvaluationDatasetsService = ReturnType<typeof createEvaluationDatasetsService>

/**
 * Evaluation datasets of a project. A job makes and fills them; what is there is deleted and unlinked by people. Errors:
 * `evaluation_dataset_not_found`, `experiment_not_found`.
 */
export const createEvaluationDatasetsService = (
  deps: Pick<Deps, 'database' | 'clock' | 'newId' | 'audit'> & { readonly experiments: ExperimentsService },
) => {
  const { database, clock, newId, audit, experiments } = deps

  const find = async (tx: Tx, scope: ProjectScope, id: string, { lock = false } = {}): Promise<EvaluationDataset> =>
    (await datasets.find(tx, scope, id, { lock })) ?? fail('evaluation_dataset_not_found', { datasetId: id })

  const link = async (tx: Tx, scope: ProjectScope, id: string, experimentIds: readonly string[]): Promise<void> => {
    for (const experimentId of experimentIds) await experiments.find(tx, scope, experimentId)
    await datasets.link(tx, scope, id, experimentIds)
  }

  const forPeople = (scope: ProjectScope): void => {
    if (scope.attemptId !== null) fail('permission_denied', { role: 'editor' })
  }

  return {
    create: (scope: ProjectScope, { name, tags, experimentIds }: NewEvaluationDataset): Promise<EvaluationDataset> =>
      database.transaction(scope, async (tx) => {
        const [id, nowMs] = [`d-${newId()}`, clock.nowMs()]
        const createdBy = tags[userKey] ?? null
        const dataset: EvaluationDataset = {
          id,
          name,
          digest: digestOf(name, nowMs),
          tags,
          schema: null,
          recordCount: 0,
          createdBy,
          lastUpdatedBy: createdBy,
          createdAtMs: nowMs,
          updatedAtMs: nowMs,
        }
        await datasets.insert(tx, scope, dataset)
        await link(tx, scope, id, experimentIds)
        await audit.append(tx, scope, { action: 'evaluation_dataset.create', subject: name, subjectId: id })
        return dataset
      }),

    get: (scope: ProjectScope, id: string): Promise<EvaluationDataset> =>
      database.transaction(scope, (tx) => find(tx, scope, id)),

    /** One that is not there is no fault. */
    delete: (scope: ProjectScope, id: string): Promise<void> =>
      database.transaction(scope, async (tx) => {
        forPeople(scope)
        const dataset = await datasets.find(tx, scope, id, { lock: true })
        if (dataset === null) return
        await datasets.delete(tx, scope, id)
        const { name: subject, recordCount: records } = dataset
        await audit.append(tx, scope, {
          action: 'evaluation_dataset.delete',
          subject,
          subjectId: id,
          detail: { records },
        })
      }),

    search: (scope: ProjectScope, search: EvaluationDatasetSearch): Promise<EvaluationDataset[]> =>
      database.transaction(scope, (tx) =>
        datasets.search(tx, scope, search, compileSearch(search.filter, search.order, tables, 4)),
      ),

    setTags: (scope: ProjectScope, id: string, tags: Tags): Promise<void> =>
      database.transaction(scope, async (tx) => {
        const dataset = await find(tx, scope, id, { lock: true })
        await datasets.update(tx, scope, { ...dataset, tags: { ...dataset.tags, ...tags } })
      }),

    /** A tag or a dataset that is not there is no fault. */
    deleteTag: (scope: ProjectScope, id: string, key: string): Promise<void> =>
      database.transaction(scope, async (tx) => {
        const dataset = await datasets.find(tx, scope, id, { lock: true })
        if (dataset === null) return
        const tags = Object.fromEntries(Object.entries(dataset.tags).filter(([each]) => each !== key))
        await datasets.update(tx, scope, { ...dataset, tags })
      }),

    /** Add records; one whose inputs are known is laid over the one that has them. */
    upsertRecords: (
      scope: ProjectScope,
      id: string,
      { json, records }: CameRecords,
    ): Promise<{ inserted: number; updated: number }> =>
      database.transaction(scope, async (tx) => {
        const dataset = await find(tx, scope, id, { lock: true })
        const nowMs = clock.nowMs()
        const batch = { json, ids: records.map(() => `dr-${newId()}`), sources: records.map(({ source }) => source) }
        const counts = await datasets.upsert(tx, scope, id, batch, nowMs)
        const fields = await datasets.fieldTypes(tx, json)
        await datasets.update(tx, scope, {
          ...dataset,
          digest: digestOf(dataset.name, nowMs),
          schema: records.length === 0 ? dataset.schema : withFields(dataset.schema, fields),
          recordCount: await datasets.countRecords(tx, scope, id),
          lastUpdatedBy: records.findLast(({ userName }) => userName !== null)?.userName ?? null,
          updatedAtMs: nowMs,
        })
        return counts
      }),

    /** Records in the order they came, one more than asked for when there are more. */
    records: (
      scope: ProjectScope,
      id: string,
      page: { readonly after: RecordPlace | null; readonly limit: number },
    ): Promise<EvaluationRecord[]> =>
      database.transaction(scope, async (tx) => {
        await find(tx, scope, id)
        return datasets.records(tx, scope, id, page)
      }),

    /** How many of them were there. */
    deleteRecords: (scope: ProjectScope, id: string, recordIds: readonly string[]): Promise<number> =>
      database.transaction(scope, async (tx) => {
        forPeople(scope)
        const dataset = await find(tx, scope, id, { lock: true })
        const count = await datasets.deleteRecords(tx, scope, id, recordIds)
        if (count === 0) return 0
        await datasets.update(tx, scope, { ...dataset, recordCount: await datasets.countRecords(tx, scope, id) })
        await audit.append(tx, scope, {
          action: 'evaluation_dataset.delete_records',
          subject: dataset.name,
          subjectId: id,
          detail: { records: count },
        })
        return count
      }),

    experimentIds: (scope: ProjectScope, id: string): Promise<string[]> =>
      database.transaction(scope, (tx) => datasets.experimentIds(tx, scope, id)),

    addToExperiments: (scope: ProjectScope, id: string, experimentIds: readonly string[]): Promise<EvaluationDataset> =>
      database.transaction(scope, async (tx) => {
        const dataset = await find(tx, scope, id, { lock: true })
        await link(tx, scope, id, experimentIds)
        const changed = { ...dataset, updatedAtMs: clock.nowMs() }
        await datasets.update(tx, scope, changed)
        return changed
      }),

    /** A link that is not there is no fault. */
    removeFromExperiments: (
      scope: ProjectScope,
      id: string,
      experimentIds: readonly string[],
    ): Promise<EvaluationDataset> =>
      database.transaction(scope, async (tx) => {
        forPeople(scope)
        const dataset = await find(tx, scope, id, { lock: true })
        const known = experimentIds.filter((each) => /^\d{1,18}$/.test(each))
        if ((await datasets.unlink(tx, scope, id, known)) === 0) return dataset
        const changed = { ...dataset, updatedAtMs: clock.nowMs() }
        await datasets.update(tx, scope, changed)
        return changed
      }),
  }
}

/** MLflow's digest of a dataset: it changes with its records. */
const digestOf = (name: string, atMs: number): string =>
  createHash('sha256')
    .update(`${name}:${String(atMs)}`)
    .digest('hex')
    .slice(0, 8)
