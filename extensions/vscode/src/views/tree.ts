import type { Unsubscribe } from '@novabrain/contracts'

/** A row of a tree, as data. `kind` is what the manifest's `when` clauses look at. */
export interface TreeRow {
  readonly id: string
  readonly label: string
  readonly description?: string
  /** What hovering shows, made when somebody hovers; Markdown without links to anywhere. */
  readonly hover?: () => string
  /** A codicon, and the colour of the theme it is drawn in. */
  readonly icon?: string
  readonly iconColor?: string
  readonly kind?: string
  readonly open?: 'expanded' | 'collapsed'
  /** Last known, not known now: drawn faint. */
  readonly stale?: boolean
  /** What a click does. */
  readonly command?: { readonly id: string; readonly arguments: readonly unknown[] }
  /** What a screen reader says; the label and the description when left out. */
  readonly spoken?: string
  readonly children?: readonly TreeRow[]
  /** What commands on this row are given. */
  readonly subject?: RowSubject
}

/** The run a row stands for, and its job where it is the run of one. */
export interface RowSubject {
  readonly jobId?: string
  readonly runId: string
}

/** Where rows come from; told whether anybody looks, so that hidden views cost nothing. */
export interface TreeSource {
  rows(): readonly TreeRow[]
  onChange(listener: () => void): Unsubscribe
  visible(seen: boolean): void
}

/** More rows than this are drawn anew with what they are under; one by one would cost more. */
const manyRows = 100

/**
 * What an editor has to draw anew between two states of a tree: the ids of rows, each with all that is under it, or the
 * whole tree. The less it is told to draw, the less moves under the pointer: a row that is being drawn cannot be pressed.
 */
export const redrawn = (before: readonly TreeRow[], after: readonly TreeRow[]): readonly string[] | 'all' => {
  if (!haveSameIds(before, after)) return 'all'
  const ids = after.flatMap((row, index) => redrawnRow(before[index] ?? row, row))
  return ids.length > manyRows ? 'all' : ids
}

const redrawnRow = (before: TreeRow, after: TreeRow): readonly string[] => {
  if (!looksSame(before, after)) return [after.id]
  const under = redrawn(before.children ?? [], after.children ?? [])
  return under === 'all' ? [after.id] : under
}

const haveSameIds = (before: readonly TreeRow[], after: readonly TreeRow[]): boolean =>
  before.length === after.length && before.every(({ id }, index) => id === after[index]?.id)

const looks = ['label', 'description', 'icon', 'iconColor', 'kind', 'open', 'stale', 'spoken'] as const

const looksSame = (before: TreeRow, after: TreeRow): boolean =>
  looks.every((part) => before[part] === after[part]) &&
  before.command?.id === after.command?.id &&
  JSON.stringify(before.command?.arguments) === JSON.stringify(after.command?.arguments)
