import { fail } from '@novabrain/contracts'
import { liesWithin, readSource, type VersionReference } from '../../core/model-registry/source.js'
import type { ProjectScope, Tx } from '../../deps.js'
import type { LoggedModelsService } from '../logged-models/service.js'
import type { RunsService } from '../runs/service.js'
import { orElse } from './or-else.js'
import type { ModelVersionRecord } from './repository.js'
import { versionIdOf } from './version-files.js'

/** Where a new version comes from. */
export interface Origin {
  readonly source: string
  readonly storageLocation: string
  readonly runId: string | null
  readonly loggedModelId: string | null
  /** The other version of which it is made, as an owner of files. */
  readonly copyOf?: string
}

/** What is said of it; `null` is what was not said. */
type Wanted = Omit<Origin, 'storageLocation' | 'copyOf'>

interface OriginDeps {
  readonly runs: RunsService
  readonly loggedModels: LoggedModelsService
  /** Another version by its address, and whether it is a prompt. */
  readonly otherVersion: (
    tx: Tx,
    scope: ProjectScope,
    name: string,
    which: VersionReference,
  ) => Promise<{ readonly record: ModelVersionRecord; readonly prompt: boolean }>
}

/** Decides what a version may be made of. Errors: `model_version_source_invalid`, those of runs and logged models. */
export const createOrigins = ({ runs, loggedModels, otherVersion }: OriginDeps) => {
  /** Where the files of a new version are, and which run and logged model it comes from. */
  const originOf = async (tx: Tx, scope: ProjectScope, wanted: Wanted): Promise<Origin> => {
    const source = readSource(wanted.source)
    const invalid = (why: string) => fail('model_version_source_invalid', { source: wanted.source, why })
    if (source.kind === 'malformed') return invalid(whyMalformed[source.why])
    if (source.kind === 'local') return invalid(noLocal)
    if (source.kind === 'version') {
      const { record: other, prompt } = await otherVersion(tx, scope, source.name, source.which)
      if (prompt) return invalid('Prompt versions cannot be used as model version sources.')
      if (differs(wanted.runId, other.runId) || differs(wanted.loggedModelId, other.loggedModelId))
        return invalid('The run_id and model_id request parameters must match the referenced model version.')
      return {
        source: `models:/${other.modelName}/${String(other.version)}`,
        storageLocation: other.storageLocation,
        runId: wanted.runId ?? other.runId,
        loggedModelId: wanted.loggedModelId ?? other.loggedModelId,
        copyOf: versionIdOf(other),
      }
    }
    const { runId, loggedModelId } = wanted
    if (source.kind === 'logged_model' && source.modelId !== loggedModelId) return invalid(mustIdentify('model_id'))
    if (loggedModelId !== null && loggedModelId !== '') {
      const model = await orElse(loggedModels.hold(tx, scope, loggedModelId), 'logged_model_not_found', () =>
        invalid(mustIdentify('model_id')),
      )
      if (source.kind === 'run') return invalid(mustIdentify('model_id'))
      if (source.kind === 'kept' && !liesWithin(wanted.source, model.artifactUri))
        return invalid(mustIdentify('model_id'))
      const storageLocation = source.kind === 'logged_model' ? model.artifactUri : wanted.source
      return { source: wanted.source, storageLocation, runId: runId || model.sourceRunId, loggedModelId }
    }
    if (source.kind === 'run' && source.runId !== runId) return invalid(mustIdentify('run_id'))
    if (source.kind === 'kept') {
      if (runId === null || runId === '') return invalid(mustIdentify('run_id'))
      const run = await orElse(runs.hold(tx, scope, runId), 'run_not_found', () => invalid(mustIdentify('run_id')))
      if (!liesWithin(wanted.source, run.artifactUri)) return invalid(mustIdentify('run_id'))
    }
    return { source: wanted.source, storageLocation: wanted.source, runId, loggedModelId: null }
  }

  /** A job may register what its own run made, and nothing else. */
  const checkAttempt = async (tx: Tx, scope: ProjectScope, { runId, loggedModelId }: Origin): Promise<void> => {
    if (scope.attemptId === null) return
    if (runId !== null && runId !== '') await runs.findWritable(tx, scope, runId)
    else if (loggedModelId !== null) await loggedModels.findWritable(tx, scope, loggedModelId)
    else fail('run_not_of_attempt', { runId: '-' })
  }

  return { originOf, checkAttempt }
}

const differs = (said: string | null, is: string | null): boolean => said !== null && said !== (is ?? '')

const mustIdentify = (parameter: string): string =>
  `The ${parameter} request parameter must identify the resource that contains the source.`

const noLocal =
  'To use a local path as a model version source, the run_id request parameter has to be specified and the local path has to be contained within the artifact directory of the run specified by the run_id.'

const whyMalformed = {
  relative:
    'If supplying a source as an http, https, local file path, ftp, objectstore, or mlflow-artifacts uri, an absolute path must be provided without relative path references present. Please provide an absolute path.',
  reference: mustIdentify('model_id'),
  registry: 'Registered model sources must use the active model registry.',
} as const
