import type { MetricValue, Run } from '@novabrain/contracts'

/** A key with its value in each run, in the order of the runs; `null` where a run has none. */
export interface ComparedRow<T> {
  readonly key: string
  readonly differs: boolean
  readonly values: readonly (T | null)[]
}

export interface RunComparison {
  readonly params: readonly ComparedRow<string>[]
  readonly metrics: readonly ComparedRow<MetricValue>[]
}

/** Params and latest metrics of runs beside each other, by key; with `onlyDifferences` what is the same everywhere is left out. */
export const compareRuns = (
  runs: readonly Pick<Run, 'params' | 'metrics'>[],
  onlyDifferences: boolean,
): RunComparison => {
  const wanted = <T>(rows: readonly ComparedRow<T>[]) => rows.filter(({ differs }) => differs || !onlyDifferences)
  return {
    params: wanted(rowsOf(runs.map(({ params }) => params))),
    metrics: wanted(rowsOf(runs.map(({ metrics }) => metrics))),
  }
}

const rowsOf = <T>(runs: readonly (readonly { readonly key: string; readonly value: T }[])[]): ComparedRow<T>[] => {
  const maps = runs.map((pairs) => new Map(pairs.map(({ key, value }) => [key, value])))
  const keys = [...new Set(maps.flatMap((map) => [...map.keys()]))].sort()
  return keys.map((key) => {
    const values = maps.map((map) => map.get(key) ?? null)
    return { key, differs: new Set(values).size > 1, values }
  })
}
