import {
  extentOf,
  isBefore,
  joinedCurves,
  nameOf,
  type Curve,
  type Extent,
  type OrderedPoint,
} from '../../core/tracking/curve.js'
import {
  blockPoints,
  cutBlocks,
  extendTail,
  noTail,
  toldBehind,
  type Block,
  type Tail,
} from '../../core/tracking/tail.js'
import type { ProjectScope, Tx } from '../../deps.js'
import { addModelMetrics } from '../../db/sql/tracking-add-model-metrics.sql.js'
import { addParams } from '../../db/sql/tracking-add-params.sql.js'
import { addPoints, appendPoints } from '../../db/sql/tracking-add-points.sql.js'
import { knownParams } from '../../db/sql/tracking-known-params.sql.js'
import { loggableRuns } from '../../db/sql/tracking-loggable-runs.sql.js'
import { metricHistoryRange } from '../../db/sql/tracking-metric-history-range.sql.js'
import { metricHistory } from '../../db/sql/tracking-metric-history.sql.js'
import { metricSeries, roomForSeries } from '../../db/sql/tracking-metric-series.sql.js'
import { findSeries, openSeries } from '../../db/sql/tracking-open-series.sql.js'
import { addBlock, forgetBlocks, lockSummary, summarisePoints } from '../../db/sql/tracking-summarise-points.sql.js'
import { seriesDigests } from '../../db/sql/tracking-series-digests.sql.js'
import { setTags } from '../../db/sql/tracking-set-tags.sql.js'
import { touchRuns } from '../../db/sql/tracking-touch-runs.sql.js'
import type { SeriesDigest } from '../../core/tracking/run-digest.js'
import type { LifecycleStage } from '../experiments/service.js'
import { bigintArray, doubleArray } from '../../db/number-arrays.js'
import { isUniqueViolation } from '../../db/faults.js'
import {
  createSeriesMemory,
  SeriesGone,
  type KnownSeries,
  type NamedSeries,
  type SeriesMemory,
} from './series-memory.js'

/** One point of a metric; the value as it is kept (no infinities). */
export interface Point {
  readonly runId: string
  readonly key: string
  readonly step: number
  readonly timestampMs: number
  readonly value: number
}

/** A point that measures a logged model, on a dataset or on none. */
export interface ModelPoint extends Point {
  readonly modelId: string
  readonly datasetName: string | null
  readonly datasetDigest: string | null
}

export interface OfRun {
  readonly runId: string
  readonly key: string
  readonly value: string
}

export interface LoggableRun {
  readonly id: string
  readonly lifecycleStage: LifecycleStage
  readonly jobRunId: string | null
  readonly lastSeenAtMs: number
}

export interface OwnedSeriesDigest extends SeriesDigest {
  readonly runId: string
}

/** A bucket of a series for drawing. */
export interface Bucket {
  readonly step: number
  readonly timestampMs: number
  readonly value: number
  readonly low: number
  readonly high: number
  /** Of the whole series, in each of its buckets. */
  readonly total: number
  readonly seriesId: string
  /** How many points are in no block. */
  readonly behind: number
}

/** What became of a series to which points were added; `null` when it is not there. */
interface GrownSeries {
  readonly seriesId: string
  readonly pointCount: number | null
  readonly toldCount: number | null
  readonly late: boolean | null
}

/** What came of points that were added. */
export interface Added {
  /** Series that have grown long, and must be read to be told in blocks. */
  readonly long: readonly string[]
  /** What to keep in mind when this is committed. */
  readonly learnt: readonly NamedSeries[]
}

interface Summary {
  readonly behind: number
  readonly step: number | null
  readonly timestampMs: number | null
  readonly value: number | null
  readonly losses: number
}

export interface SeriesQuery {
  readonly runId: string
  readonly key: string
  readonly fromStep: number | null
  readonly toStep: number | null
  readonly buckets: number
}

type Project = Pick<ProjectScope, 'projectId'>

/** A series that lost its blocks so often is written in no order, and is left without. */
const mostLosses = 8
const mostBlocksAtOnce = 64

