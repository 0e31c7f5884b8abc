/** A job that waits, with what it is ordered by. */
export interface InLine<T> {
  readonly item: T
  readonly key: number
  /** Counts arrivals: the end of every order. */
  readonly at: number
}

/** Whether one stands before the other: the smaller key, then who came first. */
export const standsBefore = (
  left: Pick<InLine<unknown>, 'key' | 'at'>,
  right: Pick<InLine<unknown>, 'key' | 'at'>,
): boolean => (left.key - right.key || left.at - right.at) < 0

/** Puts something where it belongs in a line that is in order. */
export const insert = <T>(line: InLine<T>[], entry: InLine<T>): void => {
  let [low, high] = [0, line.length]
  while (low < high) {
    const middle = (low + high) >> 1
    const other = line[middle]
    if (other !== undefined && standsBefore(other, entry)) low = middle + 1
    else high = middle
  }
  line.splice(low, 0, entry)
}
