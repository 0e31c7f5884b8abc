import { open, readFile, rename, rm, stat } from 'node:fs/promises'
import { setTimeout as delay } from 'node:timers/promises'
import { systemCode } from './files.js'
import { startTicksOf } from './process-table.js'

const lookAgainMs = 50
/** A lock file without a holder in it is being written just now, or its writer died at that moment. */
const unreadableForMs = 5000

/**
 * Do `work` while holding the lock file, so that runners of one machine do not make the same thing twice. The lock of a
 * process that is gone is taken away. It only saves work: should two hold it, each still renames a whole folder into place.
 */
export const withBuildLock = async <T>(path: string, onWait: () => void, work: () => Promise<T>): Promise<T> => {
  for (let told = false; !(await take(path)); told = true) {
    if (!told) onWait()
    if (await isStale(path)) await removeStale(path)
    else await delay(lookAgainMs)
  }
  try {
    return await work()
  } finally {
    await rm(path, { force: true })
  }
}

const take = async (path: string): Promise<boolean> => {
  try {
    const file = await open(path, 'wx')
    await file.writeFile(JSON.stringify({ pid: process.pid, startTicks: await startTicksOf(process.pid) }))
    await file.close()
    return true
  } catch (error) {
    if (systemCode(error) === 'EEXIST') return false
    throw error
  }
}

const isStale = async (path: string): Promise<boolean> => {
  try {
    const holder = JSON.parse(await readFile(path, 'utf8')) as { pid: number; startTicks: number | null }
    return !isAlive(holder.pid) || (await startTicksOf(holder.pid)) !== holder.startTicks
  } catch {
    const age = await stat(path).then(
      ({ mtimeMs }) => Date.now() - mtimeMs,
      () => 0,
    )
    return age > unreadableForMs
  }
}

const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return systemCode(error) === 'EPERM'
  }
}

/** Renamed first, since of several that try only one can. */
const removeStale = async (path: string): Promise<void> => {
  const aside = `${path}.${process.pid}.stale`
  await rename(path, aside).catch(() => undefined)
  await rm(aside, { force: true })
}
