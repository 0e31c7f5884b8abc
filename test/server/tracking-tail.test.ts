import fc from 'fast-check'
import type { Curve } from '../../server/src/core/tracking/curve.js'
import {
  blockPoints,
  cutBlocks,
  extendTail,
  noTail,
  piecePoints,
  toldBehind,
  type Block,
  type Tail,
} from '../../server/src/core/tracking/tail.js'

const curve = (values: readonly number[], from = 0): Curve => ({
  runId: 'r',
  key: 'loss',
  steps: values.map((_, index) => from + index),
  timestampsMs: values.map((_, index) => 1000 + from + index),
  values,
})
const slice = (whole: Curve, from: number, to: number): Curve => ({
  ...whole,
  steps: whole.steps.slice(from, to),
  timestampsMs: whole.timestampsMs.slice(from, to),
  values: whole.values.slice(from, to),
})

/** The tail of a curve that comes in parts, and the blocks that were told on the way. */
const grown = (whole: Curve, parts: readonly number[]): { readonly blocks: readonly Block[]; readonly tail: Tail } => {
  const blocks: Block[] = []
  let [tail, from] = [noTail, 0]
  for (const size of [...parts, whole.steps.length]) {
    const cut = cutBlocks(extendTail(tail, slice(whole, from, from + size)))
    blocks.push(...cut.blocks)
    tail = cut.tail
    from = Math.min(whole.steps.length, from + size)
  }
  return { blocks, tail }
}

const values = fc.array(fc.oneof(fc.double({ noNaN: true }), fc.constant(NaN)), { maxLength: 3 * piecePoints })
const repeated = (list: readonly number[], count: number): number[] =>
  Array.from({ length: count }, (_, index) => list[index % Math.max(1, list.length)] ?? NaN)
const anyCurve = fc.tuple(values, fc.nat(5 * blockPoints)).map(([list, count]) => curve(repeated(list, count)))
const anyParts = fc.array(fc.nat(2000), { maxLength: 30 })

test('however a curve comes, it ends in the same blocks and the same tail', () => {
  fc.assert(
    fc.property(anyCurve, anyParts, (whole, parts) => {
      expect(grown(whole, parts)).toEqual(grown(whole, []))
    }),
    { numRuns: 50 },
  )
})

test('a piece has its last point and the extremes of its numbers; NaN where there are none', () => {
  fc.assert(
    fc.property(anyCurve, (whole) => {
      const { blocks, tail } = grown(whole, [])
      const pieces = [...blocks.flatMap((block) => block.pieces), ...tail.pieces]
      for (const [index, piece] of pieces.entries()) {
        const part = slice(whole, index * piecePoints, (index + 1) * piecePoints)
        const numbers = part.values.filter((value) => !Number.isNaN(value))
        expect([piece.count, piece.first.step, piece.last.step]).toEqual([
          part.steps.length,
          part.steps[0],
          part.steps.at(-1),
        ])
        expect(piece.last.value).toBe(part.values.at(-1))
        expect(piece.low + 0).toBe((numbers.length === 0 ? NaN : Math.min(...numbers)) + 0)
        expect(piece.high + 0).toBe((numbers.length === 0 ? NaN : Math.max(...numbers)) + 0)
      }
      expect(pieces.reduce((sum, { count }) => sum + count, 0)).toBe(whole.steps.length)
    }),
    { numRuns: 50 },
  )
})

test('a block is told when another is full of newer points, and not before', () => {
  const before = cutBlocks(extendTail(noTail, curve(repeated([1, 2], toldBehind - 1))))
  expect([before.blocks.length, before.tail.toldCount]).toEqual([0, 0])
  const { blocks, tail } = cutBlocks(extendTail(before.tail, curve([3], toldBehind - 1)))
  expect(blocks.map(({ first, last }) => [first.step, last.step])).toEqual([[0, blockPoints - 1]])
  expect([tail.pointCount, tail.toldCount, tail.pieces.length]).toEqual([
    toldBehind,
    blockPoints,
    blockPoints / piecePoints,
  ])
  expect(cutBlocks(tail).blocks).toEqual([])
})
