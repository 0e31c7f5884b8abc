import { fail, NovaBrainError } from '@novabrain/contracts'
import type { S3Client } from '@aws-sdk/client-s3'

/** Where the bytes are. */
export interface S3Settings {
  readonly bucket: string
  /** What our keys begin with; empty, or with a slash at its end. */
  readonly prefix: string
  /** An address other than Amazon's. */
  readonly endpoint?: string
  /** The address under which clients reach the store, when it differs. */
  readonly clientEndpoint?: string
  readonly region: string
  /** Left out, the usual places are looked at: variables, files and roles of AWS. */
  readonly credentials?: { readonly accessKeyId: string; readonly secretAccessKey: string }
  /** Whether clients may exchange large files with the store itself, by presigned addresses. */
  readonly direct: boolean
}

export interface ListedObject {
  readonly key: string
  readonly sizeBytes: number
  readonly storedAtMs: number
}

export type S3 = ReturnType<typeof openS3>

/** The client of a bucket. The library is read with the first use: whoever has a folder never pays for it. */
export const openS3 = (settings: S3Settings) => {
  const { bucket: Bucket } = settings
  const commands = once(() => import('@aws-sdk/client-s3'))
  const opened = once(() => clientOf(settings, settings.endpoint))
  /** Signs addresses for clients; sends nothing. */
  const signing = once(() => clientOf(settings, settings.clientEndpoint ?? settings.endpoint))

  const guard = async <T>(work: (client: S3Client) => Promise<T>): Promise<T> => {
    try {
      return await work(await opened())
    } catch (error) {
      if (error instanceof NovaBrainError || isMissing(error)) throw error
      return fail('blob_store_unavailable', {}, error)
    }
  }

  return {
    client: opened,
    signing,
    guard,
    /** The library, loaded. */
    get commands() {
      return commands()
    },
    /** One request. Errors: `blob_store_unavailable`; that there is no such thing is left to the caller. */
    send: ((command: Parameters<S3Client['send']>[0]) => guard((client) => client.send(command))) as S3Client['send'],

    /** Everything under a prefix, in pages. */
    async *listAll(Prefix: string): AsyncGenerator<readonly ListedObject[]> {
      const { ListObjectsV2Command } = await commands()
      for (let ContinuationToken: string | undefined; ;) {
        const request = new ListObjectsV2Command({ Bucket, Prefix, ContinuationToken })
        const page = await guard((client) => client.send(request))
        yield (page.Contents ?? []).map(({ Key = '', Size = 0, LastModified }) => ({
          key: Key,
          sizeBytes: Size,
          storedAtMs: LastModified?.getTime() ?? 0,
        }))
        if (page.IsTruncated !== true) return
        ContinuationToken = page.NextContinuationToken
      }
    },

    /** Abort uploads in parts that were begun before an instant; how many. */
    async abortOlder(Prefix: string, untilMs: number): Promise<number> {
      const { ListMultipartUploadsCommand, AbortMultipartUploadCommand } = await commands()
      const { Uploads = [] } = await guard((client) => client.send(new ListMultipartUploadsCommand({ Bucket, Prefix })))
      const old = Uploads.filter(({ Initiated }) => (Initiated?.getTime() ?? Infinity) <= untilMs)
      for (const { Key, UploadId } of old)
        await guard((client) => client.send(new AbortMultipartUploadCommand({ Bucket, Key, UploadId })))
      return old.length
    },

    async check(): Promise<void> {
      const { HeadBucketCommand } = await commands()
      await guard((client) => client.send(new HeadBucketCommand({ Bucket }))).catch((error: unknown) => {
        if (isMissing(error)) fail('blob_store_unavailable', {}, error)
        throw error
      })
    },
  }
}

/** Whether an error says that there is no such object, upload or bucket. */
export const isMissing = (error: unknown): boolean =>
  typeof error === 'object' &&
  error !== null &&
  'name' in error &&
  ['NoSuchKey', 'NotFound', 'NoSuchUpload', 'NoSuchBucket'].includes(String(error.name))

const clientOf = async (settings: S3Settings, endpoint: string | undefined): Promise<S3Client> => {
  const { S3Client } = await import('@aws-sdk/client-s3')
  const { region, credentials } = settings
  return new S3Client({
    region,
    ...(endpoint === undefined ? {} : { endpoint, forcePathStyle: true }),
    ...(credentials === undefined ? {} : { credentials }),
    // Checksums in trailers are Amazon's alone; every request is signed with the SHA-256 of its bytes anyway.
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
  })
}

const once = <T>(make: () => Promise<T>): (() => Promise<T>) => {
  let made: Promise<T> | null = null
  return () => (made ??= make())
}
