import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { restore as readBackup } from '../../backup/backup.js'
import { openBlobStore } from '../../blobs/open.js'
import { loadConfig } from '../../config.js'
import { createDataSource, migrate } from '../../db/data-source.js'
import { createLog } from '../../log.js'
import { UsageError, type Command, type Context } from '../command.js'
import { folderOf, withDatabase } from './backup.js'

/** `novabrain restore`: fill an empty data folder from a backup, the server being stopped. */
export const restore: Command = {
  usage: 'restore FOLDER',
  options: {},
  async run(context) {
    const folder = folderOf(context, restore)
    if (!existsSync(path.join(folder, 'manifest.json'))) throw new UsageError(context.texts.fileNotFound(folder))
    if (serverRuns(context)) throw new UsageError(context.texts.stopFirst)
    await withDatabase(context, async (databaseUrl) => {
      await bringUpToDate(databaseUrl)
      const manifest = await readBackup({
        databaseUrl,
        blobs: openBlobStore(await loadConfig(context.home, context.environment)),
        folder,
        report: (what) => context.output.line(`  ${what}`),
      })
      context.output.value(manifest)
      context.output.line(context.texts.broughtBack(manifest.tables.reduce((sum, { rows }) => sum + rows, 0)))
    })
    return 0
  },
}

const bringUpToDate = async (url: string): Promise<void> => {
  const dataSource = await createDataSource({ url, log: createLog({ logLevel: 'silent' }) }).initialize()
  await migrate(dataSource)
  await dataSource.destroy()
}

const serverRuns = ({ home }: Context): boolean => {
  try {
    const { pid } = JSON.parse(readFileSync(path.join(home, 'server.json'), 'utf8')) as { pid: number }
    return process.kill(pid, 0)
  } catch {
    return false
  }
}
