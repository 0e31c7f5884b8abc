const [int8, float8] = [20, 701]
/** Dimensions, no nulls, the type, how many, counted from one: then each item, its length before it. */
const [headBytes, itemBytes] = [20, 12]
const lowWords = 2 ** 32

/** Numbers, one list after the other. */
type Lists = readonly (readonly number[])[]

const arrayOf = (type: number, lists: Lists, write: (bytes: Buffer, number: number, at: number) => void): Buffer => {
  const count = lists.reduce((sum, list) => sum + list.length, 0)
  const bytes = Buffer.allocUnsafe(headBytes + count * itemBytes)
  bytes.writeInt32BE(1, 0)
  bytes.writeInt32BE(0, 4)
  bytes.writeInt32BE(type, 8)
  bytes.writeInt32BE(count, 12)
  bytes.writeInt32BE(1, 16)
  let at = headBytes
  for (const list of lists)
    for (const number of list) {
      bytes.writeInt32BE(8, at)
      write(bytes, number, at + 4)
      at += itemBytes
    }
  return bytes
}

/**
 * Whole numbers as PostgreSQL's driver sends a `bigint[]` in binary, which neither side has to spell out; lists become one
 * array. Numbers are exact up to 2^53. Source of the form: `array_recv` in PostgreSQL.
 */
export const bigintArray = (lists: Lists): Buffer =>
  arrayOf(int8, lists, (bytes, number, at) => {
    const high = Math.floor(number / lowWords)
    bytes.writeInt32BE(high, at)
    bytes.writeUInt32BE(number - high * lowWords, at + 4)
  })

/** The same for a `double precision[]`. */
export const doubleArray = (lists: Lists): Buffer =>
  arrayOf(float8, lists, (bytes, number, at) => void bytes.writeDoubleBE(number, at))
