/** A point by what puts points of a series in order. */
export interface OrderedPoint {
  readonly step: number
  readonly timestampMs: number
  readonly value: number
}

/** The first and the last of some points of one series, and whether they came in order, no two of them equal. */
export interface Extent<P extends OrderedPoint> {
  readonly first: P
  readonly last: P
  readonly count: number
  readonly ascending: boolean
}

/**
 * The extents of points by the series each belongs to, in parallel. Points are in the order of (step, timestamp, value), where NaN is
 * greater than every number, as PostgreSQL has it.
 */
export const extentsOf = <P extends OrderedPoint, S>(
  points: readonly P[],
  seriesOfEach: readonly S[],
): ReadonlyMap<S, Extent<P>> => {
  const extents = new Map<S, { first: P; last: P; count: number; ascending: boolean }>()
  for (const [index, series] of seriesOfEach.entries()) {
    const point = points[index]
    if (point === undefined) break
    const extent = extents.get(series)
    if (extent === undefined) {
      extents.set(series, { first: point, last: point, count: 1, ascending: true })
      continue
    }
    extent.count += 1
    if (isBefore(extent.last, point)) extent.last = point
    else {
      extent.ascending = false
      if (isBefore(point, extent.first)) extent.first = point
    }
  }
  return extents
}

/** Whether a point comes before another, in the order of a series. */
export const isBefore = (a: OrderedPoint, b: OrderedPoint): boolean => {
  if (a.step !== b.step) return a.step < b.step
  if (a.timestampMs !== b.timestampMs) return a.timestampMs < b.timestampMs
  return Number.isNaN(b.value) ? !Number.isNaN(a.value) : a.value < b.value
}
