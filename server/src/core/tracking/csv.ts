import type { RunCell } from '@novabrain/contracts'

/** By which Excel knows that a file is UTF-8. */
export const byteOrderMark = '\uFEFF'

/**
 * A record of CSV as RFC 4180 has it: commas, CRLF, and quotes where a field needs them. A text that a spreadsheet would
 * take for a formula gets an apostrophe before it, by which spreadsheets know a text (OWASP, "CSV injection"); numbers are
 * written as they are.
 */
export const csvRecord = (cells: readonly RunCell[]): string => `${cells.map(field).join(',')}\r\n`

const field = (cell: RunCell): string => {
  if (cell === null) return ''
  if (typeof cell === 'number') return String(cell)
  const safe = isFormula(cell) ? `'${cell}` : cell
  return /[",\r\n]/.test(safe) || safe !== safe.trim() ? `"${safe.replaceAll('"', '""')}"` : safe
}

const isFormula = (text: string): boolean => /^[=+\-@\t\r\n＝＋－＠]/.test(text) && !isNumber(text)

const isNumber = (text: string): boolean => /^[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?$|^-Infinity$/.test(text)
