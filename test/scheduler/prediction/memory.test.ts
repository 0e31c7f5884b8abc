import fc from 'fast-check'
import { admitMemory, defaultPolicy, memoryHistoryOf, neededMib, type MemoryAdmission } from '@novabrain/scheduler'

const policy = { memory: { ...defaultPolicy.memory, contextMib: 500, marginPermille: 50, fewRunsFactor: 3 } }
const device = 80_000
const share = { gpuMilli: 250, gpuMemoryMib: 0 }

const admit = (
  peaks: readonly number[],
  ask: Partial<typeof share> = {},
  raisedMib: number | null = null,
): MemoryAdmission =>
  admitMemory({ ...share, ...ask }, { history: memoryHistoryOf(peaks), raisedMib, deviceMib: device }, policy)

test('a share that nobody knows anything about runs alone, whatever it says of itself', () => {
  expect(admit([])).toEqual({ kind: 'alone', history: null })
  expect(admit([], { gpuMemoryMib: 4000 })).toEqual({ kind: 'alone', history: null })
  expect(admit([0, 0])).toEqual({ kind: 'alone', history: null })
})

test('a known one is let in with p95, what the driver takes and a margin that shrinks as more is known', () => {
  expect(admit([10_000])).toMatchObject({ kind: 'predicted', atLeastMib: 10_000 + 500 + 500 + 1500 })
  const twenty = Array.from({ length: 20 }, () => 10_000)
  expect(admit(twenty)).toMatchObject({ atLeastMib: 10_000 + 500 + 500 + 75 })
  expect(admit(twenty, { gpuMemoryMib: 30_000 })).toMatchObject({ atLeastMib: 30_000 })
})

test('a class whose peaks spread more than the margin gets its spread', () => {
  const history = memoryHistoryOf([8000, 12_000, 8000, 12_000, 10_000])
  expect(history).toEqual({ runs: 5, p95Mib: 12_000, spreadMib: 2000 })
  expect(history === null ? 0 : neededMib(history, policy)).toBe(12_000 + 500 + 2000 + 1200)
})

test('of twenty runs the one that was far above the others is left out, of fewer it counts', () => {
  const nineteen = Array.from({ length: 19 }, () => 5000)
  expect(memoryHistoryOf([...nineteen, 60_000])?.p95Mib).toBe(5000)
  expect(memoryHistoryOf([...nineteen.slice(1), 60_000])?.p95Mib).toBe(60_000)
})

test('what needs as much as a device has, whole devices, and those that ran out of memory are not shared', () => {
  expect(admit([79_000])).toMatchObject({ kind: 'alone', history: { p95Mib: 79_000 } })
  expect(admit([], { gpuMilli: 1000 })).toEqual({ kind: 'asked' })
  expect(admit([1000], {}, 40_000)).toEqual({ kind: 'raised', atLeastMib: 40_000 })
})

test('turned off, every share is let in as it asks; runs below the least number count as none', () => {
  const known = { history: null, raisedMib: null, deviceMib: device }
  expect(admitMemory(share, known, { memory: { ...policy.memory, check: 'off' } })).toEqual({ kind: 'asked' })
  const one = { ...known, history: memoryHistoryOf([1000]) }
  expect(admitMemory(share, one, { memory: { ...policy.memory, minimumRuns: 2 } })).toMatchObject({ kind: 'alone' })
})

const peaks = fc.array(fc.integer({ min: 1, max: 90_000 }), { maxLength: 40 })
const asks = fc.record({
  gpuMilli: fc.integer({ min: 1, max: 1000 }),
  gpuMemoryMib: fc.integer({ min: 0, max: device }),
})

test('never less than asked nor less than what 95 of 100 took, never as much as a device, and whole numbers', () => {
  fc.assert(
    fc.property(peaks, asks, (seen, ask) => {
      const history = memoryHistoryOf(seen)
      const admission = admitMemory(ask, { history, raisedMib: null, deviceMib: device }, policy)
      if (admission.kind !== 'predicted') return
      expect(Number.isSafeInteger(admission.atLeastMib)).toBe(true)
      expect(admission.atLeastMib).toBeGreaterThanOrEqual(ask.gpuMemoryMib)
      expect(admission.atLeastMib).toBeLessThan(device)
      const within = seen.filter((peak) => peak <= admission.atLeastMib).length
      expect(within * 100).toBeGreaterThanOrEqual(95 * seen.length)
    }),
  )
})

test('the order in which runs ended means nothing', () => {
  fc.assert(
    fc.property(peaks, (seen) => {
      expect(memoryHistoryOf([...seen].reverse())).toEqual(memoryHistoryOf(seen))
    }),
  )
})

test('what takes more is let in with more', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: 40_000 }), { minLength: 1 }), fc.nat(10_000), (seen, more) => {
      const [before, after] = [memoryHistoryOf(seen), memoryHistoryOf(seen.map((peak) => peak + more))]
      expect(after?.spreadMib).toBe(before?.spreadMib)
      expect(after?.p95Mib).toBe((before?.p95Mib ?? 0) + more)
    }),
  )
})
