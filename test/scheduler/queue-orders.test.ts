import { decide, defaultPolicy, openScheduler, type QueueOrder, type Snapshot } from '@novabrain/scheduler'
import { aJob, aQueue, aRunningJob, aSnapshot, about, hour, minute, noon, victimIds } from './builders.js'

const order = (change: Partial<QueueOrder> = {}): QueueOrder => ({
  kind: 'cluster',
  fair: true,
  patienceMs: null,
  ...change,
})

const waiting = [
  aJob('long', {}, { submittedAtMs: noon, predictedRuntimeMs: 5 * hour }),
  aJob('short', {}, { submittedAtMs: noon + minute, predictedRuntimeMs: minute }),
  aJob('other', {}, { submittedAtMs: noon + 2 * minute, predictedRuntimeMs: hour, owner: 'bo' }),
]
const full = [aRunningJob('busy', 'n1', [0, 1, 2, 3], {}, { owner: 'ann', predictedEndMs: noon + 9 * hour })]
const world = (chosen: QueueOrder | null): Snapshot =>
  aSnapshot({ queues: [aQueue('main', { order: chosen })], queued: waiting, running: full })
const ranked = (snapshot: Snapshot, nowMs = noon + 3 * minute): string[] =>
  ['long', 'short', 'other'].sort((left, right) => placeOf(snapshot, left, nowMs) - placeOf(snapshot, right, nowMs))
const placeOf = (snapshot: Snapshot, jobId: string, nowMs: number): number => {
  const decision = about(decide(snapshot, defaultPolicy, nowMs), jobId)
  return decision.type === 'start' ? 0 : decision.position
}

test('a queue without an order of its own goes by the share of its people, then by predicted work', () => {
  expect(ranked(world(null))).toEqual(['other', 'short', 'long'])
  expect(ranked(world(order()))).toEqual(['other', 'short', 'long'])
})

test('a queue may take jobs as they came, or the shortest whoever owns it', () => {
  expect(ranked(world(order({ kind: 'submitted', fair: false })))).toEqual(['long', 'short', 'other'])
  expect(ranked(world(order({ kind: 'submitted' })))).toEqual(['other', 'long', 'short'])
  expect(ranked(world(order({ kind: 'predicted', fair: false })))).toEqual(['short', 'other', 'long'])
})

test('a job that has waited as long as its queue bears goes first in it, whoever had how much', () => {
  const bearing = world(order({ patienceMs: 10 * minute }))
  expect(ranked(bearing, noon + 10 * minute - 1)).toEqual(['other', 'short', 'long'])
  expect(ranked(bearing, noon + 10 * minute)).toEqual(['long', 'other', 'short'])
  expect(ranked(bearing, noon + 12 * minute)).toEqual(['long', 'short', 'other'])
})

test('a scheduler that remembers follows a queue that changes its mind at once', () => {
  const scheduler = openScheduler(defaultPolicy)
  const nowMs = noon + 3 * minute
  for (const chosen of [null, order({ kind: 'submitted', fair: false }), order({ patienceMs: minute }), null])
    expect(scheduler.decide(world(chosen), nowMs)).toEqual(decide(world(chosen), defaultPolicy, nowMs))
})

test('where jobs are taken as they came nobody is ended for shorter work', () => {
  const policy = { ...defaultPolicy, preemption: { ...defaultPolicy.preemption, shorterWork: 'any' as const } }
  const nowMs = noon + hour
  const short = aJob('short', {}, { submittedAtMs: nowMs, predictedRuntimeMs: minute })
  const evicted = (chosen: QueueOrder | null) => victimIds(decide({ ...world(chosen), queued: [short] }, policy, nowMs))
  expect(evicted(null)).toEqual(['busy'])
  expect(evicted(order({ kind: 'submitted' }))).toEqual([])
})
