import type { DeviceGrant } from '@novabrain/contracts'
import { actionsOf, type Actions, type Decision, type Hold, type Placement } from '@novabrain/scheduler'
import { systemScope, type Database, type Tx } from '../deps.js'
import type { Grant } from '../db/entities/execution.js'
import type { JobLifecycle, JobWithAttempt } from '../modules/jobs/lifecycle.js'
import { holdClusterVersion } from '../modules/nodes/cluster.js'
import { canonical } from './canonical.js'
import type { ClusterRows } from './cluster.js'

/** What a commit did: `stale` when the cluster had moved since the snapshot and nothing was written. */
export type Committed =
  { readonly stale: true } | { readonly stale: false; readonly started: readonly JobWithAttempt[] }

class StaleSnapshot extends Error {}

/**
 * Write starts, evictions, resizes and reservations in one transaction, or none of them: a job that was stopped or a node that
 * changed since the snapshot refuses the whole plan, since its parts lean on one another. Jobs are locked in the order
 * of their ids.
 */
export const commitDecisions = async (
  { database, lifecycle }: { readonly database: Database; readonly lifecycle: JobLifecycle },
  rows: ClusterRows,
  decisions: readonly Decision[],
): Promise<Committed> => commitActions({ database, lifecycle }, rows, actionsOf(decisions))

/** The same for what is to be done, without the rest of the decisions. */
export const commitActions = async (
  { database, lifecycle }: { readonly database: Database; readonly lifecycle: JobLifecycle },
  rows: ClusterRows,
  actions: Actions,
): Promise<Committed> => {
  const plan = planOf(rows, actions)
  const { starts, preempts, resizes, kept, dropped } = plan
  if (starts.length + preempts.length + resizes.length + kept.length + dropped.length === 0)
    return { stale: false, started: [] }
  try {
    const started = await database.transaction(systemScope, async (tx) => {
      if ((await holdClusterVersion(tx)) !== rows.version) throw new StaleSnapshot()
      const locked = await lockAll(tx, lifecycle, rows, plan)
      await writeReservations(tx, rows, plan)
      for (const { victimId, ...reason } of preempts) await lifecycle.preempt(tx, given(locked, victimId), reason)
      for (const { jobId, placement, forJobId, why } of resizes)
        await lifecycle.resize(tx, given(locked, jobId), { to: grantOf(rows, placement), forJobId, why })
      return Promise.all(
        starts.map(({ jobId, placement }) => lifecycle.begin(tx, given(locked, jobId), grantOf(rows, placement))),
      )
    })
    return { stale: false, started }
  } catch (error) {
    if (error instanceof StaleSnapshot || isOverAllocation(error)) return { stale: true }
    throw error
  }
}

interface Plan extends Pick<Actions, 'starts' | 'preempts' | 'resizes'> {
  /** Holds that are new or changed. */
  readonly kept: readonly Hold[]
  /** Jobs whose reservation is not confirmed. */
  readonly dropped: readonly string[]
}

const planOf = (rows: ClusterRows, { starts, preempts, resizes, holds }: Actions): Plan => {
  const kept = new Set(holds.map(({ jobId }) => jobId))
  const known = new Map(rows.reservations.map((reservation) => [reservation.jobId, reservation]))
  return {
    starts,
    preempts,
    resizes,
    kept: holds.filter((hold) => canonical(known.get(hold.jobId) ?? null) !== canonical(hold)),
    dropped: rows.reservations.map(({ jobId }) => jobId).filter((jobId) => !kept.has(jobId)),
  }
}

const lockAll = async (
  tx: Tx,
  lifecycle: JobLifecycle,
  rows: ClusterRows,
  plan: Plan,
): Promise<ReadonlyMap<string, JobWithAttempt>> => {
  const resized = new Set(plan.resizes.map(({ jobId }) => jobId))
  const ids = [
    ...plan.starts.map(({ jobId }) => jobId),
    ...plan.preempts.map(({ victimId }) => victimId),
    ...resized,
  ].sort()
  const wanted = new Set(ids)
  const seen = new Map(rows.jobs.filter(({ id }) => wanted.has(id)).map((job) => [job.id, job]))
  const locked = new Map((await lifecycle.lockMany(tx, systemScope, ids)).map((found) => [found.job.id, found]))
  for (const id of ids) {
    const [found, known] = [locked.get(id), seen.get(id)]
    if (found === undefined || known === undefined) throw new StaleSnapshot()
    const same = known.status === 'queued' ? found.job.version === known.version : found.attempt?.id === known.attemptId
    if (!same || (known.status !== 'queued' && found.job.endedAt !== null)) throw new StaleSnapshot()
    if (resized.has(id) && found.attempt?.command !== 'none') throw new StaleSnapshot()
  }
  return locked
}

const given = (locked: ReadonlyMap<string, JobWithAttempt>, jobId: string): JobWithAttempt => {
  const found = locked.get(jobId)
  if (found === undefined) throw new Error(`Job ${jobId} was not locked`)
  return found
}

const saveReservation = `
  INSERT INTO reservations (job_id, tenant_id, placement, victim_ids, expires_at)
  SELECT id, tenant_id, $2, $3, to_timestamp($4 / 1000.0) FROM jobs WHERE id = $1 AND status = 'queued'
  ON CONFLICT (job_id) DO UPDATE SET placement = excluded.placement, victim_ids = excluded.victim_ids,
    expires_at = excluded.expires_at`

const writeReservations = async (tx: Tx, rows: ClusterRows, plan: Plan): Promise<void> => {
  if (plan.dropped.length > 0) await tx.query('DELETE FROM reservations WHERE job_id = ANY($1)', [plan.dropped])
  for (const hold of plan.kept) {
    await tx.query(saveReservation, [
      hold.jobId,
      JSON.stringify(hold.placement),
      JSON.stringify(hold.victimIds),
      hold.expiresAtMs,
    ])
  }
}

/** A job runs on one node: requests are made with one pod. */
const grantOf = (rows: ClusterRows, { pods }: Placement): Grant => {
  const [pod] = pods
  if (pod === undefined || pods.length !== 1) throw new Error(`A job was placed on ${String(pods.length)} nodes`)
  const node = rows.nodes.find(({ id }) => id === pod.nodeId)
  if (node === undefined) throw new Error(`A job was placed on the unknown node ${pod.nodeId}`)
  return {
    nodeId: node.id,
    nodeName: node.name,
    cpuMilli: pod.cpuMilli,
    memoryMib: pod.memoryMib,
    devices: pod.devices.map(({ deviceId, milli, memoryMib }): DeviceGrant => {
      const device = rows.devices.find(({ id }) => id === deviceId)
      if (device === undefined) throw new Error(`A job was placed on the unknown device ${deviceId}`)
      const { index, model, memoryMib: deviceMemoryMib, simulated } = device
      return { deviceId, index, model, milli, memoryMib, deviceMemoryMib, simulated }
    }),
  }
}

/** The guard of the database refused: somebody else holds what the snapshot showed as free. */
const isOverAllocation = (error: unknown): boolean =>
  typeof error === 'object' && error !== null && 'code' in error && error.code === '23514'
