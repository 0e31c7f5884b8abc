import { fail } from '@novabrain/contracts'
import type { VersionReference } from '../../core/model-registry/source.js'
import { activeStages, stageOf, stages, type Stage } from '../../core/model-registry/stages.js'
import {
  aliasChanged,
  modelCreated,
  modelTagChanged,
  versionCreated,
  versionTagChanged,
} from '../../core/webhooks/registry-changes.js'
import type { RegistryChange } from '../../core/webhooks/events.js'
import { compileSearch, type SearchTables } from '../../core/tracking/compile-search.js'
import type { Comparison, OrderKey } from '../../core/tracking/filter.js'
import type { Deps, ProjectScope, Tx } from '../../deps.js'
import type { KeyValue } from '../experiments/service.js'
import type { ArtifactsService } from '../artifacts/service.js'
import type { LoggedModelsService } from '../logged-models/service.js'
import type { RunsService } from '../runs/service.js'
import type { WebhooksService } from '../webhooks/service.js'
import { orElse } from './or-else.js'
import { createOrigins, type Origin } from './origins.js'
import { versionIdOf } from './version-files.js'
import { createAdoptedRegistry } from './adopted.js'
import {
  modelRegistryRepository as registry,
  type AliasRecord,
  type ModelVersionRecord,
  type RegisteredModelRecord,
} from './repository.js'

export type { AliasRecord, ModelVersionRecord, RegisteredModelRecord } from './repository.js'

/** A version with its tags and the aliases that name it. */
export interface ModelVersion {
  readonly record: ModelVersionRecord
  readonly tags: readonly KeyValue[]
  readonly aliases: readonly string[]
}

/** A registered model with all that is known of it. */
export interface RegisteredModel {
  readonly record: RegisteredModelRecord
  readonly tags: readonly KeyValue[]
  readonly aliases: readonly AliasRecord[]
  /** The newest version in each stage. */
  readonly latestVersions: readonly ModelVersion[]
}

export interface RegistrySearch {
  readonly filter: readonly Comparison[]
  readonly order: readonly OrderKey[]
  readonly offset: number
  readonly limit: number
}

export interface NewModel {
  readonly name: string
  readonly description: string | null
  readonly tags: readonly KeyValue[]
}

/** One step of an alias: `null` is nowhere. */
interface AliasStep {
  readonly alias: string
  readonly from: number | null
  readonly to: number | null
  readonly reason: string | null
}

/** What a new version is made of. `null` is what was not said; MLflow tells it from an empty text. */
export interface NewVersion {
  readonly source: string
  readonly runId: string | null
  readonly loggedModelId: string | null
  readonly runLink: string | null
  readonly description: string | null
  readonly tags: readonly KeyValue[]
}

/** The tag by which programs keep prompts as registered models. */
const promptKey = 'mlflow.prompt.is_prompt'
/** The tag in which a logged model names the versions that were made of it, as MLflow's own server writes it. */
const versionsKey = 'mlflow.modelVersions'

const modelTables: SearchTables = {
  attributes: {
    name: 'm.name',
    last_updated_timestamp: 'm.updated_at_ms',
  },
  keyed: { tag: { table: 'registered_model_tags', on: (alias) => `${alias}.model_id = m.id` } },
}

const versionTables: SearchTables = {
  attributes: {
    name: 'm.name',
    version_number: 'v.version',
    run_id: 'v.run_id',
    source_path: 'v.source',
    creation_timestamp: 'v.created_at_ms',
    last_updated_timestamp: 'v.updated_at_ms',
  },
  keyed: {
    tag: {
      table: 'model_version_tags',
      on: (alias) => `${alias}.model_id = v.model_id AND ${alias}.version = v.version`,
    },
  },
}

export type ModelRegistryService = ReturnType<typeof createModelRegistryService>

