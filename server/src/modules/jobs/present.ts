import type { Attempt, Job, Resize, Resources } from '@novabrain/contracts'
import type { AttemptRow, JobRow } from '../../db/entities/execution.js'

/** What a job asked for. */
export const resourcesOf = (job: JobRow): Resources => ({
  gpuCount: job.gpuCount,
  ...(job.maxGpuCount === null ? {} : { maxGpuCount: job.maxGpuCount }),
  gpuMilli: job.gpuMilli,
  gpuMemoryMib: job.gpuMemoryMib,
  gpuModel: job.gpuModel,
  cpuMilli: job.cpuMilli,
  memoryMib: job.memoryMib,
})

/** Whether a resize is for another job, or into what is idle. */
export const resizeWhy = ({ preemptedWhy }: Pick<AttemptRow, 'preemptedWhy'>): Resize['why'] =>
  preemptedWhy === 'shrink' ? 'shrink' : 'grow'

/** The noun of an attempt out of its row: without its secret and what only the machinery needs. */
export const presentAttempt = (row: AttemptRow): Attempt => ({
  id: row.id,
  jobId: row.jobId,
  number: row.number,
  state: row.state,
  version: row.version,
  stage: row.stage,
  stageDetail: row.stageDetail,
  nodeId: row.nodeId,
  nodeName: row.nodeName,
  devices: row.devices,
  ...(row.resizedFrom === null
    ? {}
    : { resizedFrom: { gpuCount: row.resizedFrom.gpuCount, why: row.resizedFrom.why } }),
  ...(row.resizeTo === null ? {} : { resizesTo: { gpuCount: row.resizeTo.devices.length, why: resizeWhy(row) } }),
  verdict: row.verdict,
  logSizeBytes: row.logSizeBytes,
  createdAt: row.createdAt,
  startedAt: row.startedAt,
  endedAt: row.endedAt,
})

/** The noun of a job out of its row and that of its latest attempt. */
export const presentJob = (row: JobRow, attempt: AttemptRow | null): Job => ({
  id: row.id,
  projectId: row.projectId,
  number: row.number,
  name: row.name,
  status: row.status,
  reason: row.reason,
  task: row.task,
  resources: resourcesOf(row),
  queueName: row.queueName,
  priorityClass: row.priorityClass,
  pinDigest: row.pinDigest,
  snapshotId: row.snapshotId,
  runId: row.runId,
  experimentId: row.experimentId,
  timeLimitMs: row.timeLimitMs,
  maxRetries: row.maxRetries,
  submittedBy: row.submittedBy,
  origin: row.origin,
  submittedAt: row.submittedAt,
  startedAt: row.startedAt,
  endedAt: row.endedAt,
  attempt: attempt === null ? null : presentAttempt(attempt),
})
