import { extentsOf } from '../../server/src/core/tracking/extents.js'

const point = (step: number, timestampMs: number, value: number) => ({ step, timestampMs, value })

test('each series has its first and last point, by step, then time, then value, with NaN after every number', () => {
  const points = [point(2, 5, 1), point(-1, 9, 0), point(2, 5, NaN), point(2, 4, 7), point(0, 0, NaN), point(0, 0, 3)]
  const extents = extentsOf(points, ['a', 'a', 'a', 'a', 'b', 'b'])
  expect([...extents]).toEqual([
    ['a', { first: points[1], last: points[2] }],
    ['b', { first: points[5], last: points[4] }],
  ])
})

test('one point is both, and no points have no extent', () => {
  const only = point(1, 1, NaN)
  expect(extentsOf([only, only], [7, 7]).get(7)).toEqual({ first: only, last: only })
  expect(extentsOf([], []).size).toBe(0)
})
