import { extentsOf } from '../../server/src/core/tracking/extents.js'

const point = (step: number, timestampMs: number, value: number) => ({ step, timestampMs, value })

test('each series has its first and last point, by step, then time, then value, with NaN after every number', () => {
  const points = [point(2, 5, 1), point(-1, 9, 0), point(2, 5, NaN), point(2, 4, 7), point(0, 0, NaN), point(0, 0, 3)]
  const extents = extentsOf(points, ['a', 'a', 'a', 'a', 'b', 'b'])
  expect([...extents]).toEqual([
    ['a', { first: points[1], last: points[2], count: 4, ascending: false }],
    ['b', { first: points[5], last: points[4], count: 2, ascending: false }],
  ])
})

test('one point is both, and no points have no extent', () => {
  const only = point(1, 1, NaN)
  expect(extentsOf([only, only], [7, 7]).get(7)).toEqual({ first: only, last: only, count: 2, ascending: false })
  expect(extentsOf([], []).size).toBe(0)
})

test('points ascend when each comes after the one before it in its own series, and none is the same as another', () => {
  const ascends = (...points: [number, number, number][]) =>
    extentsOf(
      points.map((each) => point(...each)),
      points.map(() => 1),
    ).get(1)?.ascending
  expect(ascends([0, 0, 1])).toBe(true)
  expect(ascends([0, 0, 1], [0, 1, 0], [0, 1, 2], [1, 0, 0], [1, 0, NaN])).toBe(true)
  expect(ascends([0, 0, 1], [0, 0, 1])).toBe(false)
  expect(ascends([0, 0, 0], [0, 0, -0])).toBe(false)
  expect(ascends([0, 0, NaN], [0, 0, NaN])).toBe(false)
  expect(ascends([1, 0, 0], [0, 5, 5])).toBe(false)
  const [a, b] = [point(3, 0, 0), point(1, 0, 0)]
  expect([...extentsOf([a, b], ['a', 'b']).values()].map(({ ascending }) => ascending)).toEqual([true, true])
})
