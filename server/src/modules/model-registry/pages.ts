import {
  fail,
  type AliasMove,
  type Model,
  type ModelFiles,
  type ModelManifest,
  type ModelVersion,
  type ModelVersionSummary,
  type RegisterModel,
} from '@novabrain/contracts'
import { createHash } from 'node:crypto'
import { buffer } from 'node:stream/consumers'
import { isFreeAlias } from '../../core/model-registry/alias.js'
import { folderOfSource } from '../../core/model-registry/source.js'
import { isSafePath } from '../../core/tracking/artifact-path.js'
import type { Deps, ProjectScope, Tx } from '../../deps.js'
import type { ArtifactOwner, ArtifactsService, OpenedArtifact } from '../artifacts/service.js'
import { lineageOf, type LineageSources } from './lineage.js'
import { manifestLimitBytes, manifestName, parseManifest } from './mlmodel.js'
import { orElse } from './or-else.js'
import { versionIdOf } from './version-files.js'
import { modelPagesRepository as pages, type AliasMoveRow, type ModelCursor } from './pages-repository.js'
import { createRunModels } from './run-models.js'
import type {
  ModelRegistryService,
  ModelVersion as KeptVersion,
  ModelVersionRecord,
  RegisteredModel,
} from './service.js'

export interface ModelPagesDeps extends Pick<Deps, 'database' | 'idempotency'>, LineageSources {
  readonly modelRegistry: ModelRegistryService
  readonly artifacts: ArtifactsService
}

type Page = { readonly cursor?: string; readonly limit?: number }

export interface VersionRef {
  readonly modelName: string
  readonly version: number
}

const [mostFiles, mostMoves] = [200, 200]
/** The fingerprint of no files. */
const noFiles = createHash('sha256').digest('hex')

export type ModelPages = ReturnType<typeof createModelPages>

/**
 * Registered models as their pages show them; what changes them is the same registry that MLflow's clients speak to.
 * Errors: those of the registry, `run_model_not_found`, `model_alias_invalid`.
 */
