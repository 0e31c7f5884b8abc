import type { RunCell, RunTableRow } from '@novabrain/contracts'
import { ByteWriter, ParquetWriter } from 'hyparquet-writer'
import type { FileColumn } from './file-columns.js'
import type { RowsInOrder } from './service.js'

type SchemaElement = ConstructorParameters<typeof ParquetWriter>[0]['schema'][number]

/**
 * Write a table as Parquet, a row group at a time: texts as strings, metrics as doubles (NaN and infinities too), instants
 * as milliseconds in UTC. What a run has not is null.
 */
export const writeParquet = async (
  rows: RowsInOrder,
  { columns, rowsAtOnce }: { readonly columns: readonly FileColumn[]; readonly rowsAtOnce: number },
  write: (bytes: Uint8Array) => Promise<void>,
): Promise<void> => {
  const bytes = new ByteWriter()
  const file = new ParquetWriter({ writer: bytes, schema: schemaOf(columns), createdBy: 'NovaBrain' })
  const flush = async () => {
    const piece = bytes.getBytes().slice()
    bytes.index = 0
    await write(piece)
  }
  for (;;) {
    const taken = await rows.take(rowsAtOnce)
    if (taken.length === 0) break
    const columnData = columns.map((column) => ({ name: column.name, data: taken.map((row) => valueOf(column, row)) }))
    await file.write({ columnData, rowGroupSize: taken.length })
    await flush()
  }
  await file.finish()
  await flush()
}

const schemaOf = (columns: readonly FileColumn[]): SchemaElement[] => [
  { name: 'root', num_children: columns.length },
  ...columns.map(({ name, type }): SchemaElement => {
    const optional = { name, repetition_type: 'OPTIONAL' } as const
    if (type === 'number') return { ...optional, type: 'DOUBLE' }
    if (type === 'instant') return { ...optional, type: 'INT64', converted_type: 'TIMESTAMP_MILLIS' }
    return { ...optional, type: 'BYTE_ARRAY', converted_type: 'UTF8' }
  }),
]

const valueOf = ({ type, valueOf: read }: FileColumn, row: RunTableRow): string | number | Date | null => {
  const value: RunCell = read(row)
  if (value === null) return null
  if (type === 'number') return Number(value)
  return type === 'instant' ? new Date(value) : String(value)
}
