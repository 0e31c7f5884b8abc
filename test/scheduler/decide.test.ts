import {
  applyDecisions,
  decide,
  defaultPolicy,
  evolve,
  fifoPolicy,
  type QueuedJob,
  type Snapshot,
} from '@novabrain/scheduler'
import {
  about,
  aJob,
  aNode,
  aQueue,
  aRunningJob,
  aSnapshot,
  devicesOf,
  hour,
  limits,
  minute,
  noon,
  outcome,
  startedIds,
  victimIds,
} from './builders.js'

const half = { gpuMilli: 500 }
const at = (minutes: number): number => noon + minutes * minute

describe('order', () => {
  test('short work goes before long work, and a known time before an unknown one', () => {
    const queued = [
      aJob('unknown'),
      aJob('long', {}, { predictedRuntimeMs: 50 * minute }),
      aJob('short', {}, { predictedRuntimeMs: 5 * minute }),
    ]
    const decisions = decide(aSnapshot({ nodes: [aNode('n1', 2)], queued }), defaultPolicy, noon)
    expect(startedIds(decisions)).toEqual(['short', 'long'])
    expect(outcome(decisions, 'unknown')).toBe('hold:behind_in_queue')
  })

  test('a more important job goes first, however long it is', () => {
    const queued = [
      aJob('short', {}, { predictedRuntimeMs: minute }),
      aJob('urgent', {}, { predictedRuntimeMs: 20 * hour, priority: 300 }),
    ]
    const decisions = decide(aSnapshot({ nodes: [aNode('n1', 1)], queued }), defaultPolicy, noon)
    expect(startedIds(decisions)).toEqual(['urgent'])
  })

  test('a job past its age bound goes before everything else', () => {
    const queued = [aJob('old', {}, { priority: 100 }), aJob('urgent', {}, { priority: 300, submittedAtMs: at(60) })]
    const decisions = decide(aSnapshot({ nodes: [aNode('n1', 1)], queued }), defaultPolicy, at(61))
    expect(startedIds(decisions)).toEqual(['old'])
  })

  test('an owner who uses less comes before one who uses more, and the other is told so', () => {
    const running = [aRunningJob('r', 'n1', [0], {}, { owner: 'ann' })]
    const queued = [aJob('anns', {}, { owner: 'ann' }), aJob('bobs', {}, { owner: 'bob', submittedAtMs: at(1) })]
    const decisions = decide(aSnapshot({ nodes: [aNode('n1', 2)], running, queued }), defaultPolicy, at(2))
    expect(startedIds(decisions)).toEqual(['bobs'])
    expect(about(decisions, 'anns')).toMatchObject({ reason: 'fair_share', facts: { aheadJobId: 'bobs' } })
  })

  test('what started at a higher priority in the same moment counts as use at the lower ones', () => {
    const queued = [
      aJob('anns-urgent', { gpuCount: 2 }, { owner: 'ann', priority: 300 }),
      aJob('anns', {}, { owner: 'ann' }),
      aJob('bobs', {}, { owner: 'bob', submittedAtMs: at(1) }),
    ]
    const decisions = decide(aSnapshot({ nodes: [aNode('n1', 3)], queued }), defaultPolicy, at(2))
    expect(startedIds(decisions)).toEqual(['anns-urgent', 'bobs'])
  })

  test('use in the past counts, and fades', () => {
    const record = { queueName: 'main', owner: 'ann', asOfMs: noon }
    const amountSeconds = { gpuMilli: 4000 * 86_400, cpuMilli: 0, memoryMib: 0 }
    const usage = { halfLifeMs: 24 * hour, records: [{ ...record, amountSeconds }] }
    const queued = (submittedAtMs: number) => [
      aJob('anns', {}, { owner: 'ann', submittedAtMs }),
      aJob('bobs', {}, { owner: 'bob', submittedAtMs: submittedAtMs + 1 }),
    ]
    const world = { nodes: [aNode('n1', 1)], usage }
    expect(startedIds(decide(aSnapshot({ ...world, queued: queued(noon) }), defaultPolicy, at(1)))).toEqual(['bobs'])
    const later = noon + 60 * 24 * hour
    expect(startedIds(decide(aSnapshot({ ...world, queued: queued(later) }), defaultPolicy, later))).toEqual(['anns'])
  })

  test('first come, first served, where that is the policy', () => {
    const queued = [
      aJob('first', {}, { predictedRuntimeMs: 9 * hour }),
      aJob('second', {}, { predictedRuntimeMs: minute, submittedAtMs: at(1) }),
    ]
    expect(startedIds(decide(aSnapshot({ nodes: [aNode('n1', 1)], queued }), fifoPolicy, at(2)))).toEqual(['first'])
  })
})

