/**
 * SHA-256 as 64 hexadecimal digits. The browser's own is used where it exists; pages served over plain HTTP from another
 * machine have none, so FIPS 180-4 is written out below for them.
 */
export const sha256 = async (bytes: Uint8Array<ArrayBuffer>): Promise<string> => {
  const subtle = globalThis.crypto?.subtle as SubtleCrypto | undefined
  return hex(subtle === undefined ? plainSha256(bytes) : new Uint8Array(await subtle.digest('SHA-256', bytes)))
}

/** SHA-256 in plain code: FIPS 180-4, §6.2. */
export const plainSha256 = (bytes: Uint8Array): Uint8Array => {
  const state = Uint32Array.from(initial)
  const words = new Uint32Array(64)
  const padded = pad(bytes)
  const view = new DataView(padded.buffer)
  for (let offset = 0; offset < padded.length; offset += 64) {
    for (let t = 0; t < 16; t += 1) words[t] = view.getUint32(offset + 4 * t)
    compress(state, words)
  }
  const out = new DataView(new ArrayBuffer(32))
  state.forEach((word, index) => out.setUint32(4 * index, word))
  return new Uint8Array(out.buffer)
}

const hex = (bytes: Uint8Array): string => [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('')

/** The first 32 bits of the fractional parts of a root of the first primes: that is where the constants come from. */
const fractions = (count: number, root: (prime: number) => number): Uint32Array => {
  const found: number[] = []
  for (let n = 2; found.length < count; n += 1)
    if (Array.from({ length: n - 2 }, (_, k) => k + 2).every((divisor) => n % divisor !== 0)) found.push(n)
  return Uint32Array.from(found, (prime) => (root(prime) % 1) * 2 ** 32)
}
const initial = fractions(8, Math.sqrt)
const constants = fractions(64, Math.cbrt)

const pad = (bytes: Uint8Array): Uint8Array => {
  const padded = new Uint8Array(Math.ceil((bytes.length + 9) / 64) * 64)
  padded.set(bytes)
  padded[bytes.length] = 0x80
  const view = new DataView(padded.buffer)
  view.setUint32(padded.length - 8, Math.floor(bytes.length / 2 ** 29))
  view.setUint32(padded.length - 4, (bytes.length << 3) >>> 0)
  return padded
}

const turn = (word: number, by: number): number => (word >>> by) | (word << (32 - by))
const at = (words: Uint32Array, index: number): number => words[index] ?? 0

const compress = (state: Uint32Array, w: Uint32Array): void => {
  for (let t = 16; t < 64; t += 1) {
    const [x, y] = [at(w, t - 15), at(w, t - 2)]
    const small0 = turn(x, 7) ^ turn(x, 18) ^ (x >>> 3)
    const small1 = turn(y, 17) ^ turn(y, 19) ^ (y >>> 10)
    w[t] = at(w, t - 16) + small0 + at(w, t - 7) + small1
  }
  let [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0, g = 0, h = 0] = state
  for (let t = 0; t < 64; t += 1) {
    const big1 = turn(e, 6) ^ turn(e, 11) ^ turn(e, 25)
    const first = (h + big1 + ((e & f) ^ (~e & g)) + at(constants, t) + at(w, t)) | 0
    const big0 = turn(a, 2) ^ turn(a, 13) ^ turn(a, 22)
    const second = (big0 + ((a & b) ^ (a & c) ^ (b & c))) | 0
    ;[h, g, f, e, d, c, b, a] = [g, f, e, (d + first) | 0, c, b, a, (first + second) | 0]
  }
  const added = [a, b, c, d, e, f, g, h]
  added.forEach((word, index) => (state[index] = at(state, index) + word))
}
