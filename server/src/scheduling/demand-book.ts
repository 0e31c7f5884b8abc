import type { DemandShare } from '@novabrain/scheduler'
import { schedulingDemand } from '../db/sql/scheduling-demand.sql.js'
import type { Clock, Tx } from '../deps.js'

/** Where the scheduler reads what jobs are expected to ask for: by this it knows which pieces of a node are of use. */
export interface DemandBook {
  /**
   * The requests of the last seven days, recent ones counting more; the same object for ten minutes. Nothing where too few
   * jobs came to say anything: then what runs and waits stands for it. The transaction has the system's scope.
   */
  read(tx: Tx): Promise<readonly DemandShare[]>
}

const dayMs = 24 * 3_600_000
const spanMs = 7 * dayMs
const keptMs = 10 * 60_000
const mostJobs = 20_000
const mostRequests = 500
/** Fewer jobs than this say nothing of those to come. */
const fewestJobs = 50

interface Row {
  readonly gpuCount: number
  readonly gpuMilli: number
  readonly gpuMemoryMib: number
  readonly gpuModel: string | null
  readonly cpuMilli: number
  readonly jobs: number
  readonly weight: number
}

const shareOf = ({ jobs: _, weight, ...request }: Row): DemandShare => ({
  request: { ...request, memoryMib: 0, replicas: 1 },
  weight: Math.max(1, Math.round(weight * 1000)),
})

/** Opens a book that reads the history of jobs. */
export const createDemandBook = ({ clock }: { readonly clock: Clock }): DemandBook => {
  let known: { readonly sinceMs: number; readonly demand: readonly DemandShare[] } | null = null
  return {
    async read(tx) {
      const nowMs = clock.nowMs()
      if (known !== null && nowMs >= known.sinceMs && nowMs < known.sinceMs + keptMs) return known.demand
      const span = [new Date(nowMs - spanMs).toISOString(), new Date(nowMs).toISOString()]
      const rows: Row[] = await tx.query(schedulingDemand, [...span, mostJobs, mostRequests])
      const jobs = rows.reduce((sum, row) => sum + row.jobs, 0)
      known = { sinceMs: nowMs, demand: jobs < fewestJobs ? [] : rows.map(shareOf) }
      return known.demand
    },
  }
}
