import { openRandom, readCsv } from '@novabrain/scheduler/simulator'

const draws = (seed: number): number[] => {
  const random = openRandom(seed)
  return Array.from({ length: 20_000 }, () => random.normal())
}

test('equal seeds give equal numbers, other seeds others', () => {
  expect(draws(42)).toEqual(draws(42))
  expect(draws(42)).not.toEqual(draws(43))
})

test('normal draws have mean 0 and deviation 1', () => {
  const values = draws(7)
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length
  expect(Math.abs(mean)).toBeLessThan(0.03)
  expect(Math.abs(variance - 1)).toBeLessThan(0.05)
})

test('a shuffled list holds the same items, and the list it came from is as it was', () => {
  const items = Object.freeze([1, 2, 3, 4, 5, 6, 7, 8])
  const shuffled = openRandom(1).shuffled(items)
  expect(shuffled).not.toEqual(items)
  expect([...shuffled].sort()).toEqual(items)
})

test('a trace without a wanted column, or with a word for a number, says so with the place', () => {
  expect(() => readCsv('a,b\n1,2\n', ['a', 'c'])).toThrow('no column c')
  const [, second] = readCsv('a,b\n1,2\n1,x\n', ['a', 'b'])
  expect(second?.text('b')).toBe('x')
  expect(() => second?.number('b')).toThrow('Line 3')
})
