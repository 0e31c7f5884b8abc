import fc from 'fast-check'
import {
  addUsage,
  applyDecisions,
  decide,
  defaultPolicy,
  evolve,
  evolveAll,
  type SchedEvent,
  type Snapshot,
} from '@novabrain/scheduler'
import { aJob, aNode, aRunningJob, aSnapshot, hour, minute, noon } from './builders.js'

const gangOn = (id: string, ...nodeIds: string[]) => {
  const pods = nodeIds.flatMap((nodeId) => aRunningJob(id, nodeId, [0]).placement.pods)
  return aRunningJob(id, nodeIds[0] ?? '', [0], { replicas: nodeIds.length }, { placement: { pods } })
}

test('a started job leaves the queue and is expected to end when its run time is over', () => {
  const before = aSnapshot({ queued: [aJob('a', {}, { predictedRuntimeMs: hour }), aJob('b')] })
  const after = applyDecisions(before, decide(before, defaultPolicy, noon), noon)
  expect(after.queued).toEqual([])
  expect(after.running).toMatchObject([
    { id: 'a', startedAtMs: noon, predictedEndMs: noon + hour, stopping: false },
    { id: 'b', predictedEndMs: null },
  ])
})

test('when a node leaves, a gang goes back to the queue whole, without the blame of an eviction', () => {
  const before = aSnapshot({ nodes: [aNode('n1', 1), aNode('n2', 1)], running: [gangOn('g', 'n1', 'n2')] })
  const after = evolve(before, { type: 'node_left', nodeId: 'n2', atMs: noon + 5 * minute })
  expect(after.running).toEqual([])
  expect(after.queued).toMatchObject([{ id: 'g', submittedAtMs: noon, evictedAtMs: [], attainedMs: 5 * minute }])
  expect(after.nodes.map((node) => node.id)).toEqual(['n1'])
})

test('a victim whose node leaves before it has stopped was evicted all the same', () => {
  const victim = aRunningJob('v', 'n1', [0], {}, { stopping: true })
  const hold = { jobId: 'p', placement: victim.placement, victimIds: ['v'], expiresAtMs: noon + hour }
  const after = evolve(aSnapshot({ running: [victim], holds: [hold] }), { type: 'node_left', nodeId: 'n1', atMs: noon })
  expect(after.queued).toMatchObject([{ id: 'v', evictedAtMs: [noon] }])
})

test('a job remembers for whom it was evicted, as long as they have not ended', () => {
  const victim = aRunningJob('v', 'n1', [0], {}, { stopping: true, evictedBy: ['earlier', 'ended'] })
  const hold = { jobId: 'p', placement: victim.placement, victimIds: ['v'], expiresAtMs: noon + hour }
  const earlier = aRunningJob('earlier', 'n1', [1])
  const before = aSnapshot({ running: [victim, earlier], queued: [aJob('p')], holds: [hold] })
  const requeued = { type: 'requeued', jobId: 'v', atMs: noon, notBeforeMs: 0 } as const
  const again = (evicted: boolean) => evolve(before, { ...requeued, evicted }).queued.filter(({ id }) => id === 'v')
  expect(again(true)).toMatchObject([{ evictedBy: ['earlier', 'p'] }])
  expect(again(false)).toMatchObject([{ evictedBy: ['earlier', 'ended'] }])
})

test('an eviction is remembered, and the time it ran does not count as waiting', () => {
  const before = aSnapshot({ running: [aRunningJob('a', 'n1', [0])] })
  const after = evolve(before, { type: 'requeued', jobId: 'a', atMs: noon + hour, notBeforeMs: 0, evicted: true })
  expect(after.queued).toMatchObject([{ evictedAtMs: [noon + hour], attainedMs: hour }])
})

test('the use of an ended attempt counts for its owner and is halved after a half-life', () => {
  const usage: Snapshot['usage'] = { halfLifeMs: 24 * hour, records: [] }
  const amount = { gpuMilli: 1000, cpuMilli: 0, memoryMib: 0 }
  const once = addUsage(usage, { queueName: 'main', owner: 'ann', amount, startedAtMs: noon, endedAtMs: noon + 1000 })
  expect(once.records[0]?.amountSeconds.gpuMilli).toBe(1000)
  const later = noon + 1000 + 24 * hour
  const nothing = { gpuMilli: 0, cpuMilli: 0, memoryMib: 0 }
  const again = addUsage(once, {
    queueName: 'main',
    owner: 'ann',
    amount: nothing,
    startedAtMs: later,
    endedAtMs: later,
  })
  expect(again.records).toMatchObject([{ asOfMs: later, amountSeconds: { gpuMilli: 500 } }])
})

test('an event about something unknown changes nothing', () => {
  const before = aSnapshot({ queued: [aJob('a')] })
  expect(evolve(before, { type: 'ended', jobId: 'nobody', atMs: noon })).toEqual(before)
  expect(evolve(before, { type: 'withdrawn', jobId: 'nobody' })).toEqual(before)
})

test('many events at once come to the same as one after another, known or unknown, once or twice', () => {
  const running = ['r0', 'r1', 'r2'].map((id, at) => aRunningJob(id, 'n1', [at]))
  const hold = {
    jobId: 'q0',
    placement: running[0]?.placement ?? { pods: [] },
    victimIds: ['r0', 'r1'],
    expiresAtMs: noon,
  }
  const before = aSnapshot({ queued: [aJob('q0'), aJob('q1'), aJob('q2')], running, holds: [hold] })
  const placement = hold.placement
  const ids = fc.constantFrom('q0', 'q1', 'q2', 'r0', 'r1', 'r2', 'new', 'nobody')
  const atMs = fc.integer({ min: noon, max: noon + hour })
  const events: fc.Arbitrary<SchedEvent> = fc.oneof(
    fc.constant<SchedEvent>({ type: 'submitted', job: aJob('new') }),
    fc.record({ type: fc.constant('withdrawn' as const), jobId: ids }),
    fc.record({ type: fc.constant('started' as const), jobId: ids, placement: fc.constant(placement), atMs }),
    fc.record({ type: fc.constant('ended' as const), jobId: ids, atMs }),
    fc.record({
      type: fc.constant('requeued' as const),
      jobId: ids,
      atMs,
      notBeforeMs: atMs,
      evicted: fc.boolean(),
    }),
  )
  fc.assert(
    fc.property(fc.array(events, { maxLength: 12 }), (list) => {
      expect(evolveAll(before, list)).toEqual(list.reduce(evolve, before))
    }),
    { numRuns: 1000, seed: 20_260_101 },
  )
})
