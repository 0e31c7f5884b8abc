import path from 'node:path'
import { backup as writeBackup } from '../../backup/backup.js'
import { openBlobStore } from '../../blobs/open.js'
import { loadConfig } from '../../config.js'
import { startEmbeddedPostgres } from '../../postgres/embedded.js'
import { createLog } from '../../log.js'
import { serverVersion } from '../../version.js'
import { UsageError, type Command, type Context } from '../command.js'

/** `novabrain backup`: copy all data into a new folder; the server may run meanwhile. */
export const backup: Command = {
  usage: 'backup FOLDER',
  options: {},
  async run(context) {
    const folder = folderOf(context, backup)
    await withDatabase(context, async (databaseUrl) => {
      const manifest = await writeBackup({
        databaseUrl,
        blobs: openBlobStore(await loadConfig(context.home, context.environment)),
        folder,
        serverVersion,
        now: new Date().toISOString(),
        report: (what) => context.output.line(`  ${what}`),
      })
      context.output.value(manifest)
      context.output.line(
        context.texts.backedUp(
          folder,
          manifest.tables.reduce((sum, { rows }) => sum + rows, 0),
        ),
      )
    })
    return 0
  },
}

/** The folder that a command names, as an absolute path. */
export const folderOf = (context: Context, command: Command): string => {
  const folder = context.positionals[0]
  if (folder === undefined) throw new UsageError(context.texts.usage(command.usage))
  return path.resolve(folder)
}

/** The address of the database: the configured one, or the embedded one, started for the while if it does not run. */
export const withDatabase = async (context: Context, work: (url: string) => Promise<void>): Promise<void> => {
  const config = await loadConfig(context.home, context.environment)
  if (config.databaseUrl !== undefined) return work(config.databaseUrl)
  const log = createLog({ logLevel: 'silent' })
  const postgres = await startEmbeddedPostgres({ home: config.home, log })
  try {
    await work(postgres.url)
  } finally {
    if (!postgres.adopted) await postgres.stop()
  }
}
