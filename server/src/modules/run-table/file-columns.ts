import { parseRunColumn, type RunAttribute, type RunCell, type RunTableRow } from '@novabrain/contracts'

/** A column of a file: its name, as `mlflow.search_runs` has it, its type, and what a row has in it. */
export interface FileColumn {
  readonly name: string
  readonly type: 'text' | 'number' | 'instant'
  valueOf(row: RunTableRow): RunCell
}

const attributes: Readonly<Record<RunAttribute, FileColumn>> = {
  run_id: { name: 'run_id', type: 'text', valueOf: (run) => run.id },
  run_name: { name: 'run_name', type: 'text', valueOf: (run) => run.name },
  experiment_name: { name: 'experiment_name', type: 'text', valueOf: (run) => run.experimentName },
  status: { name: 'status', type: 'text', valueOf: (run) => run.status },
  user_id: { name: 'user_id', type: 'text', valueOf: (run) => run.userName },
  start_time: { name: 'start_time', type: 'instant', valueOf: (run) => run.startedAt },
  end_time: { name: 'end_time', type: 'instant', valueOf: (run) => run.endedAt },
  duration: { name: 'duration_seconds', type: 'number', valueOf: (run) => secondsOf(run) },
}

/** The columns of a file out of those of a table, and which of them are read as cells. */
export const fileColumns = (
  names: readonly string[],
): { readonly columns: readonly FileColumn[]; readonly cells: readonly string[] } => {
  const wanted = [...new Set(names)]
  const cells = wanted.filter((name) => !name.startsWith('attributes.'))
  const columns = wanted.flatMap((name): FileColumn[] => {
    const column = parseRunColumn(name)
    if (column === null) return []
    if (column.kind === 'attribute') return isAttribute(column.key) ? [attributes[column.key]] : []
    const at = cells.indexOf(name)
    return [{ name, type: column.kind === 'metric' ? 'number' : 'text', valueOf: ({ cells }) => cells[at] ?? null }]
  })
  return { columns, cells }
}

const isAttribute = (key: string): key is RunAttribute => Object.hasOwn(attributes, key)

const secondsOf = ({ startedAt, endedAt }: RunTableRow): number | null =>
  startedAt === null || endedAt === null ? null : (Date.parse(endedAt) - Date.parse(startedAt)) / 1000
