import { requestOf } from '../../server/src/scheduling/admission.js'
import { canonical } from '../../server/src/scheduling/canonical.js'
import {
  queueKey,
  queueNameOf,
  snapshotOf,
  type ActiveJob,
  type ClusterRows,
} from '../../server/src/scheduling/cluster.js'

const job = (facts: Partial<ActiveJob> = {}): ActiveJob => ({
  id: 'a'.repeat(32),
  version: 1,
  tenantId: 'tenant',
  projectId: 'project',
  status: 'queued',
  queueName: 'default',
  owner: 'ana',
  name: 'train',
  script: 'train.py',
  arguments: null,
  priorityClass: 'normal',
  submittedAtMs: 1000.4,
  gpuCount: 1,
  gpuMilli: 500,
  gpuMemoryMib: 4096,
  gpuModel: null,
  cpuMilli: 1000,
  memoryMib: 1024,
  raisedGpuMemoryMib: null,
  predictedRunMs: null,
  timeLimitMs: null,
  evictedAtMs: [],
  evictedBy: null,
  usedRunMs: 0,
  maxGpuCount: null,
  doneGpuMs: null,
  resizeTo: null,
  notBeforeMs: null,
  hold: null,
  attemptId: null,
  startedAtMs: null,
  ...facts,
})

const rows = (facts: Partial<ClusterRows>): ClusterRows => ({
  version: 1,
  nodes: [{ id: 'n', name: 'node', schedulable: true, cpuMilli: 4000, memoryMib: 8192 }],
  devices: [
    { id: 'd', nodeId: 'n', index: 0, kind: 'gpu', model: 'A', memoryMib: 24_576, simulated: true },
    { id: 'e', nodeId: 'other', index: 0, kind: 'gpu', model: 'A', memoryMib: 24_576, simulated: true },
  ],
  queues: [],
  jobs: [],
  allocations: [],
  grants: [],
  reservations: [],
  usage: [],
  ...facts,
})

test('two tenants may call their queue the same', () => {
  expect(queueKey('one', 'default')).not.toBe(queueKey('two', 'default'))
  expect(queueNameOf(queueKey('one', 'default'))).toBe('default')
})

test('after an out-of-memory a job asks for whole devices with more memory, never with less', () => {
  expect(requestOf(job())).toMatchObject({ gpuMilli: 500, gpuMemoryMib: 4096, replicas: 1 })
  expect(requestOf(job({ raisedGpuMemoryMib: 8192 }))).toMatchObject({ gpuMilli: 1000, gpuMemoryMib: 8192 })
  expect(requestOf(job({ raisedGpuMemoryMib: 1024 }))).toMatchObject({ gpuMemoryMib: 4096 })
})

test('what the scheduler sees are whole numbers, nodes with their devices, and what running jobs hold', () => {
  const running = job({
    id: 'b'.repeat(32),
    status: 'stopping',
    attemptId: 't',
    startedAtMs: 2000.6,
    predictedRunMs: 500,
  })
  const snapshot = snapshotOf(
    rows({
      jobs: [job(), running],
      allocations: [{ attemptId: 't', nodeId: 'n', cpuMilli: 1000, memoryMib: 1024 }],
      grants: [{ attemptId: 't', deviceId: 'd', milli: 500, memoryMib: 4096 }],
    }),
    5000,
  )
  expect(snapshot.nodes[0]?.devices.map(({ id }) => id)).toEqual(['d'])
  expect(snapshot.queued).toMatchObject([{ id: 'a'.repeat(32), submittedAtMs: 1000, notBeforeMs: 0 }])
  expect(snapshot.running).toMatchObject([
    {
      stopping: true,
      startedAtMs: 2001,
      predictedEndMs: 2501,
      placement: { pods: [{ nodeId: 'n', devices: [{ deviceId: 'd', milli: 500, memoryMib: 4096 }] }] },
    },
  ])
})

