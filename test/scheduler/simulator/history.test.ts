import type { SchedulingHistory } from '@novabrain/contracts'
import { defaultPolicy, valuesOf } from '@novabrain/scheduler'
import {
  asItWas,
  corePolicy,
  equalNodes,
  historyTrace,
  metricsOf,
  openQueue,
  recorded,
  serverCosts,
  simulate,
  wholeDevices,
} from '@novabrain/scheduler/simulator'

const job = (id: string, submitMs: number, runMs: number, became: Partial<SchedulingHistory['jobs'][number]> = {}) => ({
  id,
  submitMs,
  runMs,
  request: wholeDevices(1, 2),
  runIsMeasured: true,
  queueName: 'default',
  owner: 'ann',
  priority: 200,
  keys: [],
  predictedRunMs: null,
  firstStartMs: submitMs,
  endMs: submitMs + runMs,
  preemptions: 0,
  ...became,
})

const hour = 3_600_000
const history: SchedulingHistory = {
  name: 'last 7 days',
  from: '2026-01-01T00:00:00.000Z',
  to: '2026-01-08T00:00:00.000Z',
  nodes: equalNodes(1, 2).map((node) => ({ ...node, devices: [...node.devices] })),
  queues: [openQueue('default')],
  jobs: [
    job('long', 0, 4 * hour, { predictedRunMs: 4 * hour }),
    job('longer', 0, 8 * hour, { predictedRunMs: 8 * hour, firstStartMs: 5 * hour, endMs: 13 * hour }),
    job('short', 1000, hour, { predictedRunMs: hour, firstStartMs: null, endMs: null }),
  ],
  policy: valuesOf(defaultPolicy),
  truncated: false,
}

test('what really became of the jobs is told as a simulation would tell it', () => {
  const lived = asItWas('As it was', history)
  const metrics = metricsOf(lived)
  expect(metrics.jobs).toBe(2)
  expect(metrics.meanWaitS).toBe((5 * hour) / 1000 / 2)
  expect(Math.max(...lived.overTime.devices)).toBe(1)
  expect(lived.devicesInAll).toBe(2)
})

test('another policy is tried on the same jobs, with what had been predicted of them', () => {
  const policy = corePolicy({ name: 'ours', policy: defaultPolicy, oracle: recorded(history) })
  const tried = simulate(historyTrace(history), policy, { costs: serverCosts })
  const starts = Object.fromEntries(tried.jobs.map(({ id, firstStartMs }) => [id, firstStartMs]))
  expect(starts).toEqual({ long: 0, longer: 0, short: 4 * hour })
})

test('a prediction that was outlived grows by half until it lies ahead, and what was never predicted is not known', () => {
  const beliefs = recorded({ ...history, jobs: [job('a', 0, hour, { predictedRunMs: hour }), job('b', 0, hour)] })
  const oracle = beliefs({
    trace: historyTrace(history),
    job: () => history.jobs[0] ?? job('x', 0, 1),
    leftMs: () => 0,
    attainedMs: () => 0,
    startedAtMs: () => null,
  })
  expect(oracle.predict(job('a', 0, hour), 1.5 * hour, 0)).toEqual({ likelyMs: 0.75 * hour, cautiousMs: null })
  expect(oracle.predict(job('b', 0, hour), 0, 0)).toBeNull()
})
