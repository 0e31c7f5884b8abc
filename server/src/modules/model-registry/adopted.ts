import { fail } from '@novabrain/contracts'
import { stageOf } from '../../core/model-registry/stages.js'
import type { Deps, ProjectScope, Tx } from '../../deps.js'
import { freeName, type KeyValue } from '../experiments/service.js'
import type { LoggedModelsService } from '../logged-models/service.js'
import type { RunsService } from '../runs/service.js'
import { modelRegistryRepository as registry, type RegisteredModelRecord } from './repository.js'

/** Where the files of a version that is taken over are: in what was taken over with it, or at an address as it stands. */
export type AdoptedOrigin =
  | { readonly kind: 'run'; readonly runId: string; readonly path: string }
  | { readonly kind: 'logged_model'; readonly modelId: string }
  /** Another version, by the name that its model has here. */
  | { readonly kind: 'version'; readonly name: string; readonly version: number }
  | { readonly kind: 'address'; readonly address: string }

export interface AdoptedVersion {
  readonly version: number
  readonly origin: AdoptedOrigin
  readonly stage: string
  readonly runId: string | null
  readonly runLink: string | null
  readonly loggedModelId: string | null
  readonly description: string | null
  readonly userName: string
  readonly tags: readonly KeyValue[]
  readonly createdAtMs: number
  readonly updatedAtMs: number
}

/** A registered model as it was elsewhere. */
export interface AdoptedRegisteredModel extends Omit<RegisteredModelRecord, 'id'> {
  readonly tags: readonly KeyValue[]
  readonly aliases: readonly { readonly alias: string; readonly version: number }[]
  readonly versions: readonly AdoptedVersion[]
}

/** A version may be a copy of another of the same model, which may have another name here. */
const ofItself = (origin: AdoptedOrigin, sourceName: string, name: string): AdoptedOrigin =>
  origin.kind === 'version' && origin.name === sourceName ? { ...origin, name } : origin

/** Registered models that are taken over with the numbers of their versions, inside somebody's transaction. */
export const createAdoptedRegistry = ({
  newId,
  runs,
  loggedModels,
}: Pick<Deps, 'newId'> & { readonly runs: RunsService; readonly loggedModels: LoggedModelsService }) => {
  const place = async (tx: Tx, scope: ProjectScope, wanted: AdoptedRegisteredModel, label: string) => {
    const name = await freeName(wanted.name, label, (each) => registry.findModel(tx, scope, each))
    const record = { ...wanted, id: newId(), name }
    await registry.insertModel(tx, scope, record)
    return record
  }

  const addressOf = async (tx: Tx, scope: ProjectScope, origin: AdoptedOrigin) => {
    switch (origin.kind) {
      case 'run': {
        const { artifactUri } = await runs.hold(tx, scope, origin.runId)
        const address = origin.path === '' ? artifactUri : `${artifactUri}/${origin.path}`
        return { source: address, storageLocation: address }
      }
      case 'logged_model': {
        const { artifactUri } = await loggedModels.hold(tx, scope, origin.modelId)
        return { source: `models:/${origin.modelId}`, storageLocation: artifactUri }
      }
      case 'version': {
        const { name, version } = origin
        const other = await registry.findVersion(tx, scope, name, version)
        if (other === null) return fail('model_version_not_found', { name, version })
        return { source: `models:/${name}/${String(version)}`, storageLocation: other.storageLocation }
      }
      case 'address':
        return { source: origin.address, storageLocation: origin.address }
    }
  }

  return {
    /**
     * Take over a registered model with its versions and aliases, or bring the one with `knownId` up to date. A name that
     * is taken gets `(label)`. Errors: `model_stage_invalid`, `model_version_not_found`, those of runs and logged models.
     */
    async adopt(
      tx: Tx,
      scope: ProjectScope,
      wanted: AdoptedRegisteredModel,
      { knownId, label }: { readonly knownId: string | null; readonly label: string },
    ): Promise<{ readonly id: string; readonly name: string }> {
      const known = knownId === null ? null : await registry.findModelById(tx, scope, knownId)
      const { id, name } = known ?? (await place(tx, scope, wanted, label))
      for (const { origin, stage, userName, ...version } of wanted.versions) {
        await registry.adoptVersion(tx, scope, {
          ...version,
          ...(await addressOf(tx, scope, ofItself(origin, wanted.name, name))),
          modelId: id,
          stage: stageOf(stage) ?? fail('model_stage_invalid', { stage }),
          creatorName: userName,
        })
        await registry.setVersionTags(tx, scope, { modelId: id, version: version.version }, version.tags)
      }
      await registry.setModelTags(tx, scope, id, wanted.tags)
      for (const { alias, version } of wanted.aliases)
        await registry.setAlias(tx, scope, { modelId: id, version }, alias)
      await registry.updateModel(tx, scope, id, { name, description: wanted.description, atMs: wanted.updatedAtMs })
      return { id, name }
    },

    /** The name that a registered model has now, or `null` when it is gone. */
    nameOf: async (tx: Tx, scope: ProjectScope, id: string): Promise<string | null> =>
      (await registry.findModelById(tx, scope, id))?.name ?? null,
  }
}
