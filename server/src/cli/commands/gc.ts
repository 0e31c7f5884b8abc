import { createAnnounce } from '../../blobs/ledger.js'
import { openBlobStore } from '../../blobs/open.js'
import { loadConfig } from '../../config.js'
import { parseAge } from '../../core/retention/age.js'
import { createDatabase } from '../../db/database.js'
import { createDataSource, migrate } from '../../db/data-source.js'
import { createLog } from '../../log.js'
import { createAudit } from '../../modules/audit/trail.js'
import { createRetentionService, type Preview, type RetentionService } from '../../modules/retention/service.js'
import { nothing, plus, type Told, type Totals } from '../../modules/retention/totals.js'
import { createIds, systemClock } from '../../system.js'
import { textOption, UsageError, type Command, type Context } from '../command.js'
import { untilInterrupted } from '../history/interrupt.js'
import { formatBytes } from '../output.js'
import { withDatabase } from './backup.js'

/** `novabrain gc`: clear up now. For who runs the server: it goes to the database, while the server runs or not. */
export const gc: Command = {
  usage: 'gc [--dry-run] [--older-than 30d]        (on the machine of the server)',
  options: { 'dry-run': { type: 'boolean' }, 'older-than': { type: 'string' } },
  run: (context) =>
    untilInterrupted(context, async (signal) => {
      const olderThanMs = olderThan(context)
      const options = { strays: true, ...(olderThanMs === undefined ? {} : { olderThanMs }) }
      await withRetention(context, async (retention) => {
        if (context.options['dry-run'] === true) return tell(context, await retention.preview(options))
        const progress = createSteps(context)
        const totals = await retention.collect({ ...options, signal, told: progress.told }).finally(progress.end)
        context.output.value(totals)
        report(context, rowsOfTotals(context, totals))
      })
      return 0
    }),
}

const olderThan = ({ options, texts }: Context): number | undefined => {
  const text = textOption(options, 'older-than')
  if (text === undefined) return undefined
  return parseAge(text) ?? refuse(texts.gc.badAge(text))
}

const refuse = (sentence: string): never => {
  throw new UsageError(sentence)
}

const withRetention = (context: Context, work: (retention: RetentionService) => Promise<void>): Promise<void> =>
  withDatabase(context, async (url) => {
    const config = await loadConfig(context.home, context.environment)
    const log = createLog({ logLevel: 'silent' })
    const dataSource = await createDataSource({ url, log, poolSize: 6 }).initialize()
    try {
      await migrate(dataSource)
      const clock = systemClock
      const database = createDatabase(dataSource, log)
      const audit = createAudit({ clock, newId: createIds(clock) })
      const blobStore = openBlobStore(config, createAnnounce({ database, clock }))
      await blobStore.prepare()
      await work(createRetentionService({ database, audit, clock, config, log, blobStore }))
    } finally {
      await dataSource.destroy()
    }
  })

const tell = (context: Context, preview: Preview): void => {
  const { texts, output } = context
  output.value(preview)
  report(context, [
    [texts.gc.runs, String(preview.runs)],
    [texts.gc.loggedModels, String(preview.loggedModels)],
    [texts.gc.experiments, String(preview.experiments)],
    [texts.gc.traces, String(preview.traces)],
    [texts.gc.points, String(preview.points)],
    [texts.gc.files, counted(preview.files, preview.fileBytes)],
    [texts.gc.needed, String(preview.needed)],
    [texts.gc.removable, counted(preview.removable, preview.removableBytes)],
    [texts.gc.waiting, counted(preview.waiting, preview.waitingBytes)],
  ])
  output.line(texts.gc.dryRun)
}

const rowsOfTotals = ({ texts }: Context, totals: Totals): [string, string][] => [
  [texts.gc.runs, String(totals.runs)],
  [texts.gc.loggedModels, String(totals.loggedModels)],
  [texts.gc.experiments, String(totals.experiments)],
  [texts.gc.traces, String(totals.traces)],
  [texts.gc.points, String(totals.points)],
  [texts.gc.files, String(totals.files)],
  [texts.gc.needed, String(totals.needed)],
  [texts.gc.removed, counted(totals.blobsRemoved, totals.bytesRemoved)],
  [texts.gc.marked, counted(totals.blobsMarked, totals.bytesMarked)],
  [texts.gc.uploads, String(totals.uploads)],
]

const report = ({ output }: Context, rows: readonly (readonly [string, string])[]): void => output.table(['', ''], rows)

const counted = (count: number, bytes: number): string => `${String(count)}  (${formatBytes(bytes)})`

const everyMs = 200

/** A line on standard error that is written over as it goes on; nothing where nobody looks at a terminal. */
const createSteps = ({ texts }: Context): { told: Told; end: () => void } => {
  let totals = nothing
  let saidMs = 0
  const live = process.stderr.isTTY
  return {
    told(step) {
      totals = plus(totals, step)
      if (!live || Date.now() - saidMs < everyMs) return
      saidMs = Date.now()
      process.stderr.write(`\r\u001b[2K${texts.gc.soFar(totals.runs, totals.points, totals.blobsRemoved)}`)
    },
    end() {
      if (live && saidMs > 0) process.stderr.write('\r\u001b[2K')
    },
  }
}
