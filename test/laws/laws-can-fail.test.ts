import {
  decide,
  decisionFaults,
  defaultPolicy,
  snapshotFaults,
  type Decision,
  type Law,
  type Placement,
  type Policy,
  type Snapshot,
} from '@novabrain/scheduler'
import { aJob, aNode, aQueue, aRunningJob, aSnapshot, hour, limits, minute, noon } from '../scheduler/builders.js'

const later = noon + 30 * minute
const placementOf = (nodeId: string, devices: readonly number[]): Placement =>
  aRunningJob('x', nodeId, devices).placement
const start = (jobId: string, placement: Placement): Decision => ({ type: 'start', jobId, placement })
const hold = (jobId: string, position = 1): Decision => ({
  type: 'hold',
  jobId,
  reason: 'backing_off',
  facts: { untilMs: 0 },
  position,
  suggestion: null,
  estimatedStart: null,
})

const broken = (snapshot: Snapshot, decisions: readonly Decision[], nowMs = later): Law[] =>
  decisionFaults(snapshot, decisions, defaultPolicy, nowMs).map((fault) => fault.law)

/** What `decide` says, with one decision replaced by a wrong one. */
const instead = (snapshot: Snapshot, wrong: (right: Decision) => Decision | null, nowMs = later): Law[] =>
  broken(
    snapshot,
    decide(snapshot, defaultPolicy, nowMs).flatMap((right) => wrong(right) ?? []),
    nowMs,
  )

test('two jobs on one device are seen', () => {
  const twice = aSnapshot({ running: [aRunningJob('a', 'n1', [0]), aRunningJob('b', 'n1', [0])] })
  expect(snapshotFaults(twice).map((fault) => fault.law)).toContain('device_held_once')
  const both = aSnapshot({ running: [aRunningJob('a', 'n1', [0])], queued: [aJob('b')] })
  expect(broken(both, [start('b', placementOf('n1', [0]))])).toContain('device_held_once')
})

test('memory given twice is seen even where compute is free', () => {
  const share = { gpuMilli: 100, gpuMemoryMib: 30_000 }
  const crowded = aSnapshot({ running: [aRunningJob('a', 'n1', [0], share), aRunningJob('b', 'n1', [0], share)] })
  expect(snapshotFaults(crowded).map((fault) => fault.detail)).toEqual(['n1-gpu0 lacks 20000 MiB'])
})

test('half a gang is seen', () => {
  const snapshot = aSnapshot({ queued: [aJob('g', { replicas: 2 })] })
  expect(broken(snapshot, [start('g', placementOf('n1', [0]))])).toContain('gang_whole')
})

test('a device of the wrong model is seen', () => {
  const nodes = [aNode('n1', 1), aNode('n2', 1, {}, { model: 'T4' })]
  const snapshot = aSnapshot({ nodes, queued: [aJob('a', { gpuModel: 'T4' })] })
  expect(broken(snapshot, [start('a', placementOf('n1', [0]))])).toContain('gang_whole')
})

test('a forgotten job, a job decided twice and a wrong position are seen', () => {
  const snapshot = aSnapshot({ nodes: [], queued: [aJob('a'), aJob('b')] })
  expect(broken(snapshot, [hold('a')])).toContain('one_decision_each')
  expect(broken(snapshot, [hold('a'), hold('a', 2)])).toContain('one_decision_each')
  expect(broken(snapshot, [hold('a'), hold('b', 3)])).toContain('one_decision_each')
  expect(broken(snapshot, [hold('a'), hold('b', 2)])).toEqual([])
})

test('a start beyond the quota is seen', () => {
  const snapshot = aSnapshot({ queues: [aQueue('main', { nominal: limits(0) })], queued: [aJob('a')] })
  expect(instead(snapshot, () => start('a', placementOf('n1', [0])))).toContain('quota_kept')
})

test('a draw on a pool that is used up is seen', () => {
  const team = (name: string) => aQueue(name, { cohort: 'all', nominal: limits(1000), lendingLimit: limits(0) })
  const running = [aRunningJob('r', 'n1', [0], {}, { queueName: 'a' })]
  const queued = [aJob('j', {}, { queueName: 'a' })]
  const snapshot = aSnapshot({ queues: [team('a'), team('b')], running, queued })
  expect(instead(snapshot, () => start('j', placementOf('n1', [1])))).toContain('quota_kept')
})

