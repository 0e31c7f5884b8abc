import type { RunDigest } from '@novabrain/contracts'
import { storedValue } from './metric-value.js'

interface Pair {
  readonly key: string
  readonly value: string
}

/** Everything in a run, wherever it is kept. */
export interface RunContents {
  readonly info: {
    readonly name: string
    readonly status: string
    readonly lifecycleStage: string
    readonly userName: string
    readonly startedAtMs: number
    readonly endedAtMs: number | null
  }
  readonly params: readonly Pair[]
  readonly tags: readonly Pair[]
  readonly series: readonly SeriesDigest[]
  readonly datasets: readonly {
    readonly name: string
    readonly digest: string
    readonly sourceType: string
    readonly source: string
    readonly schema: string | null
    readonly profile: string | null
    readonly tags: readonly Pair[]
  }[]
  readonly models: readonly { readonly direction: string; readonly modelId: string; readonly step: number }[]
  readonly artifacts: readonly { readonly path: string; readonly digest: string; readonly sizeBytes: number }[]
}

/** All points of one metric: how many, and the SHA-256 of {@link pointBytes} over them in order. */
export interface SeriesDigest {
  readonly key: string
  readonly count: number
  readonly digest: string
}

export interface Point {
  readonly step: number
  readonly timestampMs: number
  readonly value: number
}

/** SHA-256 in hexadecimal digits. */
export type Hash = (bytes: string | Uint8Array) => string

/**
 * The canonical form of a run, hashed part by part, so that what differs can be named. Lists are sorted by their JSON, in
 * the order of UTF-16 code units, so no collation of a database plays a part.
 */
export const digestOf = (run: RunContents, hash: Hash): RunDigest => {
  const { info } = run
  const inputs = [
    ...run.datasets.map(({ tags, ...of }) => [
      'dataset',
      of.name,
      of.digest,
      of.sourceType,
      of.source,
      of.schema,
      of.profile,
      sorted(tags.map(pair)),
    ]),
    ...run.models.map(({ direction, modelId, step }) => [direction, modelId, step]),
  ]
  const of = (rows: readonly unknown[]): string => hash(sorted(rows).join('\n'))
  return {
    info: of([[info.name, info.status, info.lifecycleStage, info.userName, info.startedAtMs, info.endedAtMs]]),
    params: of(run.params.map(pair)),
    tags: of(run.tags.map(pair)),
    metrics: of(run.series.map(({ key, count, digest }) => [key, count, digest])),
    inputs: of(inputs),
    artifacts: of(run.artifacts.map(({ path, digest, sizeBytes }) => [path, digest, sizeBytes])),
    counts: {
      params: run.params.length,
      tags: run.tags.length,
      metrics: run.series.length,
      points: run.series.reduce((sum, { count }) => sum + count, 0),
      inputs: inputs.length,
      artifacts: run.artifacts.length,
      bytes: run.artifacts.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0),
    },
  }
}

/** The parts of a run that differ. */
export const differingParts = (left: RunDigest, right: RunDigest): RunPart[] =>
  runParts.filter((part) => left[part] !== right[part])

const runParts = ['info', 'params', 'tags', 'metrics', 'inputs', 'artifacts'] as const
export type RunPart = (typeof runParts)[number]

/** The points of one metric as one text of bytes for hashing: sorted, each once. */
export const digestOfSeries = (key: string, points: readonly Point[], hash: Hash): SeriesDigest => {
  const once = distinctPoints(points)
  return { key, count: once.length, digest: hash(pointBytes(once)) }
}

/** Points as they are kept: by time, step and value (NaN last), each once, infinities as the largest finite numbers. */
export const distinctPoints = (points: readonly Point[]): Point[] => {
  const kept = points.map((point) => ({ ...point, value: storedValue(point.value) + 0 }))
  const ordered = kept.sort(
    (left, right) =>
      left.timestampMs - right.timestampMs || left.step - right.step || compareValues(left.value, right.value),
  )
  return ordered.filter((point, index) => {
    const before = ordered[index - 1]
    return before === undefined || !samePoint(before, point)
  })
}

/** 24 bytes a point, big-endian: time and step as 64-bit integers, the value as a double. PostgreSQL makes the same. */
const pointBytes = (points: readonly Point[]): Uint8Array => {
  const bytes = new DataView(new ArrayBuffer(points.length * 24))
  points.forEach(({ timestampMs, step, value }, index) => {
    bytes.setBigInt64(index * 24, BigInt(timestampMs))
    bytes.setBigInt64(index * 24 + 8, BigInt(step))
    bytes.setFloat64(index * 24 + 16, value)
  })
  return new Uint8Array(bytes.buffer)
}

const compareValues = (left: number, right: number): number => {
  if (Number.isNaN(left) || Number.isNaN(right)) return Number(Number.isNaN(left)) - Number(Number.isNaN(right))
  return left - right
}

const samePoint = (left: Point, right: Point): boolean =>
  left.timestampMs === right.timestampMs && left.step === right.step && compareValues(left.value, right.value) === 0

const pair = ({ key, value }: Pair): readonly [string, string] => [key, value]

const sorted = (rows: readonly unknown[]): string[] => rows.map((row) => JSON.stringify(row)).sort()
