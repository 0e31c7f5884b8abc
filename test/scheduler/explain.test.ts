import { couldEverRun, decide, defaultPolicy, explainHold, explainUnfit, type Snapshot } from '@novabrain/scheduler'
import { about, aJob, aNode, aQueue, aRequest, aRunningJob, aSnapshot, limits, minute, noon } from './builders.js'

const numbers: Readonly<Record<string, string>> = { r: '#18', s: '#19', a: '#20' }
const nameOf = (jobId: string): string => numbers[jobId] ?? ''

const tell = (snapshot: Snapshot, locale: 'en' | 'zh-CN') => {
  const decision = about(decide(snapshot, defaultPolicy, noon), 'a')
  if (decision.type === 'start') throw new Error('It starts')
  return explainHold(decision, locale, nameOf)
}

const busy = aSnapshot({
  running: [aRunningJob('r', 'n1', [0, 1]), aRunningJob('s', 'n1', [2])],
  queued: [aJob('a', { gpuCount: 4 })],
})

test('a busy cluster is told with who holds the GPUs and what would start now', () => {
  expect(tell(busy, 'en')).toEqual({
    message: 'It needs 4 GPUs; of 4 fitting GPUs, 1 is free. In use by #18 and #19.',
    suggestionMessage: 'With 1 GPU it would start now.',
  })
  expect(tell(busy, 'zh-CN')).toEqual({
    message: '需要 4 个 GPU；符合条件的 GPU 共 4 个，其中空闲 1 个。正由 #18、#19 占用。',
    suggestionMessage: '改为 1 个 GPU，现在即可开始。',
  })
})

test('jobs that the reader may not know are left unnamed', () => {
  const decision = about(decide(busy, defaultPolicy, noon), 'a')
  if (decision.type === 'start') throw new Error('It starts')
  expect(explainHold(decision, 'en', () => '').message).toBe('It needs 4 GPUs; of 4 fitting GPUs, 1 is free.')
})

test('a full quota is told with its numbers', () => {
  const queues = [aQueue('main', { nominal: limits(2000) })]
  const snapshot = aSnapshot({ queues, running: [aRunningJob('r', 'n1', [0, 1])], queued: [aJob('a')] })
  expect(tell(snapshot, 'en').message).toBe(
    'Queue main uses 2 GPUs of at most 2 GPUs, and this job needs 1 GPU more. In use by #18.',
  )
})

test('every reason has its own sentence in both languages', () => {
  const holds: Snapshot[] = [
    busy,
    aSnapshot({ nodes: [], queued: [aJob('a')] }),
    aSnapshot({ queued: [aJob('a', { gpuCount: 9 })] }),
    aSnapshot({ queued: [aJob('a', { gpuModel: 'H200' })] }),
    aSnapshot({ queued: [aJob('a', {}, { queueName: 'nowhere' })] }),
    aSnapshot({ queued: [aJob('a', {}, { notBeforeMs: noon + minute })] }),
    aSnapshot({
      queued: [aJob('a', { cpuMilli: 60_000 })],
      running: [aRunningJob('r', 'n1', [0], { cpuMilli: 8000 })],
    }),
    aSnapshot({ queued: [aJob('a', { memoryMib: 262_144 })], running: [aRunningJob('r', 'n1', [0])] }),
  ]
  const english = holds.map((snapshot) => tell(snapshot, 'en').message)
  const chinese = holds.map((snapshot) => tell(snapshot, 'zh-CN').message)
  expect(new Set(english).size).toBe(holds.length)
  expect(new Set(chinese).size).toBe(holds.length)
  for (const sentence of chinese) expect(sentence).toMatch(/[\u4e00-\u9fff].*。$/)
  for (const sentence of english) expect(sentence).toMatch(/^[A-Z].*\.$/)
})

describe('a request that no node could ever run', () => {
  const judged = (nodes: Snapshot['nodes'], request: object) => {
    const feasible = couldEverRun(nodes, aRequest(request))
    if (feasible.fits) return 'fits'
    const { message, suggestionMessage } = explainUnfit(feasible, 'en')
    return `${message} ${suggestionMessage ?? '-'}`
  }

  test('is told what is lacking and the nearest request that could', () => {
    const nodes = [aNode('n1', 4), aNode('n2', 2)]
    expect(judged(nodes, { gpuCount: 4 })).toBe('fits')
    expect(judged(nodes, { gpuCount: 99 })).toBe(
      'It needs 99 GPUs on one node; the largest node has 4. 4 GPUs would fit.',
    )
    expect(judged(nodes, { gpuModel: 'H200' })).toBe(
      'No node has a GPU of model H200; there are: A100. Any GPU model would fit.',
    )
    expect(judged(nodes, { gpuMemoryMib: 80_000 })).toBe(
      'It needs a GPU with 78.1 GiB; the largest has 39 GiB. 39 GiB of GPU memory would fit.',
    )
    expect(judged(nodes, { cpuMilli: 96_000 })).toBe(
      'It needs 96 CPU cores on one node; the largest node has 64. 64 CPU cores would fit.',
    )
    expect(judged(nodes, { gpuCount: 2, replicas: 4 })).toBe(
      'It needs 4 pods at once; all nodes together have room for 3. 3 pods would fit.',
    )
    expect(judged([], {})).toBe('No node is connected. -')
  })

  test('may still run on a node that is closed for now', () => {
    expect(judged([aNode('n1', 1, { schedulable: false })], {})).toBe('fits')
  })
})
