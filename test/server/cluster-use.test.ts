import { fragmentation, type FreeNode, type RequestClass } from '../../server/src/core/cluster-use/fragmentation.js'
import { idleSince } from '../../server/src/core/cluster-use/idle.js'
import { lengthsOf, permille, windowUntil } from '../../server/src/core/cluster-use/steps.js'

const node = (...millis: number[]): FreeNode => ({
  cpuMilli: 8000,
  memoryMib: 16_384,
  gpus: millis.map((milli) => ({ model: 'A', milli, memoryMib: milli * 10 })),
})
const asks = (gpuCount: number, gpuMilli = 1000, count = 1): RequestClass => ({
  gpuCount,
  gpuMilli,
  gpuMemoryMib: 0,
  gpuModel: null,
  cpuMilli: 1000,
  memoryMib: 1024,
  count,
})

describe('fragmentation', () => {
  test('is nothing where every request can use all that is free, and all where none can use any', () => {
    expect(fragmentation([node(1000, 1000)], [asks(1), asks(2)])).toBe(0)
    expect(fragmentation([node(1000), node(1000)], [asks(2)])).toBe(1000)
    expect(fragmentation([node(500, 500)], [asks(1)])).toBe(1000)
  })

  test('weighs requests by how often they were made, and counts pieces that are too small', () => {
    expect(fragmentation([node(1000), node(1000)], [asks(2, 1000, 1), asks(1, 1000, 3)])).toBe(250)
    expect(fragmentation([node(1000, 500)], [asks(1)])).toBe(333)
  })

  test('a node without processors or of another model gives a request nothing', () => {
    const starved = { ...node(1000), cpuMilli: 500 }
    expect(fragmentation([starved], [asks(1)])).toBe(1000)
    expect(fragmentation([node(1000)], [{ ...asks(1), gpuModel: 'B' }])).toBe(1000)
  })

  test('says nothing when nothing is free or nobody asked for a GPU', () => {
    expect(fragmentation([node(0)], [asks(1)])).toBeNull()
    expect(fragmentation([node(1000)], [asks(0)])).toBeNull()
    expect(fragmentation([], [asks(1)])).toBeNull()
  })
})

describe('idle', () => {
  const sample = (atMs: number, gpuMilli: number | null) => ({ atMs, gpuMilli })
  const first = '1970-01-01T00:00:01.000Z'

  test('begins with the first sample that shows hardly any use, and ends with one that shows some', () => {
    expect(idleSince(null, [sample(0, 900), sample(1000, 20), sample(2000, 0)], 1)).toBe(first)
    expect(idleSince(first, [sample(3000, 0)], 1)).toBe(first)
    expect(idleSince(first, [sample(3000, 51)], 1)).toBeNull()
    expect(idleSince(first, [sample(3000, 51)], 2)).toBe(first)
  })

  test('a sample without a measure tells nothing', () => {
    expect(idleSince(first, [sample(3000, null)], 1)).toBe(first)
    expect(idleSince(null, [sample(3000, null)], 1)).toBeNull()
  })
})

test('a window ends in the step that has just begun, and counts only what has passed since history began', () => {
  const window = windowUntil('day', 10.5 * 3_600_000)
  expect(window).toMatchObject({ fromMs: -13 * 3_600_000, count: 24 })
  const lengths = lengthsOf(window, 9.25 * 3_600_000)
  expect(lengths.slice(-3)).toEqual([0, 0.75 * 3_600_000, 0.5 * 3_600_000])
})

test('a part is told in thousandths, of nothing as unknown', () => {
  expect([permille(1, 3), permille(4, 3), permille(0, 0)]).toEqual([333, 1000, null])
})
