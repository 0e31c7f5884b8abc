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
  /** The first transaction that was not over. */
  readonly horizon: string
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

/** Opens a reader that knows nothing yet. */
export const createClusterReader = (): ClusterReader => {
  const jobs = new Map<string, Seen>()
  let lists: Lists | null = null
  let version: number | null = null
  let horizon: string | null = null
  let forgotMs = performance.now()

  const readChanges = async (tx: Tx, since: string): Promise<Changes[]> => {
    const isDue = performance.now() - forgotMs >= forgetEveryMs
    const [, changes] = (await Promise.all([
      tx.query(planning, ['off']),
      tx.query(loadClusterChanges, [since, version]),
      isDue ? tx.query(forgetChanges, [since]) : null,
      tx.query(planning, ['on']),
    ])) as [unknown, Changes[], unknown, unknown]
    if (isDue) forgotMs = performance.now()
    return changes
  }

  return {
    async read(tx) {
      const rows: Changes[] = horizon === null ? await tx.query(loadClusterWhole) : await readChanges(tx, horizon)
      const [changes] = rows
      if (changes === undefined) throw new Error('The cluster could not be read')
      lists = listsOf(changes) ?? lists
      if (lists === null) throw new Error('The nodes could not be read')
      horizon = changes.horizon
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
