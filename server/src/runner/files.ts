import { randomBytes } from 'node:crypto'
import { open, rename, rm } from 'node:fs/promises'
import { resolve, sep } from 'node:path'

/**
 * Replace a file as a whole: whoever reads it sees the old text or the new, also after a kill, and unless `lasting` is
 * false also after a power cut.
 */
export const replaceFile = async (path: string, content: string | Uint8Array, lasting = true): Promise<void> => {
  const temporary = `${path}.${randomBytes(4).toString('hex')}.partial`
  try {
    const file = await open(temporary, 'w', 0o600)
    await file
      .writeFile(content)
      .then(() => (lasting ? file.sync() : undefined))
      .finally(() => file.close())
    await rename(temporary, path)
  } catch (error) {
    await rm(temporary, { force: true })
    throw error
  }
}

/** The absolute path of `path` inside `root`, or `null` when it would leave it. */
export const insideOf = (root: string, path: string): string | null => {
  const absolute = resolve(root, path)
  return absolute.startsWith(resolve(root) + sep) ? absolute : null
}

/** The system's name of a failure, such as `ENOSPC`, or `null`. */
export const systemCode = (error: unknown): string | null =>
  typeof error === 'object' && error !== null && 'code' in error && typeof error.code === 'string' ? error.code : null

/** Whether a failure says that the disk, or the share of it one may use, is full. */
export const isDiskFull = (error: unknown): boolean => ['ENOSPC', 'EDQUOT'].includes(systemCode(error) ?? '')
