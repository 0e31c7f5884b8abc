import { defaultPolicy, type Policy } from '@novabrain/scheduler'
import {
  corePolicy,
  fifo,
  noisy,
  randomTrace,
  simulate,
  watchEvictions,
  withoutWords,
  type EvictionFault,
  type PolicyMaker,
} from '@novabrain/scheduler/simulator'

/** The default policy where evictions for shorter work, and for those past their age bound, are as easy as can be. */
const eager = (seed: number): Policy => ({
  ...withoutWords(defaultPolicy),
  ageBound: { factor: 10, minimumMs: 3_600_000, maximumMs: 72 * 3_600_000 },
  preemption: {
    ...defaultPolicy.preemption,
    minimumRunMs: 0,
    shorterWork: 'any',
    benefitPermille: 1000,
    restartCostMs: 0,
    exchange: seed % 2 === 0 ? 'work' : 'time',
    aged: seed % 3 === 0 ? 'never' : 'any',
  },
})

const histories = Number(process.env['LAW_HISTORIES'] ?? 0) || 200

const search = (
  makerFor: (seed: number) => PolicyMaker,
  elastic = false,
): { count: number; resizes: number; faults: EvictionFault[] } => {
  const found: EvictionFault[] = []
  let count = 0
  let resizes = 0
  for (let seed = 1; seed <= histories; seed += 1) {
    const { trace, costs } = randomTrace(seed, elastic)
    const watch = watchEvictions(makerFor(seed))
    const { jobs } = simulate(trace, watch.maker, { costs })
    resizes += jobs.reduce((sum, job) => sum + job.resizes, 0)
    count += watch.count()
    found.push(...watch.faults())
  }
  return { count, resizes, faults: found }
}

test('in random histories with wrong guesses no two jobs evict each other twice, and every preemptor starts', () => {
  const { count, faults } = search((seed) => corePolicy({ name: 'eager', policy: eager(seed), oracle: noisy(1, seed) }))
  expect(faults).toEqual([])
  expect(count).toBeGreaterThan(histories)
})

test('with elastic jobs among them too, and whoever others shrank for starts', () => {
  const eagerly = (seed: number) => corePolicy({ name: 'eager', policy: eager(seed), oracle: noisy(1, seed) })
  const { resizes, faults } = search(eagerly, true)
  expect(faults).toEqual([])
  expect(resizes).toBeGreaterThan(histories / 4)
})

test('the watch sees a pair that evicts each other, and a preemptor that does not start', () => {
  const thrashing: PolicyMaker = {
    name: 'thrashing',
    open: (view) => {
      const inner = fifo.open(view)
      let left = 2
      return {
        ...inner,
        decide(nowMs) {
          const started = inner.decide(nowMs)
          const [one, other] = view.trace.jobs
          if (one === undefined || other === undefined || left === 0 || view.startedAtMs(one.id) === null)
            return started
          left -= 1
          const decision = { type: 'preempt', victimId: one.id, forJobId: other.id, why: 'priority' } as const
          return [...started, decision]
        },
      }
    },
  }
  const { trace } = randomTrace(1)
  const watch = watchEvictions(thrashing)
  expect(() => simulate(trace, watch.maker)).not.toThrow()
  expect(watch.faults().map(({ kind }) => kind)).toContain('preemptor_did_not_start')
})
