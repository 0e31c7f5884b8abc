import { fail } from '@novabrain/contracts'
import { randomBytes } from 'node:crypto'
import type { Readable } from 'node:stream'
import { isMissing, type S3, type S3Settings } from './s3-client.js'
import { counting } from './counting.js'
import type { DirectTransfers, StoredBlob } from './store.js'

/** How long an address is good for, seconds. A part of a large file may come late. */
const uploadSeconds = 6 * 3600
const downloadSeconds = 300

interface Parts {
  readonly keyOf: (digest: string) => string
  readonly settle: (from: string, stored: StoredBlob) => Promise<void>
  readonly read: (key: string) => Promise<Readable | null>
}

/** Large files between clients and the bucket itself. What a client has put is read once and hashed before it counts. */
export const createDirectTransfers = (
  s3: S3,
  settings: S3Settings,
  { keyOf, settle, read }: Parts,
): DirectTransfers => {
  const { bucket: Bucket, prefix } = settings
  const sign = async (command: unknown, expiresIn: number): Promise<string> => {
    const { getSignedUrl } = await import('@aws-sdk/s3-request-presigner')
    return getSignedUrl(await s3.signing(), command as Parameters<typeof getSignedUrl>[1], { expiresIn })
  }

  return {
    async begin(partCount) {
      const { CreateMultipartUploadCommand, UploadPartCommand } = await s3.commands
      const key = `${prefix}incoming/${randomBytes(16).toString('hex')}`
      const { UploadId } = await s3.send(new CreateMultipartUploadCommand({ Bucket, Key: key }))
      if (UploadId === undefined) return fail('blob_store_unavailable')
      const numbers = Array.from({ length: partCount }, (_, index) => index + 1)
      const parts = await Promise.all(
        numbers.map(async (PartNumber) => ({
          number: PartNumber,
          url: await sign(new UploadPartCommand({ Bucket, Key: key, UploadId, PartNumber }), uploadSeconds),
        })),
      )
      return { key, uploadId: UploadId, parts }
    },

    async finish({ key, uploadId }, parts, limitBytes) {
      const { CompleteMultipartUploadCommand } = await s3.commands
      const MultipartUpload = { Parts: parts.map(({ number, etag }) => ({ PartNumber: number, ETag: etag })) }
      const request = new CompleteMultipartUploadCommand({ Bucket, Key: key, UploadId: uploadId, MultipartUpload })
      // One that is not there any more was put together before, by a request whose answer was lost.
      await s3
        .guard(async (client) => client.send(request))
        .catch((error: unknown) => {
          if (isMissing(error)) return
          if (isRefused(error)) fail('multipart_upload_invalid', {}, error)
          throw error
        })
      const body = (await read(key)) ?? fail('multipart_upload_invalid')
      const counted = counting(body as AsyncIterable<Buffer>, limitBytes)
      for await (const chunk of counted.bytes()) void chunk
      const stored = counted.stored()
      await settle(key, stored)
      return stored
    },

    async abort({ key, uploadId }) {
      const { AbortMultipartUploadCommand } = await s3.commands
      await s3
        .send(new AbortMultipartUploadCommand({ Bucket, Key: key, UploadId: uploadId }))
        .catch((error: unknown) => {
          if (!isMissing(error)) throw error
        })
    },

    async download(digest, { mediaType, disposition }) {
      const { GetObjectCommand } = await s3.commands
      const request = new GetObjectCommand({
        Bucket,
        Key: keyOf(digest),
        ResponseContentType: mediaType,
        ResponseContentDisposition: disposition,
      })
      return sign(request, downloadSeconds)
    },
  }
}

/** The store found the parts wrong: too few, too small, or not those that were put. */
const isRefused = (error: unknown): boolean => {
  const cause = error instanceof Error ? error.cause : undefined
  return (
    cause instanceof Error && ['InvalidPart', 'InvalidPartOrder', 'EntityTooSmall', 'MalformedXML'].includes(cause.name)
  )
}