describe('placement', () => {
  test('a share goes to the fullest device that still has room', () => {
    const running = [aRunningJob('r', 'n1', [2], { gpuMilli: 300 })]
    const decisions = decide(aSnapshot({ running, queued: [aJob('a', half)] }), defaultPolicy, noon)
    expect(about(decisions, 'a')).toMatchObject({
      placement: { pods: [{ devices: [{ deviceId: 'n1-gpu2', milli: 500 }] }] },
    })
  })

  test('two halves of free compute on two devices are not a whole device', () => {
    const nodes = [aNode('n1', 2)]
    const running = [aRunningJob('r1', 'n1', [0], half), aRunningJob('r2', 'n1', [1], half)]
    const decisions = decide(aSnapshot({ nodes, running, queued: [aJob('a', { gpuMilli: 800 })] }), defaultPolicy, noon)
    expect(about(decisions, 'a')).toMatchObject({ reason: 'gpu_fragmented', suggestion: { change: { gpuMilli: 500 } } })
  })

  test('device memory is a second measure: compute alone is not enough', () => {
    const nodes = [aNode('n1', 1)]
    const running = [aRunningJob('r1', 'n1', [0], { gpuMilli: 100, gpuMemoryMib: 30_000 })]
    const queued = [aJob('a', { gpuMilli: 300, gpuMemoryMib: 12_000 })]
    const decision = about(decide(aSnapshot({ nodes, running, queued }), defaultPolicy, noon), 'a')
    expect(decision).toMatchObject({ reason: 'gpu_memory', suggestion: { change: { gpuMemoryMib: 9984 } } })
  })

  test('a gang starts whole, over several nodes if need be, or not at all', () => {
    const nodes = [aNode('n1', 2), aNode('n2', 2)]
    const queued = [aJob('fits', { gpuCount: 2, replicas: 2 })]
    const started = about(decide(aSnapshot({ nodes, queued }), defaultPolicy, noon), 'fits')
    expect(started).toMatchObject({ type: 'start' })
    expect(started.type === 'start' && devicesOf(started.placement)).toHaveLength(4)
    const running = [aRunningJob('r', 'n2', [1])]
    expect(about(decide(aSnapshot({ nodes, running, queued }), defaultPolicy, noon), 'fits')).toMatchObject({
      reason: 'gang_incomplete',
      facts: { placeable: 1, replicas: 2 },
    })
  })

  test('a job without device runs on a node without device, and leaves the GPUs alone', () => {
    const cpu = aNode('n9', 0, { devices: [{ id: 'c', index: 0, kind: 'cpu', model: 'CPU', memoryMib: 0 }] })
    const decisions = decide(
      aSnapshot({ nodes: [aNode('n1', 4), cpu], queued: [aJob('a', { gpuCount: 0 })] }),
      defaultPolicy,
      noon,
    )
    expect(about(decisions, 'a')).toMatchObject({ placement: { pods: [{ nodeId: 'n9', devices: [] }] } })
  })

  test('a stand-in device is never given to a job that asks for a GPU', () => {
    const nodes = [aNode('n1', 1, {}, { kind: 'cpu', model: 'CPU' })]
    const decisions = decide(aSnapshot({ nodes, queued: [aJob('a')] }), defaultPolicy, noon)
    expect(about(decisions, 'a')).toMatchObject({
      reason: 'never_fits',
      facts: { lacking: 'gpu' },
      suggestion: { change: { gpuCount: 0 } },
    })
  })

  test('equal places go to the node with the smallest name, then to the device with the smallest index', () => {
    const nodes = [aNode('b', 2), aNode('a', 2)]
    const decisions = decide(aSnapshot({ nodes, queued: [aJob('j')] }), defaultPolicy, noon)
    expect(about(decisions, 'j')).toMatchObject({ placement: { pods: [{ devices: [{ deviceId: 'a-gpu0' }] }] } })
  })

  test('nothing starts on a node that takes no jobs, and the job says which', () => {
    const nodes = [aNode('n1', 4, { schedulable: false })]
    const decisions = decide(aSnapshot({ nodes, queued: [aJob('a')] }), defaultPolicy, noon)
    expect(about(decisions, 'a')).toMatchObject({ reason: 'node_unavailable', facts: { nodeNames: ['n1'] } })
  })
})

