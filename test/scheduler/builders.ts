import {
  unlimited,
  type Decision,
  type JobRequest,
  type Placement,
  type QueuedJob,
  type ResourceLimits,
  type RunningJob,
  type SchedDevice,
  type SchedNode,
  type SchedQueue,
  type Snapshot,
} from '@novabrain/scheduler'

/** Noon of a day long ago; examples count minutes from here. */
export const noon = 1_000_000_000_000
export const minute = 60_000
export const hour = 60 * minute

export const aDevice = (nodeId: string, index: number, change: Partial<SchedDevice> = {}): SchedDevice => ({
  id: `${nodeId}-gpu${index}`,
  index,
  kind: 'gpu',
  model: 'A100',
  memoryMib: 40_000,
  ...change,
})

/** A node with so many equal devices, 64 cores and 256 GiB. */
export const aNode = (
  id: string,
  gpus: number,
  change: Partial<SchedNode> = {},
  device: Partial<SchedDevice> = {},
): SchedNode => ({
  id,
  name: id,
  schedulable: true,
  cpuMilli: 64_000,
  memoryMib: 262_144,
  devices: Array.from({ length: gpus }, (_, index) => aDevice(id, index, device)),
  ...change,
})

export const limits = (gpuMilli: number | null): ResourceLimits => ({ gpuMilli, cpuMilli: null, memoryMib: null })

export const aQueue = (name: string, change: Partial<SchedQueue> = {}): SchedQueue => ({
  name,
  cohort: null,
  nominal: unlimited,
  borrowingLimit: unlimited,
  lendingLimit: unlimited,
  weight: 1,
  ...change,
})

export const aRequest = (change: Partial<JobRequest> = {}): JobRequest => ({
  gpuCount: 1,
  gpuMilli: 1000,
  gpuMemoryMib: 0,
  gpuModel: null,
  cpuMilli: 1000,
  memoryMib: 1024,
  replicas: 1,
  ...change,
})

export const aJob = (id: string, request: Partial<JobRequest> = {}, change: Partial<QueuedJob> = {}): QueuedJob => ({
  id,
  queueName: 'main',
  owner: 'ann',
  priority: 200,
  submittedAtMs: noon,
  request: aRequest(request),
  predictedRuntimeMs: null,
  evictedAtMs: [],
  attainedMs: 0,
  notBeforeMs: 0,
  ...change,
})

/** A running job that holds the named devices of a node whole (or in the share it asked for). */
export const aRunningJob = (
  id: string,
  nodeId: string,
  devices: readonly number[],
  request: Partial<JobRequest> = {},
  change: Partial<RunningJob> = {},
): RunningJob => {
  const wanted = aRequest({ gpuCount: devices.length, ...request })
  const memoryMib = wanted.gpuMilli === 1000 ? 40_000 : wanted.gpuMemoryMib || 40 * wanted.gpuMilli
  return {
    ...commonOf(aJob(id)),
    request: wanted,
    placement: {
      pods: [
        {
          nodeId,
          cpuMilli: wanted.cpuMilli,
          memoryMib: wanted.memoryMib,
          devices: devices.map((index) => ({ deviceId: `${nodeId}-gpu${index}`, milli: wanted.gpuMilli, memoryMib })),
        },
      ],
    },
    startedAtMs: noon,
    stopping: false,
    predictedEndMs: null,
    checkpointedAtMs: null,
    ...change,
  }
}

const commonOf = ({ notBeforeMs: _, ...common }: QueuedJob): Omit<QueuedJob, 'notBeforeMs'> => common

export const aSnapshot = (change: Partial<Snapshot> = {}): Snapshot => ({
  nodes: [aNode('n1', 4)],
  queues: [aQueue('main')],
  queued: [],
  running: [],
  holds: [],
  usage: { halfLifeMs: 24 * hour, records: [] },
  ...change,
})

/** The decision about a queued job. */
export const about = (
  decisions: readonly Decision[],
  jobId: string,
): Exclude<Decision, { type: 'preempt' | 'resize' }> => {
  for (const decision of decisions)
    if (decision.type !== 'preempt' && decision.type !== 'resize' && decision.jobId === jobId) return decision
  throw new Error(`No decision about ${jobId}`)
}

/** What a decision says in one word: `start`, or the reason for waiting. */
export const outcome = (decisions: readonly Decision[], jobId: string): string => {
  const decision = about(decisions, jobId)
  return decision.type === 'start' ? 'start' : `${decision.type}:${decision.reason}`
}

export const startedIds = (decisions: readonly Decision[]): string[] =>
  decisions.flatMap((decision) => (decision.type === 'start' ? [decision.jobId] : []))

export const victimIds = (decisions: readonly Decision[]): string[] =>
  decisions.flatMap((decision) => (decision.type === 'preempt' ? [decision.victimId] : [])).sort()

export const devicesOf = (placement: Placement): string[] =>
  placement.pods.flatMap((pod) => pod.devices.map((grant) => grant.deviceId)).sort()
