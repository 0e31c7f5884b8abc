/** A list that is kept in order. Changes are collected and taken in together when the list is next looked at. */
export interface Sorted<T> {
  size(): number
  add(item: T): void
  /** Takes out an item that is in the list. */
  remove(item: T): void
  items(): readonly T[]
}

/** Up to so many changes are put in their places one by one; more are merged in at once. */
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

/** Puts sorted items into a sorted list, from its end on, so that each item of it moves once and few are compared. */
const mergeIn = <T>(items: T[], more: readonly T[], compare: (left: T, right: T) => number): void => {
  const places = more.map((item) => placeIn(items, item, compare))
  let from = items.length
  for (const item of more) items.push(item)
  for (let at = more.length - 1; at >= 0; at -= 1) {
    for (const place = places[at] ?? 0; from > place; from -= 1) items[from + at] = items[from - 1] as T
    items[from + at] = more[at] as T
  }
}

/** An empty list in the order of `compare`, in which no two items are equal. */
export const createSorted = <T>(compare: (left: T, right: T) => number): Sorted<T> => {
  const items: T[] = []
  let added = new Set<T>()
  let removed: T[] = []

  const placeOf = (item: T): number => placeIn(items, item, compare)
  /** What leaves goes first: something new may stand in the very place of something old. */
  const takeIn = (): void => {
    if (added.size + removed.length <= few) {
      for (const item of removed) items.splice(placeOf(item), 1)
      for (const item of added) items.splice(placeOf(item), 0, item)
    } else {
      const gaps = removed.map(placeOf).sort((left, right) => left - right)
      closeGaps(items, gaps)
      mergeIn(items, [...added].sort(compare), compare)
    }
    added = new Set()
    removed = []
  }
  return {
    size: () => items.length + added.size - removed.length,
    add: (item) => void added.add(item),
    remove: (item) => void (added.delete(item) || removed.push(item)),
    items() {
      if (added.size + removed.length > 0) takeIn()
      return items
    },
  }
}
