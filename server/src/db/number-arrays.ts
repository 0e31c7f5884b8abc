const [int8, float8] = [20, 701]
/** Dimensions, no nulls, the type, how many, counted from one: then each item, its length before it. */
const [headBytes, itemBytes] = [20, 12]
const lowWords = 2 ** 32

const arrayOf = <T>(type: number, items: readonly T[], write: (bytes: Buffer, item: T, at: number) => void): Buffer => {
  const bytes = Buffer.allocUnsafe(headBytes + items.length * itemBytes)
  bytes.writeInt32BE(1, 0)
  bytes.writeInt32BE(0, 4)
  bytes.writeInt32BE(type, 8)
  bytes.writeInt32BE(items.length, 12)
  bytes.writeInt32BE(1, 16)
  let at = headBytes
  for (const item of items) {
    bytes.writeInt32BE(8, at)
    write(bytes, item, at + 4)
    at += itemBytes
  }
  return bytes
}

/**
 * Whole numbers of items as PostgreSQL's driver sends a `bigint[]` in binary, which neither side has to spell out. Numbers
 * are exact up to 2^53. Source of the form: `array_recv` in PostgreSQL.
 */
export const bigintArray = <T>(items: readonly T[], numberOf: (item: T) => number): Buffer =>
  arrayOf(int8, items, (bytes, item, at) => {
    const number = numberOf(item)
    const high = Math.floor(number / lowWords)
    bytes.writeInt32BE(high, at)
    bytes.writeUInt32BE(number - high * lowWords, at + 4)
  })

/** The same for a `double precision[]`. */
export const doubleArray = <T>(items: readonly T[], numberOf: (item: T) => number): Buffer =>
  arrayOf(float8, items, (bytes, item, at) => void bytes.writeDoubleBE(numberOf(item), at))
