import type { ExportRuns } from '@novabrain/contracts'
import { once } from 'node:events'
import { PassThrough, type Readable } from 'node:stream'
import type { ProjectScope } from '../../deps.js'
import { writeCsv } from './csv-file.js'
import { fileColumns } from './file-columns.js'
import type { RunTableService } from './service.js'

/** Who takes nothing for so long has gone, or holds a connection to the database for nothing. */
const stallMs = 60_000
const cellsAtOnce = 100_000

/**
 * A table as a file that is made while it is read: it waits for a slow reader and ends with one that goes. A filter that
 * cannot be read throws at once.
 */
export const exportRuns = (table: RunTableService, scope: ProjectScope, request: ExportRuns): Readable => {
  const { columns, cells } = fileColumns(request.columns)
  const readAll = table.readAll(scope, { ...request, columns: cells })
  const file = new PassThrough({ highWaterMark: 256 * 1024 })
  const write = async (bytes: Uint8Array): Promise<void> => {
    if (file.destroyed) throw new Error('the reader of the file has gone')
    if (!file.write(bytes))
      await once(file, 'drain', { signal: AbortSignal.any([gone.signal, AbortSignal.timeout(stallMs)]) })
  }
  const gone = new AbortController()
  file.once('close', () => gone.abort())
  const rowsAtOnce = Math.min(5000, Math.max(20, Math.floor(cellsAtOnce / columns.length)))
  const mark = request.byteOrderMark === true
  void readAll(async (rows) => {
    if (request.format === 'csv') return writeCsv(rows, { columns, rowsAtOnce, mark }, write)
    // Read only when it is wanted: few starts of a server write Parquet.
    const { writeParquet } = await import('./parquet-file.js')
    return writeParquet(rows, { columns, rowsAtOnce }, write)
  }).then(
    () => file.end(),
    (error: unknown) => file.destroy(error instanceof Error ? error : new Error(String(error))),
  )
  return file
}
