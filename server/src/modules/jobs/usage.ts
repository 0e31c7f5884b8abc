import type { AttemptRow, JobRow } from '../../db/entities/execution.js'
import { prepared } from '../../db/prepared.js'
import type { Tx } from '../../deps.js'

/** Past use fades by half in a day. */
export const usageHalfLifeMs = 86_400_000

const addUsage = prepared(`
  INSERT INTO usage (tenant_id, queue_name, owner, as_of, gpu_milli_seconds, cpu_milli_seconds, memory_mib_seconds)
  VALUES ($1, $2, $3, $4, $5, $6, $7)
  ON CONFLICT (tenant_id, queue_name, owner) DO UPDATE SET
    gpu_milli_seconds = faded(usage.gpu_milli_seconds, usage.as_of, excluded.as_of) + excluded.gpu_milli_seconds,
    cpu_milli_seconds = faded(usage.cpu_milli_seconds, usage.as_of, excluded.as_of) + excluded.cpu_milli_seconds,
    memory_mib_seconds = faded(usage.memory_mib_seconds, usage.as_of, excluded.as_of) + excluded.memory_mib_seconds,
    as_of = greatest(usage.as_of, excluded.as_of)`)

/** Who shares fairly inside a queue: the member, by id where there is one. */
export const ownerOf = (job: Pick<JobRow, 'submittedBy' | 'submittedById'>): string =>
  job.submittedById ?? job.submittedBy

/** Add what an attempt used (amount × seconds) to the faded past use of its owner in its queue. */
export const recordUsage = async (
  tx: Tx,
  job: JobRow,
  used: { attempt: Pick<AttemptRow, 'devices'>; runMs: number; now: string },
): Promise<void> => {
  if (used.runMs === 0) return
  const times = (amount: number) => Math.round((amount * used.runMs) / 1000)
  const gpuCount = job.maxGpuCount === null ? job.gpuCount : used.attempt.devices.length
  const amounts = [gpuCount * job.gpuMilli, job.cpuMilli, job.memoryMib].map(times)
  await tx.query(addUsage, [job.tenantId, job.queueName, ownerOf(job), used.now, ...amounts])
}

const largest = `
  SELECT coalesce(max(mib), 0) AS mib FROM (
    SELECT (array_agg(device.memory_mib ORDER BY device.memory_mib DESC))[$1] AS mib
    FROM devices device JOIN nodes node ON node.id = device.node_id
    WHERE device.kind = 'gpu' AND device.present AND node.state <> 'lost' AND ($2::text IS NULL OR device.model = $2)
    GROUP BY device.node_id) node`

/** The most memory on each device that some node has for as many devices of that model as the job wants, MiB. */
export const largestDeviceMib = async (tx: Tx, job: Pick<JobRow, 'gpuCount' | 'gpuModel'>): Promise<number> => {
  if (job.gpuCount === 0) return 0
  const rows: { mib: number }[] = await tx.query(largest, [job.gpuCount, job.gpuModel])
  return rows[0]?.mib ?? 0
}
