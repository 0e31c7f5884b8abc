import type { EnvironmentPin, Job, MetricValue, Run } from '@novabrain/contracts'

/** One run with what is compared of it; parts that could not be read are `null`. */
export interface ComparedRun {
  readonly run: Run
  readonly job: Job | null
  readonly pin: EnvironmentPin | null
  /** Branch and commit of the code, where it came from a repository. */
  readonly code: string | null
}

/** A line of the comparison: one value a run, `null` where a run has none. */
export interface CompareRow {
  readonly key: string
  readonly values: readonly (string | null)[]
  readonly differs: boolean
}

const rowOf = (key: string, values: readonly (string | null)[]): CompareRow => ({
  key,
  values,
  differs: new Set(values).size > 1,
})

const rowsOf = (
  runs: readonly ComparedRun[],
  entriesOf: (run: ComparedRun) => Iterable<readonly [string, string]>,
): CompareRow[] => {
  const maps = runs.map((run) => new Map(entriesOf(run)))
  const keys = [...new Set(maps.flatMap((map) => [...map.keys()]))].sort((a, b) => a.localeCompare(b))
  return keys.map((key) =>
    rowOf(
      key,
      maps.map((map) => map.get(key) ?? null),
    ),
  )
}

/** Parameters, by key. */
export const paramRows = (runs: readonly ComparedRun[]): CompareRow[] =>
  rowsOf(runs, ({ run }) => run.params.map(({ key, value }) => [key, value] as const))

/** Latest values of metrics, by key, as `format` writes them. */
export const metricRows = (runs: readonly ComparedRun[], format: (value: MetricValue) => string): CompareRow[] =>
  rowsOf(runs, ({ run }) => run.metrics.map(({ key, value }) => [key, format(value)] as const))

/** Python and each package with its version. A run without a pin has none. */
export const environmentRows = (runs: readonly ComparedRun[]): CompareRow[] => {
  const rows = rowsOf(runs, ({ pin }) => pin?.packages.map(({ name, version }) => [name, version] as const) ?? [])
  const python = rowOf(
    'Python',
    runs.map(({ pin }) => pin?.pythonVersion ?? null),
  )
  return runs.every(({ pin }) => pin === null) ? [] : [python, ...rows]
}

/** Metrics that at least one run has as a curve. */
export const curveKeys = (runs: readonly ComparedRun[]): string[] =>
  [
    ...new Set(runs.flatMap(({ run }) => run.metrics.filter(({ pointCount }) => pointCount > 1).map(({ key }) => key))),
  ].sort((a, b) => a.localeCompare(b))
