/** Run times of like jobs, in order of their length; the oldest goes when there are too many. */
export interface Sample {
  /** How many ran longer than that. */
  countAbove(ms: number): number
  add(runMs: number): void
  /** The run time that a part of those above `aboveMs` does not exceed; `null` when there are none. */
  quantile(part: number, aboveMs: number): number | null
}

const mostKept = 512

/** The first place in an ascending list whose value is above another. */
const firstAbove = (sorted: readonly number[], value: number): number => {
  let [low, high] = [0, sorted.length]
  while (low < high) {
    const middle = (low + high) >> 1
    if ((sorted[middle] ?? 0) > value) high = middle
    else low = middle + 1
  }
  return low
}

/** Opens an empty sample. */
export const openSample = (): Sample => {
  const sorted: number[] = []
  const inTurn: number[] = []
  let oldest = 0
  return {
    countAbove: (ms) => sorted.length - firstAbove(sorted, ms),
    add(runMs) {
      if (sorted.length >= mostKept) {
        sorted.splice(firstAbove(sorted, inTurn[oldest] ?? 0) - 1, 1)
        inTurn[oldest] = runMs
        oldest = (oldest + 1) % mostKept
      } else inTurn.push(runMs)
      sorted.splice(firstAbove(sorted, runMs), 0, runMs)
    },
    quantile(part, aboveMs) {
      const first = firstAbove(sorted, aboveMs)
      const above = sorted.length - first
      return sorted[first + Math.min(above - 1, Math.ceil(part * above) - 1)] ?? null
    },
  }
}