/** Points, params and tags written set-based, and points read. */
export const metricRepository = {
  async loggable(tx: Tx, scope: Project, runIds: readonly string[]): Promise<LoggableRun[]> {
    return tx.query(loggableRuns, [scope.projectId, runIds])
  },

  async touch(tx: Tx, scope: Project, runIds: readonly string[], nowMs: number): Promise<void> {
    if (runIds.length > 0) await tx.query(touchRuns, [scope.projectId, runIds, nowMs])
  },

  /**
   * Keep points. Series in mind are not looked up, nor points that come after all that are in mind; when that proves
   * wrong, everything is forgotten and `SeriesGone` is thrown. A series whose tail is in mind is told in blocks as it grows.
   */
  async addPoints(tx: Tx, scope: Project, given: readonly Curve[], inMind: SeriesMemory | null = null): Promise<Added> {
    const curves = joinedCurves(given)
    if (curves.length === 0) return { long: [], learnt: [] }
    const memory = inMind ?? createSeriesMemory()
    const series = await openedSeries(tx, scope, curves, memory)
    const extents = curves.map(extentOf)
    const areNew = extents.map(({ first, ascending }, index) => ascending && isAfter(series[index]?.last, first))
    remember(memory, curves, extents)
    const statement = inMind !== null && !areNew.includes(false) ? appendPoints : addPoints
    const grown = await grow(tx, statement, memory, [
      scope.projectId,
      ...pointColumns(curves, series),
      ...extentColumns(extents, series),
    ])
    const late = grown.filter(({ late }) => late).map(({ seriesId }) => seriesId)
    if (late.length > 0) await tx.query(forgetBlocks, [scope.projectId, late])
    const told = await tellBlocks(tx, scope, series, tailsAfter({ curves, series, areNew }, grown))
    return { long: longWithout(told, grown), learnt: learntOf({ curves, series, extents }, told) }
  },

  /** Tell more of the first points of a series in blocks; answers whether there is more to do. */
  async summarise(tx: Tx, scope: Project, seriesId: string): Promise<boolean> {
    const [summary]: Summary[] = await tx.query(lockSummary, [scope.projectId, seriesId])
    if (summary === undefined || summary.losses > mostLosses || summary.behind < toldBehind) return false
    const due = Math.floor(summary.behind / blockPoints) - 1
    const { step, timestampMs, value } = summary
    const count = Math.min(due, mostBlocksAtOnce)
    await tx.query(summarisePoints, [scope.projectId, seriesId, step, timestampMs, value, count])
    return due > count
  },

  async addModelPoints(tx: Tx, scope: Project, points: readonly ModelPoint[]): Promise<void> {
    if (points.length === 0) return
    await tx.query(addModelMetrics, [
      scope.projectId,
      points.map((point) => point.modelId),
      points.map((point) => point.runId),
      points.map((point) => point.key),
      points.map((point) => point.step),
      points.map((point) => point.timestampMs),
      points.map((point) => point.value),
      points.map((point) => point.datasetName),
      points.map((point) => point.datasetDigest),
    ])
  },

  async knownParams(tx: Tx, scope: Project, params: readonly OfRun[]): Promise<OfRun[]> {
    if (params.length === 0) return []
    return tx.query(knownParams, [scope.projectId, ...columns(params).slice(0, 2)])
  },

  /** Keep params; answers what holds now. */
  async addParams(tx: Tx, scope: Project, params: readonly OfRun[]): Promise<OfRun[]> {
    if (params.length === 0) return []
    return tx.query(addParams, [scope.projectId, ...columns(params)])
  },

  async setTags(tx: Tx, scope: Project, tags: readonly OfRun[]): Promise<void> {
    if (tags.length > 0) await tx.query(setTags, [scope.projectId, ...columns(tags)])
  },

  async history(
    tx: Tx,
    scope: Project,
    query: { runId: string; key: string; offset: number; limit: number | null },
  ): Promise<Omit<Point, 'runId' | 'key'>[]> {
    return tx.query(metricHistory, [scope.projectId, query.runId, query.key, query.offset, query.limit])
  },

  async historyRange(
    tx: Tx,
    scope: Project,
    query: { runIds: readonly string[]; key: string; fromStep: number | null; toStep: number | null; perRun: number },
  ): Promise<Omit<Point, 'key'>[]> {
    const { runIds, key, fromStep, toStep, perRun } = query
    return tx.query(metricHistoryRange, [scope.projectId, runIds, key, fromStep, toStep, perRun])
  },

  /** The series of a curve if it has grown long enough to be summarised. */
  longSeries: ([bucket]: readonly Bucket[]): string[] =>
    bucket !== undefined && bucket.behind >= toldBehind ? [bucket.seriesId] : [],

  /** All points of the metrics of runs, each metric as one digest. */
  async digests(tx: Tx, scope: Project, runIds: readonly string[]): Promise<OwnedSeriesDigest[]> {
    return tx.query(seriesDigests, [scope.projectId, runIds])
  },

  async series(tx: Tx, scope: Project, query: SeriesQuery): Promise<Bucket[]> {
    const { runId, key, fromStep, toStep, buckets } = query
    await tx.query(roomForSeries)
    return tx.query(metricSeries, [scope.projectId, runId, key, fromStep, toStep, buckets])
  },
}

