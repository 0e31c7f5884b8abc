import type { Output } from './output.js'
import type { Texts } from './texts.js'

/** What is known of a change that stays: of the policy or of a queue. */
interface Kept {
  readonly version: number
  readonly changedAt: string
  readonly changedBy: string
  readonly reason: string | null
}

/** Write changes as a table, or what to say where there are none; `changesOf` tells each part of a change in words. */
export const writeChanges = <T extends Kept>(
  { output, texts: { columns } }: { readonly output: Output; readonly texts: Texts },
  items: readonly T[],
  { none, changesOf }: { readonly none: string; readonly changesOf: (change: T) => readonly string[] },
): void => {
  output.value(items)
  if (items.length === 0) return output.line(none)
  output.table(
    [columns.version, columns.when, columns.who, columns.why, columns.changes],
    items.map((change) => [
      String(change.version),
      change.changedAt,
      change.changedBy,
      change.reason ?? '–',
      changesOf(change).join('; '),
    ]),
  )
}
