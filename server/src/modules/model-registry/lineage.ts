import type { Job, ModelLineage } from '@novabrain/contracts'
import { wireValue } from '../../core/tracking/metric-value.js'
import type { ProjectScope, Tx } from '../../deps.js'
import type { CodeSnapshotService } from '../code-snapshots/service.js'
import type { EnvironmentPinService } from '../environment-pins/service.js'
import type { LoggedModelsService } from '../logged-models/service.js'
import type { LoggedRun, RunsService } from '../runs/service.js'
import type { ModelVersionRecord } from './repository.js'
import { orElse } from './or-else.js'

type JobFacts = Pick<Job, 'number' | 'pinDigest' | 'snapshotId'>

/** Whom the lineage asks. */
export interface LineageSources {
  readonly runs: RunsService
  readonly loggedModels: LoggedModelsService
  readonly findJob: (tx: Tx, scope: ProjectScope, jobId: string) => Promise<{ readonly job: JobFacts } | null>
  readonly snapshots: Pick<CodeSnapshotService, 'find'>
  readonly pins: Pick<EnvironmentPinService, 'find'>
}

const mostMetrics = 200

/** Walk from a version back to its run, and from there to the environment, the code and the data. */
export const lineageOf = async (
  { runs, loggedModels, findJob, snapshots, pins }: LineageSources,
  tx: Tx,
  scope: ProjectScope,
  { runId, loggedModelId }: Pick<ModelVersionRecord, 'runId' | 'loggedModelId'>,
): Promise<ModelLineage> => {
  const run = runId ? await orElse(runs.load(tx, scope, runId), 'run_not_found', () => null) : null
  const model = loggedModelId
    ? await orElse(loggedModels.find(tx, scope, loggedModelId), 'logged_model_not_found', () => null)
    : null
  const jobId = run === null ? null : await runs.jobIdOf(tx, scope, run.run)
  const job = jobId === null ? null : ((await findJob(tx, scope, jobId))?.job ?? null)
  const pin = job?.pinDigest ? await pins.find(tx, scope, job.pinDigest) : null
  const snapshot = job === null ? null : await snapshots.find(tx, scope, job.snapshotId)
  return {
    run: run === null ? null : { ...runOf(run), jobNumber: job?.number ?? null },
    environment:
      pin === null ? null : { pinDigest: pin.digest, pythonVersion: pin.pythonVersion, packageCount: pin.packageCount },
    code: snapshot === null ? codeOfTags(run) : codeOfSnapshot(snapshot),
    datasets: (run?.data.datasets ?? []).map(({ name, digest, sourceType, tags }) => ({
      name,
      digest,
      sourceType,
      context: tags.find(({ key }) => key === 'mlflow.data.context')?.value ?? null,
    })),
    loggedModel: model === null ? null : { id: model.id, name: model.name, modelType: model.modelType },
    metrics: (run?.data.metrics ?? []).slice(0, mostMetrics).map(({ value, ...metric }) => ({
      ...metric,
      value: wireValue(value),
    })),
  }
}

const runOf = ({ run }: LoggedRun): Omit<NonNullable<ModelLineage['run']>, 'jobNumber'> => ({
  id: run.id,
  name: run.name,
  status: run.status,
  deleted: run.lifecycleStage === 'deleted',
  experimentId: run.experimentId,
  experimentName: run.experimentName,
  userName: run.userName,
})

type Snapshot = NonNullable<Awaited<ReturnType<CodeSnapshotService['find']>>>

const codeOfSnapshot = ({ id, files, git }: Snapshot): NonNullable<ModelLineage['code']> => ({
  snapshotId: id,
  fileCount: files.length,
  commit: git?.commit ?? null,
  branch: git?.branch ?? null,
  dirty: git === null ? null : git.dirty,
})

/** What a program outside jobs said of the repository it ran in. */
const codeOfTags = (run: LoggedRun | null): ModelLineage['code'] => {
  const tag = (name: string) => run?.data.tags.find(({ key }) => key === name)?.value ?? null
  const commit = tag('mlflow.source.git.commit')
  if (commit === null) return null
  const [branch, dirty] = [tag('mlflow.source.git.branch'), tag('mlflow.source.git.dirty')]
  return { snapshotId: null, fileCount: null, commit, branch, dirty: dirty === null ? null : dirty === 'true' }
}
