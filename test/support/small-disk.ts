import { execFile } from 'node:child_process'
import { mkdir } from 'node:fs/promises'
import { promisify } from 'node:util'

/**
 * Give a folder a real disk of its own with so little room. Answers how to take it away again, or `null` where this
 * system lets nobody mount; then it prints that the test was skipped.
 */
export const mountSmallDisk = async (folder: string, sizeMib: number): Promise<(() => Promise<void>) | null> => {
  await mkdir(folder, { recursive: true })
  try {
    await promisify(execFile)('mount', ['-t', 'tmpfs', '-o', `size=${String(sizeMib)}m`, 'tmpfs', folder])
  } catch (error) {
    process.stderr.write(`skipped: a small disk cannot be mounted here: ${String(error)}\n`)
    return null
  }
  return async () => {
    await promisify(execFile)('umount', ['--lazy', folder])
  }
}