/**
 * Registered models, their versions and aliases. The token of an attempt may register what its own run made; names and
 * whole models are changed by people. Errors: `registered_model_not_found`, `registered_model_name_taken`,
 * `registered_model_kind_clash`, `model_version_not_found`, `model_version_source_invalid`, `model_alias_not_found`,
 * `model_latest_version_not_found`, `model_stage_invalid`, those of runs and logged models.
 */
export const createModelRegistryService = (
  deps: Pick<Deps, 'database' | 'clock' | 'newId' | 'audit' | 'outbox'> & {
    readonly runs: RunsService
    readonly loggedModels: LoggedModelsService
    readonly artifacts: Pick<ArtifactsService, 'versionMade' | 'versionsGone'>
    readonly webhooks: Pick<WebhooksService, 'anybodyListens' | 'tell'>
  },
) => {
  const { database, clock, newId, audit, outbox, runs, loggedModels, artifacts, webhooks } = deps

  /** Whoever looks at a model, at a version of it or at the run of a new version is told. */
  const announce = (
    tx: Tx,
    scope: ProjectScope,
    { id, name }: Pick<RegisteredModelRecord, 'id' | 'name'>,
    {
      version = null,
      sourceRunId = null,
    }: { readonly version?: number | null; readonly sourceRunId?: string | null } = {},
  ): Promise<void> => outbox.append(tx, scope, { type: 'model_changed', modelId: id, name, version, sourceRunId })

  /** Webhooks hear of a prompt and of a model in different words; which it is, a tag of the model says. */
  const tellWebhooks = async (
    tx: Tx,
    scope: ProjectScope,
    modelId: string,
    change: RegistryChange,
    kind?: 'model' | 'prompt',
  ): Promise<void> => {
    if (!(await webhooks.anybodyListens(tx, scope))) return
    const found = async () => (await registry.modelTagsOf(tx, scope, [modelId]))(modelId)
    await webhooks.tell(tx, scope, change, kind ?? (isPrompt(await found()) ? 'prompt' : 'model'))
  }

  const getModel = async (tx: Tx, scope: ProjectScope, name: string, lock = false): Promise<RegisteredModelRecord> =>
    (await registry.findModel(tx, scope, name, lock)) ?? fail('registered_model_not_found', { name })

  const getVersion = async (tx: Tx, scope: ProjectScope, name: string, version: number): Promise<ModelVersionRecord> =>
    (await registry.findVersion(tx, scope, name, version)) ?? fail('model_version_not_found', { name, version })

  /** A version with its model held, so that nobody else changes it until the transaction ends. */
  const holdVersion = async (
    tx: Tx,
    scope: ProjectScope,
    name: string,
    version: number,
  ): Promise<ModelVersionRecord> => {
    await registry.findModel(tx, scope, name, true)
    return getVersion(tx, scope, name, version)
  }

  const isPrompt = (tags: readonly KeyValue[]): boolean =>
    tags.some(({ key, value }) => key === promptKey && value.toLowerCase() === 'true')

  const versionsOf = async (
    tx: Tx,
    scope: ProjectScope,
    records: readonly ModelVersionRecord[],
    /** MLflow's server leaves aliases out where it answers many versions at once. */
    { aliased }: { readonly aliased: boolean } = { aliased: true },
  ): Promise<ModelVersion[]> => {
    const tagsOf = await registry.versionTagsOf(tx, scope, records)
    const ids = aliased ? [...new Set(records.map(({ modelId }) => modelId))] : []
    const aliasesOf = await registry.aliasesOf(tx, scope, ids)
    return records.map((record) => ({
      record,
      tags: tagsOf(record),
      aliases: aliasesOf(record.modelId).flatMap(({ alias, version }) => (version === record.version ? [alias] : [])),
    }))
  }

  const versionOf = async (tx: Tx, scope: ProjectScope, record: ModelVersionRecord): Promise<ModelVersion> => {
    const [version] = await versionsOf(tx, scope, [record])
    return version ?? { record, tags: [], aliases: [] }
  }

  const modelsOf = async (
    tx: Tx,
    scope: ProjectScope,
    records: readonly RegisteredModelRecord[],
  ): Promise<RegisteredModel[]> => {
    const ids = records.map(({ id }) => id)
    const tagsOf = await registry.modelTagsOf(tx, scope, ids)
    const aliasesOf = await registry.aliasesOf(tx, scope, ids)
    const latest = await versionsOf(tx, scope, await registry.latestVersions(tx, scope, ids), { aliased: false })
    return records.map((record) => ({
      record,
      tags: tagsOf(record.id),
      aliases: aliasesOf(record.id),
      latestVersions: latest.filter((version) => version.record.modelId === record.id),
    }))
  }

  const modelOf = async (tx: Tx, scope: ProjectScope, name: string): Promise<RegisteredModel> => {
    const record = await getModel(tx, scope, name)
    const [model] = await modelsOf(tx, scope, [record])
    return model ?? { record, tags: [], aliases: [], latestVersions: [] }
  }

  const forPeople = (scope: ProjectScope): void => {
    if (scope.attemptId !== null) fail('permission_denied', { role: 'editor' })
  }

  const byAlias = async (tx: Tx, scope: ProjectScope, name: string, alias: string): Promise<ModelVersionRecord> => {
    const model = await getModel(tx, scope, name)
    if (alias.toLowerCase() === 'latest') return newest(tx, scope, model)
    const found = (await registry.aliasesOf(tx, scope, [model.id]))(model.id).find((each) => each.alias === alias)
    return found === undefined ? fail('model_alias_not_found', { alias }) : getVersion(tx, scope, name, found.version)
  }

  const newest = async (tx: Tx, scope: ProjectScope, model: RegisteredModelRecord, stage: Stage | null = null) => {
    const latest = await registry.latestVersions(tx, scope, [model.id])
    const fitting = latest.filter((version) => stage === null || version.stage === stage)
    return (
      fitting.sort((left, right) => right.version - left.version)[0] ??
      fail('model_latest_version_not_found', { name: model.name })
    )
  }

  const resolve = async (
    tx: Tx,
    scope: ProjectScope,
    name: string,
    which: VersionReference,
  ): Promise<ModelVersionRecord> => {
    if ('version' in which) return getVersion(tx, scope, name, which.version)
    if ('alias' in which) return byAlias(tx, scope, name, which.alias)
    const stage = which.stage === null ? null : checkedStage(which.stage)
    return newest(tx, scope, await getModel(tx, scope, name), stage)
  }

  /** Another version as a source: with whether it is a prompt, which no model is made of. */
  const otherVersion = async (tx: Tx, scope: ProjectScope, name: string, which: VersionReference) => {
    const record = await resolve(tx, scope, name, which)
    const tagsOf = await registry.modelTagsOf(tx, scope, [record.modelId])
    return { record, prompt: isPrompt(tagsOf(record.modelId)) }
  }
  const { originOf, checkAttempt } = createOrigins({ runs, loggedModels, otherVersion })

  const changeVersion = (
    scope: ProjectScope,
    { name, version }: { readonly name: string; readonly version: number },
    work: (tx: Tx, record: ModelVersionRecord, nowMs: number) => Promise<unknown>,
  ): Promise<ModelVersion> =>
    database.transaction(scope, async (tx) => {
      const record = await holdVersion(tx, scope, name, version)
      await work(tx, record, clock.nowMs())
      await announce(tx, scope, { id: record.modelId, name }, { version })
      return versionOf(tx, scope, await getVersion(tx, scope, name, version))
    })

  const insertModel = async (tx: Tx, scope: ProjectScope, { name, description, tags }: NewModel): Promise<void> => {
    const [id, nowMs] = [newId(), clock.nowMs()]
    const record = { id, name, description, createdAtMs: nowMs, updatedAtMs: nowMs }
    if (!(await registry.insertModel(tx, scope, record))) {
      const existing = await modelOf(tx, scope, name)
      return failTaken(name, isPrompt(tags), isPrompt(existing.tags))
    }
    await registry.setModelTags(tx, scope, id, tags)
    await audit.append(tx, scope, { action: 'registered_model.create', subject: name, subjectId: id })
    await tellWebhooks(tx, scope, id, modelCreated({ name, description, tags }), isPrompt(tags) ? 'prompt' : 'model')
    await announce(tx, scope, record)
  }

  const insertVersion = async (
    tx: Tx,
    scope: ProjectScope,
    name: string,
    wanted: NewVersion,
  ): Promise<ModelVersionRecord> => {
    const origin: Origin = isPrompt(wanted.tags)
      ? { ...wanted, storageLocation: wanted.source }
      : await originOf(tx, scope, wanted)
    const model = await getModel(tx, scope, name, true)
    if (!isPrompt(wanted.tags)) await checkAttempt(tx, scope, origin)
    await registry.holdOrigin(tx, scope, origin)
    const nowMs = clock.nowMs()
    const key = { modelId: model.id, version: await registry.nextVersion(tx, scope, model.id) }
    await registry.insertVersion(tx, scope, {
      ...key,
      stage: 'None',
      source: origin.source,
      storageLocation: origin.storageLocation,
      runId: origin.runId,
      runLink: wanted.runLink,
      loggedModelId: origin.loggedModelId,
      description: wanted.description,
      creatorName: scope.memberName,
      createdAtMs: nowMs,
      updatedAtMs: nowMs,
    })
    await registry.setVersionTags(tx, scope, key, wanted.tags)
    await registry.touchModel(tx, scope, model.id, nowMs)
    if (origin.loggedModelId !== null && origin.loggedModelId !== '')
      await loggedModels.noteVersion(tx, scope, origin.loggedModelId, versionsKey, { name, version: key.version })
    const files = await artifacts.versionMade(tx, scope, versionIdOf(key), origin.copyOf ?? null)
    await audit.append(tx, scope, {
      action: 'model_version.create',
      subject: name,
      subjectId: model.id,
      detail: { version: key.version, runId: origin.runId, ...(files === null ? {} : { files }) },
    })
    const { source, runId } = origin
    await tellWebhooks(
      tx,
      scope,
      model.id,
      versionCreated({ ...wanted, name, version: key.version, source, runId }),
      isPrompt(wanted.tags) ? 'prompt' : 'model',
    )
    await announce(tx, scope, model, { version: key.version, sourceRunId: runId })
    return getVersion(tx, scope, name, key.version)
  }

  /** The audit knows the model by its id too: it keeps its history under another name. */
  const noteMove = (
    tx: Tx,
    scope: ProjectScope,
    { id, name }: Pick<RegisteredModelRecord, 'id' | 'name'>,
    { alias, from, to, reason }: AliasStep,
  ): Promise<void> =>
    audit.append(tx, scope, {
      action: to === null ? 'model_alias.delete' : 'model_alias.set',
      subject: name,
      subjectId: id,
      detail: { alias, ...(to === null ? {} : { version: to }), from, reason },
    })

  return {
    ...createAdoptedRegistry({ newId, runs, loggedModels }),

    createModel: (scope: ProjectScope, model: NewModel): Promise<RegisteredModel> =>
      database.transaction(scope, async (tx) => {
        await insertModel(tx, scope, model)
        return modelOf(tx, scope, model.name)
      }),

    /** Models with their tags and aliases, and versions with theirs, inside somebody's transaction. */
    modelsOf,
    versionsOf: (tx: Tx, scope: ProjectScope, records: readonly ModelVersionRecord[]) => versionsOf(tx, scope, records),

    /** The number that the next version of a model will get, or `null` when there is no model of this name. */
    nextVersionOf: async (tx: Tx, scope: ProjectScope, name: string): Promise<number | null> => {
      const model = await registry.findModel(tx, scope, name)
      return model === null ? null : registry.nextVersion(tx, scope, model.id)
    },

    getModel: (scope: ProjectScope, name: string): Promise<RegisteredModel> =>
      database.transaction(scope, (tx) => modelOf(tx, scope, name)),

    describeModel: (scope: ProjectScope, name: string, description: string): Promise<RegisteredModel> =>
      database.transaction(scope, async (tx) => {
        const { id } = await getModel(tx, scope, name, true)
        await registry.updateModel(tx, scope, id, { name, description, atMs: clock.nowMs() })
        await announce(tx, scope, { id, name })
        return modelOf(tx, scope, name)
      }),

    renameModel: (scope: ProjectScope, name: string, newName: string): Promise<RegisteredModel> =>
      database.transaction(scope, async (tx) => {
        forPeople(scope)
        const model = await getModel(tx, scope, name, true)
        if (newName !== name && (await registry.findModel(tx, scope, newName)) !== null)
          return fail('registered_model_name_taken', { kind: 'Registered Model', name: newName })
        const atMs = clock.nowMs()
        await registry.updateModel(tx, scope, model.id, { name: newName, description: model.description, atMs })
        await registry.touchVersions(tx, scope, model.id, atMs)
        await audit.append(tx, scope, {
          action: 'registered_model.rename',
          subject: newName,
          subjectId: model.id,
          detail: { from: name },
        })
        await announce(tx, scope, { id: model.id, name: newName })
        return modelOf(tx, scope, newName)
      }),

    deleteModel: (scope: ProjectScope, name: string): Promise<void> =>
      database.transaction(scope, async (tx) => {
        forPeople(scope)
        const { id } = await getModel(tx, scope, name, true)
        await registry.deleteModel(tx, scope, id)
        await artifacts.versionsGone(tx, scope, { modelId: id, version: null })
        await audit.append(tx, scope, { action: 'registered_model.delete', subject: name, subjectId: id })
        await announce(tx, scope, { id, name })
      }),

    searchModels: (scope: ProjectScope, search: RegistrySearch): Promise<RegisteredModel[]> =>
      database.transaction(scope, async (tx) => {
        const { filter, prompts } = aboutPrompts(search.filter)
        const compiled = compileSearch(filter, search.order, modelTables, 3)
        return modelsOf(tx, scope, await registry.searchModels(tx, scope, { ...search, prompts }, compiled))
      }),

    /** The newest version in each of these stages; in all when none is named. */
    latestVersions: (scope: ProjectScope, name: string, wanted: readonly string[]): Promise<ModelVersion[]> =>
      database.transaction(scope, async (tx) => {
        const { id } = await getModel(tx, scope, name)
        const among: readonly Stage[] = wanted.length === 0 ? stages : wanted.map(checkedStage)
        const latest = await registry.latestVersions(tx, scope, [id])
        return versionsOf(
          tx,
          scope,
          latest.filter(({ stage }) => among.includes(stage)),
        )
      }),

    setModelTag: (scope: ProjectScope, name: string, tag: KeyValue): Promise<void> =>
      database.transaction(scope, async (tx) => {
        const model = await getModel(tx, scope, name)
        await registry.setModelTags(tx, scope, model.id, [tag])
        await tellWebhooks(tx, scope, model.id, modelTagChanged(name, tag.key, tag.value))
        await announce(tx, scope, model)
      }),

    /** A tag that is not there is no fault. */
    deleteModelTag: (scope: ProjectScope, name: string, key: string): Promise<void> =>
      database.transaction(scope, async (tx) => {
        const model = await getModel(tx, scope, name)
        await registry.deleteModelTag(tx, scope, model.id, key)
        await tellWebhooks(tx, scope, model.id, modelTagChanged(name, key, null))
        await announce(tx, scope, model)
      }),

    /**
     * Let an alias name a version; who moved it, from where and why is in the audit, in the same transaction. A program of
     * MLflow gives no reason.
     */
    setAlias: (
      scope: ProjectScope,
      name: string,
      alias: string,
      version: number,
      reason: string | null = null,
    ): Promise<void> =>
      database.transaction(scope, async (tx) => {
        const to = await holdVersion(tx, scope, name, version)
        const from = await registry.versionOfAlias(tx, scope, to.modelId, alias)
        const model = { id: to.modelId, name }
        await registry.setAlias(tx, scope, to, alias)
        await noteMove(tx, scope, model, { alias, from, to: version, reason })
        await tellWebhooks(tx, scope, to.modelId, aliasChanged(name, alias, version))
        await announce(tx, scope, model, { version })
      }),

    /** An alias that is not there is no fault. */
    deleteAlias: (scope: ProjectScope, name: string, alias: string, reason: string | null = null): Promise<void> =>
      database.transaction(scope, async (tx) => {
        const model = await getModel(tx, scope, name, true)
        const from = await registry.versionOfAlias(tx, scope, model.id, alias)
        await registry.deleteAlias(tx, scope, model.id, alias)
        await noteMove(tx, scope, model, { alias, from, to: null, reason })
        await tellWebhooks(tx, scope, model.id, aliasChanged(name, alias, null))
        await announce(tx, scope, model, { version: from })
      }),

    versionByAlias: (scope: ProjectScope, name: string, alias: string): Promise<ModelVersion> =>
      database.transaction(scope, async (tx) => versionOf(tx, scope, await byAlias(tx, scope, name, alias))),

    createVersion: (scope: ProjectScope, name: string, wanted: NewVersion): Promise<ModelVersion> =>
      database.transaction(scope, async (tx) => versionOf(tx, scope, await insertVersion(tx, scope, name, wanted))),

    /** The next version of a model, which is made when there is none of this name, inside somebody's transaction. */
    async register(tx: Tx, scope: ProjectScope, name: string, wanted: NewVersion): Promise<ModelVersion> {
      if ((await registry.findModel(tx, scope, name)) === null) {
        const made = insertModel(tx, scope, { name, description: null, tags: [] })
        // Who takes the name at the same instant makes the same model.
        await orElse(made, 'registered_model_name_taken', () => undefined)
      }
      const { tags } = await modelOf(tx, scope, name)
      if (isPrompt(tags)) return failTaken(name, false, true)
      return versionOf(tx, scope, await insertVersion(tx, scope, name, wanted))
    },

    getVersion: (scope: ProjectScope, name: string, version: number): Promise<ModelVersion> =>
      database.transaction(scope, async (tx) => versionOf(tx, scope, await getVersion(tx, scope, name, version))),

    describeVersion: (scope: ProjectScope, name: string, version: number, description: string): Promise<ModelVersion> =>
      changeVersion(scope, { name, version }, (tx, record, atMs) =>
        registry.updateVersion(tx, scope, record, { stage: record.stage, description, atMs }),
      ),

    transitionStage: (
      scope: ProjectScope,
      name: string,
      version: number,
      { stage: wanted, archiveOthers }: { readonly stage: string; readonly archiveOthers: boolean },
    ): Promise<ModelVersion> => {
      const stage = checkedStage(wanted)
      if (archiveOthers && !activeStages.includes(stage)) fail('model_stage_not_active', { stage: wanted })
      return changeVersion(scope, { name, version }, async (tx, record, atMs) => {
        if (archiveOthers) await registry.archiveOthers(tx, scope, record, stage, atMs)
        await registry.updateVersion(tx, scope, record, { stage, description: record.description, atMs })
        await registry.touchModel(tx, scope, record.modelId, atMs)
        await audit.append(tx, scope, {
          action: 'model_version.transition',
          subject: name,
          subjectId: record.modelId,
          detail: { version, from: record.stage, to: stage },
        })
      })
    },

    deleteVersion: (scope: ProjectScope, name: string, version: number): Promise<void> =>
      database.transaction(scope, async (tx) => {
        forPeople(scope)
        const record = await holdVersion(tx, scope, name, version)
        const model = { id: record.modelId, name }
        const nowMs = clock.nowMs()
        const { aliases } = await versionOf(tx, scope, record)
        for (const alias of aliases) await noteMove(tx, scope, model, { alias, from: version, to: null, reason: null })
        await registry.deleteVersion(tx, scope, record, nowMs)
        await artifacts.versionsGone(tx, scope, record)
        await registry.touchModel(tx, scope, record.modelId, nowMs)
        await audit.append(tx, scope, {
          action: 'model_version.delete',
          subject: name,
          subjectId: record.modelId,
          detail: { version },
        })
        await announce(tx, scope, model, { version, sourceRunId: record.runId })
      }),

    searchVersions: (scope: ProjectScope, search: RegistrySearch): Promise<ModelVersion[]> =>
      database.transaction(scope, async (tx) => {
        const { filter, prompts } = aboutPrompts(search.filter)
        const compiled = compileSearch(filter, search.order, versionTables, 3)
        const found = await registry.searchVersions(tx, scope, { ...search, prompts }, compiled)
        return versionsOf(tx, scope, found, { aliased: false })
      }),

    setVersionTag: (scope: ProjectScope, name: string, version: number, tag: KeyValue): Promise<void> =>
      database.transaction(scope, async (tx) => {
        const record = await getVersion(tx, scope, name, version)
        await registry.setVersionTags(tx, scope, record, [tag])
        await tellWebhooks(tx, scope, record.modelId, versionTagChanged({ name, version }, tag.key, tag.value))
        await announce(tx, scope, { id: record.modelId, name }, { version })
      }),

    /** A tag that is not there is no fault. */
    deleteVersionTag: (scope: ProjectScope, name: string, version: number, key: string): Promise<void> =>
      database.transaction(scope, async (tx) => {
        const record = await getVersion(tx, scope, name, version)
        await registry.deleteVersionTag(tx, scope, record, key)
        await tellWebhooks(tx, scope, record.modelId, versionTagChanged({ name, version }, key, null))
        await announce(tx, scope, { id: record.modelId, name }, { version })
      }),
  }
}

