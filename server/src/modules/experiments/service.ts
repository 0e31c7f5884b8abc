import { fail } from '@novabrain/contracts'
import { compileSearch, type SearchTables } from '../../core/tracking/compile-search.js'
import type { Comparison, OrderKey } from '../../core/tracking/filter.js'
import type { Deps, ProjectScope, Tx } from '../../deps.js'
import {
  experimentRepository as experiments,
  type Experiment,
  type KeyValue,
  type LifecycleStage,
} from './repository.js'

export type { Experiment, KeyValue, LifecycleStage } from './repository.js'

/** An experiment with its tags. */
export interface TaggedExperiment extends Experiment {
  readonly tags: readonly KeyValue[]
}

export interface ExperimentSearch {
  readonly stages: readonly LifecycleStage[]
  readonly filter: readonly Comparison[]
  readonly order: readonly OrderKey[]
  readonly offset: number
  readonly limit: number
}

/** An experiment as it was elsewhere. */
export type AdoptedExperiment = Omit<TaggedExperiment, 'artifactLocation'>

const defaultExperiment = { id: '0', name: 'Default' }

const tables: SearchTables = {
  attributes: {
    name: 'e.name',
    experiment_id: 'e.id::text',
    creation_time: 'e.created_at_ms',
    last_update_time: 'e.updated_at_ms',
  },
  keyed: {
    tag: {
      table: 'experiment_tags',
      on: (tag) => `${tag}.project_id = e.project_id AND ${tag}.experiment_id = e.id`,
    },
  },
}

export type ExperimentsService = ReturnType<typeof createExperimentsService>

/**
 * The rules of experiments. Each project has one named `Default` with id 0, made when it is first looked for. Errors:
 * `experiment_not_found`, `experiment_not_active`, `experiment_name_taken`, `experiment_tag_not_found`.
 */
