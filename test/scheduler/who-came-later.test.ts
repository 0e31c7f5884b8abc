import {
  decide,
  decisionFaults,
  defaultPolicy,
  openScheduler,
  type Policy,
  type RunningJob,
} from '@novabrain/scheduler'
import { aJob, aNode, aQueue, aRunningJob, aSnapshot, hour, noon, outcome, victimIds } from './builders.js'

const now = noon + 100 * hour
const policyWith = (aged: Policy['preemption']['aged']): Policy => ({
  ...defaultPolicy,
  ageBound: { factor: 0, minimumMs: 72 * hour, maximumMs: 72 * hour },
  preemption: { ...defaultPolicy.preemption, aged },
})
const keeps = policyWith('resumable')

/** A job that has long waited past its bound, with much to do. */
const first = (change = {}) => aJob('first', { gpuCount: 4 }, { predictedRuntimeMs: 50 * hour, ...change })
/** One that came later and runs; it saves itself when told to stop. */
const later = (
  change: Partial<RunningJob> = {},
  [nodeId, devices]: readonly [string, readonly number[]] = ['n1', [0, 1, 2, 3]],
) => {
  const since = { submittedAtMs: now - 3 * hour, startedAtMs: now - 2 * hour }
  const expected = { predictedRuntimeMs: 3 * hour, predictedEndMs: now + hour }
  return aRunningJob('later', nodeId, devices, {}, { ...since, ...expected, resumes: true, ...change })
}
const world = (running: RunningJob, queued = first()) =>
  aSnapshot({
    nodes: [aNode('n1', 4)],
    running: [running],
    queued: [queued],
    queues: [aQueue('main'), aQueue('other')],
  })

const judged = (snapshot: ReturnType<typeof world>, policy = keeps) => {
  const decisions = decide(snapshot, policy, now)
  expect(decisionFaults(snapshot, decisions, policy, now)).toEqual([])
  return decisions
}

test('a job past its age bound ends one that came later, and has its place kept', () => {
  const decisions = judged(world(later()))
  expect(decisions).toContainEqual({ type: 'preempt', victimId: 'later', forJobId: 'first', why: 'aged' })
  expect(outcome(decisions, 'first')).toBe('reserve:waiting_for_preemption')
})

test.each([
  ['that came before it', later({ submittedAtMs: noon - hour }), first()],
  ['while it has not waited long enough', later(), first({ submittedAtMs: now - 71 * hour })],
  ['of another queue', later({ queueName: 'other' }), first()],
  ['that is more important', later({ priority: 300 }), first()],
  ['that would lose its work', later({ resumes: false }), first()],
  ['that was ended for it before', later({ evictedBy: ['first'] }), first()],
  ['for which it was ended before', later(), first({ evictedBy: ['later'], attainedMs: hour })],
  ['that has just started', later({ startedAtMs: now - 1 }), first()],
])('it ends nobody %s', (_, running, queued) => expect(victimIds(judged(world(running, queued)))).toEqual([]))

test('nobody is ended so where the policy does not have it, and anybody where it spares no work', () => {
  expect(victimIds(judged(world(later()), policyWith('never')))).toEqual([])
  expect(victimIds(judged(world(later({ resumes: false })), policyWith('any')))).toEqual(['later'])
})

test('of those that came later the last ones go, and no more of them than must', () => {
  const on = (id: string, nodeId: string, hoursAgo: number) => {
    const change = { submittedAtMs: now - hoursAgo * hour, startedAtMs: now - hour, resumes: true }
    return aRunningJob(id, nodeId, [0], {}, change)
  }
  const nodes = [aNode('n1', 1), aNode('n2', 1), aNode('n3', 1)]
  const running = [on('five', 'n1', 5), on('two', 'n2', 2), on('nine', 'n3', 9)]
  const asks = (replicas: number) =>
    aSnapshot({ nodes, running, queued: [aJob('first', { replicas }, { predictedRuntimeMs: hour })] })
  expect(victimIds(judged(asks(1)))).toEqual(['two'])
  expect(victimIds(judged(asks(2)))).toEqual(['five', 'two'])
})

test('what runs past its bound yields to short work that hardly ran beside it, and to no other; where nobody is ended so, to none', () => {
  const aged = aRunningJob(
    'aged',
    'n1',
    [0, 1, 2, 3],
    {},
    { startedAtMs: now - hour, predictedRuntimeMs: 90 * hour, predictedEndMs: now + 89 * hour, resumes: true },
  )
  const short = (attainedMs: number) =>
    aJob('short', {}, { submittedAtMs: now - hour, predictedRuntimeMs: hour / 10, attainedMs })
  expect(victimIds(judged(world(aged, short(0))))).toEqual(['aged'])
  expect(victimIds(judged(world(aged, short(10_000))))).toEqual(['aged'])
  expect(victimIds(judged(world(aged, short(11_000))))).toEqual([])
  expect(victimIds(judged(world(aged, short(0)), policyWith('never')))).toEqual([])
})

test('who only acts ends the same, also behind many who spare somebody and one for whom another node is kept', () => {
  const met = (at: number) => {
    const change = { predictedRuntimeMs: 50 * hour, attainedMs: hour, evictedBy: ['later'] }
    return aJob(`met${at}`, {}, { submittedAtMs: noon + at, ...change })
  }
  const fresh = aJob('fresh', {}, { submittedAtMs: noon + hour, predictedRuntimeMs: 50 * hour })
  const soonDone = aRunningJob('soon', 'n1', [0], {}, { submittedAtMs: noon - hour, predictedEndMs: now + 1 })
  const crowd = aSnapshot({
    nodes: [aNode('n1', 1), aNode('n2', 1)],
    running: [soonDone, later({}, ['n2', [0]])],
    queued: [...Array.from({ length: 12 }, (_, at) => met(at)), fresh],
  })
  const told = judged(crowd).filter(({ type }) => type === 'preempt')
  expect(told).toEqual([{ type: 'preempt', victimId: 'later', forJobId: 'fresh', why: 'aged' }])
  expect(openScheduler(keeps).act(crowd, now).preempts).toEqual(told)
})
