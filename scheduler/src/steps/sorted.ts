/** A list that is kept in order. Changes are collected and taken in together when the list is next looked at. */
export interface Sorted<T> {
  size(): number
  add(item: T): void
  /** Takes out an item that is in the list. */
  remove(item: T): void
  items(): readonly T[]
  /** The marks of the items, in the same order: numbers that are looked through without a look at the items. */
  marks(): readonly number[]
}

/** Up to so many items are put in their places one by one; more are sorted in. */
const few = 8

/** The first place in a sorted list whose item does not come before the one given. */
const placeIn = <T>(items: readonly T[], item: T, compare: (left: T, right: T) => number): number => {
  let low = 0
  let high = items.length
  while (low < high) {
    const middle = (low + high) >> 1
    const other = items[middle]
    if (other !== undefined && compare(other, item) < 0) low = middle + 1
    else high = middle
  }
  return low
}

/** A sorted list with some more items in their places. */
export const sortedWith = <T>(
  items: readonly T[],
  more: readonly T[],
  compare: (left: T, right: T) => number,
): readonly T[] => {
  if (more.length === 0) return items
  if (more.length > few) return [...items, ...more].sort(compare)
  const all = [...items]
  for (const item of more) all.splice(placeIn(all, item, compare), 0, item)
  return all
}

/** Closes the gaps that are left at ascending places. */
const closeGaps = (items: unknown[], gaps: readonly number[]): void => {
  let to = gaps[0] ?? items.length
  for (let from = to, gap = 0; from < items.length; from += 1) {
    if (from === gaps[gap]) gap += 1
    else items[to++] = items[from]
  }
  items.length = to
}

/** Moves items aside so that more stand before the places given, which ascend: from the end on, each is moved once. */
const putBefore = <T>(items: T[], places: readonly number[], more: readonly T[]): void => {
  let from = items.length
  for (const item of more) items.push(item)
  for (let at = more.length - 1; at >= 0; at -= 1) {
    for (const place = places[at] ?? 0; from > place; from -= 1) items[from + at] = items[from - 1] as T
    items[from + at] = more[at] as T
  }
}

/**
 * An empty list in the order of `compare`, in which no two items are equal. Where whoever looks through it wants to know
 * one number of each, `markOf` tells that.
 */
export const createSorted = <T>(
  compare: (left: T, right: T) => number,
  markOf: ((item: T) => number) | null = null,
): Sorted<T> => {
  const items: T[] = []
  const marks: number[] = []
  let added = new Set<T>()
  let removed: T[] = []

  const placeOf = (item: T): number => placeIn(items, item, compare)
  const takeOut = (gaps: readonly number[]): void => {
    closeGaps(items, gaps)
    if (markOf !== null) closeGaps(marks, gaps)
  }
  const putIn = (more: readonly T[]): void => {
    const places = more.map(placeOf)
    putBefore(items, places, more)
    if (markOf !== null) putBefore(marks, places, more.map(markOf))
  }
  /** What leaves goes first: something new may stand in the very place of something old. */
  const takeIn = (): void => {
    if (removed.length > 0) takeOut(removed.map(placeOf).sort((left, right) => left - right))
    if (added.size > 0) putIn([...added].sort(compare))
    added = new Set()
    removed = []
  }
  const upToDate = <Kept>(kept: Kept): Kept => {
    if (added.size + removed.length > 0) takeIn()
    return kept
  }
  return {
    size: () => items.length + added.size - removed.length,
    add: (item) => void added.add(item),
    remove: (item) => void (added.delete(item) || removed.push(item)),
    items: () => upToDate(items),
    marks: () => upToDate(marks),
  }
}