describe('quota', () => {
  const team = (name: string, gpus: number) => aQueue(name, { cohort: 'all', nominal: limits(gpus * 1000) })

  test('a queue stops at what it owns and says who uses it', () => {
    const queues = [aQueue('main', { nominal: limits(1000) })]
    const running = [aRunningJob('r', 'n1', [0])]
    expect(about(decide(aSnapshot({ queues, running, queued: [aJob('a')] }), defaultPolicy, noon), 'a')).toMatchObject({
      reason: 'quota_exceeded',
      facts: { used: 1000, limit: 1000, heldBy: [{ jobId: 'r' }] },
    })
  })

  test('more than the queue may ever use is told at once, with what would do', () => {
    const queues = [aQueue('main', { nominal: limits(2000) })]
    const decision = about(
      decide(aSnapshot({ queues, queued: [aJob('a', { gpuCount: 3 })] }), defaultPolicy, noon),
      'a',
    )
    expect(decision).toMatchObject({ reason: 'queue_limit', suggestion: { change: { gpuCount: 2 } } })
  })

  test('a queue borrows what its cohort does not use, up to its borrowing limit and what others lend', () => {
    const borrower = { ...team('a', 1), borrowingLimit: limits(2000) }
    const job = (gpuCount: number) => [aJob('j', { gpuCount }, { queueName: 'a' })]
    const world = (lent: number | null, gpuCount: number): Snapshot =>
      aSnapshot({ queues: [borrower, { ...team('b', 3), lendingLimit: limits(lent) }], queued: job(gpuCount) })
    expect(outcome(decide(world(null, 3), defaultPolicy, noon), 'j')).toBe('start')
    expect(outcome(decide(world(null, 4), defaultPolicy, noon), 'j')).toBe('hold:queue_limit')
    expect(outcome(decide(world(1000, 3), defaultPolicy, noon), 'j')).toBe('hold:queue_limit')
  })

  test('an owner reclaims from a borrower of the same importance, but no more than it needs', () => {
    const running = [
      aRunningJob('b1', 'n1', [0, 1], {}, { queueName: 'b' }),
      aRunningJob('b2', 'n1', [2], {}, { queueName: 'b', startedAtMs: at(1) }),
      aRunningJob('b3', 'n1', [3], {}, { queueName: 'b', startedAtMs: at(2) }),
    ]
    const queued = [aJob('mine', {}, { queueName: 'a' })]
    const decisions = decide(
      aSnapshot({ queues: [team('a', 2), team('b', 2)], running, queued }),
      defaultPolicy,
      at(30),
    )
    expect(decisions).toContainEqual({ type: 'preempt', victimId: 'b3', forJobId: 'mine', why: 'reclaim' })
    expect(victimIds(decisions)).toEqual(['b3'])
  })

  test('two owners do not reclaim the same borrowed device twice', () => {
    const running = [
      aRunningJob('own', 'n1', [0, 1], {}, { queueName: 'b' }),
      aRunningJob('borrowed', 'n1', [2], {}, { queueName: 'b', startedAtMs: at(5) }),
      aRunningJob('other', 'n1', [3], {}, { queueName: 'c' }),
    ]
    const queues = [team('a', 1), team('b', 2), team('c', 1), team('d', 1)]
    const queued = [aJob('first', {}, { queueName: 'a' }), aJob('second', {}, { queueName: 'd' })]
    const decisions = decide(aSnapshot({ queues, running, queued }), defaultPolicy, at(30))
    expect(victimIds(decisions)).toEqual(['borrowed'])
  })

  test('nobody reclaims from a queue that stays inside what it owns', () => {
    const running = [aRunningJob('b1', 'n1', [0, 1, 2, 3], {}, { queueName: 'b', priority: 100 })]
    const queued = [aJob('mine', {}, { queueName: 'a', priority: 300 })]
    const decisions = decide(
      aSnapshot({ queues: [team('a', 4), team('b', 4)], running, queued }),
      defaultPolicy,
      at(30),
    )
    expect(victimIds(decisions)).toEqual([])
  })

  test('an aged job that waits for quota stops others of its queue from using it up', () => {
    const queues = [aQueue('main', { nominal: limits(2000) })]
    const running = [aRunningJob('r', 'n1', [0])]
    const queued = [aJob('old', { gpuCount: 2 }), aJob('young', {}, { submittedAtMs: at(70) })]
    const decisions = decide(aSnapshot({ queues, running, queued }), defaultPolicy, at(71))
    expect(outcome(decisions, 'old')).toBe('hold:quota_exceeded')
    expect(about(decisions, 'young')).toMatchObject({ reason: 'reserved_for_other', facts: { forJobId: 'old' } })
  })
})

