import fc from 'fast-check'
import { defaultPolicy, type Policy } from '@novabrain/scheduler'
import { live, type Observer } from './history.js'
import { memoryChangesNothing, noPreemptionLoop, reservationsDoNotSlip } from './over-time.js'
import { elasticWorlds, worlds } from './worlds.js'

/** The default policy at the pace of the histories: age bounds and run times of minutes, one eviction an hour. */
const policy: Policy = {
  ...defaultPolicy,
  ageBound: { factor: 1, minimumMs: 20 * 60_000, maximumMs: 60 * 60_000 },
  reservation: { afterWaitMs: 60_000 },
  preemption: { ...defaultPolicy.preemption, maximumEvictionsPerHour: 1, shorterWork: 'any' },
}

/** The same, whatever exchanges for shorter work count, and whoever may be ended for those past their age bound. */
const policies = fc
  .record({
    exchange: fc.constantFrom('time' as const, 'work' as const),
    aged: fc.constantFrom('never', 'resumable', 'any'),
  })
  .map((changes): Policy => ({ ...policy, preemption: { ...policy.preemption, ...changes } }))
const seeds = Number(process.env['LAW_HISTORIES'] ?? 0)
const runs = (usual: number): fc.Parameters<unknown> => ({ numRuns: seeds || usual, seed: 20_260_101 })

test('in 10,000 histories with lost nodes, changed quotas and wrong guesses every law holds at every moment', () => {
  fc.assert(
    fc.property(worlds(false), policies, (world, either) => live(world, either, [noPreemptionLoop(either)])),
    runs(10_000),
  )
}, 600_000)

test('in 3,000 histories where run times are known, a place once promised to an aged job never slips', () => {
  fc.assert(
    fc.property(worlds(true), (world) =>
      live(world, policy, [noPreemptionLoop(policy), reservationsDoNotSlip(policy)]),
    ),
    runs(3000),
  )
}, 600_000)

test('in 1,500 longer histories a scheduler that remembers decides like one that sees everything anew', () => {
  fc.assert(
    fc.property(worlds(false, 40), policies, (world, either) => live(world, either, [memoryChangesNothing(either)])),
    runs(1500),
  )
}, 600_000)

test('in 1,000 histories of elastic jobs every law holds, and memory changes nothing', () => {
  let resizes = 0
  const counting: Observer = {
    disturbed: () => undefined,
    cycle: (_, decisions) => void (resizes += decisions.filter(({ type }) => type === 'resize').length),
  }
  fc.assert(
    fc.property(elasticWorlds(30), (world) =>
      live(world, policy, [noPreemptionLoop(policy), memoryChangesNothing(policy), counting]),
    ),
    runs(1000),
  )
  expect(resizes).toBeGreaterThan((seeds || 1000) / 10)
}, 600_000)
