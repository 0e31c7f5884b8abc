/** A row of a table by the names of its columns; a value that is missing reads as the empty text. */
export interface Row {
  text(column: string): string
  /** @throws Error when the value is no number, with the column and the line. */
  number(column: string): number
}

/**
 * Reads plain comma-separated text with a header row and without quotes, as the traces have it.
 *
 * @throws Error when a wanted column is not in the header.
 */
export const readCsv = (text: string, columns: readonly string[]): Row[] => {
  const [header = '', ...lines] = text.split(/\r?\n/).filter((line) => line !== '')
  const places = new Map(header.split(',').map((name, index) => [name, index]))
  const lacking = columns.filter((column) => !places.has(column))
  if (lacking.length > 0) throw new Error(`The trace has no column ${lacking.join(', ')}; it has ${header}.`)
  return lines.map((line, index) => {
    const values = line.split(',')
    const text = (column: string): string => values[places.get(column) ?? -1] ?? ''
    return {
      text,
      number(column) {
        const value = text(column)
        if (value === '' || !Number.isFinite(Number(value))) {
          throw new Error(`Line ${index + 2} of the trace: ${column} is no number but “${value}”.`)
        }
        return Number(value)
      },
    }
  })
}
