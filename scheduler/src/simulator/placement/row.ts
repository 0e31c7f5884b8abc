import type { PlacementResult } from './protocol.js'

/** A result as one flat line of numbers: `allocated_100` is the allocation when 100 % of the GPUs were asked for. */
export type PlacementRow = Readonly<Record<string, number>>

/** Lays a result out flat; all in percent or pods. */
export const rowOf = ({ pods, readOuts, failed }: PlacementResult): PlacementRow =>
  Object.fromEntries([
    ['pods', pods],
    ...readOuts.flatMap((out): [string, number][] => [
      [`allocated_${out.arrivedPercent}`, out.allocatedPercent],
      [`fragmented_${out.arrivedPercent}`, out.fragmentedPercent],
      [`fragmented_of_idle_${out.arrivedPercent}`, out.fragmentedOfIdlePercent],
    ]),
    ['failed', failed.all],
    ['failed_without_gpu', failed.withoutGpu],
    ['failed_share', failed.share],
    ['failed_whole_single', failed.wholeSingle],
    ['failed_several_gpus', failed.severalGpus],
  ])

/** Mean and standard deviation (of a sample) of some numbers. */
export interface Spread {
  readonly mean: number
  readonly deviation: number
}

/** The spread of a list; no deviation where there are fewer than two. */
export const spreadOf = (values: readonly number[]): Spread => {
  const mean = values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length)
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0)
  return { mean, deviation: values.length < 2 ? 0 : Math.sqrt(squares / (values.length - 1)) }
}

/** The spread of every number over rows that have the same ones. */
export const spreadsOf = (rows: readonly PlacementRow[]): Readonly<Record<string, Spread>> =>
  Object.fromEntries(Object.keys(rows[0] ?? {}).map((name) => [name, spreadOf(rows.map((row) => row[name] ?? 0))]))