test('a time limit bounds the prediction and stands in where the end of a running job is asked for', () => {
  const held = { allocations: [{ attemptId: 't', nodeId: 'n', cpuMilli: 0, memoryMib: 0 }] }
  const end = (facts: Partial<ActiveJob>) =>
    snapshotOf(rows({ ...held, jobs: [job({ status: 'running', attemptId: 't', startedAtMs: 0, ...facts })] }), 5000)
      .running[0]?.predictedEndMs
  expect(end({ predictedRunMs: 900, timeLimitMs: 500 })).toBe(500)
  expect(end({ predictedRunMs: null, timeLimitMs: 500 })).toBe(500)
  expect(end({ predictedRunMs: null, timeLimitMs: null })).toBeNull()
})

test('an elastic job waits with its least, runs with what it has, and goes on where it was told', () => {
  const elastic = { gpuCount: 2, maxGpuCount: 4, gpuMilli: 1000 }
  const device = { index: 0, model: 'A', milli: 1000, memoryMib: 24_576, simulated: true }
  const place = { nodeId: 'n', cpuMilli: 1000, memoryMib: 1024 }
  const told = { ...place, nodeName: 'node', devices: ['d', 'f'].map((deviceId) => ({ ...device, deviceId })) }
  const snapshot = snapshotOf(
    rows({
      jobs: [
        job(elastic),
        job({ ...elastic, id: 'b'.repeat(32), status: 'stopping', attemptId: 't', resizeTo: told }),
        job({ gpuMilli: 1000, id: 'c'.repeat(32) }),
      ],
      allocations: [{ attemptId: 't', ...place }],
      grants: ['d', 'e', 'f'].map((deviceId) => ({ attemptId: 't', deviceId, milli: 1000, memoryMib: 24_576 })),
    }),
    5000,
  )
  const range = { elastic: { minimumGpuCount: 2, maximumGpuCount: 4, stays: true }, resumes: true }
  expect(snapshot.queued[0]).toMatchObject({ request: { gpuCount: 2 }, ...range })
  expect(snapshot.queued[1]?.elastic).toBeUndefined()
  expect(snapshot.queued[1]?.resumes).toBeUndefined()
  expect(snapshot.running[0]).toMatchObject({ request: { gpuCount: 3 }, stopping: true, ...range })
  expect(snapshot.running[0]?.resizing?.pods[0]?.devices.map(({ deviceId }) => deviceId)).toEqual(['d', 'f'])
})

test('what is left of an elastic job counts in GPUs × time, less what it saved, and within its limit over all attempts', () => {
  const elastic = { gpuCount: 2, maxGpuCount: 8, gpuMilli: 1000, predictedRunMs: 1000 }
  const left = (facts: Partial<ActiveJob>) =>
    snapshotOf(rows({ jobs: [job({ ...elastic, ...facts })] }), 5000).queued[0]?.predictedRuntimeMs
  expect(left({})).toBe(1000)
  expect(left({ doneGpuMs: 1200 })).toBe(400)
  expect(left({ doneGpuMs: 2000 })).toBe(500)
  expect(left({ timeLimitMs: 900, usedRunMs: 300 })).toBe(600)
  const held = {
    allocations: [{ attemptId: 't', nodeId: 'n', cpuMilli: 0, memoryMib: 0 }],
    grants: ['d', 'e', 'f', 'g'].map((deviceId) => ({ attemptId: 't', deviceId, milli: 1000, memoryMib: 1 })),
  }
  const running = job({ ...elastic, doneGpuMs: 1200, status: 'running', attemptId: 't', startedAtMs: 0 })
  expect(snapshotOf(rows({ ...held, jobs: [running] }), 5000).running[0]).toMatchObject({
    predictedRuntimeMs: 200,
    predictedEndMs: 200,
  })
})

test('a pause before a retry holds, unless it is longer than any can be: then the clock was set back since', () => {
  const pauseOf = (notBeforeMs: number, nowMs: number) =>
    snapshotOf(rows({ jobs: [job({ notBeforeMs })] }), nowMs).queued[0]?.notBeforeMs
  expect(pauseOf(1_300_000.4, 1_000_000)).toBe(1_300_000)
  expect(pauseOf(1_300_002, 1_000_000)).toBe(0)
})

test('equal values are equal whatever the order of their keys', () => {
  expect(canonical({ b: 1, a: { d: 2, c: [3, { f: 4, e: 5 }] } })).toBe(
    canonical({ a: { c: [3, { e: 5, f: 4 }], d: 2 }, b: 1 }),
  )
})
