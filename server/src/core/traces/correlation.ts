/** How many traces pass each of two filters, both, and altogether. */
export interface CorrelationCounts {
  readonly total: number
  readonly first: number
  readonly second: number
  readonly both: number
}

/** Jeffreys' prior: half a trace more in each of the four cells. */
const prior = 0.5

/**
 * How much more often two filters meet in one trace than by chance: normalised pointwise mutual information (Bouma, 2009),
 * from -1 (never) over 0 (by chance) to 1 (always), plain and with Jeffreys' prior. `NaN` where one of them has no trace.
 */
export const correlationOf = ({ total, first, second, both }: CorrelationCounts) => {
  const cells = { both, first: first - both, second: second - both, neither: total - first - second + both }
  if (first === 0 || second === 0 || Math.min(...Object.values(cells)) < 0)
    return { npmi: Number.NaN, smoothed: Number.NaN }
  const alwaysBoth = cells.first === 0 && cells.second === 0 && cells.neither === 0
  return {
    npmi: alwaysBoth ? 1 : both === 0 ? -1 : npmi(cells, 0),
    smoothed: alwaysBoth ? 1 : npmi(cells, prior),
  }
}

const npmi = (
  cells: { readonly both: number; readonly first: number; readonly second: number; readonly neither: number },
  more: number,
): number => {
  const both = cells.both + more
  const total = cells.both + cells.first + cells.second + cells.neither + 4 * more
  const [first, second] = [both + cells.first + more, both + cells.second + more]
  const information = Math.log(both) + Math.log(total) - Math.log(first) - Math.log(second)
  return Math.max(-1, Math.min(1, information / -Math.log(both / total)))
}
