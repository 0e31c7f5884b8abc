import { fail, type ErrorCode } from '@novabrain/contracts'
import { folderOfSource } from '../../core/model-registry/source.js'
import { overlaps } from '../../core/tracking/artifact-path.js'
import { neededInExperiment, versionsMadeOf } from '../../db/sql/retention-needed.sql.js'
import type { ProjectScope, Tx } from '../../deps.js'

interface MadeVersion {
  readonly name: string
  readonly version: number
  readonly storageLocation: string
}

/**
 * Fails when a version of a registered model is made of what somebody is about to delete, inside the transaction that
 * holds it. An auditor goes from the version to its run and its files: see docs/decisions/0018.
 */
export interface CheckNotNeeded {
  /** Errors: `run_needed_by_model_version`. */
  run(tx: Tx, scope: ProjectScope, runId: string): Promise<void>
  /** Errors: `logged_model_needed_by_model_version`. */
  loggedModel(tx: Tx, scope: ProjectScope, modelId: string): Promise<void>
  /** Errors: `experiment_needed_by_model_version`. */
  experiment(tx: Tx, scope: ProjectScope, experimentId: string): Promise<void>
  /** A file, or a folder with all in it. Errors: `artifact_needed_by_model_version`. */
  files(tx: Tx, scope: ProjectScope, ownerId: string, path: string): Promise<void>
}

/** Looks it up in the registry. */
export const checkNotNeeded: CheckNotNeeded = {
  async run(tx, scope, runId) {
    refuse('run_needed_by_model_version', (await madeOf(tx, scope, runId))[0], { runId })
  },
  async loggedModel(tx, scope, modelId) {
    refuse('logged_model_needed_by_model_version', (await madeOf(tx, scope, modelId))[0], { modelId })
  },
  async experiment(tx, scope, experimentId) {
    const [version]: MadeVersion[] = await tx.query(neededInExperiment, [scope.projectId, experimentId])
    refuse('experiment_needed_by_model_version', version, { experimentId })
  },
  async files(tx, scope, ownerId, path) {
    const versions = await madeOf(tx, scope, ownerId)
    const needs = ({ storageLocation }: MadeVersion) => {
      const folder = folderOfSource(storageLocation)
      return folder?.owner.id === ownerId && overlaps(folder.path, path)
    }
    refuse('artifact_needed_by_model_version', versions.find(needs), { path: path === '' ? '/' : path })
  },
}

const madeOf = (tx: Tx, scope: ProjectScope, id: string): Promise<MadeVersion[]> =>
  tx.query(versionsMadeOf, [scope.projectId, id])

const refuse = (code: ErrorCode, version: MadeVersion | undefined, what: Readonly<Record<string, string>>): void => {
  if (version !== undefined) fail(code, { ...what, name: version.name, version: version.version })
}
