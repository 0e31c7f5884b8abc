/** Text as UTF-8; a lone half of a surrogate pair becomes U+FFFD. Written out, since contracts know neither Node nor a browser. */
export const utf8 = (text: string): Uint8Array => {
  const bytes = new Uint8Array(text.length * 3)
  let at = 0
  for (const character of text) {
    const point = character.codePointAt(0) ?? 0
    at = put(bytes, at, point >= 0xd800 && point <= 0xdfff ? 0xfffd : point)
  }
  return bytes.slice(0, at)
}

/** The bytes of a base 64 text. */
export const fromBase64 = (text: string): Uint8Array => {
  const clean = text.replace(/=+$/, '')
  const bytes = new Uint8Array(Math.floor((clean.length * 3) / 4))
  let bits = 0
  let held = 0
  let at = 0
  for (let index = 0; index < clean.length; index += 1) {
    bits = (bits << 6) | sextet(clean.charCodeAt(index))
    held += 6
    if (held < 8) continue
    held -= 8
    bytes[at] = (bits >> held) & 0xff
    at += 1
  }
  return bytes
}

const put = (bytes: Uint8Array, at: number, point: number): number => {
  const size = point < 0x80 ? 1 : point < 0x800 ? 2 : point < 0x10000 ? 3 : 4
  if (size === 1) bytes[at] = point
  else {
    bytes[at] = (size === 2 ? 0xc0 : size === 3 ? 0xe0 : 0xf0) | (point >> (6 * (size - 1)))
    for (let index = 1; index < size; index += 1)
      bytes[at + index] = 0x80 | ((point >> (6 * (size - 1 - index))) & 0x3f)
  }
  return at + size
}

const sextet = (code: number): number => {
  if (code >= 97) return code - 71
  if (code >= 65) return code - 65
  if (code >= 48) return code + 4
  return code === 43 ? 62 : 63
}
