/** Where columns of a wide table lie, in CSS pixels from the start of the first. */
export interface ColumnLayout {
  /** `starts[i]` is where column `i` begins; the last is where all end. */
  readonly starts: readonly number[]
  readonly totalPx: number
}

export const leastColumnPx = 60
export const mostColumnPx = 800

/** Lay columns out by their widths. */
export const layoutOf = (widths: readonly number[]): ColumnLayout => {
  const starts = [0]
  for (const width of widths) starts.push((starts.at(-1) ?? 0) + width)
  return { starts, totalPx: starts.at(-1) ?? 0 }
}

/** Which columns to draw: `[first, last)`, those in view and one more on each side. */
export const visibleColumns = (
  { starts }: ColumnLayout,
  scrollLeft: number,
  viewWidth: number,
): { readonly first: number; readonly last: number } => {
  const count = starts.length - 1
  const first = Math.max(0, upperBound(starts, scrollLeft) - 2)
  const last = Math.min(count, upperBound(starts, scrollLeft + viewWidth) + 1)
  return { first: Math.min(first, count), last: Math.max(last, Math.min(first, count)) }
}

/** How many of the sorted numbers are at most a value. */
const upperBound = (numbers: readonly number[], value: number): number => {
  let [low, high] = [0, numbers.length]
  while (low < high) {
    const middle = (low + high) >> 1
    if ((numbers[middle] ?? Infinity) <= value) low = middle + 1
    else high = middle
  }
  return low
}

/** The items with the one at `from` moved to `to`. */
export const moved = <T>(items: readonly T[], from: number, to: number): readonly T[] => {
  const rest = items.filter((_, index) => index !== from)
  const [item] = items.slice(from, from + 1)
  return item === undefined ? items : [...rest.slice(0, Math.max(0, to)), item, ...rest.slice(Math.max(0, to))]
}
