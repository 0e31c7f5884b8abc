import { jobEnded, type Job, type JobStatus } from '@novabrain/contracts'

/** A job with this number in this status; other facts are plain ones. */
export const aJob = (number: number, status: JobStatus = 'queued', change: Partial<Job> = {}): Job => ({
  id: number.toString(16).padStart(32, '0'),
  projectId: 'f'.repeat(32),
  number,
  name: `job ${number}`,
  status,
  reason: null,
  task: { kind: 'script', path: 'train.py', arguments: [] },
  resources: { gpuCount: 1, gpuMilli: 1000, gpuMemoryMib: 0, cpuMilli: 1000, memoryMib: 1024 },
  queueName: 'default',
  priorityClass: 'normal',
  pinDigest: null,
  snapshotId: 'e'.repeat(32),
  runId: (number + 1000).toString(16).padStart(32, '0'),
  experimentId: '1',
  timeLimitMs: null,
  maxRetries: 0,
  submittedBy: 'ada',
  origin: 'member',
  submittedAt: '2026-01-01T00:00:00.000Z',
  startedAt: null,
  endedAt: jobEnded(status) ? '2026-01-01T00:01:00.000Z' : null,
  attempt: null,
  ...change,
})