export const createModelPages = (deps: ModelPagesDeps) => {
  const { database, modelRegistry, artifacts, runs, idempotency } = deps
  const runModels = createRunModels(deps)

  const summariesOf = async (
    tx: Tx,
    scope: ProjectScope,
    versions: readonly KeptVersion[],
  ): Promise<ModelVersionSummary[]> => {
    const names = await pages.runNames(
      tx,
      scope,
      versions.flatMap(({ record }) => record.runId ?? []),
    )
    return versions.map((version) => summaryOf(version, names))
  }

  const modelsOf = async (tx: Tx, scope: ProjectScope, models: readonly RegisteredModel[]): Promise<Model[]> => {
    const ids = models.map(({ record }) => record.id)
    const countsOf = await pages.countsOf(tx, scope, ids)
    const newest = await modelRegistry.versionsOf(tx, scope, await pages.newestOf(tx, scope, ids))
    const summaries = await summariesOf(tx, scope, newest)
    return models.map(({ record, tags, aliases }) => {
      const { count, highest } = countsOf(record.id)
      return {
        id: record.id,
        name: record.name,
        description: record.description,
        tags: tags.map(({ key, value }) => ({ key, value })),
        aliases: aliases.map(({ alias, version }) => ({ alias, version })),
        latestVersion: summaries[newest.findIndex((version) => version.record.modelId === record.id)] ?? null,
        versionCount: count,
        nextVersion: highest + 1,
        createdAt: instant(record.createdAtMs),
        updatedAt: instant(record.updatedAtMs),
      }
    })
  }

  const modelOf = async (scope: ProjectScope, name: string): Promise<Model> => {
    const model = await modelRegistry.getModel(scope, name)
    const [shown] = await database.transaction(scope, (tx) => modelsOf(tx, scope, [model]))
    return shown ?? fail('registered_model_not_found', { name })
  }

  /** The version as an owner of files, or `null` when its files are nowhere the server reads. */
  const ownerOf = (record: ModelVersionRecord): ArtifactOwner | null => {
    const folder = folderOfSource(record.storageLocation)
    const reads = folder !== null && (folder.path === '' || isSafePath(folder.path))
    return reads ? { kind: 'version', id: versionIdOf(record) } : null
  }

  /** What lies in a folder; nothing when whose it was is gone. */
  const filesOf = async (tx: Tx, scope: ProjectScope, versionId: string): Promise<ModelFiles> => {
    const nothing = (): ModelFiles => ({ items: [], count: 0, sizeBytes: 0, replaced: [], digest: noFiles })
    const found = artifacts
      .ofVersion(tx, scope, versionId, mostFiles)
      .then((files): ModelFiles => ({ ...files, replaced: [...files.replaced] }))
    return orElse(orElse(found, 'run_not_found', nothing), 'logged_model_not_found', nothing)
  }

  const manifestOf = async (
    scope: ProjectScope,
    owner: ArtifactOwner | null,
    files: ModelFiles | null,
  ): Promise<ModelManifest> => {
    if (owner === null || files === null) return { state: 'elsewhere' }
    if (files.count === 0) return { state: 'missing' }
    const opened = await orElse(artifacts.open(scope, owner, manifestName), 'artifact_not_found', () => null)
    if (opened === null) return { state: 'missing' }
    if (opened.sizeBytes > manifestLimitBytes) {
      opened.body.destroy()
      return { state: 'unreadable' }
    }
    return parseManifest((await buffer(opened.body)).toString('utf8'))
  }

  return {
    /** A page of models, those that changed last first. */
    list: (scope: ProjectScope, { search = '', cursor, limit = 50 }: Page & { readonly search?: string }) =>
      database.transaction(scope, async (tx) => {
        const after = cursor === undefined ? null : readCursor(cursor)
        const found = await pages.page(tx, scope, { search, after, limit: limit + 1 })
        const shown = found.slice(0, limit)
        const items = await modelsOf(tx, scope, await modelRegistry.modelsOf(tx, scope, shown))
        const last = shown.at(-1)
        return { items, nextCursor: found.length > limit && last !== undefined ? cursorOf(last) : null }
      }),

    get: modelOf,

    async describe(scope: ProjectScope, name: string, description: string): Promise<Model> {
      await modelRegistry.describeModel(scope, name, description)
      return modelOf(scope, name)
    },

    /** A page of versions, newest first; the cursor is the lowest number of the page before. */
    async versions(scope: ProjectScope, name: string, { cursor, limit = 50 }: Page) {
      const below = cursor === undefined ? null : numberIn(cursor)
      const { record } = await modelRegistry.getModel(scope, name)
      return database.transaction(scope, async (tx) => {
        const found = await pages.versionsBelow(tx, scope, record.id, { below, limit: limit + 1 })
        const shown = await modelRegistry.versionsOf(tx, scope, found.slice(0, limit))
        const items = await summariesOf(tx, scope, shown)
        return { items, nextCursor: found.length > limit ? String(items.at(-1)?.version ?? '') : null }
      })
    },

    async version(scope: ProjectScope, { modelName, version }: VersionRef): Promise<ModelVersion> {
      const kept = await modelRegistry.getVersion(scope, modelName, version)
      const { record } = kept
      const owner = ownerOf(record)
      const known = await database.transaction(scope, async (tx) => ({
        summary: (await summariesOf(tx, scope, [kept]))[0] ?? summaryOf(kept, new Map()),
        lineage: await lineageOf(deps, tx, scope, record),
        files: owner === null ? null : await filesOf(tx, scope, owner.id),
        moves: await pages.aliasMoves(tx, scope, { modelId: record.modelId, version, limit: mostMoves }),
      }))
      return {
        ...known.summary,
        modelId: record.modelId,
        updatedAt: instant(record.updatedAtMs),
        source: record.source,
        tags: kept.tags.map(({ key, value }) => ({ key, value })),
        lineage: known.lineage,
        manifest: await manifestOf(scope, owner, known.files),
        files: known.files,
        history: known.moves.map(moveOf),
      }
    },

    async describeVersion(
      scope: ProjectScope,
      { modelName, version }: VersionRef,
      description: string,
    ): Promise<ModelVersionSummary> {
      const kept = await modelRegistry.describeVersion(scope, modelName, version, description)
      return database.transaction(scope, async (tx) => {
        const [shown] = await summariesOf(tx, scope, [kept])
        return shown ?? summaryOf(kept, new Map())
      })
    },

    /** One file of a version, by its path in the folder of the version. */
    async openFile(scope: ProjectScope, { modelName, version }: VersionRef, path: string): Promise<OpenedArtifact> {
      const { record } = await modelRegistry.getVersion(scope, modelName, version)
      const owner = ownerOf(record)
      return owner === null ? fail('artifact_not_found', { path }) : artifacts.open(scope, owner, path)
    },

    async setAlias(
      scope: ProjectScope,
      { modelName, version, alias }: VersionRef & { readonly alias: string },
      reason: string,
    ): Promise<Model> {
      if (!isFreeAlias(alias)) return fail('model_alias_invalid', { alias })
      await modelRegistry.setAlias(scope, modelName, alias, version, reason.trim())
      return modelOf(scope, modelName)
    },

    async removeAlias(
      scope: ProjectScope,
      { modelName, alias }: { readonly modelName: string; readonly alias: string },
      reason: string,
    ): Promise<Model> {
      await modelRegistry.deleteAlias(scope, modelName, alias, reason.trim())
      return modelOf(scope, modelName)
    },

    /** The models of a run, the versions made of them, and the name for the next. */
    ofRun: (scope: ProjectScope, runId: string) =>
      database.transaction(scope, async (tx) => runModels.show(tx, scope, await runs.find(tx, scope, runId))),

    /** Register a model of a run. With an idempotency key a repeat answers with the first version. */
    register: (
      scope: ProjectScope,
      runId: string,
      wanted: RegisterModel,
      idempotencyKey: string | null,
    ): Promise<ModelVersionSummary> =>
      database.transaction(scope, async (tx) => {
        const run = await runs.find(tx, scope, runId)
        const fingerprint = JSON.stringify(['register', runId, wanted.choice, wanted.name])
        return idempotency.run(tx, scope, { key: idempotencyKey, fingerprint }, async () => {
          const kept = await runModels.register(tx, scope, run, wanted)
          const [shown] = await summariesOf(tx, scope, [kept])
          return shown ?? summaryOf(kept, new Map())
        })
      }),
  }
}

