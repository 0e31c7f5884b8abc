import type { RunCell, RunTableRow } from '@novabrain/contracts'
import type { Brush } from '../table/state.js'
import type { Scale } from './scale.js'

/** A run as plots know it. */
export interface PlottedRun {
  readonly row: RunTableRow
  readonly cells: ReadonlyMap<string, RunCell>
}

/** What a run has in a column; attributes are a part of the run itself. */
export const valueIn = ({ row, cells }: PlottedRun, column: string): RunCell => {
  switch (column) {
    case 'attributes.run_name':
      return row.name
    case 'attributes.status':
      return row.status
    case 'attributes.user_id':
      return row.userName
    case 'attributes.experiment_name':
      return row.experimentName
    case 'attributes.run_id':
      return row.id
    case 'attributes.start_time':
      return row.startedAt === null ? null : Date.parse(row.startedAt)
    case 'attributes.end_time':
      return row.endedAt === null ? null : Date.parse(row.endedAt)
    case 'attributes.duration':
      return row.startedAt === null || row.endedAt === null
        ? null
        : (Date.parse(row.endedAt) - Date.parse(row.startedAt)) / 1000
    default:
      return cells.get(column) ?? null
  }
}

/** The runs that lie within every brushed range; a run without a value lies in none. */
export const runsWithin = (
  runs: readonly PlottedRun[],
  brushes: readonly Brush[],
  scales: ReadonlyMap<string, Scale>,
): readonly PlottedRun[] => {
  const known = brushes.flatMap((brush) => {
    const scale = scales.get(brush.column)
    return scale === undefined ? [] : [{ ...brush, scale }]
  })
  return runs.filter((run) =>
    known.every(({ column, low, high, scale }) => {
      const number = scale.numberOf(valueIn(run, column))
      // What a range was rounded by in the address must not lose the run at its end.
      const slack = Math.abs(high - low) * 1e-5
      return number !== null && number >= low - slack && number <= high + slack
    }),
  )
}

/** Columns in which runs differ, in their order. */
const differing = (runs: readonly PlottedRun[], columns: readonly string[]): readonly string[] =>
  columns.filter((column) => new Set(runs.map((run) => valueIn(run, column))).size > 1)

/**
 * The axes that a comparison begins with: up to five params in which the runs differ, then up to two metrics, so that what
 * was turned is to the left and what came of it to the right.
 */
export const defaultAxes = (runs: readonly PlottedRun[], columns: readonly string[]): readonly string[] => {
  const different = differing(runs, columns)
  const params = different.filter((column) => column.startsWith('params.')).slice(0, 5)
  const metrics = different.filter((column) => column.startsWith('metrics.')).slice(0, params.length === 0 ? 6 : 2)
  return [...params, ...metrics]
}
