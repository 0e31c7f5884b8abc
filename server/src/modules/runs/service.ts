import { fail, type Run, type RunStatus, type RunSummary } from '@novabrain/contracts'
import { compileSearch, rankedByMetric } from '../../core/tracking/compile-search.js'
import type { Comparison, OrderKey } from '../../core/tracking/filter.js'
import { friendlyName } from '../../core/tracking/friendly-name.js'
import { mayWriteRun } from '../../core/tracking/ownership.js'
import { silentSinceMs } from '../../core/tracking/silence.js'
import { inOneJourney, withTheCommit } from '../../db/one-journey.js'
import { systemScope, type Deps, type ProjectScope, type Tx } from '../../deps.js'
import type { CheckNotNeeded } from '../model-registry/needed.js'
import type { ExperimentsService, KeyValue, LifecycleStage } from '../experiments/service.js'
import {
  runRepository as runs,
  type ChangedRun,
  type DatasetInput,
  type DatasetSummary,
  type ModelLink,
  type RunData,
  type RunRecord,
} from './repository.js'
import { createAdoptedRuns } from './adopted.js'
import { runSearchTables } from './search-tables.js'
import { jobless, runOf, summaryOf, type JobOfRun } from './views.js'

export type { DatasetInput, DatasetSummary, ModelLink, RunData, RunRecord } from './repository.js'

/** What the module of jobs needs of runs, always inside the transaction of the job's own change. */
export interface JobRuns {
  /** The experiment of that name for a new job: made when it is new, restored when it was deleted. */
  experimentFor(tx: Tx, scope: ProjectScope, name: string): Promise<string>

  /**
   * The record of a new job: a run with status `SCHEDULED`. `runName: null` gives it a friendly name. Appends
   * `run_changed`, and answers the name.
   */
  createForJob(
    tx: Tx,
    scope: ProjectScope,
    run: {
      readonly runId: string
      readonly experimentId: string
      readonly runName: string | null
      readonly tags: Readonly<Record<string, string>>
      readonly jobId: string
    },
  ): Promise<string>

  /**
   * The run of a job follows its job: what the job says holds, whatever a client of MLflow said before or says after.
   * A status that ends also ends the runs that were begun inside the job and are still open. `atMs` is the start for
   * `RUNNING`, the end for the others. Appends `run_changed` when something changed; an unknown run is ignored.
   */
  setStatus(
    tx: Tx,
    owner: { readonly tenantId: string; readonly projectId: string },
    runId: string,
    change: { readonly status: RunStatus; readonly atMs: number },
  ): Promise<void>
}

/** The jobs of runs as the run page shows them; the module of jobs answers. */
export type JobsOfRuns = (
  tx: Tx,
  scope: ProjectScope,
  runIds: readonly string[],
) => Promise<ReadonlyMap<string, JobOfRun>>

/** A run with everything it logged. */
export interface LoggedRun {
  readonly run: RunRecord
  readonly data: RunData
}

export interface RunSearch {
  readonly experimentIds: readonly string[]
  readonly stages: readonly LifecycleStage[]
  readonly filter: readonly Comparison[]
  readonly order: readonly OrderKey[]
  readonly offset: number
  readonly limit: number
}

export interface CreateRun {
  readonly experimentId: string
  readonly name: string | null
  readonly userName: string | null
  readonly startedAtMs: number | null
  readonly tags: readonly KeyValue[]
}

export interface RunChange {
  readonly status?: RunStatus
  readonly endedAtMs?: number
  readonly name?: string
}

type RunsDeps = Pick<Deps, 'database' | 'clock' | 'newId' | 'outbox' | 'audit' | 'config'> & {
  readonly experiments: ExperimentsService
  readonly notNeeded: Pick<CheckNotNeeded, 'run' | 'experiment'>
  /** Left out, runs show no jobs. */
  readonly jobsOfRuns?: JobsOfRuns
}

const runNameTag = 'mlflow.runName'
const parentTag = 'mlflow.parentRunId'
const metricsInList = 8

export type RunsService = ReturnType<typeof createRunsService>

/**
 * The rules of runs. Errors: `run_not_found`, `run_not_active`, `run_not_of_attempt`, `tag_not_found`, and those of
 * experiments. A change of a name or status appends `run_changed`.
 */
