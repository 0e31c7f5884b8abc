import { fail, NovaBrainError } from '@novabrain/contracts'
import type { S3Client } from '@aws-sdk/client-s3'
import { createHash, randomBytes } from 'node:crypto'
import { Readable } from 'node:stream'
import { counting } from './counting.js'
import { createDirectTransfers } from './s3-direct.js'
import { isMissing, openS3, type S3Settings } from './s3-client.js'
import type { Announce, BlobStore, HeldBlob, StoredBlob } from './store.js'

const mebibyte = 1_048_576

/** Bytes up to this are put in one request, under their digest at once; more go in parts of this size. */
const partBytes = 8 * mebibyte

/** What one request may copy; S3's own bound. */
const copyBytes = 5 * 1024 * mebibyte
const copyPartBytes = 1024 * mebibyte

/**
 * A blob store in a bucket of any S3 API: `<prefix>blobs/ab/cdef…` holds the bytes whose digest is `abcdef…`. What does not
 * fit into one request arrives under `<prefix>incoming/` while it is hashed, and is copied by the store itself to where its
 * digest says, so that an object there is whole at every moment.
 */
export const createS3BlobStore = (settings: S3Settings, announce: Announce = () => Promise.resolve()): BlobStore => {
  const s3 = openS3(settings)
  const { bucket: Bucket, prefix } = settings
  const keyOf = (digest: string) => `${prefix}blobs/${digest.slice(0, 2)}/${digest.slice(2)}`

  /** Bytes that lie under another key whole and hashed get to where their digest says; the other key is removed. */
  const settle = async (from: string, stored: StoredBlob): Promise<void> => {
    await announce(stored)
    await copy(s3.client, { Bucket, from, to: keyOf(stored.digest), sizeBytes: stored.sizeBytes })
    const { HeadObjectCommand } = await s3.commands
    const { ContentLength } = await s3.send(new HeadObjectCommand({ Bucket, Key: keyOf(stored.digest) }))
    if (ContentLength !== stored.sizeBytes) fail('blob_store_unavailable')
    await removeKey(from)
  }

  const removeKey = async (Key: string): Promise<void> => {
    const { DeleteObjectCommand } = await s3.commands
    await s3.send(new DeleteObjectCommand({ Bucket, Key }))
  }

  const putSmall = async (bytes: Buffer, expected: string | undefined): Promise<StoredBlob> => {
    const stored = { digest: createHash('sha256').update(bytes).digest('hex'), sizeBytes: bytes.length }
    if (expected !== undefined && expected !== stored.digest) return fail('blob_digest_mismatch')
    await announce(stored)
    const { PutObjectCommand } = await s3.commands
    const Key = keyOf(stored.digest)
    await s3.send(new PutObjectCommand({ Bucket, Key, Body: bytes, ContentLength: bytes.length }))
    return stored
  }

  const putLarge = async (
    chunks: AsyncIterable<Buffer>,
    { digest, limitBytes }: { readonly digest?: string; readonly limitBytes: number },
  ): Promise<StoredBlob> => {
    const Key = `${prefix}incoming/${randomBytes(16).toString('hex')}`
    let broken: unknown = null
    try {
      const counted = counting(
        noting(chunks, (error) => (broken = error)),
        limitBytes,
      )
      const { Upload } = await import('@aws-sdk/lib-storage')
      const params = { Bucket, Key, Body: Readable.from(counted.bytes()) }
      await s3.guard(async (client) => new Upload({ client, params, partSize: partBytes, queueSize: 2 }).done())
      const stored = counted.stored()
      if (digest !== undefined && digest !== stored.digest) return fail('blob_digest_mismatch')
      await settle(Key, stored)
      return stored
    } catch (error) {
      await removeKey(Key).catch(() => undefined)
      // That the client went away is no fault of the store.
      throw broken ?? error
    }
  }

  const read = async (Key: string): Promise<Readable | null> => {
    const { GetObjectCommand } = await s3.commands
    const found = await s3.send(new GetObjectCommand({ Bucket, Key })).catch(nullWhenMissing)
    return found === null ? null : (found.Body as Readable)
  }

  return {
    async put(body, expected) {
      try {
        const chunks = body.iterator({ destroyOnReturn: false }) as AsyncIterableIterator<Buffer>
        const { first, ended } = await gather(chunks, Math.min(partBytes, expected.limitBytes))
        if (ended) return await putSmall(Buffer.concat(first), expected.digest)
        return await putLarge(joined(first, chunks), expected)
      } catch (error) {
        drain(body)
        throw error
      }
    },
    open: (digest) => read(keyOf(digest)),
    async sizeOf(digest) {
      const { HeadObjectCommand } = await s3.commands
      const found = await s3.send(new HeadObjectCommand({ Bucket, Key: keyOf(digest) })).catch(nullWhenMissing)
      return found?.ContentLength ?? null
    },
    async *list() {
      for await (const page of s3.listAll(`${prefix}blobs/`))
        yield page.flatMap(({ key, sizeBytes, storedAtMs }): HeldBlob[] => {
          const digest = key.slice(`${prefix}blobs/`.length).replace('/', '')
          return /^[0-9a-f]{64}$/.test(digest) ? [{ digest, sizeBytes, storedAtMs }] : []
        })
    },
    remove: (digest) => removeKey(keyOf(digest)),
    async sweep(untilMs) {
      let swept = 0
      for await (const page of s3.listAll(`${prefix}incoming/`))
        for (const { key, storedAtMs } of page) {
          if (storedAtMs > untilMs) continue
          await removeKey(key)
          swept += 1
        }
      return swept + (await s3.abortOlder(`${prefix}incoming/`, untilMs))
    },
    prepare: () => s3.check(),
    check: () => s3.check(),
    direct: settings.direct ? createDirectTransfers(s3, settings, { keyOf, settle, read }) : null,
  }
}

