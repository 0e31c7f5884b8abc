import { addParams } from '../../db/sql/tracking-add-params.sql.js'
import { adoptRuns, readoptRuns } from '../../db/sql/tracking-adopt-runs.sql.js'
import { setTags } from '../../db/sql/tracking-set-tags.sql.js'
import type { Deps, ProjectScope, Tx } from '../../deps.js'
import type { KeyValue } from '../experiments/service.js'
import { runRepository as runs, type DatasetInput, type ModelLink, type RunRecord } from './repository.js'

/** A run as it was elsewhere, and the experiment that takes it here. */
export interface AdoptedRun extends Pick<
  RunRecord,
  'id' | 'experimentId' | 'name' | 'status' | 'lifecycleStage' | 'userName' | 'startedAtMs' | 'endedAtMs'
> {
  readonly params: readonly KeyValue[]
  readonly tags: readonly KeyValue[]
  readonly datasets: readonly DatasetInput[]
  readonly models: readonly ModelLink[]
}

/** Runs that are taken over with their ids and times, inside somebody's transaction. New ones append `run_changed`. */
export const createAdoptedRuns = ({ clock, outbox }: Pick<Deps, 'clock' | 'outbox'>) => {
  const write = async (tx: Tx, scope: ProjectScope, wanted: readonly AdoptedRun[]): Promise<void> => {
    await savePairs(tx, scope, addParams, wanted, ({ params }) => params)
    await savePairs(tx, scope, setTags, wanted, ({ tags }) => tags)
    for (const run of wanted) {
      const record = { ...run, projectId: scope.projectId }
      await runs.addDatasets(tx, record, run.datasets)
      await runs.addModels(tx, record, run.models)
    }
  }

  return {
    /** Take over runs; answers the ids that were free. Of the others nothing is written. */
    async adopt(tx: Tx, scope: ProjectScope, wanted: readonly AdoptedRun[]): Promise<ReadonlySet<string>> {
      if (wanted.length === 0) return new Set()
      const made: { id: string }[] = await tx.query(adoptRuns, columnsOf(scope, wanted, clock.nowMs()))
      const ids = new Set(made.map(({ id }) => id))
      const adopted = wanted.filter(({ id }) => ids.has(id))
      await write(tx, scope, adopted)
      for (const { id, experimentId, name, status } of adopted)
        await outbox.append(tx, scope, { type: 'run_changed', runId: id, experimentId, name, status })
      return ids
    },

    /** Bring runs that were taken over up to date with what they are elsewhere now; what was added here stays. */
    async readopt(tx: Tx, scope: ProjectScope, wanted: readonly AdoptedRun[]): Promise<void> {
      if (wanted.length === 0) return
      await tx.query(readoptRuns, columnsOf(scope, wanted, clock.nowMs()))
      await write(tx, scope, wanted)
    },
  }
}

const savePairs = async (
  tx: Tx,
  { projectId }: ProjectScope,
  statement: string,
  wanted: readonly AdoptedRun[],
  pairsOf: (run: AdoptedRun) => readonly KeyValue[],
): Promise<void> => {
  const rows = wanted.flatMap((run) =>
    [...new Map(pairsOf(run).map(({ key, value }) => [key, value]))].map(([key, value]) => ({
      id: run.id,
      key,
      value,
    })),
  )
  if (rows.length === 0) return
  const columns = [rows.map(({ id }) => id), rows.map(({ key }) => key), rows.map(({ value }) => value)]
  await tx.query(statement, [projectId, ...columns])
}

const columnsOf = ({ tenantId, projectId }: ProjectScope, runs: readonly AdoptedRun[], nowMs: number): unknown[] => [
  tenantId,
  projectId,
  runs.map(({ id }) => id),
  runs.map(({ experimentId }) => experimentId),
  runs.map(({ name }) => name),
  runs.map(({ status }) => status),
  runs.map(({ lifecycleStage }) => lifecycleStage),
  runs.map(({ userName }) => userName),
  runs.map(({ startedAtMs }) => startedAtMs),
  runs.map(({ endedAtMs }) => endedAtMs),
  nowMs,
]