describe('reservation and backfill', () => {
  const nodes = [aNode('n1', 2)]
  const running = [aRunningJob('r', 'n1', [0], {}, { predictedEndMs: at(60) })]
  const gang = aJob('gang', { gpuCount: 2 }, { predictedRuntimeMs: hour })
  const filler = (id: string, minutes: number | null) =>
    aJob(id, {}, { submittedAtMs: at(1), predictedRuntimeMs: minutes === null ? null : minutes * minute })

  test('the oldest blocked gang gets a place in time, when what it needs is expected to be free', () => {
    const decisions = decide(aSnapshot({ nodes, running, queued: [gang] }), defaultPolicy, at(10))
    expect(about(decisions, 'gang')).toMatchObject({
      type: 'reserve',
      atMs: at(60),
      hold: null,
      reason: 'gpu_busy',
      estimatedStart: { p50Ms: at(60), p90Ms: at(110) },
    })
  })

  test('where the oldest gang starts, the next one that is blocked gets the place, and nobody takes it', () => {
    const wide = [aNode('n1', 4)]
    const half = [aRunningJob('r', 'n1', [0], {}, { predictedEndMs: at(60) })]
    const second = { ...gang, id: 'second', submittedAtMs: at(1) }
    const third = { ...gang, id: 'third', submittedAtMs: at(2) }
    const small = aJob('small', {}, { submittedAtMs: at(3), predictedRuntimeMs: 2 * hour })
    const decisions = decide(
      aSnapshot({ nodes: wide, running: half, queued: [third, small, second, gang] }),
      defaultPolicy,
      at(30),
    )
    expect(outcome(decisions, 'gang')).toBe('start')
    expect(about(decisions, 'second')).toMatchObject({ type: 'reserve', atMs: at(60) })
    expect(outcome(decisions, 'third')).toMatch(/^hold/)
    expect(about(decisions, 'small')).toMatchObject({ reason: 'reserved_for_other', facts: { forJobId: 'second' } })
  })

  test('a job that ends before the reservation may go ahead, one that would not may not', () => {
    const queued = (minutes: number | null) => aSnapshot({ nodes, running, queued: [gang, filler('f', minutes)] })
    expect(outcome(decide(queued(50), defaultPolicy, at(10)), 'f')).toBe('start')
    expect(about(decide(queued(51), defaultPolicy, at(10)), 'f')).toMatchObject({
      reason: 'reserved_for_other',
      facts: { forJobId: 'gang', untilMs: at(60) },
    })
    expect(outcome(decide(queued(null), defaultPolicy, at(10)), 'f')).toBe('hold:reserved_for_other')
  })

  test('an aged job gets a place in time even where a preemptor waits for its victims', () => {
    const all = [0, 1, 2, 3]
    const stopping = aRunningJob('low', 'n1', all, {}, { priority: 100, stopping: true })
    const expiresAtMs = at(80)
    const hold = { jobId: 'urgent', placement: stopping.placement, victimIds: ['low'], expiresAtMs }
    const urgent = aJob('urgent', { gpuCount: 4 }, { priority: 300, predictedRuntimeMs: 30 * minute })
    const queued = [aJob('old', { gpuCount: 2 }), { ...urgent, submittedAtMs: at(70) }]
    const decisions = decide(aSnapshot({ running: [stopping], queued, holds: [hold] }), defaultPolicy, at(71))
    expect(outcome(decisions, 'urgent')).toBe('reserve:waiting_for_preemption')
    expect(about(decisions, 'old')).toMatchObject({ type: 'reserve', hold: null, atMs: at(110) })
  })

  test('a run time that was outlived is not believed again: it grows by half', () => {
    const decisions = decide(
      aSnapshot({ nodes, running, queued: [{ ...gang, predictedRuntimeMs: 20 * hour }] }),
      defaultPolicy,
      at(61),
    )
    expect(about(decisions, 'gang')).toMatchObject({ type: 'reserve', atMs: at(90) })
  })
})

