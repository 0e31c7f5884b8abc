/** A binary heap by a whole-number key that is read when an item is pushed, then by a comparison. */
export interface Heap<T> {
  peek(): T | null
  pop(): T | null
  push(item: T): void
  /** Reads the key of the first item anew and lets it sink to its place. */
  sinkTop(): void
}

interface Entry<T> {
  readonly key: number
  readonly item: T
}

/** A heap of the items; `keyOf` and `compare` may change for the first item, and for items that are popped and pushed again. */
export const createHeap = <T>(
  items: readonly T[],
  keyOf: (item: T) => number,
  compare: (left: T, right: T) => number,
): Heap<T> => {
  const entries: Entry<T>[] = []
  const isBefore = (left: Entry<T>, right: Entry<T>): boolean =>
    (left.key - right.key || compare(left.item, right.item)) < 0

  const rise = (entry: Entry<T>): void => {
    let at = entries.push(entry) - 1
    while (at > 0) {
      const above = (at - 1) >> 1
      const parent = entries[above]
      if (parent === undefined || !isBefore(entry, parent)) break
      entries[at] = parent
      at = above
    }
    entries[at] = entry
  }

  const smallerChild = (at: number): number => {
    const left = entries[2 * at + 1]
    const right = entries[2 * at + 2]
    return left && right && isBefore(right, left) ? 2 * at + 2 : 2 * at + 1
  }

  const sink = (entry: Entry<T>): void => {
    let at = 0
    for (let below = smallerChild(at); below < entries.length; below = smallerChild(at)) {
      const child = entries[below]
      if (child === undefined || !isBefore(child, entry)) break
      entries[at] = child
      at = below
    }
    entries[at] = entry
  }

  const push = (item: T): void => rise({ key: keyOf(item), item })
  items.forEach(push)
  return {
    push,
    sinkTop() {
      const top = entries[0]
      if (top !== undefined) sink({ key: keyOf(top.item), item: top.item })
    },
    peek: () => entries[0]?.item ?? null,
    pop() {
      const top = entries[0]
      const last = entries.pop()
      if (top === undefined || last === undefined) return null
      if (entries.length > 0) sink(last)
      return top.item
    },
  }
}