/** Write points; where what is in mind was wrong, another server has written too, or taken away. */
const grow = async (
  tx: Tx,
  statement: string,
  memory: SeriesMemory,
  parameters: readonly unknown[],
): Promise<GrownSeries[]> => {
  const grown: GrownSeries[] = await tx.query(statement, [...parameters]).catch((error: unknown) => {
    if (!isUniqueViolation(error)) throw error
    memory.forget()
    throw new SeriesGone('a point that was thought to be new is known', { cause: error })
  })
  if (grown.every(({ pointCount }) => pointCount !== null)) return grown
  memory.forget()
  throw new SeriesGone('a series that was in mind is not there')
}

/** Even should the transaction fail: that more is thought to be there than is makes the next points only looked up. */
const remember = (memory: SeriesMemory, curves: readonly Curve[], extents: readonly Extent[]): void => {
  for (const [index, { runId, key }] of curves.entries()) {
    const [known, last] = [memory.get(runId, key), extents[index]?.last]
    if (known !== undefined && last !== undefined && isAfter(known.last, last))
      memory.keep([{ ...known, runId, key, last }])
  }
}

interface Growth {
  readonly curves: readonly Curve[]
  readonly series: readonly KnownSeries[]
  readonly areNew: readonly boolean[]
}

/**
 * The tails of series with their new points, where they hold: the points came in order, and the series has as many, and as
 * many of them in blocks, as were seen. Nobody else has added any then.
 */
const tailsAfter = ({ curves, series, areNew }: Growth, grown: readonly GrownSeries[]): readonly (Tail | null)[] => {
  const bySeries = new Map(grown.map((one) => [one.seriesId, one]))
  return curves.map((curve, index) => {
    const known = series[index]
    if (known === undefined || known.tail === null || areNew[index] !== true) return null
    const [tail, now] = [extendTail(known.tail, curve), bySeries.get(known.seriesId)]
    return now?.pointCount === tail.pointCount && now.toldCount === tail.toldCount ? tail : null
  })
}

/** Tells the blocks that are due of each tail; answers the tails after that, by their series. */
const tellBlocks = async (
  tx: Tx,
  scope: Project,
  series: readonly KnownSeries[],
  tails: readonly (Tail | null)[],
): Promise<ReadonlyMap<string, Tail>> => {
  const told = new Map<string, Tail>()
  const writes: Promise<unknown>[] = []
  for (const [index, { seriesId }] of series.entries()) {
    const tail = tails[index] ?? null
    if (tail === null) continue
    const cut = cutBlocks(tail)
    told.set(seriesId, cut.tail)
    for (const block of cut.blocks) writes.push(tx.query(addBlock, blockColumns(scope, seriesId, block)))
  }
  await Promise.all(writes)
  return told
}

const blockColumns = ({ projectId }: Project, seriesId: string, { first, last, pieces }: Block): unknown[] => {
  const ends = [first, last].flatMap(({ step, timestampMs, value }) => [step, timestampMs, value])
  const steps = bigintArray([pieces.map((piece) => piece.last.step)])
  const timestamps = bigintArray([pieces.map((piece) => piece.last.timestampMs)])
  const [values, lows, highs] = [
    pieces.map((piece) => piece.last.value),
    pieces.map(({ low }) => low),
    pieces.map(({ high }) => high),
  ].map((list) => doubleArray([list]))
  return [projectId, seriesId, ...ends, steps, timestamps, values, lows, highs]
}