describe('preemption', () => {
  const urgent = (request = {}) => aJob('urgent', request, { priority: 300 })

  test('the cheapest victims go: least important, then least work lost', () => {
    const running = [
      aRunningJob('normal', 'n1', [0], {}, { priority: 200, startedAtMs: at(50) }),
      aRunningJob('low-old', 'n1', [1], {}, { priority: 100 }),
      aRunningJob('low-new', 'n1', [2], {}, { priority: 100, startedAtMs: at(40) }),
      aRunningJob('low-saved', 'n1', [3], {}, { priority: 100, checkpointedAtMs: at(59) }),
    ]
    const decide1 = (request = {}) => decide(aSnapshot({ running, queued: [urgent(request)] }), defaultPolicy, at(60))
    expect(victimIds(decide1())).toEqual(['low-saved'])
    expect(victimIds(decide1({ gpuCount: 3 }))).toEqual(['low-new', 'low-old', 'low-saved'])
  })

  test('one wide victim is taken rather than two dearer ones, and nobody who is not needed', () => {
    const running = [
      aRunningJob('a', 'n1', [0], {}, { priority: 100 }),
      aRunningJob('b', 'n1', [1], {}, { priority: 100 }),
      aRunningJob('wide', 'n1', [2, 3], {}, { priority: 100, startedAtMs: at(30) }),
    ]
    const decisions = decide(aSnapshot({ running, queued: [urgent({ gpuCount: 2 })] }), defaultPolicy, at(60))
    expect(victimIds(decisions)).toEqual(['wide'])
  })

  test('nobody is evicted for a job that would not start even then', () => {
    const running = [
      aRunningJob('low', 'n1', [0, 1], {}, { priority: 100 }),
      aRunningJob('peer', 'n1', [2, 3], {}, { priority: 300 }),
    ]
    const decisions = decide(aSnapshot({ running, queued: [urgent({ gpuCount: 3 })] }), defaultPolicy, at(60))
    expect(victimIds(decisions)).toEqual([])
  })

  test('nobody is evicted while enough is being freed anyhow', () => {
    const running = [
      aRunningJob('leaving', 'n1', [0, 1], {}, { stopping: true }),
      aRunningJob('low', 'n1', [2, 3], {}, { priority: 100 }),
    ]
    expect(victimIds(decide(aSnapshot({ running, queued: [urgent()] }), defaultPolicy, at(60)))).toEqual([])
  })

  test('a job that has just started, or was evicted three times in the hour, is left alone', () => {
    const try1 = (change: object) =>
      victimIds(
        decide(
          aSnapshot({
            running: [aRunningJob('v', 'n1', [0, 1, 2, 3], {}, { priority: 100, ...change })],
            queued: [urgent()],
          }),
          defaultPolicy,
          at(60),
        ),
      )
    expect(try1({})).toEqual(['v'])
    expect(try1({ startedAtMs: at(59) })).toEqual([])
    expect(try1({ evictedAtMs: [at(10), at(20), at(30)] })).toEqual([])
    expect(try1({ evictedAtMs: [at(-1), at(20), at(30)] })).toEqual(['v'])
  })

  test('a job does not evict one for which it was evicted, but others like it may', () => {
    const running = [aRunningJob('v', 'n1', [0, 1, 2, 3], {}, { priority: 100 })]
    const spared = { ...urgent(), submittedAtMs: at(50), evictedBy: ['v'] }
    expect(victimIds(decide(aSnapshot({ running, queued: [spared] }), defaultPolicy, at(60)))).toEqual([])
    const other = { ...urgent(), id: 'other', submittedAtMs: at(51) }
    expect(victimIds(decide(aSnapshot({ running, queued: [spared, other] }), defaultPolicy, at(60)))).toEqual(['v'])
  })

  test('what an eviction frees is held for the preemptor, who starts there as soon as the victims are gone', () => {
    const running = [aRunningJob('low', 'n1', [0, 1, 2, 3], {}, { priority: 100 })]
    const before = aSnapshot({ running, queued: [urgent()] })
    const told = applyDecisions(before, decide(before, defaultPolicy, at(60)), at(60))
    expect(told.running[0]).toMatchObject({ id: 'low', stopping: true })
    const rival = aJob('rival', { gpuCount: 4 }, { priority: 300, submittedAtMs: at(60) })
    const waiting = evolve(told, { type: 'submitted', job: rival })
    expect(outcome(decide(waiting, defaultPolicy, at(61)), 'urgent')).toBe('reserve:waiting_for_preemption')
    const freed = evolve(waiting, { type: 'requeued', jobId: 'low', atMs: at(62), notBeforeMs: 0, evicted: true })
    const decisions = decide(freed, defaultPolicy, at(62))
    expect(startedIds(decisions)).toEqual(['urgent'])
    expect(outcome(decisions, 'low')).toBe('hold:gpu_busy')
  })

  test('whose place is held does not depend on the order in which holds are listed', () => {
    const nodes = [aNode('n1', 1), aNode('n2', 1)]
    const running = ['n1', 'n2'].map((nodeId) => aRunningJob(`v-${nodeId}`, nodeId, [0], {}, { stopping: true }))
    const holds = running.map(({ id, placement }, index) => ({
      jobId: `p${index}`,
      placement,
      victimIds: [id],
      expiresAtMs: at(20),
    }))
    const snapshot = aSnapshot({ nodes, running, queued: [aJob('p0'), aJob('p1')], holds })
    const decisions = decide(snapshot, defaultPolicy, at(10))
    expect(decide({ ...snapshot, holds: holds.toReversed() }, defaultPolicy, at(10))).toEqual(decisions)
    expect(about(decisions, 'p0')).toMatchObject({ type: 'reserve', position: 1 })
  })

  test('a hold ends with its time when no victim stops any more', () => {
    const hold = {
      jobId: 'gone-elsewhere',
      placement: aRunningJob('x', 'n1', [0, 1, 2, 3]).placement,
      victimIds: [],
      expiresAtMs: at(10),
    }
    const limited = aQueue('tiny', { nominal: limits(0) })
    const holder = aJob('gone-elsewhere', { gpuCount: 4 }, { queueName: 'tiny' })
    const snapshot = aSnapshot({ queues: [aQueue('main'), limited], queued: [holder, aJob('a')], holds: [hold] })
    expect(about(decide(snapshot, defaultPolicy, at(9)), 'a')).toMatchObject({
      reason: 'reserved_for_other',
      facts: { forJobId: 'gone-elsewhere' },
    })
    expect(outcome(decide(snapshot, defaultPolicy, at(10)), 'a')).toBe('start')
  })

  test('a job that had to wait past its age bound is not evicted again', () => {
    const aged = aRunningJob('aged', 'n1', [0, 1, 2, 3], {}, { priority: 100, submittedAtMs: at(-90) })
    expect(victimIds(decide(aSnapshot({ running: [aged], queued: [urgent()] }), defaultPolicy, at(60)))).toEqual([])
  })
})

