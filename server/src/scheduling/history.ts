import type { HistoryJob, PriorityClass, SchedulingHistory } from '@novabrain/contracts'
import { priorityOf, valuesOf, type SchedQueue } from '@novabrain/scheduler'
import { schedulingHistory } from '../db/sql/scheduling-history.sql.js'
import type { HistoryReader } from '../modules/scheduling-history/service.js'
import { queueKey, queueNameOf, readCluster, snapshotOf } from './cluster.js'
import type { PolicyBook } from './policy-book.js'

/** One document carries at most so many jobs, the latest. */
const mostJobs = 100_000

interface Row {
  readonly id: string
  readonly tenantId: string
  readonly projectId: string
  readonly queueName: string
  readonly owner: string
  readonly submittedBy: string
  readonly name: string
  readonly priorityClass: PriorityClass
  readonly status: string
  readonly gpuCount: number
  readonly maxGpuCount: number | null
  readonly gpuMilli: number
  readonly gpuMemoryMib: number
  readonly gpuModel: string | null
  readonly cpuMilli: number
  readonly memoryMib: number
  readonly predictedRunMs: number | null
  readonly submitMs: number
  readonly endMs: number | null
  readonly firstStartMs: number | null
  readonly ranMs: number
  readonly preemptions: number
}

/** Reads the past of the cluster as the simulator takes it. */
export const createHistoryReader = ({ policies }: { readonly policies: PolicyBook }): HistoryReader => ({
  async read(tx, { fromMs, toMs }, { tenantId, sees }) {
    const { nodes, queues } = snapshotOf(await readCluster(tx), toMs)
    const span = [new Date(fromMs).toISOString(), new Date(toMs).toISOString()]
    const rows: Row[] = await tx.query(schedulingHistory, [...span, mostJobs + 1])
    const told = rows.slice(-mostJobs)
    const names = openNames(tenantId)
    return {
      nodes: nodes.map((node) => ({ ...node, devices: node.devices.map((device) => ({ ...device })) })),
      queues: queues.map((queue) => queueTold(queue, names)),
      jobs: told.flatMap((row) => jobTold(row, names, sees(row.projectId, row.tenantId))),
      policy: { ...valuesOf(await policies.read(tx)) },
      truncated: rows.length > mostJobs,
    }
  },
})

/** Names of one document: one's own as they are, all others by a number in the order in which they first came up. */
interface Names {
  queue(key: string): string
  owner(owner: string, own: boolean): string
  job(id: string, own: boolean): string
  /** What stands for the name of a job: equal names are equal, and that is all they say. */
  kind(owner: string, name: string): string
}

const openNames = (tenantId: string): Names => {
  const numbered = (prefix: string) => {
    const known = new Map<string, string>()
    return (key: string): string => {
      const name = known.get(key) ?? `${prefix}-${String(known.size + 1)}`
      known.set(key, name)
      return name
    }
  }
  const [queue, owner, job, kind] = ['queue', 'owner', 'job', 'kind'].map(numbered)
  const number = (of: typeof queue, key: string): string => of?.(key) ?? key
  return {
    queue: (key) => (key.startsWith(`${tenantId}/`) ? queueNameOf(key) : `other/${number(queue, key)}`),
    owner: (key, own) => (own ? key : number(owner, key)),
    job: (id, own) => (own ? id : number(job, id)),
    kind: (of, name) => number(kind, `${of}\u0000${name}`),
  }
}

const queueTold = (queue: SchedQueue, names: Names): SchedulingHistory['queues'][number] => ({
  ...queue,
  name: names.queue(queue.name),
  cohort: queue.cohort === null ? null : names.queue(queue.cohort),
  nominal: { ...queue.nominal },
  borrowingLimit: { ...queue.borrowingLimit },
  lendingLimit: { ...queue.lendingLimit },
  order: queue.order ? { ...queue.order } : null,
})

/** A job that never ran and never will tells nothing; one that has not ended is taken to run as long as was predicted. */
const jobTold = (row: Row, names: Names, own: boolean): HistoryJob[] => {
  const ended = row.endMs !== null
  const runMs = ended ? row.ranMs : Math.max(row.ranMs, row.predictedRunMs ?? 0)
  if (runMs <= 0) return []
  const owner = names.owner(own ? row.submittedBy : row.owner, own)
  return [
    {
      id: names.job(row.id, own),
      submitMs: row.submitMs,
      request: {
        gpuCount: row.gpuCount,
        gpuMilli: row.gpuMilli,
        gpuMemoryMib: row.gpuMemoryMib,
        gpuModel: row.gpuModel,
        cpuMilli: row.cpuMilli,
        memoryMib: row.memoryMib,
        replicas: 1,
      },
      ...(row.maxGpuCount === null
        ? {}
        : { elastic: { minimumGpuCount: row.gpuCount, maximumGpuCount: row.maxGpuCount } }),
      runMs: Math.round(runMs),
      runIsMeasured: ended,
      queueName: names.queue(queueKey(row.tenantId, row.queueName)),
      owner,
      priority: priorityOf(row.priorityClass),
      keys: [`${owner}/${names.kind(row.owner, row.name)}`, owner],
      predictedRunMs: row.predictedRunMs,
      firstStartMs: row.firstStartMs,
      endMs: row.endMs,
      preemptions: row.preemptions,
    },
  ]
}
