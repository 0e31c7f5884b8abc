/**
 * Whether an IP address is one of the public network, so that a request to it cannot reach what only this machine or its
 * network can: loopback, private and link-local networks, the addresses where clouds tell machines their secrets. Sources:
 * the IANA special-purpose address registries for IPv4 and IPv6 (RFC 6890). Addresses that carry another address in
 * themselves (IPv4 in IPv6, 6to4, NAT64) are judged by the one they carry. A text that is no address is not public.
 */
export const isPublicAddress = (address: string): boolean => {
  const v4 = parseV4(address)
  if (v4 !== null) return isPublicV4(v4)
  const v6 = parseV6(address.split('%')[0] ?? '')
  if (v6 === null) return false
  const carried = carriedV4(v6)
  return carried === null ? isPublicV6(v6) : isPublicV4(carried)
}

const privateV4: readonly (readonly [network: string, bits: number])[] = [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.88.99.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 4],
  ['240.0.0.0', 4],
]

const isPublicV4 = (address: number): boolean =>
  !privateV4.some(([network, bits]) => {
    const size = 2 ** (32 - bits)
    return Math.floor(address / size) === Math.floor((parseV4(network) ?? 0) / size)
  })

/** Of IPv6 only 2000::/3 is given out; in it these are special: 2001::/23, 2001:db8::/32, 3fff::/20. */
const isPublicV6 = ([first = 0, second = 0]: readonly number[]): boolean => {
  if (first >> 13 !== 1) return false
  if (first === 0x2001 && (second < 0x200 || second === 0xdb8)) return false
  return !(first === 0x3fff && second < 0x1000)
}

/** The IPv4 address inside `::ffff:0:0/96`, `::/96`, `64:ff9b::/96` and `2002::/16`. */
const carriedV4 = (words: readonly number[]): number | null => {
  const [first = 0, second = 0, third = 0] = words
  const [high = 0, low = 0] = words.slice(6)
  if (first === 0x2002) return second * 65_536 + third
  const zeros = (from: number, to: number): boolean => words.slice(from, to).every((word) => word === 0)
  const mapped = zeros(0, 5) && (words[5] === 0xffff || words[5] === 0)
  const translated = first === 0x64 && second === 0xff9b && zeros(2, 6)
  return mapped || translated ? high * 65_536 + low : null
}

const parseV4 = (text: string): number | null => {
  const parts = text.split('.')
  if (parts.length !== 4 || !parts.every((part) => /^(0|[1-9]\d{0,2})$/.test(part) && Number(part) < 256)) return null
  return parts.reduce((sum, part) => sum * 256 + Number(part), 0)
}

/** Eight words, or `null` for what is no IPv6 address. */
const parseV6 = (text: string): readonly number[] | null => {
  const halves = text.split('::')
  if (halves.length > 2) return null
  const [head, tail] = halves.map(wordsOf)
  if (head === undefined || head === null || tail === null) return null
  if (tail === undefined) return head.length === 8 ? head : null
  const gap = 8 - head.length - tail.length
  return gap < 1 ? null : [...head, ...Array<number>(gap).fill(0), ...tail]
}

const wordsOf = (text: string): readonly number[] | null => {
  if (text === '') return []
  const words: number[] = []
  const parts = text.split(':')
  for (const [index, part] of parts.entries()) {
    const v4 = index === parts.length - 1 ? parseV4(part) : null
    if (v4 !== null) words.push(Math.floor(v4 / 65_536), v4 % 65_536)
    else if (/^[0-9a-fA-F]{1,4}$/.test(part)) words.push(Number.parseInt(part, 16))
    else return null
  }
  return words
}
