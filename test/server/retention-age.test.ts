import { overSinceMs, parseAge } from '../../server/src/core/retention/age.js'
import { overlaps } from '../../server/src/core/tracking/artifact-path.js'

test.each([
  ['30d', 2_592_000_000],
  ['8h', 28_800_000],
  ['2d8h5m20s', 201_920_000],
  ['1.5h', 5_400_000],
  ['0s', 0],
])('an age is written as for mlflow gc: %s', (text, ms) => {
  expect(parseAge(text)).toBe(ms)
})

test.each(['', '30', 'd', '5m2d', '1..5h', '-1d', 'soon'])('and nothing else is one: %s', (text) => {
  expect(parseAge(text)).toBeNull()
})

test('a time of 0 is never over', () => {
  expect(overSinceMs(0, 1000)).toBeNull()
  expect(overSinceMs(400, 1000)).toBe(600)
})

test('a file or folder touches another that it is, holds or lies in, and none with a like name', () => {
  const cases: [string, string, boolean][] = [
    ['model', 'model', true],
    ['model', 'model/weights.bin', true],
    ['model/weights.bin', 'model', true],
    ['', 'notes.txt', true],
    ['model', 'model2', false],
    ['model/a', 'model/b', false],
  ]
  for (const [left, right, both] of cases) expect([left, right, overlaps(left, right)]).toEqual([left, right, both])
})
