import {
  forgetExperiment,
  forgetTracesOfExperiment,
  holdOverdueExperiment,
  overdueExperiments,
} from '../../db/sql/retention-experiments.sql.js'
import { forgetModels, modelsOfExperiment, overdueModels } from '../../db/sql/retention-models.sql.js'
import { neededInExperiment, neededModels, neededRuns } from '../../db/sql/retention-needed.sql.js'
import { forgetRuns, leaveSeries, overdueRuns, purgePoints } from '../../db/sql/retention-runs.sql.js'
import { forgetDeletedTraces } from '../../db/sql/retention-traces.sql.js'
import { isForeignKeyViolation } from '../../db/faults.js'
import { systemScope, type Deps, type ProjectScope, type Tx } from '../../deps.js'
import { deletedTraceOwnerKey, traceOwnerKey } from '../artifacts/owner-key.js'
import type { Told } from './totals.js'

/** Something that was deleted, and by now for good. */
interface Overdue {
  readonly id: string
  readonly tenantId: string
  readonly projectId: string
  readonly experimentId: string
  readonly name: string
  readonly deletedAtMs: number
}

interface Files {
  readonly ownerId: string
  readonly files: number
  readonly sizeBytes: number
}

const inBatch = 50
const pointsInBatch = 20_000

const forgetFiles = `
  WITH gone AS (DELETE FROM artifacts WHERE owner_id = ANY ($1) RETURNING owner_id, size_bytes)
  SELECT owner_id AS "ownerId", count(*)::integer AS files, sum(size_bytes)::bigint AS "sizeBytes"
  FROM gone GROUP BY owner_id`

/**
 * Takes away for good what was deleted before an instant, in small transactions, each with the rows of the audit that say
 * what went. What a version of a registered model is made of is never taken; it is counted as needed.
 */
export const createRecordPurge = ({ database, audit, log }: Pick<Deps, 'database' | 'audit' | 'log'>) => {
  const note = (tx: Tx, action: string, { id, name, experimentId, deletedAtMs, ...where }: Overdue, files?: Files) =>
    audit.append(tx, serverIn(where), {
      action,
      subject: id,
      detail: {
        name,
        experimentId,
        deletedAt: new Date(deletedAtMs).toISOString(),
        files: files?.files ?? 0,
        sizeBytes: files?.sizeBytes ?? 0,
      },
    })

  /** One batch of things of one kind that are held: those that nobody needs go. */
  const take = async (tx: Tx, kind: Kind, held: readonly Overdue[]) => {
    const ids = held.map(({ id }) => id)
    // After they are held, in a statement of its own: whoever makes a version of one has been waited for.
    const needed = new Set((await rowsOf<{ id: string }>(tx, kind.needed, [ids])).map(({ id }) => id))
    const going = held.filter(({ id }) => !needed.has(id))
    const goingIds = going.map(({ id }) => id)
    const files = await rowsOf<Files>(tx, forgetFiles, [goingIds])
    for (const statement of kind.forget) await tx.query(statement, [goingIds])
    const filesOf = new Map(files.map((each) => [each.ownerId, each]))
    for (const each of going) await note(tx, kind.action, each, filesOf.get(each.id))
    return { going, needed: [...needed], files: sum(files.map((each) => each.files)) }
  }

  /** Everything of a kind that is overdue, batch by batch. */
  const takeAll = async (kind: Kind, beforeMs: number, told: Told, signal?: AbortSignal): Promise<void> => {
    const left: string[] = []
    for (;;) {
      signal?.throwIfAborted()
      const taken = await database.transaction(systemScope, async (tx) => {
        const held = await rowsOf<Overdue>(tx, kind.overdue, [beforeMs, inBatch, left])
        return held.length === 0 ? null : take(tx, kind, held)
      })
      if (taken === null) return
      left.push(...taken.needed)
      told({ [kind.counted]: taken.going.length, files: taken.files, needed: taken.needed.length })
    }
  }

  const takeModelsOf = async ({ projectId, id }: Overdue, told: Told): Promise<void> => {
    for (;;) {
      const taken = await database.transaction(systemScope, async (tx) => {
        const held = await rowsOf<Overdue>(tx, modelsOfExperiment, [projectId, id, inBatch])
        return held.length === 0 ? null : take(tx, models, held)
      })
      if (taken === null || taken.going.length === 0) return
      told({ loggedModels: taken.going.length, files: taken.files, needed: taken.needed.length })
    }
  }

  /** Traces that are gone already: the files with these keys go too, and the audit says so. */
  const noteTraces = async (tx: Tx, gone: readonly GoneTrace[], keyOf: typeof traceOwnerKey): Promise<Counted> => {
    const keys = gone.map((trace) => keyOf(trace.projectId, trace.id))
    const files = await rowsOf<Files>(tx, forgetFiles, [keys])
    for (const { where, ids } of byExperiment(gone))
      await audit.append(tx, serverIn(where), {
        action: 'traces.purge',
        subject: where.experimentId,
        detail: { count: ids.length, ids },
      })
    return { traces: gone.length, files: sum(files.map((each) => each.files)) }
  }

  const takeTracesOf = async ({ projectId, tenantId, id }: Overdue, told: Told): Promise<void> => {
    for (;;) {
      const counted = await database.transaction(systemScope, async (tx) => {
        const [gone]: [{ id: string }[], number] = await tx.query(forgetTracesOfExperiment, [projectId, id, inBatch])
        const where = { projectId, tenantId, experimentId: id }
        return noteTraces(
          tx,
          gone.map((trace) => ({ ...trace, ...where })),
          traceOwnerKey,
        )
      })
      told(counted)
      if (counted.traces < inBatch) return
    }
  }

  const takeExperiment = async (experiment: Overdue, told: Told): Promise<void> => {
    const { projectId, id } = experiment
    const isFree = async (tx: Tx): Promise<boolean> => {
      const held = await rowsOf<unknown>(tx, holdOverdueExperiment, [projectId, id])
      return held.length > 0 && (await rowsOf<unknown>(tx, neededInExperiment, [projectId, id])).length === 0
    }
    if (!(await database.transaction(systemScope, isFree))) return told({ needed: 1 })
    await takeModelsOf(experiment, told)
    await takeTracesOf(experiment, told)
    const gone = await database.transaction(systemScope, async (tx) => {
      if (!(await isFree(tx))) return false
      for (const statement of forgetExperiment) await tx.query(statement, [projectId, id])
      await note(tx, 'experiment.purge', experiment)
      return true
    })
    if (gone) told({ experiments: 1 })
  }

  return {
    runs: (beforeMs: number, told: Told, signal?: AbortSignal) => takeAll(runs, beforeMs, told, signal),
    models: (beforeMs: number, told: Told, signal?: AbortSignal) => takeAll(models, beforeMs, told, signal),

    /** Experiments without runs, with the logged models and traces that are still in them. */
    async experiments(beforeMs: number, told: Told, signal?: AbortSignal): Promise<void> {
      const overdue = await database.transaction(systemScope, (tx) =>
        rowsOf<Overdue>(tx, overdueExperiments, [beforeMs]),
      )
      for (const experiment of overdue) {
        signal?.throwIfAborted()
        // Something that this code does not know of refers to it: it stays, and the others go on.
        await takeExperiment(experiment, told).catch((error: unknown) => {
          if (!isForeignKeyViolation(error)) throw error
          log.warn({ err: error, experimentId: experiment.id }, 'a deleted experiment is still referred to and stays')
        })
      }
    },

    /** Traces that were deleted on their own. */
    async traces(beforeMs: number, told: Told, signal?: AbortSignal): Promise<void> {
      for (;;) {
        signal?.throwIfAborted()
        const counted = await database.transaction(systemScope, async (tx) => {
          const [gone]: [GoneTrace[], number] = await tx.query(forgetDeletedTraces, [beforeMs, inBatch])
          return noteTraces(tx, gone, deletedTraceOwnerKey)
        })
        told(counted)
        if (counted.traces < inBatch) return
      }
    },

    /** The points of runs that are gone, a piece at a time. */
    async points(told: Told, signal?: AbortSignal): Promise<void> {
      for (;;) {
        signal?.throwIfAborted()
        const points = await database.transaction(systemScope, async (tx) => {
          const [next] = await rowsOf<{ id: number }>(
            tx,
            `SELECT series_id AS id FROM purged_series ORDER BY series_id LIMIT 1 FOR UPDATE SKIP LOCKED`,
            [],
          )
          if (next === undefined) return null
          const [, count]: [unknown, number] = await tx.query(purgePoints, [next.id, pointsInBatch])
          if (count < pointsInBatch) {
            await tx.query(`DELETE FROM metric_blocks WHERE series_id = $1`, [next.id])
            await tx.query(`DELETE FROM purged_series WHERE series_id = $1`, [next.id])
          }
          return count
        })
        if (points === null) return
        told({ points })
      }
    },
  }
}

