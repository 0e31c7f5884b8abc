import fc from 'fast-check'
import { curvesOf, extentOf, isBefore, joinedCurves, type OrderedPoint } from '../../server/src/core/tracking/curve.js'

type Numbers = readonly [step: number, timestampMs: number, value: number]

const curve = (...points: Numbers[]) => ({
  runId: 'r',
  key: 'loss',
  steps: points.map(([step]) => step),
  timestampsMs: points.map(([, timestampMs]) => timestampMs),
  values: points.map(([, , value]) => value),
})
const point = ([step, timestampMs, value]: Numbers): OrderedPoint => ({ step, timestampMs, value })

test('a curve has its first and last point, by step, then time, then value, with NaN after every number', () => {
  expect(extentOf(curve([2, 5, 1], [-1, 9, 0], [2, 5, NaN], [2, 4, 7]))).toEqual({
    first: point([-1, 9, 0]),
    last: point([2, 5, NaN]),
    count: 4,
    ascending: false,
  })
  const only = point([1, 1, NaN])
  expect(extentOf(curve([1, 1, NaN]))).toEqual({ first: only, last: only, count: 1, ascending: true })
})

test('points ascend when each comes after the one before it, and none is the same as another', () => {
  const ascends = (...points: Numbers[]) => extentOf(curve(...points)).ascending
  expect(ascends([0, 0, 1], [0, 1, 0], [0, 1, 2], [1, 0, 0], [1, 0, NaN])).toBe(true)
  expect(ascends([0, 0, 1], [0, 0, 1])).toBe(false)
  expect(ascends([0, 0, 0], [0, 0, -0])).toBe(false)
  expect(ascends([0, 0, NaN], [0, 0, NaN])).toBe(false)
  expect(ascends([1, 0, 0], [0, 5, 5])).toBe(false)
})

const number = fc.integer({ min: -2, max: 2 })
const numbers = fc.tuple(number, number, fc.oneof(number, fc.constant(NaN)))
const some = fc.array(numbers, { minLength: 1, maxLength: 8 })

test('law: the order is the one that sorts', () => {
  fc.assert(
    fc.property(some, (points) => {
      const { first, last } = extentOf(curve(...points))
      for (const each of points.map(point)) {
        expect(isBefore(each, first)).toBe(false)
        expect(isBefore(last, each)).toBe(false)
      }
    }),
  )
})

test('points of a run are told by their metrics, each in the order it came', () => {
  const logged = [
    { key: 'loss', ...point([0, 1, 5]) },
    { key: '准确率', ...point([0, 1, 0.5]) },
    { key: 'loss', ...point([-1, 2, NaN]) },
  ]
  expect(curvesOf('r', logged)).toEqual([curve([0, 1, 5], [-1, 2, NaN]), { ...curve([0, 1, 0.5]), key: '准确率' }])
  expect(curvesOf('r', [])).toEqual([])
})

test('what was logged of one metric in several requests is one curve, in the order it came', () => {
  const [a, b, c] = [curve([0, 0, 1]), { ...curve([5, 0, 1]), runId: 'other' }, curve([1, 0, 2], [1, 1, 3])]
  expect(joinedCurves([a, b, c])).toEqual([curve([0, 0, 1], [1, 0, 2], [1, 1, 3]), b])
  expect(joinedCurves([curve()])).toEqual([])
})

test('infinities are kept as the largest numbers', () => {
  const logged = [Infinity, -Infinity, NaN].map((value) => ({ key: 'loss', ...point([0, 0, value]) }))
  expect(curvesOf('r', logged)[0]?.values).toEqual([Number.MAX_VALUE, -Number.MAX_VALUE, NaN])
})
