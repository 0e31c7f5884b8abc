/** A seeded source of randomness: equal seeds give equal numbers on every machine. */
export interface Random {
  /** The next number, at least 0 and below 1, in steps of 2⁻³². */
  next(): number
  /** A whole number from 0 up to, not including, `sides`. */
  below(sides: number): number
  /** A draw from the standard normal distribution (Box & Muller 1958). */
  normal(): number
  /** The items in a random order (Fisher & Yates); the given list stays as it is. */
  shuffled<T>(items: readonly T[]): T[]
}

/** Opens a source of randomness: mulberry32, a generator of 32 bits of state. */
export const openRandom = (seed: number): Random => {
  let state = seed | 0
  const next = (): number => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
  const below = (sides: number): number => Math.floor(next() * sides)
  return {
    next,
    below,
    normal: () => Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next()),
    shuffled(items) {
      const order = [...items]
      for (let last = order.length - 1; last > 0; last -= 1) {
        const other = below(last + 1)
        const [left, right] = [order[last], order[other]]
        if (left === undefined || right === undefined) continue
        order[last] = right
        order[other] = left
      }
      return order
    },
  }
}