export const createRunsService = (deps: RunsDeps) => {
  const { database, clock, newId, outbox, audit, config, experiments, notNeeded, jobsOfRuns = jobless } = deps

  const announce = (tx: Tx, run: ChangedRun): Promise<void> =>
    outbox.append(tx, run, {
      type: 'run_changed',
      runId: run.id,
      experimentId: run.experimentId,
      name: run.name,
      status: run.status,
    })

  const insert = async (tx: Tx, run: Omit<RunRecord, 'experimentName' | 'artifactUri'>, tags: readonly KeyValue[]) => {
    const named = tags.some((tag) => tag.key === runNameTag) ? tags : [...tags, { key: runNameTag, value: run.name }]
    await Promise.all([runs.insert(tx, run, clock.nowMs()), runs.setTags(tx, run, run.id, named), announce(tx, run)])
  }

  const get = async (tx: Tx, scope: ProjectScope, runId: string): Promise<RunRecord> =>
    (await runs.find(tx, scope, runId)) ?? fail('run_not_found', { runId })

  const getOwn = async (tx: Tx, scope: ProjectScope, runId: string): Promise<RunRecord> => {
    const run = (await runs.lock(tx, scope, runId)) ?? fail('run_not_found', { runId })
    return mayWriteRun(scope, run) ? run : fail('run_not_of_attempt', { runId })
  }

  const getWritable = async (tx: Tx, scope: ProjectScope, runId: string): Promise<RunRecord> => {
    const run = await getOwn(tx, scope, runId)
    return run.lifecycleStage === 'active' ? run : fail('run_not_active', { runId })
  }

  const save = async (tx: Tx, before: RunRecord, after: RunRecord): Promise<void> => {
    await runs.update(tx, before, before.id, after, clock.nowMs())
    if (before.name !== after.name) await runs.setTags(tx, before, before.id, [{ key: runNameTag, value: after.name }])
    if (before.name !== after.name || before.status !== after.status) await announce(tx, after)
  }

  const logged = async (tx: Tx, scope: ProjectScope, found: readonly RunRecord[]): Promise<LoggedRun[]> => {
    if (found.length === 0) return []
    const dataOf = await runs.dataOf(
      tx,
      scope,
      found.map((run) => run.id),
    )
    return found.map((run) => ({ run, data: dataOf(run.id) }))
  }

  const load = async (tx: Tx, scope: ProjectScope, runId: string): Promise<LoggedRun> => {
    const [found] = await logged(tx, scope, [await get(tx, scope, runId)])
    return found ?? fail('run_not_found', { runId })
  }

  const setLifecycleStage = (scope: ProjectScope, runId: string, stage: LifecycleStage): Promise<void> =>
    database.transaction(scope, async (tx) => {
      await getOwn(tx, scope, runId)
      if (stage === 'deleted') await notNeeded.run(tx, scope, runId)
      await runs.setLifecycleStage(tx, scope, { runId }, stage, clock.nowMs())
      await audit.append(tx, scope, { action: stage === 'deleted' ? 'run.delete' : 'run.restore', subject: runId })
    })

  const setExperimentStage = (scope: ProjectScope, experimentId: string, stage: LifecycleStage): Promise<void> =>
    database.transaction(scope, async (tx) => {
      // Others have runs in it, to which the token of an attempt may not write.
      if (scope.attemptId !== null) return fail('permission_denied', { role: 'editor' })
      await experiments.setLifecycleStage(tx, scope, experimentId, stage)
      await runs.setLifecycleStage(tx, scope, { experimentId }, stage, clock.nowMs())
      // Now they are held: whoever makes a version of one has been waited for.
      if (stage === 'deleted') await notNeeded.experiment(tx, scope, experimentId)
      const action = stage === 'deleted' ? 'experiment.delete' : 'experiment.restore'
      await audit.append(tx, scope, { action, subject: experimentId })
    })

  /** The run of the attempt's job, when its program has not begun it yet and begins it now; else `null`. */
  const begin = async (tx: Tx, scope: ProjectScope, request: CreateRun): Promise<string | null> => {
    const nested = request.tags.some((tag) => tag.key === parentTag)
    if (scope.attemptId === null || scope.attemptRunId === undefined || nested) return null
    const run = await runs.lock(tx, scope, scope.attemptRunId)
    if (run?.lifecycleStage !== 'active' || run.begunByAttemptId === scope.attemptId) return null
    await runs.setBegun(tx, scope, run.id, scope.attemptId, request.experimentId)
    await runs.setTags(
      tx,
      scope,
      run.id,
      request.tags.filter((tag) => tag.key !== runNameTag),
    )
    await save(tx, run, { ...run, experimentId: request.experimentId, name: request.name ?? run.name })
    return run.id
  }

  const forJobs: JobRuns = {
    async experimentFor(tx, scope, name) {
      return (await experiments.getOrCreate(tx, scope, name)).id
    },

    async createForJob(tx, scope, { runId, experimentId, runName, tags, jobId }) {
      const name = runName ?? friendlyName(runId)
      const record = { ...newRun(scope, runId, experimentId, name, clock.nowMs()), status: 'SCHEDULED' as const, jobId }
      await insert(tx, { ...record, jobRunId: null }, keyValues(tags))
      return name
    },

    async setStatus(tx, owner, runId, { status, atMs }) {
      const reached = { status, atMs, isOver: hasEnded(status) }
      const changed = await Promise.all([
        runs.follow(tx, owner, runId, reached),
        reached.isOver ? runs.followInside(tx, owner, runId, reached) : [],
      ])
      await Promise.all(changed.flat().map((run) => announce(tx, run)))
    },
  }

  return {
    ...forJobs,
    ...createAdoptedRuns(deps),

    /** What runs logged, set-based, inside somebody's transaction. */
    async contents(tx: Tx, scope: ProjectScope, runIds: readonly string[]): Promise<LoggedRun[]> {
      return logged(tx, scope, await runs.findAll(tx, scope, runIds))
    },

    /**
     * Begin a run. With the token of an attempt it belongs to the attempt's job; and the first run that the program of an
     * attempt begins, unless it is nested, is the run of the job itself, in the experiment that the program names.
     */
    create: (scope: ProjectScope, request: CreateRun): Promise<LoggedRun> =>
      database.transaction(
        scope,
        async (tx) => {
          const { id: experimentId } = await experiments.getActive(tx, scope, request.experimentId)
          const id = (await begin(tx, scope, { ...request, experimentId })) ?? newId()
          if (id !== scope.attemptRunId) {
            const name = request.name ?? friendlyName(id)
            const run = newRun(scope, id, experimentId, name, request.startedAtMs ?? clock.nowMs())
            await insert(tx, { ...run, userName: request.userName ?? run.userName }, request.tags)
          }
          const [created] = await logged(tx, scope, [await get(tx, scope, id)])
          return created ?? fail('run_not_found', { runId: id })
        },
        { byKeys: true },
      ),

    /** A run and all it logged; deleted ones too. */
    get: (scope: ProjectScope, runId: string): Promise<LoggedRun> =>
      database.transaction(scope, (tx) => load(tx, scope, runId), { byKeys: true }),

    /** The record alone, inside somebody's transaction. */
    find: get,

    /** The record of a run that stays, deleted or not, until the transaction ends: something is made of it. */
    hold: async (tx: Tx, scope: ProjectScope, runId: string): Promise<RunRecord> =>
      (await runs.hold(tx, scope, runId)) ?? fail('run_not_found', { runId }),

    /** A run and all it logged, inside somebody's transaction; deleted ones too. */
    load,

    /** The job in which a run was made: its own, or that of the run inside which it was begun. */
    jobIdOf: async (tx: Tx, scope: ProjectScope, run: RunRecord): Promise<string | null> => {
      if (run.jobId !== null || run.jobRunId === null) return run.jobId
      return (await runs.find(tx, scope, run.jobRunId))?.jobId ?? null
    },

    /** The record of a run that takes data from the caller, inside somebody's transaction. */
    findWritable: getWritable,

    /** What a client says of a run. The run of a job takes only the name: its status is its job's. */
    update: (scope: ProjectScope, runId: string, change: RunChange): Promise<RunRecord> =>
      database.transaction(
        scope,
        async (tx) => {
          const run = await getWritable(tx, scope, runId)
          if (scope.attemptId !== null && run.id === scope.attemptRunId) {
            await runs.setBegun(tx, scope, runId, scope.attemptId, run.experimentId)
          }
          const status = run.jobId === null ? (change.status ?? run.status) : run.status
          const endedAtMs = run.jobId === null ? (change.endedAtMs ?? run.endedAtMs) : run.endedAtMs
          const after = { ...run, status, endedAtMs, name: change.name || run.name }
          await save(tx, run, after)
          return after
        },
        { byKeys: true },
      ),

    /** Name runs inside somebody's transaction: what the tag `mlflow.runName` asks for. */
    async rename(tx: Tx, scope: ProjectScope, runId: string, name: string): Promise<void> {
      const run = await getWritable(tx, scope, runId)
      await save(tx, run, { ...run, name })
    },

    delete: (scope: ProjectScope, runId: string) => setLifecycleStage(scope, runId, 'deleted'),
    restore: (scope: ProjectScope, runId: string) => setLifecycleStage(scope, runId, 'active'),

    /** Delete an experiment with its runs. */
    deleteExperiment: (scope: ProjectScope, experimentId: string) => setExperimentStage(scope, experimentId, 'deleted'),
    restoreExperiment: (scope: ProjectScope, experimentId: string) => setExperimentStage(scope, experimentId, 'active'),

    deleteTag: (scope: ProjectScope, runId: string, key: string): Promise<void> =>
      database.transaction(scope, async (tx) => {
        await getWritable(tx, scope, runId)
        if (!(await runs.deleteTag(tx, scope, runId, key))) return fail('tag_not_found', { runId, key })
      }),

    logInputs: (
      scope: ProjectScope,
      runId: string,
      inputs: { datasets: readonly DatasetInput[]; models: readonly ModelLink[] },
    ): Promise<void> =>
      database.transaction(scope, async (tx) => {
        const run = await getWritable(tx, scope, runId)
        await runs.addDatasets(tx, run, inputs.datasets)
        await runs.addModels(tx, run, inputs.models)
      }),

    /** The datasets that runs of experiments used, a thousand at most. */
    datasetSummaries: (scope: ProjectScope, experimentIds: readonly string[]): Promise<DatasetSummary[]> =>
      database.transaction(scope, (tx) => runs.datasetSummaries(tx, scope, experimentIds)),

    /** Runs that pass a filter, with all they logged: answered from latest values, never from points. */
    search: (scope: ProjectScope, search: RunSearch): Promise<LoggedRun[]> =>
      database.transaction(scope, async (tx) => {
        const all = compileSearch(search.filter, search.order, runSearchTables, 5)
        const ranked = rankedByMetric(all, search.order)
        return logged(tx, scope, await runs.search(tx, scope, search, { all, ranked }))
      }),

    /** One page of the list, newest first; `before` is the last id of the page before. */
    list: async (
      scope: ProjectScope,
      page: { experimentId: string | null; before: string | null; limit: number },
    ): Promise<RunSummary[]> => {
      const { found, answer } = await database.transaction(scope, async (tx) => {
        const found = isNumeric(page.experimentId ?? '0') ? await runs.page(tx, scope, page) : []
        const ids = found.map((run) => run.id)
        const rest = Promise.all([runs.newestMetrics(tx, scope, ids, metricsInList), jobsOfRuns(tx, scope, ids)])
        return { found, ...withTheCommit(tx, rest) }
      })
      const [metricsOf, jobs] = await answer
      return found.map((run) => summaryOf(run, metricsOf(run.id), jobs.get(run.id) ?? null))
    },

    /** A run as the run page shows it. */
    show: async (scope: ProjectScope, runId: string): Promise<Run> => {
      const [run, dataOf, jobs] = await inOneJourney(database, scope, (tx) =>
        Promise.all([get(tx, scope, runId), runs.dataOf(tx, scope, [runId]), jobsOfRuns(tx, scope, [runId])]),
      )
      return runOf(run, dataOf(runId), jobs.get(runId) ?? null)
    },

    /**
     * End runs outside jobs that have been silent for longer than `runLeaseMs`: their program died without a word. They
     * end as FAILED at the time they were last seen. Answers how many; the janitor calls it from time to time.
     */
    expireSilentRuns: (nowMs: number): Promise<number> => {
      const silentSince = silentSinceMs(config.runLeaseMs, nowMs)
      if (silentSince === null) return Promise.resolve(0)
      return database.transaction(systemScope, async (tx) => {
        const expired = await runs.expire(tx, silentSince)
        for (const run of expired) await announce(tx, run)
        return expired.length
      })
    },
  }
}

const isNumeric = (id: string): boolean => /^\d{1,18}$/.test(id)

const hasEnded = (status: RunStatus): boolean => status !== 'RUNNING' && status !== 'SCHEDULED'

const newRun = (
  scope: ProjectScope,
  id: string,
  experimentId: string,
  name: string,
  startedAtMs: number,
): Omit<RunRecord, 'experimentName' | 'artifactUri'> => ({
  id,
  tenantId: scope.tenantId,
  projectId: scope.projectId,
  experimentId,
  name,
  status: 'RUNNING',
  lifecycleStage: 'active',
  userName: scope.memberName,
  startedAtMs,
  endedAtMs: null,
  jobId: null,
  jobRunId: scope.attemptRunId ?? null,
  begunByAttemptId: null,
})

const keyValues = (tags: Readonly<Record<string, string>>): KeyValue[] =>
  Object.entries(tags).map(([key, value]) => ({ key, value }))
