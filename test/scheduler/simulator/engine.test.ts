import { defaultPolicy, fifoPolicy } from '@novabrain/scheduler'
import {
  corePolicy,
  easy,
  fifo,
  fifoSkipping,
  metricsOf,
  noCosts,
  openSimulation,
  simulate,
  sjf,
  truth,
  type PolicyMaker,
  type SimDecision,
  type SimResult,
} from '@novabrain/scheduler/simulator'
import { aTrace, aTraceJob } from './traces.js'

const startsOf = (result: SimResult): Record<string, number | null> =>
  Object.fromEntries(result.jobs.map((job) => [job.id, job.firstStartMs === null ? null : job.firstStartMs / 1000]))

const crowd = aTrace([
  aTraceJob('a', 0, 100, 3),
  aTraceJob('wide', 1, 50, 4),
  aTraceJob('short', 2, 90),
  aTraceJob('long', 3, 200),
])

test('first come, first served: nobody passes the head of the line', () => {
  expect(startsOf(simulate(crowd, fifo))).toEqual({ a: 0, wide: 100, short: 150, long: 150 })
})

test('with skipping whoever fits starts, and the wide job waits for it', () => {
  expect(startsOf(simulate(crowd, fifoSkipping))).toEqual({ a: 0, wide: 292, short: 2, long: 92 })
})

test('EASY lets pass who ends before the place of the head is free', () => {
  expect(startsOf(simulate(crowd, easy()))).toEqual({ a: 0, wide: 100, short: 2, long: 150 })
})

test('the core with the policy of first come and backfill does as EASY does', () => {
  const core = corePolicy({ name: 'core', policy: fifoPolicy, oracle: truth })
  expect(startsOf(simulate(crowd, core))).toEqual(startsOf(simulate(crowd, easy())))
})

test('shortest job first', () => {
  expect(startsOf(simulate(crowd, sjf()))).toEqual({ a: 0, wide: 100, short: 150, long: 150 })
  const apart = aTrace([aTraceJob('a', 0, 100, 4), aTraceJob('long', 1, 90, 4), aTraceJob('short', 2, 20, 4)])
  expect(startsOf(simulate(apart, sjf()))).toEqual({ a: 0, long: 120, short: 100 })
})

/** Evicts whoever runs when the second job comes, and lets the first come back afterwards. */
const swap: PolicyMaker = {
  name: 'swap',
  open(view) {
    const placement = { pods: [{ nodeId: 'node-001', cpuMilli: 0, memoryMib: 0, devices: [grant('node-001-0')] }] }
    const waiting: string[] = []
    let running: string | null = null
    return {
      happened(event) {
        if (event.type === 'submitted') waiting.push(event.job.id)
        if (event.type === 'requeued') waiting.push(event.jobId)
        if (event.type === 'ended') running = null
      },
      decide(): SimDecision[] {
        const next = waiting.at(-1)
        if (next === undefined || (running !== null && view.job(next).runMs > view.job(running).runMs)) return []
        const victim = running
        running = next
        waiting.pop()
        const start: SimDecision = { type: 'start', jobId: next, placement }
        return victim === null ? [start] : [{ type: 'preempt', victimId: victim }, start]
      },
      wakeMs: () => null,
    }
  },
}
const grant = (deviceId: string) => ({ deviceId, milli: 1000, memoryMib: 0 })

test('an evicted job comes back with what it had done, and pays for the interruption', () => {
  const trace = aTrace([aTraceJob('a', 0, 100), aTraceJob('b', 30, 10)])
  const costs = { ...noCosts, startMs: (_: unknown, isRestart: boolean) => (isRestart ? 7000 : 0) }
  const { jobs } = simulate(trace, swap, { costs })
  expect(jobs).toMatchObject([
    { id: 'a', firstStartMs: 0, endMs: 117_000, preemptions: 1, deviceMs: 107_000 },
    { id: 'b', firstStartMs: 30_000, endMs: 40_000, preemptions: 0, deviceMs: 10_000 },
  ])
  const anew = simulate(trace, swap, { costs: { ...costs, losesWork: true } })
  expect(anew.jobs[0]).toMatchObject({ endMs: 147_000, deviceMs: 137_000 })
})