test('a start on a closed node, or before its time, is seen', () => {
  const closed = aSnapshot({ nodes: [aNode('n1', 1, { schedulable: false })], queued: [aJob('a')] })
  expect(broken(closed, [start('a', placementOf('n1', [0]))])).toContain('start_allowed')
  const early = aSnapshot({ queued: [aJob('a', {}, { notBeforeMs: later + 1 })] })
  expect(broken(early, [start('a', placementOf('n1', [0]))])).toContain('start_allowed')
})

describe('an unlawful eviction is seen', () => {
  const world = (change: object) =>
    aSnapshot({
      running: [aRunningJob('v', 'n1', [0, 1, 2, 3], {}, { priority: 100, ...change })],
      queued: [aJob('a', {}, { priority: 300 })],
    })
  const lawful = decide(world({}), defaultPolicy, later)

  test.each([
    ['of an equal', { priority: 300 }],
    ['of one that has just started', { startedAtMs: later - 1 }],
    ['of one that was evicted three times', { evictedAtMs: [later - 1, later - 2, later - 3] }],
    ['of one that stops already', { stopping: true }],
  ])('%s', (_, change) => {
    expect(broken(world({}), lawful)).toEqual([])
    expect(broken(world(change), lawful)).toContain('preemption_lawful')
  })

  test('of one that had evicted it', () => {
    const running = [aRunningJob('v', 'n1', [0, 1, 2, 3], {}, { priority: 100 })]
    const again = aSnapshot({ running, queued: [aJob('a', {}, { priority: 300, evictedBy: ['v'] })] })
    expect(broken(again, lawful)).toContain('preemption_lawful')
  })

  test('for shorter work, of one that was ended for it before', () => {
    const longer = { resumes: true, predictedRuntimeMs: 9 * hour, predictedEndMs: noon + 9 * hour }
    const queued = [aJob('a', {}, { predictedRuntimeMs: minute })]
    const asks = (change: object) =>
      aSnapshot({ running: [aRunningJob('v', 'n1', [0, 1, 2, 3], {}, { ...longer, ...change })], queued })
    const first = decide(asks({}), defaultPolicy, later)
    expect(broken(asks({}), first)).toEqual([])
    expect(broken(asks({ evictedBy: ['a'] }), first)).toContain('preemption_lawful')
  })

  test('past the age bound, of one that came before, or where the policy has no such right', () => {
    const aged = { ...defaultPolicy, preemption: { ...defaultPolicy.preemption, aged: 'any' as const } }
    const asks = (submittedAtMs: number) =>
      aSnapshot({
        running: [aRunningJob('v', 'n1', [0, 1, 2, 3], {}, { submittedAtMs })],
        queued: [aJob('a', {}, { submittedAtMs: noon - 1000 * hour })],
      })
    const first = decide(asks(noon), aged, later)
    const faultsOf = (snapshot: Snapshot, policy: Policy) =>
      decisionFaults(snapshot, first, policy, later).map(({ law }) => law)
    expect(first).toContainEqual({ type: 'preempt', victimId: 'v', forJobId: 'a', why: 'aged' })
    expect(faultsOf(asks(noon), aged)).toEqual([])
    expect(faultsOf(asks(noon - 2000 * hour), aged)).toContain('preemption_lawful')
    expect(faultsOf(asks(noon), defaultPolicy)).toContain('preemption_lawful')
  })

  test('for nobody', () => {
    expect(broken(world({}), [...lawful.filter((one) => one.type === 'preempt'), hold('a')])).toContain(
      'preemption_lawful',
    )
  })
})

test('a preemptor that is not started when its victims are gone is seen', () => {
  const kept = { jobId: 'a', placement: placementOf('n1', [0]), victimIds: [], expiresAtMs: later + 1 }
  const snapshot = aSnapshot({ queued: [aJob('a')], holds: [kept] })
  expect(instead(snapshot, () => hold('a'))).toContain('preemptor_starts')
})