const summaryOf = ({ record, aliases }: KeptVersion, runNames: ReadonlyMap<string, string>): ModelVersionSummary => {
  const runName = runNames.get(record.runId ?? '')
  return {
    modelName: record.modelName,
    version: record.version,
    aliases: [...aliases],
    description: record.description,
    run: record.runId === null || runName === undefined ? null : { id: record.runId, name: runName },
    createdBy: record.creatorName,
    createdAt: instant(record.createdAtMs),
  }
}

const moveOf = ({ at, ...move }: AliasMoveRow): AliasMove => ({ ...move, at: at.toISOString() })

const instant = (ms: number): string => new Date(ms).toISOString()

const cursorOf = ({ updatedAtMs, id }: ModelCursor): string => `${String(updatedAtMs)}_${id}`

const readCursor = (cursor: string): ModelCursor => {
  const [, updatedAtMs, id] = /^(\d{1,15})_([0-9a-f]{32})$/.exec(cursor) ?? []
  if (updatedAtMs === undefined || id === undefined) return invalidCursor()
  return { updatedAtMs: Number(updatedAtMs), id }
}

const numberIn = (cursor: string): number => (/^\d{1,9}$/.test(cursor) ? Number(cursor) : invalidCursor())

const invalidCursor = (): never => fail('invalid_request', { detail: 'cursor', field: 'cursor' })
