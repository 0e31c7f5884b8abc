import { prepared } from '../db/prepared.js'
import type { Tx } from '../deps.js'
import { forgetChanges, loadClusterChanges, loadClusterWhole } from '../db/sql/execution-load-cluster.sql.js'
import type { ActiveJob, ClusterRows } from './cluster.js'

/** Reads the cluster again and again, each time only what changed. */
export interface ClusterReader {
  /** The cluster as of one instant; what did not change are the same objects as the last time. */
  read(tx: Tx): Promise<ClusterRows>
}

type Lists = Pick<ClusterRows, 'nodes' | 'devices'>

interface Seen {
  readonly stamp: string
  readonly job: ActiveJob
}

interface Changes extends Omit<ClusterRows, keyof Lists | 'jobs'> {
  readonly horizon: string
  readonly newest: string
  readonly forgotten: string
  readonly origin: string
  readonly jobs: readonly Seen[]
  readonly nodes: ClusterRows['nodes'] | null
  readonly devices: ClusterRows['devices'] | null
  readonly gone: readonly string[]
}

const listsOf = ({ nodes, devices }: Changes): Lists | null =>
  nodes === null || devices === null ? null : { nodes, devices }

/** What ended is passed by the next time; a bitmap scan would look at it again. */
const planning = prepared(`SELECT set_config('enable_seqscan', $1, true), set_config('enable_bitmapscan', $1, true)`)

/** Changes that were read are thrown away so often. */
const forgetEveryMs = 10_000

/** Where somebody has read up to. */
type Mark = Pick<Changes, 'horizon' | 'origin'>

/** Whether what changed since a mark is all noted: nobody forgot any of it, and it is the same history that goes on. */
const goesOn = ({ horizon, origin }: Mark, now: Changes): boolean =>
  origin === now.origin && BigInt(now.forgotten) <= BigInt(horizon) && BigInt(horizon) <= BigInt(now.newest)

/** Opens a reader that knows nothing yet. */
export const createClusterReader = (): ClusterReader => {
  const jobs = new Map<string, Seen>()
  let lists: Lists | null = null
  let version: number | null = null
  let mark: Mark | null = null
  let forgotMs = performance.now()

  const only = (rows: readonly Changes[]): Changes => {
    const [changes] = rows
    if (changes === undefined) throw new Error('The cluster could not be read')
    return changes
  }

  const readWhole = async (tx: Tx): Promise<Changes> => {
    const changes = only(await tx.query(loadClusterWhole))
    jobs.clear()
    return changes
  }

  const readChanges = async (tx: Tx, since: Mark): Promise<Changes> => {
    const isDue = performance.now() - forgotMs >= forgetEveryMs
    const [, rows] = (await Promise.all([
      tx.query(planning, ['off']),
      tx.query(loadClusterChanges, [since.horizon, version]),
      isDue ? tx.query(forgetChanges, [since.horizon]) : null,
      tx.query(planning, ['on']),
    ])) as [unknown, Changes[], unknown, unknown]
    if (isDue) forgotMs = performance.now()
    const changes = only(rows)
    return goesOn(since, changes) ? changes : readWhole(tx)
  }

  return {
    async read(tx) {
      const changes = mark === null ? await readWhole(tx) : await readChanges(tx, mark)
      lists = listsOf(changes) ?? lists
      if (lists === null) throw new Error('The nodes could not be read')
      mark = { horizon: changes.horizon, origin: changes.origin }
      version = changes.version
      for (const jobId of changes.gone) jobs.delete(jobId)
      for (const seen of changes.jobs) if (jobs.get(seen.job.id)?.stamp !== seen.stamp) jobs.set(seen.job.id, seen)
      const { queues, allocations, grants, reservations, usage } = changes
      return {
        version,
        ...lists,
        queues,
        jobs: [...jobs.values()].map(({ job }) => job),
        allocations,
        grants,
        reservations,
        usage,
      }
    },
  }
}
