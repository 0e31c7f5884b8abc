/** What left a list and what came into it. */
export interface Difference<T> {
  readonly gone: readonly T[]
  readonly come: readonly T[]
}

/** Things that only changed their place neither left nor came. */
const withoutMoved = <T>(gone: readonly T[], come: readonly T[]): Difference<T> => {
  if (gone.length === 0 || come.length === 0) return { gone, come }
  const came = new Set(come)
  const moved = new Set(gone.filter((item) => came.has(item)))
  if (moved.size === 0) return { gone, come }
  return { gone: gone.filter((item) => !moved.has(item)), come: come.filter((item) => !moved.has(item)) }
}

/**
 * The difference of two lists of the same things, by identity. `isKnown` tells whether a thing was in the list before.
 * Lists that kept their order are walked through once, side by side; others cost two sets.
 */
export const differenceOf = <T>(
  before: readonly T[],
  after: readonly T[],
  isKnown: (item: T) => boolean,
): Difference<T> => {
  if (before === after) return { gone: [], come: [] }
  const gone: T[] = []
  const come: T[] = []
  let at = 0
  const passTo = (item: T): boolean => {
    for (; at < before.length; at += 1) {
      const other = before[at]
      if (other === item) return true
      if (other !== undefined) gone.push(other)
    }
    return false
  }
  for (const item of after) {
    if (before[at] !== item && (!isKnown(item) || !passTo(item))) come.push(item)
    else at += 1
  }
  passTo(Symbol('end') as T)
  return withoutMoved(gone, come)
}
