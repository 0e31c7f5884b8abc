import { shortestPolicy } from '@novabrain/scheduler'
import {
  corePolicy,
  las2d,
  metricsOf,
  muriSrsf,
  muriSrtf,
  muriTiresias,
  readMuri,
  simulate,
  simulateMuri,
  sjf,
  srsf,
  srtf,
  themis,
  type OracleMaker,
} from '@novabrain/scheduler/simulator'
import { aTrace, aTraceJob } from './traces.js'

const undisturbed = { ...shortestPolicy, preemption: { ...shortestPolicy.preemption, enabled: false } }

const endsOf = (result: ReturnType<typeof simulate>) =>
  Object.fromEntries(result.jobs.map((job) => [job.id, (job.endMs ?? 0) / 1000]))

const crowd = aTrace([aTraceJob('long', 0, 100, 4), aTraceJob('short', 10, 20, 4), aTraceJob('wide', 12, 15, 4)])

test('shortest remaining time evicts who has more left, and goes on where it stopped', () => {
  const result = simulate(crowd, srtf())
  expect(endsOf(result)).toEqual({ long: 135, short: 45, wide: 27 })
  expect(metricsOf(result).preemptions).toBe(2)
})

test('shortest remaining service counts the width too', () => {
  const trace = aTrace([aTraceJob('narrow', 0, 60), aTraceJob('wide', 0, 20, 4)])
  expect(endsOf(simulate(trace, srtf()))).toEqual({ narrow: 80, wide: 20 })
  expect(endsOf(simulate(trace, srsf()))).toEqual({ narrow: 60, wide: 80 })
})

/** Believes the opposite of what is true: a hundred seconds less the run time. */
const opposite: OracleMaker = () => ({
  predict: ({ runMs }, attainedMs) => ({ likelyMs: 100_000 - runMs + attainedMs, cautiousMs: null }),
  learns: false,
  ended: () => undefined,
})

test('policies to compare with believe what their oracle tells them', () => {
  const trace = aTrace([aTraceJob('first', 0, 30, 4), aTraceJob('long', 1, 60, 4), aTraceJob('short', 2, 20, 4)])
  expect(endsOf(simulate(trace, sjf()))).toEqual({ first: 30, long: 110, short: 50 })
  expect(endsOf(simulate(trace, sjf(opposite)))).toEqual({ first: 30, long: 90, short: 110 })
  expect(endsOf(simulate(trace, srsf(opposite)))['long']).toBe(61)
})

/** Learns after an hour that it had taken two jobs for each other. */
const wiser =
  (learns: boolean): OracleMaker =>
  () => ({
    predict({ id, runMs }, _attainedMs, nowMs) {
      if (id !== 'x' && id !== 'y') return { likelyMs: runMs, cautiousMs: null }
      return { likelyMs: (id === 'x') === nowMs < 3_600_000 ? 1000 : 2000, cautiousMs: null }
    },
    learns,
    ended: () => undefined,
  })

test.each([
  ['ours', (oracle: OracleMaker) => corePolicy({ name: 'ours', policy: undisturbed, oracle })],
  ['SJF', sjf],
])('what learns is asked anew of those who wait, what does not is not: %s', (_, open) => {
  const trace = aTrace([
    aTraceJob('before', 0, 7200, 4),
    aTraceJob('x', 1, 10, 4),
    aTraceJob('y', 1, 10, 4),
    aTraceJob('later', 5400, 8000, 4),
  ])
  const first = (learns: boolean) => {
    const ends = endsOf(simulate(trace, open(wiser(learns))))
    return (ends['x'] ?? 0) < (ends['y'] ?? 0) ? 'x' : 'y'
  }
  expect([first(false), first(true)]).toEqual(['x', 'y'])
})

test('least attained service runs newcomers first and puts back who used up its share', () => {
  const trace = aTrace([aTraceJob('old', 0, 3000, 4), aTraceJob('new', 2000, 100, 4)])
  expect(endsOf(simulate(trace, las2d([4000])))).toEqual({ old: 3100, new: 2100 })
  expect(endsOf(simulate(trace, las2d([40_000])))).toEqual({ old: 3000, new: 3100 })
})

test('finish-time fairness lets nobody fall behind: leases end, and the one furthest behind goes first', () => {
  const trace = aTrace([aTraceJob('a', 0, 7200, 4), aTraceJob('b', 60, 1800, 4)])
  const ends = endsOf(simulate(trace, themis()))
  expect(ends['b']).toBeLessThan(7200)
  expect(ends['a']).toBe(9000)
})

const muri = readMuri(
  [
    'job_id,submit_s,num_gpus,model,iterations,iter_ms,res0_ms,res1_ms,res2_ms',
    'a,0.0,1,bert,100,1000,0.5,990,0',
    'b,50.0,1,vgg16,10,1000,500,400,0',
  ].join('\n'),
)

test.each([muriSrtf, muriSrsf, muriTiresias])(
  'Muri: everybody pays the start cost at every event ($name)',
  (policy) => {
    // At 50 s bert has lost 10 s of start cost, at 60.15 s when vgg16 ends another 10 s.
    const figures = simulateMuri(muri, policy)
    expect(figures.makespanS).toBeCloseTo(121.5, 6)
    expect(figures.meanJctS).toBeCloseTo((121.5 + 10.15) / 2, 6)
  },
)
