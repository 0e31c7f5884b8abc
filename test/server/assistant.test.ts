import { confirmationLifeMs, isConfirmed, type Confirmed } from '../../server/src/core/assistant/confirmation.js'
import { gpuHours, judgeAssistantJob, mostGpuMilliMs } from '../../server/src/core/assistant/gpu-hours.js'
import { compareRuns } from '../../server/src/core/tracking/compare-runs.js'

const hourMs = 3_600_000
const twoGpus = { gpuCount: 2, gpuMilli: 1000 }

describe('what assistants may use', () => {
  const judge = (change: Partial<Parameters<typeof judgeAssistantJob>[0]> = {}) =>
    judgeAssistantJob({ resources: twoGpus, timeLimitMs: hourMs, usedGpuMilliMs: 0, limitGpuHours: 4, ...change })

  test('a job costs its GPUs for as long as it may run, a share by its share', () => {
    expect(gpuHours(mostGpuMilliMs(twoGpus, hourMs))).toBe(2)
    expect(gpuHours(mostGpuMilliMs({ gpuCount: 1, gpuMilli: 250 }, 2 * hourMs))).toBe(0.5)
    expect(gpuHours(1)).toBe(0.001)
    expect(gpuHours(0)).toBe(0)
  })

  test('up to the limit, to the millisecond', () => {
    expect(judge({ timeLimitMs: 2 * hourMs })).toEqual({ kind: 'allowed', mostGpuHours: 4, leftGpuHours: 4 })
    expect(judge({ timeLimitMs: 2 * hourMs + 1 })).toMatchObject({ kind: 'over_limit', leftGpuHours: 4 })
  })

  test('what was used before is not there any more', () => {
    const usedGpuMilliMs = mostGpuMilliMs(twoGpus, 1.5 * hourMs)
    expect(judge({ usedGpuMilliMs })).toEqual({ kind: 'over_limit', mostGpuHours: 2, leftGpuHours: 1 })
    expect(judge({ usedGpuMilliMs, timeLimitMs: hourMs / 2 })).toMatchObject({ kind: 'allowed' })
    expect(judge({ usedGpuMilliMs: mostGpuMilliMs(twoGpus, 9 * hourMs) })).toMatchObject({ leftGpuHours: 0 })
  })

  test('a job without a GPU costs none of it, but must end; a limit of 0 forbids even that', () => {
    const none = { gpuCount: 0, gpuMilli: 1000 }
    expect(judge({ resources: none, timeLimitMs: 1000 * hourMs })).toMatchObject({ kind: 'allowed', mostGpuHours: 0 })
    expect(judge({ resources: none, timeLimitMs: null })).toEqual({ kind: 'no_time_limit' })
    expect(judge({ resources: none, limitGpuHours: 0 })).toEqual({ kind: 'forbidden' })
  })
})

describe('a confirmation', () => {
  const given: Confirmed = { memberId: 'm', projectId: 'p', requestDigest: 'd', createdAtMs: 1000 }
  const { createdAtMs: _, ...asked } = given

  test('is good for the same request of the same member in the same project, for ten minutes', () => {
    expect(isConfirmed(given, asked, 1000)).toBe(true)
    expect(isConfirmed(given, asked, 1000 + confirmationLifeMs - 1)).toBe(true)
    expect(isConfirmed(given, asked, 1000 + confirmationLifeMs)).toBe(false)
    expect(isConfirmed(given, asked, 999)).toBe(false)
  })

  test.each(['memberId', 'projectId', 'requestDigest'] as const)('is not good for another %s', (part) => {
    expect(isConfirmed(given, { ...asked, [part]: 'other' }, 1000)).toBe(false)
  })

  test('that was never given is not good', () => expect(isConfirmed(null, asked, 1000)).toBe(false))
})

describe('runs beside each other', () => {
  const run = (params: Record<string, string>, metrics: Record<string, number | 'NaN'>) => ({
    params: Object.entries(params).map(([key, value]) => ({ key, value })),
    metrics: Object.entries(metrics).map(([key, value]) => ({ key, value, step: 0, timestampMs: 0, pointCount: 1 })),
  })
  const runs = [
    run({ lr: '0.1', seed: '7' }, { loss: 0.5, epoch: 3 }),
    run({ lr: '0.2', seed: '7', depth: '4' }, { epoch: 3 }),
  ]

  test('show what differs, by key, and null where a run has none', () => {
    expect(compareRuns(runs, true)).toEqual({
      params: [
        { key: 'depth', differs: true, values: [null, '4'] },
        { key: 'lr', differs: true, values: ['0.1', '0.2'] },
      ],
      metrics: [{ key: 'loss', differs: true, values: [0.5, null] }],
    })
  })

  test('show everything when that is asked for', () => {
    const { params, metrics } = compareRuns(runs, false)
    expect(params.map(({ key, differs }) => [key, differs])).toEqual([
      ['depth', true],
      ['lr', true],
      ['seed', false],
    ])
    expect(metrics.map(({ key }) => key)).toEqual(['epoch', 'loss'])
  })
})
