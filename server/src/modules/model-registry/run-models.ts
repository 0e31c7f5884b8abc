import { fail, type ModelChoice, type RegisterModel, type RunModel, type RunModels } from '@novabrain/contracts'
import { folderOfSource } from '../../core/model-registry/source.js'
import { suggestName } from '../../core/model-registry/suggest-name.js'
import { isSafePath } from '../../core/tracking/artifact-path.js'
import type { ProjectScope, Tx } from '../../deps.js'
import type { ArtifactsService } from '../artifacts/service.js'
import type { LoggedModelsService } from '../logged-models/service.js'
import type { RunRecord } from '../runs/service.js'
import { manifestName } from './mlmodel.js'
import { modelPagesRepository as pages, type VersionOfRun } from './pages-repository.js'
import type { ModelRegistryService, ModelVersion } from './service.js'

interface RunModelsDeps {
  readonly modelRegistry: ModelRegistryService
  readonly loggedModels: LoggedModelsService
  readonly artifacts: ArtifactsService
}

/** A model of a run, with the address that a version of it gets. */
interface Found extends Omit<RunModel, 'versions' | 'sizeBytes'> {
  readonly source: string
  readonly folder: Parameters<ArtifactsService['filesUnder']>[2]
}

/** The models that a run left: those it logged, and folders of its files with an `MLmodel`; and how one is registered. */
export const createRunModels = ({ modelRegistry, loggedModels, artifacts }: RunModelsDeps) => {
  const find = async (tx: Tx, scope: ProjectScope, run: RunRecord): Promise<Found[]> => {
    const logged = await loggedModels.ofRun(tx, scope, run.id)
    const owner = { kind: 'run', id: run.id } as const
    const folders = await artifacts.foldersWith(tx, scope, owner, manifestName)
    return [
      ...logged.map(({ id, name, modelType }): Found => ({
        choice: { kind: 'logged_model', loggedModelId: id },
        name,
        modelType,
        source: `models:/${id}`,
        folder: { owner: { kind: 'logged_model', id }, folder: '', limit: 0 },
      })),
      ...folders.map((path): Found => ({
        choice: { kind: 'folder', path },
        name: path,
        modelType: null,
        source: `${run.artifactUri}/${path}`,
        folder: { owner, folder: path, limit: 0 },
      })),
    ]
  }

  const suggest = async (tx: Tx, scope: ProjectScope, run: RunRecord, modelName: string) => {
    const known = await pages.nameInExperiment(tx, scope, run.experimentId)
    const name = known ?? suggestName({ experimentName: run.experimentName, modelName, runName: run.name })
    const version = await modelRegistry.nextVersionOf(tx, scope, name)
    return { name, version: version ?? 1, isNew: version === null }
  }

  return {
    async show(tx: Tx, scope: ProjectScope, run: RunRecord): Promise<RunModels> {
      const found = await find(tx, scope, run)
      const versions = await pages.versionsOfRun(tx, scope, run.id)
      const items: RunModel[] = []
      for (const { choice, name, modelType, folder } of found) {
        const { sizeBytes } = await artifacts.filesUnder(tx, scope, folder)
        const own = versions.filter((version) => isOf(version, choice)).map(refOf)
        items.push({ choice, name, modelType, sizeBytes, versions: own })
      }
      const [first] = found
      return {
        items,
        versions: versions.map(refOf),
        suggestion: first === undefined ? null : await suggest(tx, scope, run, first.name),
      }
    },

    async register(tx: Tx, scope: ProjectScope, run: RunRecord, wanted: RegisterModel): Promise<ModelVersion> {
      const { choice, name, description = null } = wanted
      const model = (await find(tx, scope, run)).find((each) => isSame(each.choice, choice))
      if (model === undefined) return fail('run_model_not_found', { model: wordOf(choice) })
      return modelRegistry.register(tx, scope, name, {
        source: model.source,
        runId: run.id,
        loggedModelId: choice.kind === 'logged_model' ? choice.loggedModelId : null,
        runLink: null,
        description,
        tags: [],
      })
    },
  }
}

const isOf = ({ loggedModelId, storageLocation }: VersionOfRun, choice: ModelChoice): boolean => {
  if (choice.kind === 'logged_model') return loggedModelId === choice.loggedModelId
  const folder = folderOfSource(storageLocation)
  return folder?.owner.kind === 'run' && folder.path === choice.path
}

const refOf = ({ modelName, version }: VersionOfRun) => ({ modelName, version })

const isSame = (left: ModelChoice, right: ModelChoice): boolean =>
  left.kind === 'logged_model'
    ? right.kind === 'logged_model' && left.loggedModelId === right.loggedModelId
    : right.kind === 'folder' && left.path === right.path

const wordOf = (choice: ModelChoice): string =>
  choice.kind === 'logged_model' ? choice.loggedModelId : isSafePath(choice.path) ? choice.path : '-'