const nullWhenMissing = (error: unknown): null => {
  if (isMissing(error)) return null
  throw error
}

/** Chunks up to a size, and whether that was all. */
const gather = async (chunks: AsyncIterator<Buffer>, upTo: number): Promise<{ first: Buffer[]; ended: boolean }> => {
  const first: Buffer[] = []
  for (let size = 0; size <= upTo;) {
    const next = await chunks.next()
    if (next.done === true) return { first, ended: true }
    first.push(next.value)
    size += next.value.length
  }
  return { first, ended: false }
}

/** The chunks as they are; a source that breaks is told of. */
const noting = async function* (chunks: AsyncIterable<Buffer>, broke: (error: unknown) => void) {
  try {
    yield* chunks
  } catch (error) {
    broke(error)
    throw error
  }
}

const joined = async function* (first: readonly Buffer[], rest: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  yield* first
  yield* rest
}

/** What is refused is read to its end all the same: a connection whose request is never read can neither be used nor closed. */
const drain = (body: Readable): void => {
  body.on('error', () => undefined)
  body.resume()
}

interface Copy {
  readonly Bucket: string
  readonly from: string
  readonly to: string
  readonly sizeBytes: number
}

const copy = async (client: () => Promise<S3Client>, { Bucket, from, to, sizeBytes }: Copy): Promise<void> => {
  const sdk = await import('@aws-sdk/client-s3')
  const s3 = await client()
  const CopySource = `${Bucket}/${from.split('/').map(encodeURIComponent).join('/')}`
  try {
    if (sizeBytes <= copyBytes) {
      await s3.send(new sdk.CopyObjectCommand({ Bucket, Key: to, CopySource }))
      return
    }
    const { UploadId } = await s3.send(new sdk.CreateMultipartUploadCommand({ Bucket, Key: to }))
    const Parts = []
    for (let at = 0, PartNumber = 1; at < sizeBytes; at += copyPartBytes, PartNumber += 1) {
      const CopySourceRange = `bytes=${String(at)}-${String(Math.min(at + copyPartBytes, sizeBytes) - 1)}`
      const part = { Bucket, Key: to, UploadId, PartNumber, CopySource, CopySourceRange }
      const { CopyPartResult } = await s3.send(new sdk.UploadPartCopyCommand(part))
      Parts.push({ PartNumber, ETag: CopyPartResult?.ETag })
    }
    await s3.send(new sdk.CompleteMultipartUploadCommand({ Bucket, Key: to, UploadId, MultipartUpload: { Parts } }))
  } catch (error) {
    if (error instanceof NovaBrainError) throw error
    fail('blob_store_unavailable', {}, error)
  }
}
