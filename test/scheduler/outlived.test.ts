import { aheadOf } from '@novabrain/scheduler'

test.each([
  [100, 0, 100],
  [100, 99, 100],
  [100, 100, 150],
  [100, 149, 150],
  [100, 224, 225],
  [100, 1000, 1142],
  [0, 0, 1],
  [1, 1, 2],
  [1, 2, 3],
])('of %d predicted, with %d behind it, %d in all', (predicted, ran, ahead) => {
  expect(aheadOf(predicted, ran)).toBe(ahead)
})