const longWithout = (told: ReadonlyMap<string, Tail>, grown: readonly GrownSeries[]): string[] =>
  grown
    .filter(({ seriesId, pointCount, toldCount }) => {
      return !told.has(seriesId) && (pointCount ?? 0) - (toldCount ?? 0) >= toldBehind
    })
    .map(({ seriesId }) => seriesId)

const learntOf = (
  { curves, series, extents }: Pick<Growth, 'curves' | 'series'> & { readonly extents: readonly Extent[] },
  told: ReadonlyMap<string, Tail>,
): NamedSeries[] =>
  curves.flatMap(({ runId, key }, index) => {
    const [known, extent] = [series[index], extents[index]]
    if (known === undefined || extent === undefined) return []
    const { seriesId } = known
    const last = isAfter(known.last, extent.last) ? extent.last : known.last
    return [{ runId, key, seriesId, last, tail: told.get(seriesId) ?? null }]
  })

const isAfter = (last: OrderedPoint | null | undefined, point: OrderedPoint): boolean =>
  last === null || last === undefined || isBefore(last, point)

/** The series of each curve; those that are new are begun. What is found is kept in mind, what is begun not before it is found. */
const openedSeries = async (
  tx: Tx,
  scope: Project,
  curves: readonly Curve[],
  memory: SeriesMemory,
): Promise<readonly KnownSeries[]> => {
  const known = curves.map(({ runId, key }) => memory.get(runId, key))
  const found = new Map<string, KnownSeries>()
  const find = async (wanted: readonly Curve[]) => {
    const rows: SeriesRow[] = await tx.query(findSeries, [scope.projectId, ...namesOf(wanted)])
    for (const row of rows) found.set(nameOf(row), withLast(row))
    return rows.map(withLast)
  }
  const wanted = curves.filter((_, index) => known[index] === undefined)
  if (wanted.length > 0) memory.keep(await find(wanted))
  const fresh = wanted.filter((curve) => !found.has(nameOf(curve)))
  if (fresh.length > 0) {
    await tx.query(openSeries, [scope.projectId, ...namesOf(fresh)])
    await find(fresh)
  }
  return curves.map((curve, index) => known[index] ?? found.get(nameOf(curve)) ?? neverBegun(curve))
}

const neverBegun = ({ key }: Curve): never => {
  throw new Error(`the series of ${key} was not begun`)
}

interface SeriesRow extends OrderedPoint {
  readonly runId: string
  readonly key: string
  readonly seriesId: string
  readonly pointCount: number
}

const withLast = (row: SeriesRow): SeriesRow & NamedSeries =>
  row.pointCount === 0 ? { ...row, last: null, tail: noTail } : { ...row, last: row, tail: null }

const namesOf = (curves: readonly Curve[]): [string[], string[]] => [
  curves.map(({ runId }) => runId),
  curves.map(({ key }) => key),
]

/** A point each: series, step, timestamp and value. */
const pointColumns = (curves: readonly Curve[], series: readonly KnownSeries[]): readonly Buffer[] => [
  bigintArray(curves.map(({ steps }, index) => Array<number>(steps.length).fill(Number(series[index]?.seriesId)))),
  bigintArray(curves.map(({ steps }) => steps)),
  bigintArray(curves.map(({ timestampsMs }) => timestampsMs)),
  doubleArray(curves.map(({ values }) => values)),
]

/** A series each: which it is, its first point, its last, and how many. */
const extentColumns = (extents: readonly Extent[], series: readonly KnownSeries[]): readonly Buffer[] => [
  bigintArray([series.map(({ seriesId }) => Number(seriesId))]),
  ...orderColumns(extents.map(({ first }) => first)),
  ...orderColumns(extents.map(({ last }) => last)),
  bigintArray([extents.map(({ count }) => count)]),
]

const orderColumns = (points: readonly OrderedPoint[]): readonly Buffer[] => [
  bigintArray([points.map(({ step }) => step)]),
  bigintArray([points.map(({ timestampMs }) => timestampMs)]),
  doubleArray([points.map(({ value }) => value)]),
]

const columns = (rows: readonly OfRun[]): [string[], string[], string[]] => [
  rows.map((row) => row.runId),
  rows.map((row) => row.key),
  rows.map((row) => row.value),
]
