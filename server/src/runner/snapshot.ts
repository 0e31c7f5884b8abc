import { createHash } from 'node:crypto'
import { constants } from 'node:fs'
import { chmod, copyFile, mkdir, readFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { NovaBrainError, type AttemptSpec } from '@novabrain/contracts'
import { insideOf, replaceFile } from './files.js'
import type { ServerLink } from './link.js'

/** The code could not be had; the message is the evidence. */
export class SnapshotFailedError extends Error {
  override readonly name = 'SnapshotFailedError'
}

type SnapshotFile = AttemptSpec['files'][number]

const atOnce = 8
const tries = 3

/** Lay the files of the snapshot out in `codeDir`. Contents the cache has are not fetched; each is checked by its digest. */
export const fetchSnapshot = async (
  files: readonly SnapshotFile[],
  codeDir: string,
  cacheDir: string,
  link: ServerLink,
  stop: AbortSignal,
): Promise<void> => {
  const queue = [...files]
  const worker = async () => {
    for (let file = queue.shift(); file !== undefined; file = queue.shift()) {
      stop.throwIfAborted()
      await layOut(file, codeDir, await blobPath(file, cacheDir, link, stop))
    }
  }
  await mkdir(codeDir, { recursive: true })
  await Promise.all(Array.from({ length: atOnce }, worker))
}

/** Copied, never linked: the job may change its files, and the cache must not. */
const layOut = async (file: SnapshotFile, codeDir: string, blob: string): Promise<void> => {
  const target = insideOf(codeDir, file.path)
  if (target === null) throw new SnapshotFailedError(`The path ${file.path} leaves the folder of the code.`)
  await mkdir(dirname(target), { recursive: true })
  await copyFile(blob, target, constants.COPYFILE_FICLONE)
  await chmod(target, file.executable === true ? 0o755 : 0o644)
}

const blobPath = async (file: SnapshotFile, cacheDir: string, link: ServerLink, stop: AbortSignal): Promise<string> => {
  const folder = join(cacheDir, 'blobs', file.digest.slice(0, 2))
  const path = join(folder, file.digest)
  if (await holds(path, file.digest)) return path
  const bytes = await download(file, link, stop)
  await mkdir(folder, { recursive: true })
  await replaceFile(path, bytes)
  return path
}

const holds = async (path: string, digest: string): Promise<boolean> => {
  const bytes = await readFile(path).catch(() => null)
  return bytes !== null && sha256(bytes) === digest
}

const download = async (file: SnapshotFile, link: ServerLink, stop: AbortSignal): Promise<Uint8Array> => {
  for (let attempt = 0; attempt < tries; attempt += 1) {
    const bytes = await link.blob(file.digest, stop).catch((error: unknown) => {
      if (!(error instanceof NovaBrainError)) throw error
      throw new SnapshotFailedError(`${file.path}: ${error.message}`)
    })
    if (sha256(bytes) === file.digest) return bytes
  }
  throw new SnapshotFailedError(`${file.path}: what the server sent does not have the digest ${file.digest}.`)
}

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex')
