import { fail, NovaBrainError } from '@novabrain/contracts'
import { createHash, randomBytes } from 'node:crypto'
import { constants } from 'node:fs'
import { access, mkdir, open, readdir, rename, rm, stat, type FileHandle } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { Readable } from 'node:stream'
import { isDiskFull } from '../db/faults.js'
import { releaseOf } from './spent.js'
import type { Announce, BlobStore, HeldBlob, StoredBlob } from './store.js'

const mebibyte = 1_048_576
const syncEvery = 64 * mebibyte
/**
 * Small writes cost calls. Large ones make the kernel take memory for its cache in large pieces, which a virtual machine may
 * have lent back to its host: a gibibyte then costs seconds until the host has found it again.
 */
const writeBytes = mebibyte / 2

/**
 * A blob store in a folder: `ab/cdef…` holds the bytes whose digest is `abcdef…`. Bytes are written beside, synced, and
 * renamed into their place, so a file with a digest for a name is whole at every moment, a power cut included.
 */
export const createFolderBlobStore = (folder: string, announce: Announce = () => Promise.resolve()): BlobStore => {
  const incoming = join(folder, 'incoming')
  const placeOf = (digest: string) => join(folder, digest.slice(0, 2), digest.slice(2))
  return {
    async put(body, expected) {
      await mkdir(incoming, { recursive: true, mode: 0o700 }).catch(refuseWhenFull)
      const draft = join(incoming, randomBytes(16).toString('hex'))
      try {
        const stored = await writeDraft(draft, body, expected.limitBytes)
        if (expected.digest !== undefined && expected.digest !== stored.digest) return fail('blob_digest_mismatch')
        await announce(stored)
        await settle(draft, placeOf(stored.digest))
        return stored
      } catch (error) {
        drain(body)
        await rm(draft, { force: true })
        return refuseWhenFull(error)
      }
    },
    async open(digest) {
      const handle = await open(placeOf(digest), 'r').catch(whenMissing)
      return handle === null ? null : handle.createReadStream({ highWaterMark: mebibyte })
    },
    async sizeOf(digest) {
      return (await stat(placeOf(digest)).catch(whenMissing))?.size ?? null
    },
    async *list() {
      const names = (await readdir(folder).catch(whenMissing)) ?? []
      for (const prefix of names.filter((name) => /^[0-9a-f]{2}$/.test(name))) yield heldIn(folder, prefix)
    },
    remove: (digest) => rm(placeOf(digest), { force: true }),
    async sweep(untilMs) {
      const names = (await readdir(incoming).catch(whenMissing)) ?? []
      const removed = await Promise.all(names.map((name) => removeOlder(join(incoming, name), untilMs)))
      return removed.filter(Boolean).length
    },
    async prepare() {
      await mkdir(folder, { recursive: true, mode: 0o700 })
    },
    check: () => access(folder, constants.R_OK | constants.W_OK),
    direct: null,
  }
}

const heldIn = async (folder: string, prefix: string): Promise<HeldBlob[]> => {
  const names = (await readdir(join(folder, prefix)).catch(whenMissing)) ?? []
  const digests = names.filter((name) => /^[0-9a-f]{62}$/.test(name))
  const found = await Promise.all(
    digests.map(async (name) => {
      const info = await stat(join(folder, prefix, name)).catch(whenMissing)
      return info === null ? null : { digest: prefix + name, sizeBytes: info.size, storedAtMs: info.mtimeMs }
    }),
  )
  return found.filter((held) => held !== null)
}

const removeOlder = async (file: string, untilMs: number): Promise<boolean> => {
  const info = await stat(file).catch(whenMissing)
  if (info === null || info.mtimeMs > untilMs) return false
  await rm(file, { force: true })
  return true
}

const writeDraft = async (draft: string, body: Readable, limitBytes: number): Promise<StoredBlob> => {
  const handle = await open(draft, 'wx', 0o600)
  const writer = createWriter(handle, releaseOf(body))
  try {
    const hash = createHash('sha256')
    let sizeBytes = 0
    for await (const chunk of body.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
      sizeBytes += chunk.length
      if (sizeBytes > limitBytes) fail('upload_too_large', { limitMib: Math.floor(limitBytes / mebibyte) })
      hash.update(chunk)
      await writer.add(chunk)
    }
    await writer.end()
    await handle.sync()
    return { digest: hash.digest('hex'), sizeBytes }
  } finally {
    await writer.settled()
    await handle.close()
  }
}

/**
 * Writes many pieces at a time and releases them, while the next arrive and are hashed. What is written is synced on the way,
 * so that the end of a large file does not wait for all of it.
 */
const createWriter = (handle: FileHandle, release: (pieces: readonly Buffer[]) => void) => {
  let gathered: Buffer[] = []
  let size = 0
  let unsynced = 0
  let writing: Promise<void> = Promise.resolve()
  let syncing: Promise<void> = Promise.resolve()
  const sync = async (): Promise<void> => {
    unsynced = 0
    await syncing
    syncing = writing.then(() => handle.datasync())
    // As with what is written below.
    syncing.catch(() => undefined)
  }
  const write = async (): Promise<void> => {
    const pieces = gathered
    unsynced += size
    gathered = []
    size = 0
    await writing
    writing = writeAll(handle, pieces).then(() => release(pieces))
    // Whoever adds next, or ends, is told.
    writing.catch(() => undefined)
    if (unsynced >= syncEvery) await sync()
  }
  return {
    async add(chunk: Buffer): Promise<void> {
      gathered.push(chunk)
      size += chunk.length
      if (size >= writeBytes) await write()
    },
    async end(): Promise<void> {
      await write()
      await writing
      await syncing
    },
    settled: () => Promise.allSettled([writing, syncing]),
  }
}

/** What is refused is read to its end all the same: a connection whose request is never read can neither be used nor closed. */
const drain = (body: Readable): void => {
  body.on('error', () => undefined)
  body.resume()
}

const writeAll = async (handle: FileHandle, pieces: readonly Buffer[]): Promise<void> => {
  const { bytesWritten } = await handle.writev([...pieces])
  const size = pieces.reduce((sum, piece) => sum + piece.length, 0)
  if (bytesWritten < size) await writeRest(handle, Buffer.concat(pieces).subarray(bytesWritten))
}

const writeRest = async (handle: FileHandle, rest: Buffer): Promise<void> => {
  for (let at = 0; at < rest.length;) at += (await handle.write(rest, at)).bytesWritten
}

/** Rename, and sync the folders, so that the name outlives a power cut as the bytes do. */
const settle = async (draft: string, place: string): Promise<void> => {
  const made = await mkdir(dirname(place), { recursive: true, mode: 0o700 })
  await rename(draft, place)
  await syncFolder(dirname(place))
  if (made !== undefined) await syncFolder(dirname(dirname(place)))
}

/** Windows cannot sync a folder, and needs not. */
const syncFolder = async (folder: string): Promise<void> => {
  if (process.platform === 'win32') return
  const handle = await open(folder, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

const whenMissing = (error: unknown): null => {
  if (typeof error === 'object' && error !== null && 'code' in error && error.code === 'ENOENT') return null
  throw error
}

const refuseWhenFull = (error: unknown): never => {
  if (error instanceof NovaBrainError || !isDiskFull(error)) throw error
  return fail('disk_full', {}, error)
}