test('a job that takes what is reserved in time is seen', () => {
  const snapshot = aSnapshot({
    nodes: [aNode('n1', 2)],
    running: [aRunningJob('r', 'n1', [0], {}, { predictedEndMs: noon + hour })],
    queued: [aJob('gang', { gpuCount: 2 }), aJob('long', {}, { predictedRuntimeMs: 9 * hour, submittedAtMs: later })],
  })
  const robbing = (right: Decision): Decision => (right.type === 'hold' ? start('long', placementOf('n1', [1])) : right)
  expect(instead(snapshot, robbing)).toContain('reservation_kept')
})

test('an aged job without a place kept is seen', () => {
  const snapshot = aSnapshot({ running: [aRunningJob('r', 'n1', [0, 1, 2, 3])], queued: [aJob('old')] })
  const nowMs = noon + 2 * hour
  expect(instead(snapshot, (right) => (right.type === 'reserve' ? hold('old') : right), nowMs)).toContain(
    'age_bound_kept',
  )
})

test('an idle device that a held job could use is seen', () => {
  expect(broken(aSnapshot({ queued: [aJob('a')] }), [hold('a')])).toEqual(['nothing_idle'])
})

describe('an unlawful resize is seen', () => {
  const wide = aRunningJob('w', 'n1', [0, 1, 2], {}, { elastic: { minimumGpuCount: 2, maximumGpuCount: 3 } })
  const resize = (devices: readonly number[], change: object = {}): Decision => ({
    type: 'resize',
    jobId: 'w',
    why: 'grow',
    forJobId: null,
    placement: placementOf('n1', devices),
    ...change,
  })
  const idle = aSnapshot({ running: [wide] })

  test.each([
    ['beyond the most', idle, resize([0, 1, 2, 3]), 'gang_whole'],
    ['of a rigid job', aSnapshot({ running: [aRunningJob('w', 'n1', [0])] }), resize([0, 1]), 'resize_lawful'],
    ['for nobody', idle, resize([0, 1], { why: 'shrink', forJobId: 'a' }), 'resize_lawful'],
    ['that gives less and says more', idle, resize([0, 1]), 'resize_lawful'],
    ['of one that stops', aSnapshot({ running: [{ ...wide, stopping: true }] }), resize([0, 1]), 'resize_lawful'],
    ['too soon', aSnapshot({ running: [{ ...wide, startedAtMs: later - 1 }] }), resize([0, 1]), 'resize_lawful'],
  ])('%s', (_, snapshot, decision, law) => {
    expect(broken(snapshot, [decision])).toContain(law)
  })

  test('into what somebody waits for, or what is in use', () => {
    const narrow = aRunningJob('w', 'n1', [0, 1], {}, { elastic: { minimumGpuCount: 2, maximumGpuCount: 3 } })
    const other = aRunningJob('r', 'n1', [2])
    expect(broken(aSnapshot({ running: [narrow] }), [resize([0, 1, 3])])).toEqual([])
    expect(broken(aSnapshot({ running: [narrow, other] }), [resize([0, 1, 2])])).toContain('device_held_once')
    const waits = aSnapshot({ running: [narrow, other], queued: [aJob('a', { gpuCount: 2 })] })
    const grown = [
      resize([0, 1, 3]),
      ...decide(waits, defaultPolicy, later).filter(({ type }) => type === 'reserve' || type === 'hold'),
    ]
    expect(broken(waits, grown)).toContain('resize_lawful')
  })

  test('too far, and for a less important job', () => {
    const world = (priority: number, minimumGpuCount: number) =>
      aSnapshot({
        running: [
          { ...wide, priority: 200, elastic: { minimumGpuCount, maximumGpuCount: 3 } },
          aRunningJob('r', 'n1', [3]),
        ],
        queued: [aJob('a', { gpuCount: 1 }, { priority })],
      })
    const lawful = decide(world(200, 2), defaultPolicy, later)
    expect(broken(world(200, 2), lawful)).toEqual([])
    expect(lawful.map(({ type }) => type)).toEqual(['resize', 'reserve'])
    expect(broken(world(200, 3), lawful)).toContain('resize_lawful')
    expect(broken(world(100, 2), lawful)).toContain('resize_lawful')
  })
})
