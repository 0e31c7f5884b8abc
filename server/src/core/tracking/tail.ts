import { pointAt, type Curve, type OrderedPoint } from './curve.js'

/** How many points a block of a long series holds, and each of its pieces. */
export const [blockPoints, piecePoints] = [4096, 128]
/** A block is told only when another is full of newer points: what comes a little late meets no block. */
export const toldBehind = 2 * blockPoints

/** Up to 128 points of a series, one after the other: which they are, and the extremes of those that are numbers. */
interface Piece {
  readonly first: OrderedPoint
  readonly last: OrderedPoint
  readonly count: number
  /** NaN where none is a number. */
  readonly low: number
  readonly high: number
}

/**
 * What is known of a series all of whose points came in order and were seen: how many there are, how many are in blocks,
 * and those that are in none, in pieces, of which the last may not be whole.
 */
export interface Tail {
  readonly pointCount: number
  readonly toldCount: number
  readonly pieces: readonly Piece[]
}

/** 4,096 points in a row: the first, the last, and of each piece its last point and its extremes. */
export interface Block {
  readonly first: OrderedPoint
  readonly last: OrderedPoint
  readonly pieces: readonly Piece[]
}

/** The tail of a series without points. */
export const noTail: Tail = { pointCount: 0, toldCount: 0, pieces: [] }

/** The tail with the points of a curve, which are in order and come after all that were there. */
export const extendTail = (tail: Tail, curve: Curve): Tail => {
  const pieces = [...tail.pieces]
  const count = curve.steps.length
  for (let from = 0; from < count;) {
    const last = pieces.at(-1)
    const open = last !== undefined && last.count < piecePoints ? last : null
    const to = Math.min(count, from + piecePoints - (open?.count ?? 0))
    if (open !== null) pieces.pop()
    pieces.push(pieceOf(curve, from, to, open))
    from = to
  }
  return { ...tail, pointCount: tail.pointCount + count, pieces }
}

/** The blocks that are due, oldest first, and the tail when they are told. */
export const cutBlocks = (tail: Tail): { readonly blocks: readonly Block[]; readonly tail: Tail } => {
  const due = Math.max(0, Math.floor((tail.pointCount - tail.toldCount) / blockPoints) - 1)
  const blocks = Array.from({ length: due }, (_, index) =>
    blockOf(tail.pieces.slice(index * piecesOfBlock, (index + 1) * piecesOfBlock)),
  )
  const pieces = tail.pieces.slice(due * piecesOfBlock)
  return { blocks, tail: { ...tail, toldCount: tail.toldCount + due * blockPoints, pieces } }
}

const piecesOfBlock = blockPoints / piecePoints

/** The points of a curve from one place to before another, after those of a piece that is not whole. */
const pieceOf = (curve: Curve, from: number, to: number, before: Piece | null): Piece => {
  let [low, high] = [before?.low ?? NaN, before?.high ?? NaN]
  for (let index = from; index < to; index += 1) {
    const value = curve.values[index] ?? NaN
    if (value < low || Number.isNaN(low)) low = value
    if (value > high || Number.isNaN(high)) high = value
  }
  const first = before?.first ?? pointAt(curve, from)
  return { first, last: pointAt(curve, to - 1), count: (before?.count ?? 0) + to - from, low, high }
}

const blockOf = (pieces: readonly Piece[]): Block => {
  const [first, last] = [pieces[0]?.first, pieces.at(-1)?.last]
  if (first === undefined || last === undefined) throw new Error('a block has no pieces')
  return { first, last, pieces }
}
