import { byteOrderMark, csvRecord } from '../../core/tracking/csv.js'
import type { FileColumn } from './file-columns.js'
import type { RowsInOrder } from './service.js'

/** Write a table as CSV, some rows at a time. */
export const writeCsv = async (
  rows: RowsInOrder,
  {
    columns,
    rowsAtOnce,
    mark,
  }: { readonly columns: readonly FileColumn[]; readonly rowsAtOnce: number; readonly mark: boolean },
  write: (bytes: Uint8Array) => Promise<void>,
): Promise<void> => {
  await write(Buffer.from((mark ? byteOrderMark : '') + csvRecord(columns.map(({ name }) => name))))
  for (;;) {
    const taken = await rows.take(rowsAtOnce)
    if (taken.length === 0) return
    await write(Buffer.from(taken.map((row) => csvRecord(columns.map((column) => column.valueOf(row)))).join('')))
  }
}