interface GoneTrace {
  readonly id: string
  readonly projectId: string
  readonly tenantId: string
  readonly experimentId: string
}

interface Counted {
  readonly traces: number
  readonly files: number
}

/** What is taken away batch by batch: which are overdue, which of them are needed, and all that hangs on one. */
interface Kind {
  readonly overdue: string
  readonly needed: string
  readonly forget: readonly string[]
  readonly action: string
  readonly counted: 'runs' | 'loggedModels'
}

const runs: Kind = {
  overdue: overdueRuns,
  needed: neededRuns,
  forget: [leaveSeries, ...forgetRuns],
  action: 'run.purge',
  counted: 'runs',
}

const models: Kind = {
  overdue: overdueModels,
  needed: neededModels,
  forget: forgetModels,
  action: 'logged_model.purge',
  counted: 'loggedModels',
}

/** The server itself, in a project. */
const serverIn = ({ tenantId, projectId }: { tenantId: string; projectId: string }): ProjectScope => ({
  kind: 'project',
  tenantId,
  projectId,
  role: 'owner',
  memberId: null,
  memberName: 'novabrain',
  attemptId: null,
})

const byExperiment = (traces: readonly GoneTrace[]) => {
  const groups = new Map<string, { where: GoneTrace; ids: string[] }>()
  for (const trace of traces) {
    const key = `${trace.projectId}/${trace.experimentId}`
    const group = groups.get(key)
    if (group === undefined) groups.set(key, { where: trace, ids: [trace.id] })
    else group.ids.push(trace.id)
  }
  return [...groups.values()]
}

const sum = (counts: readonly number[]): number => counts.reduce((total, count) => total + count, 0)

const rowsOf = <T>(tx: Tx, statement: string, parameters: readonly unknown[]): Promise<T[]> =>
  tx.query(statement, [...parameters])