test('a device that is given twice, or a job started twice, is an error', () => {
  const greedy: PolicyMaker = {
    name: 'greedy',
    open: () => ({
      happened: () => undefined,
      decide: () => [
        { type: 'start', jobId: 'a', placement: { pods: [pod('node-001-0')] } },
        { type: 'start', jobId: 'b', placement: { pods: [pod('node-001-0')] } },
      ],
      wakeMs: () => null,
    }),
  }
  const pod = (deviceId: string) => ({ nodeId: 'node-001', cpuMilli: 0, memoryMib: 0, devices: [grant(deviceId)] })
  expect(() => simulate(aTrace([aTraceJob('a', 0, 1), aTraceJob('b', 0, 1)]), greedy)).toThrow('in use')
  expect(() => simulate(aTrace([aTraceJob('a', 0, 1)]), greedy)).toThrow('speaks of b')
})

test('a simulation tells how far it is, can be stopped, and is the same when lived in pieces', () => {
  const told: number[] = []
  const stopped = simulate(crowd, fifo, {
    reportEvery: 1,
    onProgress: ({ jobsDone, nowMs }) => {
      told.push(nowMs)
      return jobsDone === 1 ? 'stop' : undefined
    },
  })
  expect(told).toEqual([0, 1000, 2000, 3000, 100_000])
  expect(stopped.stopped).toBe(true)
  const pieces = openSimulation(crowd, fifo)
  while (pieces.advance(1)) expect(pieces.progress().jobsInAll).toBe(4)
  expect(pieces.result()).toEqual(simulate(crowd, fifo))
})

test('figures: completion, waiting, slowdown, utilisation, and what happened over time', () => {
  const result = simulate(aTrace([aTraceJob('a', 0, 60, 4), aTraceJob('b', 0, 120, 4), aTraceJob('c', 60, 1)]), fifo)
  expect(metricsOf(result)).toMatchObject({
    jobs: 3,
    meanJctS: (60 + 180 + 121) / 3,
    meanWaitS: (0 + 60 + 120) / 3,
    p99JctS: 180,
    p99Slowdown: 12.1,
    makespanS: 181,
    utilisation: (240 + 480 + 1) / (4 * 181),
    preemptions: 0,
    waitBySize: [
      { from: 1, to: 1, jobs: 1, meanWaitS: 120 },
      { from: 2, to: 4, jobs: 2, meanWaitS: 30 },
    ],
  })
  expect(result.overTime).toEqual({
    startMs: 0,
    stepMs: 60_000,
    devices: [4, 4, 4, 0.02],
    queued: [1, 1, 1, 0],
  })
})

test('an elastic job goes as fast as the devices it has, and gives some up to one that comes', () => {
  const root = (gpuCount: number): number => Math.sqrt(gpuCount / 4)
  const trace = aTrace([
    { ...aTraceJob('e', 0, 1000, 4), elastic: { minimumGpuCount: 1, maximumGpuCount: 4 }, speedAt: root },
    aTraceJob('rigid', 500, 5000, 3),
  ])
  const costs = {
    ...noCosts,
    startMs: (_: unknown, isRestart: boolean) => (isRestart ? 10_000 : 0),
    stopMs: () => 5000,
  }
  const { jobs } = simulate(trace, corePolicy({ name: 'core', policy: defaultPolicy, oracle: truth }), { costs })
  // 500 s of work are left when it is told, at half the speed: 5 s to stop, 10 to begin again, 1,000 to do.
  expect(jobs).toMatchObject([
    { id: 'e', firstStartMs: 0, endMs: 1_515_000, resizes: 1, preemptions: 0, deviceMs: 505_000 * 4 + 1_010_000 },
    { id: 'rigid', firstStartMs: 505_000, endMs: 5_505_000, resizes: 0 },
  ])
})
