import {
  decide,
  decisionFaults,
  defaultPolicy,
  evolve,
  openScheduler,
  type Policy,
  type RunningJob,
} from '@novabrain/scheduler'
import { aJob, aNode, aQueue, aRunningJob, aSnapshot, hour, minute, noon, outcome, victimIds } from './builders.js'

const later = noon + 30 * minute
const byWork: Policy = { ...defaultPolicy, preemption: { ...defaultPolicy.preemption, exchange: 'work' } }
const any: Policy = { ...defaultPolicy, preemption: { ...defaultPolicy.preemption, shorterWork: 'any' } }

/** A node full of one job that will run for long; it saves itself when told to stop. */
const long = (change: Partial<RunningJob> = {}) =>
  aRunningJob(
    'long',
    'n1',
    [0, 1, 2, 3],
    {},
    { predictedRuntimeMs: 20 * hour, predictedEndMs: noon + 20 * hour, resumes: true, ...change },
  )
const short = (change = {}) => aJob('short', {}, { submittedAtMs: later, predictedRuntimeMs: 10 * minute, ...change })
const world = (running: RunningJob, queued = short()) =>
  aSnapshot({ nodes: [aNode('n1', 4)], running: [running], queued: [queued] })

const judged = (snapshot: ReturnType<typeof world>, policy = defaultPolicy) => {
  const decisions = decide(snapshot, policy, later)
  expect(decisionFaults(snapshot, decisions, policy, later)).toEqual([])
  return decisions
}

test('a job with far less to do ends one that loses nothing by it, and has its place kept', () => {
  const decisions = judged(world(long()))
  expect(decisions).toContainEqual({ type: 'preempt', victimId: 'long', forJobId: 'short', why: 'shorter' })
  expect(outcome(decisions, 'short')).toBe('reserve:waiting_for_preemption')
})

test('who would lose its work is left alone, unless the policy allows it and it still pays', () => {
  const loses = { resumes: false }
  expect(victimIds(judged(world(long(loses))))).toEqual([])
  expect(victimIds(judged(world(long(loses)), any))).toEqual(['long'])
  const soonDone = { ...loses, predictedRuntimeMs: hour, predictedEndMs: noon + hour }
  expect(victimIds(judged(world(long(soonDone)), any))).toEqual([])
})

test('work since the last checkpoint is what counts', () => {
  const near = { resumes: false, predictedRuntimeMs: 2 * hour, predictedEndMs: noon + hour + 10 * minute }
  expect(victimIds(judged(world(long({ ...near, checkpointedAtMs: later - 2 * minute }))))).toEqual(['long'])
  expect(victimIds(judged(world(long({ ...near, checkpointedAtMs: noon }))))).toEqual([])
})

test.each([
  ['of another queue', long({ queueName: 'other' }), short()],
  ['more important', long({ priority: 300 }), short()],
  ['hardly longer', long({ predictedRuntimeMs: 40 * minute, predictedEndMs: later + 10 * minute }), short()],
  ['whose end nobody foresees', long({ predictedRuntimeMs: null, predictedEndMs: null }), short()],
  ['for a job for which it was ended before', long({ evictedBy: ['short'] }), short({ attainedMs: minute })],
  ['for a job that was ended for it', long(), short({ attainedMs: minute, evictedBy: ['long'] })],
  ['for a job that nobody foresees', long(), short({ predictedRuntimeMs: null })],
])('nobody is ended for shorter work who is %s', (_, running, queued) => {
  const snapshot = { ...world(running, queued), queues: [aQueue('main'), aQueue('other')] }
  expect(victimIds(judged(snapshot))).toEqual([])
})

