import { stripAnsi } from './ansi.js'
import type { LogLine } from './log-window.js'

/** Where each line is drawn, in rows of equal height: one a line, or as many as it needs when lines are wrapped. */
export interface LogRows {
  readonly count: number
  /** The first row of a line. */
  rowOf(index: number): number
  /** The line that a row belongs to. */
  lineAt(row: number): number
}

/** Rows of lines that are not wrapped. */
export const plainRows = (lines: readonly LogLine[]): LogRows => ({
  count: lines.length,
  rowOf: (index) => index,
  lineAt: (row) => Math.min(lines.length - 1, Math.max(0, row)),
})

/** Rows of lines that break after so many columns. */
export const wrappedRows = (lines: readonly LogLine[], columns: number): LogRows => {
  const starts = new Uint32Array(lines.length + 1)
  lines.forEach(({ text }, i) => (starts[i + 1] = (starts[i] ?? 0) + rowsOf(text, columns)))
  return {
    count: starts[lines.length] ?? 0,
    rowOf: (index) => starts[index] ?? 0,
    lineAt: (row) => lastAtMost(starts, row, lines.length - 1),
  }
}

/** Columns a text takes in a fixed-width font: escape sequences none, East Asian characters and emoji two, a tab up to the next eighth. */
export const columnsOf = (text: string): number => {
  let columns = 0
  for (const character of stripAnsi(text)) {
    const code = character.codePointAt(0) ?? 0
    columns += code === 9 ? 8 - (columns % 8) : code >= 0x1100 ? 2 : 1
  }
  return columns
}

/** Most lines are plain, and their length is what they take; only others are measured. */
const rowsOf = (text: string, columns: number): number => {
  const taken = /^[ -~]*$/.test(text) ? text.length : columnsOf(text)
  return Math.max(1, Math.ceil(taken / Math.max(1, columns)))
}

/** The last index up to `most` whose number is not larger than `wanted`. */
const lastAtMost = (numbers: Uint32Array, wanted: number, most: number): number => {
  let low = 0
  let high = Math.max(0, most)
  while (low < high) {
    const middle = (low + high + 1) >> 1
    if ((numbers[middle] ?? 0) <= wanted) low = middle
    else high = middle - 1
  }
  return low
}