export const createExperimentsService = ({ database, clock }: Pick<Deps, 'database' | 'clock'>) => {
  const withDefault = new Set<string>()
  const making = new WeakMap<Tx, Promise<unknown>>()
  const madeDefault = new WeakSet<Tx>()

  /** The lock keeps other transactions out: in one and the same they are made one after another. */
  const inTurn = <T>(tx: Tx, make: () => Promise<T>): Promise<T> => {
    const made = (making.get(tx) ?? Promise.resolve()).then(make)
    making.set(tx, made)
    return made
  }

  const ensureDefault = async (tx: Tx, scope: ProjectScope): Promise<void> => {
    if (withDefault.has(scope.projectId)) return
    if ((await experiments.find(tx, scope, defaultExperiment.id)) === null) {
      madeDefault.add(tx)
      await experiments.lock(tx, scope)
      await experiments.insert(tx, scope, { ...defaultExperiment, artifactLocation: null, atMs: clock.nowMs() })
      // What this transaction made itself may yet be taken back.
    } else if (!madeDefault.has(tx)) withDefault.add(scope.projectId)
  }

  const get = async (tx: Tx, scope: ProjectScope, experimentId: string): Promise<Experiment> => {
    await ensureDefault(tx, scope)
    const found = isNumeric(experimentId) ? await experiments.find(tx, scope, experimentId) : null
    return found ?? fail('experiment_not_found', { experimentId })
  }

  const getActive = async (tx: Tx, scope: ProjectScope, experimentId: string): Promise<Experiment> => {
    const experiment = await get(tx, scope, experimentId)
    return experiment.lifecycleStage === 'active' ? experiment : fail('experiment_not_active', { experimentId })
  }

  const insert = async (
    tx: Tx,
    scope: ProjectScope,
    name: string,
    artifactLocation: string | null,
  ): Promise<string> => {
    await ensureDefault(tx, scope)
    await experiments.lock(tx, scope)
    if ((await experiments.findByName(tx, scope, name)) !== null) return fail('experiment_name_taken', { name })
    const id = await experiments.nextId(tx, scope)
    await experiments.insert(tx, scope, { id, name, artifactLocation, atMs: clock.nowMs() })
    return id
  }

  const makeActive = async (tx: Tx, scope: ProjectScope, name: string): Promise<Experiment> => {
    await ensureDefault(tx, scope)
    await experiments.lock(tx, scope)
    const known = await experiments.findByName(tx, scope, name)
    if (known?.lifecycleStage === 'deleted')
      await experiments.setLifecycleStage(tx, scope, known.id, 'active', clock.nowMs())
    return known ?? get(tx, scope, await insert(tx, scope, name, null))
  }

  const withTags = async (tx: Tx, scope: ProjectScope, found: readonly Experiment[]): Promise<TaggedExperiment[]> => {
    const ids = found.map((experiment) => experiment.id)
    const tags = await experiments.tagsOf(tx, scope, ids)
    return found.map((experiment) => ({ ...experiment, tags: tags.get(experiment.id) ?? [] }))
  }

  const only = (tagged: readonly TaggedExperiment[]): TaggedExperiment => tagged[0] ?? fail('experiment_not_found')

  return {
    /** An experiment that takes runs, inside somebody's transaction. */
    getActive,

    /** The experiment of that name, made when new and restored when it was deleted, inside somebody's transaction. */
    async getOrCreate(tx: Tx, scope: ProjectScope, name: string): Promise<Experiment> {
      const active = await experiments.findByName(tx, scope, name)
      if (active?.lifecycleStage === 'active') return active
      return inTurn(tx, () => makeActive(tx, scope, name))
    },

    /**
     * Take over an experiment as it was elsewhere, inside somebody's transaction. It keeps its id where that is free, and
     * its name; a name that is taken gets `(label)`, unless what has it was never used.
     */
    async adopt(tx: Tx, scope: ProjectScope, wanted: AdoptedExperiment, label: string): Promise<Experiment> {
      await ensureDefault(tx, scope)
      await experiments.lock(tx, scope)
      const taken = await experiments.findByName(tx, scope, wanted.name)
      if (taken !== null && (await experiments.isEmpty(tx, scope, taken.id))) {
        await experiments.setTags(tx, scope, taken.id, wanted.tags)
        return taken
      }
      const name = await freeName(wanted.name, label, (each) => experiments.findByName(tx, scope, each))
      const free = wanted.id !== defaultExperiment.id && (await experiments.find(tx, scope, wanted.id)) === null
      const id = free ? wanted.id : await experiments.nextId(tx, scope)
      await experiments.adopt(tx, scope, { ...wanted, id, name })
      await experiments.setTags(tx, scope, id, wanted.tags)
      return get(tx, scope, id)
    },

    /** What changed elsewhere since it was taken over. Its name is left as people here have it. */
    async readopt(tx: Tx, scope: ProjectScope, id: string, wanted: AdoptedExperiment): Promise<Experiment> {
      const known = await get(tx, scope, id)
      if (known.lifecycleStage !== wanted.lifecycleStage)
        await experiments.setLifecycleStage(tx, scope, id, wanted.lifecycleStage, wanted.updatedAtMs)
      await experiments.setTags(tx, scope, id, wanted.tags)
      return known
    },

    /** An experiment whatever became of it, inside somebody's transaction. */
    find: get,

    create: (
      scope: ProjectScope,
      request: { name: string; artifactLocation: string | null; tags: readonly KeyValue[] },
    ): Promise<string> =>
      database.transaction(scope, async (tx) => {
        const id = await insert(tx, scope, request.name, request.artifactLocation)
        await experiments.setTags(tx, scope, id, request.tags)
        return id
      }),

    get: (scope: ProjectScope, experimentId: string): Promise<TaggedExperiment> =>
      database.transaction(scope, async (tx) => only(await withTags(tx, scope, [await get(tx, scope, experimentId)]))),

    getByName: (scope: ProjectScope, name: string): Promise<TaggedExperiment> =>
      database.transaction(scope, async (tx) => {
        await ensureDefault(tx, scope)
        const found = await experiments.findByName(tx, scope, name)
        return only(await withTags(tx, scope, [found ?? fail('experiment_name_not_found', { name })]))
      }),

    search: (scope: ProjectScope, search: ExperimentSearch): Promise<TaggedExperiment[]> =>
      database.transaction(scope, async (tx) => {
        await ensureDefault(tx, scope)
        const compiled = compileSearch(search.filter, search.order, tables, 4)
        return withTags(tx, scope, await experiments.search(tx, scope, search.stages, compiled, search))
      }),

    /** Only a member may: others have runs in it. */
    rename: (scope: ProjectScope, experimentId: string, name: string): Promise<void> =>
      database.transaction(scope, async (tx) => {
        if (scope.attemptId !== null) return fail('permission_denied', { role: 'editor' })
        await getActive(tx, scope, experimentId)
        await experiments.lock(tx, scope)
        const other = await experiments.findByName(tx, scope, name)
        if (other !== null && other.id !== experimentId) return fail('experiment_name_taken', { name })
        await experiments.rename(tx, scope, experimentId, name, clock.nowMs())
      }),

    /** Deletes or restores, in the transaction that does the same to its runs. */
    async setLifecycleStage(tx: Tx, scope: ProjectScope, experimentId: string, stage: LifecycleStage): Promise<void> {
      const experiment = await get(tx, scope, experimentId)
      if (experiment.lifecycleStage === stage) return fail('experiment_not_found', { experimentId })
      await experiments.setLifecycleStage(tx, scope, experimentId, stage, clock.nowMs())
    },

    setTag: (scope: ProjectScope, experimentId: string, tag: KeyValue): Promise<void> =>
      database.transaction(scope, async (tx) => {
        await getActive(tx, scope, experimentId)
        await experiments.setTags(tx, scope, experimentId, [tag])
      }),

    deleteTag: (scope: ProjectScope, experimentId: string, key: string): Promise<void> =>
      database.transaction(scope, async (tx) => {
        await getActive(tx, scope, experimentId)
        const found = await experiments.deleteTag(tx, scope, experimentId, key)
        if (!found) return fail('experiment_tag_not_found', { experimentId, key })
      }),
  }
}

/** The name, or `name (label)`, `name (label 2)` … when it is taken. */
export const freeName = async (
  name: string,
  label: string,
  find: (name: string) => Promise<unknown>,
): Promise<string> => {
  for (let round = 0; ; round += 1) {
    const suffix = round === 0 ? '' : round === 1 ? ` (${label})` : ` (${label} ${String(round)})`
    if ((await find(name + suffix)) === null) return name + suffix
  }
}

const isNumeric = (id: string): boolean => /^\d{1,18}$/.test(id)