const checkedStage = (text: string): Stage => stageOf(text) ?? fail('model_stage_invalid', { stage: text })

const kindOf = (prompt: boolean): string => (prompt ? 'Prompt' : 'Registered Model')

const failTaken = (name: string, newPrompt: boolean, oldPrompt: boolean): never =>
  newPrompt === oldPrompt
    ? fail('registered_model_name_taken', { kind: kindOf(newPrompt), name })
    : fail('registered_model_kind_clash', {
        kind: kindOf(newPrompt).toLowerCase(),
        name,
        other: kindOf(oldPrompt).toLowerCase(),
      })

/**
 * Prompts are registered models with a tag, and are found only by who asks for them: by `= 'true'` or `!= 'false'` of that
 * tag. Any other comparison of the tag means all that are no prompts, which have no such tag.
 */
const aboutPrompts = (filter: readonly Comparison[]): { filter: readonly Comparison[]; prompts: boolean } => {
  const isAbout = ({ entity, key }: Comparison) => entity === 'tag' && key === promptKey
  const [first] = filter.filter(isAbout)
  const { test } = first ?? {}
  const wanted = test?.kind === 'text' ? `${test.operator} ${test.value.toLowerCase()}` : ''
  const prompts = wanted === '= true' || wanted === '!= false'
  return prompts ? { filter, prompts } : { filter: filter.filter((each) => !isAbout(each)), prompts }
}
