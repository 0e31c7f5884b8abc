import { groupRows } from './group-rows.js'
import { storedValue } from './metric-value.js'

/** A point by what puts points of a series in order. */
export interface OrderedPoint {
  readonly step: number
  readonly timestampMs: number
  readonly value: number
}

/** Points of one metric of a run in the order they came, three numbers for each; values as they are kept (no infinities). */
export interface Curve {
  readonly runId: string
  readonly key: string
  readonly steps: readonly number[]
  readonly timestampsMs: readonly number[]
  readonly values: readonly number[]
}

/** The first and the last of some points of one series, and whether they came in order, no two of them equal. */
export interface Extent {
  readonly first: OrderedPoint
  readonly last: OrderedPoint
  readonly count: number
  readonly ascending: boolean
}

/** Points of a run by their metrics, each metric's in the order they came. */
export const curvesOf = (runId: string, points: readonly (OrderedPoint & { readonly key: string })[]): Curve[] => {
  const curves = new Map<string, Curve & { steps: number[]; timestampsMs: number[]; values: number[] }>()
  for (const { key, step, timestampMs, value } of points) {
    let curve = curves.get(key)
    if (curve === undefined) curves.set(key, (curve = { runId, key, steps: [], timestampsMs: [], values: [] }))
    curve.steps.push(step)
    curve.timestampsMs.push(timestampMs)
    curve.values.push(storedValue(value))
  }
  return [...curves.values()]
}

/** The same points with one curve for each metric of a run that has any. */
export const joinedCurves = (curves: readonly Curve[]): readonly Curve[] => {
  const withPoints = curves.filter(({ steps }) => steps.length > 0)
  return [...groupRows(withPoints, nameOf).values()].flatMap(joined)
}

const joined = (parts: readonly Curve[]): readonly Curve[] => {
  const [first] = parts
  if (first === undefined || parts.length === 1) return parts
  const steps = parts.flatMap((part) => part.steps)
  const timestampsMs = parts.flatMap((part) => part.timestampsMs)
  return [{ ...first, steps, timestampsMs, values: parts.flatMap((part) => part.values) }]
}

/** A key of a run as one text. */
export const nameOf = ({ runId, key }: { readonly runId: string; readonly key: string }): string =>
  `${runId}\u0000${key}`

/**
 * The extent of a curve, which has a point at least. Points are in the order of (step, timestamp, value), where NaN is
 * greater than every number, as PostgreSQL has it.
 */
export const extentOf = (curve: Curve): Extent => {
  const count = curve.steps.length
  let [first, last, ascending] = [0, 0, true]
  for (let index = 1; index < count; index += 1) {
    if (comesBefore(curve, last, index)) last = index
    else {
      ascending = false
      if (comesBefore(curve, index, first)) first = index
    }
  }
  return { first: pointAt(curve, first), last: pointAt(curve, last), count, ascending }
}

/** Whether a point comes before another, in the order of a series. */
export const isBefore = (a: OrderedPoint, b: OrderedPoint): boolean => {
  if (a.step !== b.step) return a.step < b.step
  if (a.timestampMs !== b.timestampMs) return a.timestampMs < b.timestampMs
  return Number.isNaN(b.value) ? !Number.isNaN(a.value) : a.value < b.value
}

/** The same by places in a curve. Steps differ almost always, so that no point has to be made to see it. */
const comesBefore = (curve: Curve, a: number, b: number): boolean => {
  const [stepOfA, stepOfB] = [curve.steps[a], curve.steps[b]]
  if (stepOfA !== undefined && stepOfB !== undefined && stepOfA !== stepOfB) return stepOfA < stepOfB
  return isBefore(pointAt(curve, a), pointAt(curve, b))
}

/** The point of a curve at a place that it has. */
export const pointAt = ({ steps, timestampsMs, values }: Curve, index: number): OrderedPoint => {
  const [step, timestampMs, value] = [steps[index], timestampsMs[index], values[index]]
  if (step === undefined || timestampMs === undefined || value === undefined)
    throw new Error(`a curve has no point ${String(index)}`)
  return { step, timestampMs, value }
}
