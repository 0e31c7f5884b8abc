import { idleAttempts } from '../../db/sql/cluster-use-idle.sql.js'
import { preemptionsOf } from '../../db/sql/cluster-use-preemptions.sql.js'
import { requestClasses } from '../../db/sql/cluster-use-requests.sql.js'
import { roomForSums, useSums } from '../../db/sql/cluster-use-sums.sql.js'
import type { IdleJob, PreemptionTold } from '@novabrain/contracts'
import type { RequestClass } from '../../core/cluster-use/fragmentation.js'
import type { Tx } from '../../deps.js'

/** A span of time, ISO 8601. */
export interface Span {
  readonly from: string
  readonly to: string
}

/** GPU time, thousandths of a GPU × milliseconds: given, measured of it, and measured to be used. */
export interface GpuTime {
  readonly allocated: number
  readonly measured: number
  readonly busy: number
}

/** What one person used in one project; without names for all projects that are not told of. */
export interface OwnerUse extends GpuTime {
  readonly projectId: string | null
  readonly projectName: string | null
  readonly submittedBy: string | null
  readonly jobs: number
}

/** The GPU time of a span, by steps and by people. */
export interface SpanUse {
  readonly overTime: readonly (GpuTime & { readonly step: number })[]
  readonly byOwner: readonly OwnerUse[]
}

export const sumUse = async (
  tx: Tx,
  { from, to }: Span,
  stepMs: number,
  projectIds: readonly string[],
): Promise<SpanUse> => {
  const asked = [tx.query(roomForSums), tx.query(useSums, [from, to, stepMs, projectIds])] as const
  const [, rows] = (await Promise.all(asked)) as [unknown, SpanUse[]]
  return rows[0] ?? { overTime: [], byOwner: [] }
}

type Told<T, Key extends keyof T> = Omit<T, Key> & Readonly<Record<Key, Date>>

/** The latest preemptions, with how many there were in all. */
export const listPreemptions = async (
  tx: Tx,
  { from, to }: Span,
  projectIds: readonly string[],
  limit: number,
): Promise<{ items: PreemptionTold[]; total: number }> => {
  const rows: (Told<PreemptionTold, 'at'> & { total: number })[] = await tx.query(preemptionsOf, [
    from,
    to,
    projectIds,
    limit,
  ])
  return {
    items: rows.map(({ total: _total, at, ...row }) => ({ ...row, at: at.toISOString() })),
    total: rows[0]?.total ?? 0,
  }
}

/** Jobs that have hardly used their GPUs since `before` or longer. */
export const listIdle = async (tx: Tx, before: string, projectIds: readonly string[]): Promise<IdleJob[]> => {
  const rows: Told<IdleJob, 'since'>[] = await tx.query(idleAttempts, [before, projectIds])
  return rows.map(({ since, ...row }) => ({ ...row, since: since.toISOString() }))
}

export const listRequestClasses = (tx: Tx, { from, to }: Span): Promise<RequestClass[]> =>
  tx.query(requestClasses, [from, to])

const counts = `SELECT (count(*) FILTER (WHERE status = 'queued'))::integer AS waiting,
    (count(*) FILTER (WHERE status <> 'queued'))::integer AS running
  FROM jobs WHERE ended_at IS NULL`

/** How many jobs wait and run on the cluster. */
export const countActive = async (tx: Tx): Promise<{ waiting: number; running: number }> => {
  const rows: { waiting: number; running: number }[] = await tx.query(counts)
  return rows[0] ?? { waiting: 0, running: 0 }
}

const since = 'SELECT min(created_at) AS since FROM tenants'

/** Since when there is a history: the first tenant. */
export const historyBegan = async (tx: Tx): Promise<string | null> => {
  const rows: { since: Date | null }[] = await tx.query(since)
  return rows[0]?.since?.toISOString() ?? null
}

const projectsOf = 'SELECT id FROM projects WHERE tenant_id = $1'

/** All projects of a tenant. */
export const projectIdsOf = async (tx: Tx, tenantId: string): Promise<string[]> => {
  const rows: { id: string }[] = await tx.query(projectsOf, [tenantId])
  return rows.map(({ id }) => id)
}
