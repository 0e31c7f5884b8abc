import type { Span } from '@novabrain/contracts'

/** The spans below one, as far as they were read; `next` asks for more of them. */
export interface Branch {
  readonly spans: readonly Span[]
  readonly next: string | null
}

/** What is known of a tree of spans: branches by the id of their parent, those at the top under an empty id. */
export interface SpanTree {
  readonly branches: ReadonlyMap<string, Branch>
  readonly opened: ReadonlySet<string>
}

/** A line of the tree: a span, more of a branch, or a branch that is being read. */
export type SpanRow =
  | { readonly kind: 'span'; readonly span: Span; readonly level: number; readonly opened: boolean }
  | { readonly kind: 'more' | 'reading'; readonly parentId: string; readonly level: number }

/** The lines of a tree from the top, without going deeper than what is open; no recursion, since traces are deep. */
export const spanRows = ({ branches, opened }: SpanTree): readonly SpanRow[] => {
  const rows: SpanRow[] = []
  const waiting: SpanRow[] = branchRows(branches.get(''), '', 1).reverse()
  for (let row = waiting.pop(); row !== undefined; row = waiting.pop()) {
    if (row.kind !== 'span') {
      rows.push(row)
      continue
    }
    const isOpen = row.span.childCount > 0 && opened.has(row.span.id)
    rows.push({ ...row, opened: isOpen })
    if (!isOpen) continue
    const below = branches.get(row.span.id)
    const inside =
      below === undefined
        ? [{ kind: 'reading' as const, parentId: row.span.id, level: row.level + 1 }]
        : branchRows(below, row.span.id, row.level + 1)
    for (const each of inside.reverse()) waiting.push(each)
  }
  return rows
}

const branchRows = (branch: Branch | undefined, parentId: string, level: number): SpanRow[] => [
  ...(branch?.spans ?? []).map((span): SpanRow => ({ kind: 'span', span, level, opened: false })),
  ...(branch === undefined || branch.next === null ? [] : [{ kind: 'more' as const, parentId, level }]),
]

/** Where the bar of a span stands on a line of 100: never so short that it is not seen. */
export const barOf = (
  span: Pick<Span, 'startUs' | 'durationUs'>,
  wholeUs: number,
): { readonly left: number; readonly width: number } => {
  const whole = Math.max(1, wholeUs)
  const left = Math.min(99.5, Math.max(0, (span.startUs / whole) * 100))
  const length = span.durationUs === null ? 100 - left : (span.durationUs / whole) * 100
  return { left, width: Math.min(100 - left, Math.max(0.5, length)) }
}