test('what is freed beyond a job counts for it as far as others wait to use it', () => {
  const soon = long({ predictedRuntimeMs: 40 * minute, predictedEndMs: later + 9 * minute })
  const others = (gpuCount: number) =>
    aJob('others', { gpuCount }, { submittedAtMs: later, predictedRuntimeMs: 40 * hour })
  const endedWith = (...queued: ReturnType<typeof aJob>[]) =>
    victimIds(judged({ ...world(soon), queued: [short(), ...queued] }, byWork))
  expect(endedWith()).toEqual([])
  expect(endedWith(others(1))).toEqual([])
  expect(endedWith(others(3))).toEqual(['long'])
})

test('of a job that needs what lies idle too only what it takes of others counts, as far as nobody else waits who would fit there', () => {
  const half = aRunningJob('half', 'n1', [0], {}, { resumes: true, predictedEndMs: later + 10 * hour })
  const wide = aJob('wide', { gpuCount: 4 }, { submittedAtMs: later, predictedRuntimeMs: 4 * hour })
  const waits = { submittedAtMs: later, predictedRuntimeMs: 40 * hour, notBeforeMs: later + hour }
  const endedWith = (...queued: ReturnType<typeof aJob>[]) =>
    victimIds(judged({ ...world(half), queued: [wide, ...queued] }, byWork))
  expect(endedWith()).toEqual(['half'])
  expect(endedWith(aJob('other', { gpuCount: 3 }, waits))).toEqual([])
  expect(endedWith(aJob('as-wide', { gpuCount: 4 }, waits))).toEqual(['half'])
})

test('nobody is ended for a job that is short only if all goes well', () => {
  const halfway = long({ predictedRuntimeMs: hour, predictedEndMs: later + hour })
  const judgedFor = (cautiousRuntimeMs: number) =>
    victimIds(judged(world(halfway, short({ cautiousRuntimeMs })), byWork))
  expect(judgedFor(20 * minute)).toEqual(['long'])
  expect(judgedFor(10 * hour)).toEqual([])
})

test('who goes on where it stopped is expected to outlive all it ran by half, not what was left of it', () => {
  const ran = { startedAtMs: later - 10 * minute, predictedRuntimeMs: minute, predictedEndMs: later - 9 * minute }
  const goesOn = long({ ...ran, attainedMs: 20 * hour })
  expect(victimIds(judged(world(goesOn, short({ predictedRuntimeMs: 5 * hour }))))).toEqual(['long'])
  expect(victimIds(judged(world(long(ran), short({ predictedRuntimeMs: 5 * hour }))))).toEqual([])
})

test('who ran before may ask, and whom it spares others like it may end all the same', () => {
  const back = short({ attainedMs: minute, evictedBy: ['long'], evictedAtMs: [noon] })
  expect(victimIds(judged(world(long(), short({ attainedMs: minute, evictedBy: ['another'] }))))).toEqual(['long'])
  const other = aJob('other', {}, { submittedAtMs: later + 1, predictedRuntimeMs: 10 * minute })
  const both = { ...world(long()), queued: [back, other] }
  expect(judged(both)).toContainEqual({ type: 'preempt', victimId: 'long', forJobId: 'other', why: 'shorter' })
  const actions = openScheduler(defaultPolicy).act(both, later)
  expect(actions.preempts.map(({ forJobId }) => forJobId)).toEqual(['other'])
})

test('however many spare somebody, whoever does not still finds them', () => {
  const back = (at: number) =>
    aJob(`back${at}`, {}, { ...short(), id: `back${at}`, attainedMs: minute, evictedBy: ['long'], evictedAtMs: [noon] })
  const fresh = aJob('fresh', {}, { submittedAtMs: later, predictedRuntimeMs: 11 * minute })
  const crowd = { ...world(long()), queued: [...Array.from({ length: 20 }, (_, at) => back(at)), fresh] }
  expect(judged(crowd)).toContainEqual({ type: 'preempt', victimId: 'long', forJobId: 'fresh', why: 'shorter' })
  expect(openScheduler(defaultPolicy).act(crowd, later).preempts).toHaveLength(1)
})

