import { fifoPolicy } from '@novabrain/scheduler'
import { corePolicy, estimateErrors, simulate, truth, watchStarts } from '@novabrain/scheduler/simulator'
import { aTrace, aTraceJob } from './traces.js'

const [minute, hour] = [60_000, 3_600_000]

test('who waits for one that runs is told when it will end, and starts then when run times are known', () => {
  const watch = watchStarts()
  const listen = { watch, everyMs: 1000 }
  const trace = aTrace([aTraceJob('runs', 0, 600, 4), aTraceJob('next', 60, 60, 4), aTraceJob('last', 120, 60, 4)])
  simulate(trace, corePolicy({ name: 'ours', policy: fifoPolicy, oracle: truth, listen }))
  const start = 10 * minute
  const [next, soonNext, last, soonLast] = watch.foretold()
  expect(next).toMatchObject({ jobId: 'next', toldMs: minute, p50Ms: start, startedMs: start })
  expect(soonNext).toMatchObject({ jobId: 'next', toldMs: 2 * minute, p50Ms: start, startedMs: start })
  // The last one waits for one that waits itself.
  expect(last).toMatchObject({ jobId: 'last', toldMs: 2 * minute, startedMs: start + minute })
  expect(Math.abs((last?.p50Ms ?? 0) - (start + minute))).toBeLessThan((9 * minute) / 16)
  expect(soonLast).toMatchObject({ jobId: 'last', toldMs: start, startedMs: start + minute })
  expect(watch.untold()).toBe(0)
})

test('nobody is asked more often than wanted, and hearing changes nothing', () => {
  const watch = watchStarts()
  const trace = aTrace([
    aTraceJob('runs', 0, 600, 4),
    ...[1, 2, 3, 4].map((n) => aTraceJob(`waits ${n}`, n * 60, 60, 1)),
  ])
  const options = { name: 'ours', policy: fifoPolicy, oracle: truth }
  const heard = simulate(trace, corePolicy({ ...options, listen: { watch, everyMs: 3 * minute } }))
  expect(heard).toEqual(simulate(trace, corePolicy(options)))
  expect(watch.foretold().map(({ toldMs }) => toldMs)).toEqual([3 * minute, 3 * minute, 3 * minute])
})

test('the watch learns as the server does: who was told too little is told more the next time', () => {
  const watch = watchStarts()
  const told = (jobId: string, nowMs: number) => ({
    type: 'hold' as const,
    jobId,
    reason: 'no_free_gpu' as const,
    facts: {},
    position: 1,
    suggestion: null,
    estimatedStart: { p50Ms: nowMs + 10 * minute, p90Ms: nowMs + 20 * minute },
  })
  watch.told([told('a', 0)] as never, 0)
  watch.started('a', 50 * minute)
  watch.told([told('b', hour)] as never, hour)
  watch.started('b', 2 * hour)
  const [first, second] = watch.foretold()
  expect(first).toMatchObject({ p50Ms: 10 * minute, p90Ms: 20 * minute, startedMs: 50 * minute })
  expect(second?.uncorrected).toEqual({ p50Ms: hour + 10 * minute, p90Ms: hour + 20 * minute })
  expect(second?.p50Ms).toBeGreaterThan(hour + 10 * minute)
  expect(second?.p90Ms).toBeGreaterThan(hour + 20 * minute)
})

test('errors are told apart by how far ahead an estimate looked', () => {
  const foretold = (waitMs: number, farMs: number, startedMs: number) => ({
    jobId: 'a',
    toldMs: hour,
    p50Ms: hour + waitMs,
    p90Ms: hour + farMs,
    uncorrected: { p50Ms: hour + waitMs, p90Ms: hour + farMs },
    startedMs: hour + startedMs,
  })
  const errors = estimateErrors([
    foretold(5 * minute, 10 * minute, 4 * minute),
    foretold(5 * minute, 10 * minute, 8 * minute),
    foretold(5 * minute, 10 * minute, 11 * minute),
    foretold(2 * hour, 4 * hour, 8 * hour),
  ])
  expect(errors.map(({ count }) => count)).toEqual([3, 0, 1, 0, 0, 4])
  const [near] = errors
  expect(near?.byP50).toBeCloseTo(1 / 3)
  expect(near?.byP90).toBeCloseTo(2 / 3)
  expect(near).toMatchObject({ fromMs: 0, toMs: 10 * minute, medianErrorMs: 3 * minute, medianRelativeError: 0.6 })
  expect(near?.medianReach).toBeCloseTo(10 / 8)
  expect(errors[2]).toMatchObject({ byP50: 0, byP90: 0, medianErrorMs: 6 * hour, medianRelativeError: 3 })
})
