/** The part of a cell that bringing outputs back looks at. */
export interface CellText {
  readonly id: string
  readonly type: string
  readonly source: string
}

/** A cell as it ran. */
export interface ExecutedCell extends CellText {
  readonly outputs: readonly unknown[]
  readonly executionCount: number | null
  /** Put in by the runner, with the parameters of the run. */
  readonly injected: boolean
}

/** What to write into which cell of the open notebook, and what is left alone and why. */
export interface PullPlan {
  readonly writes: readonly { readonly index: number; readonly from: ExecutedCell }[]
  readonly skipped: readonly { readonly index: number; readonly reason: SkipReason }[]
  /** Cells that ran and are no longer in the notebook. */
  readonly gone: number
}

/** `changed`: the source differs from what ran. `not_run`: the run has no such cell. */
export type SkipReason = 'changed' | 'not_run'

/**
 * Match the cells of the open notebook with those that ran, by id. A cell whose source has changed since is never
 * touched: its outputs would be lies. Cells that the runner put in (injected parameters) belong to nobody here.
 */
export const planPull = (open: readonly CellText[], executed: readonly ExecutedCell[]): PullPlan => {
  const ran = new Map(executed.filter((cell) => cell.type === 'code').map((cell) => [cell.id, cell] as const))
  const writes: { index: number; from: ExecutedCell }[] = []
  const skipped: { index: number; reason: SkipReason }[] = []
  open.forEach((cell, index) => {
    if (cell.type !== 'code' || cell.source.trim() === '') return
    const from = ran.get(cell.id)
    if (from === undefined) skipped.push({ index, reason: 'not_run' })
    else if (from.source !== cell.source) skipped.push({ index, reason: 'changed' })
    else writes.push({ index, from })
  })
  const here = new Set(open.map((cell) => cell.id))
  return { writes, skipped, gone: [...ran.values()].filter((cell) => !here.has(cell.id) && !cell.injected).length }
}

/** The cells of a notebook file as it was written by the runner. Throws when it is no notebook of format 4. */
export const executedCells = (text: string): ExecutedCell[] => {
  const notebook: unknown = JSON.parse(text)
  if (!isRecord(notebook) || !Array.isArray(notebook['cells'])) throw new Error('Not a notebook of format 4')
  return notebook['cells'].filter(isRecord).map((cell) => ({
    id: typeof cell['id'] === 'string' ? cell['id'] : '',
    type: String(cell['cell_type']),
    source: joined(cell['source']),
    outputs: Array.isArray(cell['outputs']) ? cell['outputs'] : [],
    executionCount: typeof cell['execution_count'] === 'number' ? cell['execution_count'] : null,
    injected: tagsOf(cell['metadata']).includes('injected-parameters'),
  }))
}

const tagsOf = (metadata: unknown): readonly unknown[] =>
  isRecord(metadata) && Array.isArray(metadata['tags']) ? metadata['tags'] : []

const joined = (source: unknown): string =>
  Array.isArray(source) ? source.join('') : typeof source === 'string' ? source : ''

const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null
