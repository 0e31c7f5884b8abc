import {
  actionsOf,
  applyDecisions,
  decide,
  decisionFaults,
  defaultPolicy,
  evolve,
  explainResize,
  snapshotFaults,
  type Decision,
  type ResizeDecision,
  type RunningJob,
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

const later = noon + 30 * minute
const between = (minimumGpuCount: number, maximumGpuCount: number) => ({
  elastic: { minimumGpuCount, maximumGpuCount },
})

/** A job that runs on some devices and makes do with 1 to 8. */
const flexible = (id: string, devices: readonly number[], change: Partial<RunningJob> = {}) =>
  aRunningJob(id, 'n1', devices, {}, { ...between(1, 8), ...change })

const judged = (snapshot: Snapshot, nowMs = later): Decision[] => {
  const decisions = decide(snapshot, defaultPolicy, nowMs)
  expect(decisionFaults(snapshot, decisions, defaultPolicy, nowMs)).toEqual([])
  expect(snapshotFaults(applyDecisions(snapshot, decisions, nowMs))).toEqual([])
  return decisions
}

const resizes = (decisions: readonly Decision[]): ResizeDecision[] => [...actionsOf(decisions).resizes]
const told = (decisions: readonly Decision[]) =>
  resizes(decisions).map(({ jobId, why, forJobId, placement }) => [jobId, why, forJobId, devicesOf(placement).length])

const startOf = (decisions: readonly Decision[], jobId: string): string[] => {
  const decision = about(decisions, jobId)
  return decision.type === 'start' ? devicesOf(decision.placement) : []
}

test('an elastic job starts with all it can use of what is idle, and no more', () => {
  expect(startOf(judged(aSnapshot({ queued: [aJob('a', {}, between(1, 3))] })), 'a')).toHaveLength(3)
  expect(startOf(judged(aSnapshot({ queued: [aJob('a', {}, between(1, 9))] })), 'a')).toHaveLength(4)
})

test('idle devices are shared, first by those who gain most', () => {
  const queued = [aJob('a', {}, between(1, 4)), aJob('b', {}, between(1, 4))]
  const decisions = judged(aSnapshot({ queued }))
  expect(startOf(decisions, 'a')).toHaveLength(2)
  expect(startOf(decisions, 'b')).toHaveLength(2)
  const soon = queued.map((job) => ({ ...job, predictedRuntimeMs: job.id === 'b' ? 10 * minute : 9 * hour }))
  expect(startOf(judged(aSnapshot({ queued: soon })), 'b')).toHaveLength(3)
})

test('nobody starts wider while somebody waits for devices', () => {
  const queued = [aJob('a', {}, between(1, 4)), aJob('gang', { gpuCount: 4 }, { submittedAtMs: noon + minute })]
  const decisions = judged(aSnapshot({ queued }), noon + 2 * minute)
  expect(startOf(decisions, 'a')).toHaveLength(1)
})

test('an elastic job shrinks as far as a waiting one needs, which starts as soon as it has begun again', () => {
  const running = flexible('wide', [0, 1, 2, 3], { predictedRuntimeMs: 2 * hour, predictedEndMs: noon + 2 * hour })
  const snapshot = aSnapshot({ running: [running], queued: [aJob('a', { gpuCount: 2 })] })
  const decisions = judged(snapshot)
  expect(told(decisions)).toEqual([['wide', 'shrink', 'a', 2]])
  expect(outcome(decisions, 'a')).toBe('reserve:waiting_for_preemption')
  expect(victimIds(decisions)).toEqual([])
  const stopping = applyDecisions(snapshot, decisions, later)
  expect(judged(stopping, later + minute).map(({ type }) => type)).toEqual(['reserve'])
  const after = evolve(stopping, { type: 'resized', jobId: 'wide', atMs: later + minute })
  const [narrow] = after.running
  expect(narrow).toMatchObject({
    stopping: false,
    startedAtMs: later + minute,
    evictedAtMs: [],
    request: { gpuCount: 2 },
  })
  // 89 minutes of work on four devices are 178 on two.
  expect(narrow?.predictedEndMs).toBe(later + minute + 178 * minute)
  expect(startOf(judged(after, later + minute), 'a')).toEqual(['n1-gpu2', 'n1-gpu3'])
})

test('somebody shrinks before anybody is evicted', () => {
  const running = [flexible('wide', [0, 1], { priority: 200 }), aRunningJob('low', 'n1', [2, 3], {}, { priority: 100 })]
  const decisions = judged(aSnapshot({ running, queued: [aJob('a', {}, { priority: 300 })] }))
  expect(told(decisions)).toEqual([['wide', 'shrink', 'a', 1]])
  expect(victimIds(decisions)).toEqual([])
})

test('where shrinking is not enough, others are evicted as before', () => {
  const running = [flexible('wide', [0, 1], { priority: 200 }), aRunningJob('low', 'n1', [2, 3], {}, { priority: 100 })]
  const decisions = judged(aSnapshot({ running, queued: [aJob('a', { gpuCount: 2 }, { priority: 300 })] }))
  expect(told(decisions)).toEqual([])
  expect(victimIds(decisions)).toEqual(['low'])
})

test('an elastic job that waits leaves nobody with fewer devices than it gets itself', () => {
  const running = [flexible('wide', [0, 1, 2, 3, 4, 5, 6, 7])]
  const snapshot = aSnapshot({ nodes: [aNode('n1', 8)], running, queued: [aJob('a', {}, between(1, 8))] })
  const decisions = judged(snapshot)
  expect(told(decisions)).toEqual([['wide', 'shrink', 'a', 4]])
  const begun = evolve(applyDecisions(snapshot, decisions, later), { type: 'resized', jobId: 'wide', atMs: later })
  expect(startOf(judged(begun), 'a')).toHaveLength(4)
})

test.each([
  ['has only just begun', flexible('wide', [0, 1, 2, 3], { startedAtMs: later - minute }), {}],
  ['is more important', flexible('wide', [0, 1, 2, 3], { priority: 300 }), {}],
  ['has the least already', flexible('wide', [0, 1, 2, 3], between(4, 8)), {}],
  ['stops', flexible('wide', [0, 1, 2, 3], { stopping: true }), {}],
  [
    'is in another queue, and the one who waits beyond what its own owns',
    flexible('wide', [0, 1, 2, 3]),
    { queueName: 'poor' },
  ],
])('nobody shrinks who %s', (_, running, change) => {
  const queues = [
    aQueue('main'),
    aQueue('poor', { cohort: 'all', nominal: limits(0) }),
    aQueue('rich', { cohort: 'all', nominal: limits(9000) }),
  ]
  expect(told(judged(aSnapshot({ queues, running: [running], queued: [aJob('a', {}, change)] })))).toEqual([])
})

test('a running job grows into idle devices when it gains by it', () => {
  const running = (predictedEndMs: number) => flexible('narrow', [0], { predictedRuntimeMs: hour, predictedEndMs })
  expect(told(judged(aSnapshot({ running: [running(later + hour)] })))).toEqual([['narrow', 'grow', null, 4]])
  expect(told(judged(aSnapshot({ running: [running(later + minute)] })))).toEqual([])
})

test('it begins again elsewhere where it finds more', () => {
  const nodes = [aNode('n1', 2), aNode('n2', 4)]
  const snapshot = aSnapshot({ nodes, running: [flexible('narrow', [0], between(1, 4)), aRunningJob('r', 'n1', [1])] })
  const decisions = judged(snapshot)
  expect(resizes(decisions).map(({ placement }) => devicesOf(placement))).toEqual([
    ['n2-gpu0', 'n2-gpu1', 'n2-gpu2', 'n2-gpu3'],
  ])
  const lost = evolve(applyDecisions(snapshot, decisions, later), { type: 'node_left', nodeId: 'n2', atMs: later })
  expect(lost.queued.map(({ id, request }) => [id, request.gpuCount])).toEqual([['narrow', 1]])
})

test('it does not begin again where it would not find what it saved', () => {
  const nodes = [aNode('n1', 3), aNode('n2', 4)]
  const elastic = { elastic: { ...between(1, 4).elastic, stays: true } }
  const running = [flexible('narrow', [0], elastic), aRunningJob('r', 'n1', [1])]
  const decisions = judged(aSnapshot({ nodes, running }))
  expect(resizes(decisions).map(({ placement }) => devicesOf(placement))).toEqual([['n1-gpu0', 'n1-gpu2']])
})

test('nobody grows beyond the quota, past somebody who waits for it, or twice in a short while', () => {
  const capped = aSnapshot({ queues: [aQueue('main', { nominal: limits(2000) })], running: [flexible('narrow', [0])] })
  expect(told(judged(capped))).toEqual([['narrow', 'grow', null, 2]])
  const waited = { ...capped, queued: [aJob('a', { gpuCount: 2 })] }
  expect(told(judged(waited))).toEqual([])
  const fresh = aSnapshot({ running: [flexible('narrow', [0], { startedAtMs: later - minute })] })
  expect(told(judged(fresh))).toEqual([])
})

test('a job that is evicted waits for the least again, with as much left to do', () => {
  const request = { gpuCount: 4 }
  const running = flexible('wide', [0, 1, 2, 3], {
    resumes: true,
    predictedRuntimeMs: hour,
    predictedEndMs: noon + hour,
  })
  const snapshot = aSnapshot({ running: [running] })
  const atMs = later
  const { queued } = evolve(snapshot, { type: 'requeued', jobId: 'wide', atMs, notBeforeMs: atMs, evicted: true })
  expect(request).toEqual({ gpuCount: 4 })
  expect(queued).toMatchObject([{ request: { gpuCount: 1 }, predictedRuntimeMs: 2 * hour }])
})

test('what a resized job had counts as use, and it was not evicted', () => {
  const snapshot = aSnapshot({ running: [flexible('wide', [0, 1, 2, 3])], queued: [aJob('a')] })
  const stopping = applyDecisions(snapshot, judged(snapshot), later)
  const after = evolve(stopping, { type: 'resized', jobId: 'wide', atMs: later })
  expect(after.usage.records).toMatchObject([{ owner: 'ann' }])
  expect(after.running[0]?.evictedBy).toBeUndefined()
  expect(startedIds(judged(after))).toEqual(['a'])
})

test('a job that ends while it shrinks, or is cancelled, leaves nothing behind', () => {
  const snapshot = aSnapshot({ running: [flexible('wide', [0, 1, 2, 3])], queued: [aJob('a')] })
  const stopping = applyDecisions(snapshot, judged(snapshot), later)
  const ended = evolve(stopping, { type: 'ended', jobId: 'wide', atMs: later })
  expect(startedIds(judged(ended))).toEqual(['a'])
  const cancelled = evolve(stopping, { type: 'stopping', jobId: 'wide' })
  expect(cancelled.running[0]?.resizing).toBeUndefined()
})

test('events tell the same story as decisions carried out', () => {
  const snapshot = aSnapshot({ running: [flexible('wide', [0, 1, 2, 3])], queued: [aJob('a')] })
  const decisions = judged(snapshot)
  const { resizes: told, holds } = actionsOf(decisions)
  const preempting = holds.reduce((one, hold) => evolve(one, { type: 'preempting', hold }), snapshot)
  const resizing = told.reduce(
    (one, { jobId, placement }) => evolve(one, { type: 'resizing', jobId, placement }),
    preempting,
  )
  expect(resizing).toEqual(applyDecisions(snapshot, decisions, later))
})

test('the reason is told in both languages', () => {
  const [shrinks] = resizes(judged(aSnapshot({ running: [flexible('w', [0, 1, 2, 3])], queued: [aJob('a')] })))
  const [grows] = resizes(judged(aSnapshot({ running: [flexible('w', [0])] })))
  if (shrinks === undefined || grows === undefined) throw new Error('Nobody is resized')
  expect(explainResize(shrinks, 'en', () => '#20')).toBe(
    'It saves itself and goes on with 3 GPUs, so that #20 can start.',
  )
  expect(explainResize(shrinks, 'zh-CN', () => '#20')).toBe('它会保存进度，改用 3 个 GPU 继续运行，好让 #20 启动。')
  expect(explainResize(grows, 'en')).toBe(
    'It saves itself and goes on with 4 GPUs: they were idle and nobody waited for them.',
  )
  expect(explainResize(grows, 'zh-CN')).toContain('这些 GPU 空闲')
})