test('an owner who uses more than another does not pass it', () => {
  const running = [
    aRunningJob('mine', 'n1', [0, 1, 2], {}, { owner: 'bob', predictedEndMs: null }),
    aRunningJob('theirs', 'n1', [3], {}, { owner: 'ann', resumes: true, predictedEndMs: noon + 20 * hour }),
  ]
  const of = (owner: string) => decide(aSnapshot({ running, queued: [short({ owner })] }), defaultPolicy, later)
  expect(victimIds(of('bob'))).toEqual([])
  expect(victimIds(of('ann'))).toEqual(['theirs'])
})

test('of two with as much room the one with more left to do is ended, and a gang ends one on each node', () => {
  const left = (id: string, nodeId: string, hours: number) =>
    aRunningJob(
      id,
      nodeId,
      [0],
      {},
      { resumes: true, predictedRuntimeMs: hours * hour, predictedEndMs: noon + hours * hour },
    )
  const nodes = [aNode('n1', 1), aNode('n2', 1), aNode('n3', 1)]
  const running = [left('five', 'n1', 5), left('nine', 'n2', 9), left('seven', 'n3', 7)]
  const one = aSnapshot({ nodes, running, queued: [short()] })
  expect(victimIds(judged(one))).toEqual(['nine'])
  const gang = aJob('gang', { replicas: 2 }, { submittedAtMs: later, predictedRuntimeMs: 10 * minute })
  expect(victimIds(judged({ ...one, queued: [gang] }))).toEqual(['nine', 'seven'])
})

test('who was ended and goes on where it stopped has the less to do', () => {
  const stopping = world(long({ stopping: true, cautiousRuntimeMs: 30 * hour }))
  const event = { type: 'requeued', jobId: 'long', atMs: noon + 5 * hour, notBeforeMs: 0, evicted: true } as const
  expect(evolve(stopping, event).queued.at(-1)).toMatchObject({
    predictedRuntimeMs: 15 * hour,
    cautiousRuntimeMs: 25 * hour,
  })
  const anew = world(long({ stopping: true, resumes: false }))
  expect(evolve(anew, event).queued.at(-1)).toMatchObject({ predictedRuntimeMs: 20 * hour })
})

test('what is kept for a blocked gang counts on the 90th percentile of what runs, the estimate tells both', () => {
  const running = [
    aRunningJob(
      'r',
      'n1',
      [0],
      {},
      { predictedRuntimeMs: hour, predictedEndMs: noon + hour, cautiousRuntimeMs: 3 * hour },
    ),
  ]
  const queued = [aJob('gang', { gpuCount: 4 }, { predictedRuntimeMs: hour })]
  const [decision] = judged(aSnapshot({ running, queued }))
  expect(decision).toMatchObject({ type: 'reserve', atMs: noon + 3 * hour })
  const one = judged(aSnapshot({ nodes: [aNode('n1', 1)], running, queued: [short()] }), {
    ...defaultPolicy,
    preemption: { ...defaultPolicy.preemption, enabled: false },
  })
  expect(one[0]).toMatchObject({ estimatedStart: { p50Ms: noon + hour, p90Ms: noon + 3 * hour } })
})

test('a gang that is past its age bound before it would lead is served once', () => {
  const policy: Policy = {
    ...defaultPolicy,
    ageBound: { factor: 0, minimumMs: minute, maximumMs: minute },
    reservation: { afterWaitMs: hour },
  }
  const running = [aRunningJob('r', 'n1', [0, 1, 2, 3])]
  const waiting = aSnapshot({ running, queued: [aJob('gang', { gpuCount: 2 })] })
  const scheduler = openScheduler(policy)
  for (const atMs of [noon, noon + 2 * minute, noon + 2 * hour]) expect(scheduler.act(waiting, atMs).starts).toEqual([])
  const gone = aSnapshot({ running: [], queued: [] })
  expect(scheduler.act(gone, noon + 3 * hour).starts).toEqual([])
})
