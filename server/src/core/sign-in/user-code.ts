/** Letters that cannot be taken for another and spell no word (RFC 8628, section 6.1): eight of them are 34 bits. */
const letters = 'BCDFGHJKLMNPQRSTVWXZ'

/** A new user code, `BCDF-GHJK`; `randomBelow(n)` gives a fair whole number from 0 to n - 1. */
export const newUserCode = (randomBelow: (limit: number) => number): string =>
  grouped(Array.from({ length: 8 }, () => letters.charAt(randomBelow(letters.length))).join(''))

/** A user code as a person typed it, in its one spelling; `null` if it cannot be one. */
export const readUserCode = (typed: string): string | null => {
  const code = typed.toUpperCase().replace(/[\s\-\u2010-\u2015]/g, '')
  return code.length === 8 && [...code].every((letter) => letters.includes(letter)) ? grouped(code) : null
}

const grouped = (code: string): string => `${code.slice(0, 4)}-${code.slice(4)}`