describe('explanations', () => {
  test('positions count those who wait, in the order in which they are served', () => {
    const queued = ['c', 'a', 'b'].map((id) => aJob(id, { gpuCount: 4 }))
    const decisions = decide(aSnapshot({ queued }), defaultPolicy, noon)
    expect(decisions.map((one) => (one.type === 'hold' ? [one.jobId, one.position] : one.type))).toEqual([
      'start',
      ['b', 1],
      ['c', 2],
    ])
  })

  test('the suggestion is the smallest change that truly starts the job in the same moment', () => {
    const running = [aRunningJob('r', 'n1', [0])]
    const snapshot = aSnapshot({ running, queued: [aJob('a', { gpuCount: 4 })] })
    const decision = about(decide(snapshot, defaultPolicy, noon), 'a')
    expect(decision).toMatchObject({ reason: 'gpu_busy', suggestion: { change: { gpuCount: 3 } } })
    const changed = { ...snapshot, queued: [aJob('a', { gpuCount: 3 })] }
    expect(outcome(decide(changed, defaultPolicy, noon), 'a')).toBe('start')
  })

  test('a job that was overtaken on the cores is told how few would do', () => {
    const queued = [
      aJob('first', { gpuCount: 0, cpuMilli: 60_000 }, { predictedRuntimeMs: minute }),
      aJob('second', { gpuCount: 0, cpuMilli: 8000 }),
    ]
    const decision = about(decide(aSnapshot({ queued }), defaultPolicy, noon), 'second')
    expect(decision).toMatchObject({ reason: 'behind_in_queue', suggestion: { change: { cpuMilli: 4000 } } })
  })

  test('a job that backs off says until when', () => {
    const decisions = decide(aSnapshot({ queued: [aJob('a', {}, { notBeforeMs: at(5) })] }), defaultPolicy, at(4))
    expect(about(decisions, 'a')).toMatchObject({ reason: 'backing_off', facts: { untilMs: at(5) } })
  })

  test('a start is forecast only from run times that somebody predicted', () => {
    const forecast = (predictedEndMs: number | null) => {
      const running = [aRunningJob('r', 'n1', [0, 1, 2, 3], {}, { predictedEndMs })]
      const decision = about(decide(aSnapshot({ running, queued: [aJob('a')] }), defaultPolicy, at(1)), 'a')
      return decision.type === 'start' ? 'start' : decision.estimatedStart
    }
    expect(forecast(at(31))).toEqual({ p50Ms: at(31), p90Ms: at(61) })
    expect(forecast(null)).toBeNull()
  })

  describe('a start that waits for those that wait ahead', () => {
    const running = [aRunningJob('r', 'n1', [0, 1, 2, 3], {}, { predictedEndMs: at(60) })]
    const waiting = (id: string, minutes: number | null, times: Partial<QueuedJob> = {}) =>
      aJob(
        id,
        { gpuCount: 4 },
        { submittedAtMs: at(Number(id)), predictedRuntimeMs: minutes === null ? null : minutes * minute, ...times },
      )
    const foretold = (queued: readonly QueuedJob[], nowMs = at(10)) =>
      decide(aSnapshot({ running, queued }), fifoPolicy, nowMs).flatMap((decision) =>
        decision.type === 'hold' || decision.type === 'reserve' ? [decision.estimatedStart] : [],
      )
    const p50s = (queued: readonly QueuedJob[]) => foretold(queued).map((start) => start?.p50Ms ?? null)

    test('is told with the run times of all of them, to a thirty-second of the distance', () => {
      const [first, second, third] = p50s([waiting('1', 30), waiting('2', 200), waiting('3', 10)])
      expect(first).toBe(at(60))
      expect(second).toBeGreaterThanOrEqual(at(90))
      expect(second).toBeLessThanOrEqual(at(90) + (80 * minute) / 32)
      expect(third).toBeGreaterThanOrEqual(at(290))
      expect(third).toBeLessThanOrEqual(at(290) + (80 * minute + 280 * minute) / 32)
    })

    test('is told to nobody behind one of which nothing is known', () => {
      expect(p50s([waiting('1', null), waiting('2', 30)])).toEqual([at(60), null])
    })

    test('has a far end at which each has run for as long as nine of ten do', () => {
      const cautious = (id: string) => waiting(id, 30, { cautiousRuntimeMs: 3 * hour })
      const sure = [aRunningJob('r', 'n1', [0, 1, 2, 3], {}, { predictedEndMs: at(60), cautiousRuntimeMs: 2 * hour })]
      const [, second] = decide(
        aSnapshot({ running: sure, queued: [cautious('1'), cautious('2')] }),
        fifoPolicy,
        at(10),
      )
      if (second?.type !== 'hold') throw new Error('the second does not wait')
      const { p90Ms = 0 } = second.estimatedStart ?? {}
      expect(p90Ms).toBeGreaterThanOrEqual(at(120 + 180))
      expect(p90Ms).toBeLessThanOrEqual(at(120 + 180) + (290 * minute) / 32)
    })

    test('does not flicker as time goes by', () => {
      const queued = [waiting('1', 30), waiting('2', 200), waiting('3', 10)]
      expect(foretold(queued, at(12)).map((start) => start?.p50Ms)).toEqual(p50s(queued))
    })
  })
})
