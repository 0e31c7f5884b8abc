import type { Readable } from 'node:stream'

/** What came of keeping bytes. */
export interface StoredBlob {
  /** SHA-256, hexadecimal. */
  readonly digest: string
  readonly sizeBytes: number
}

/**
 * Bytes by their SHA-256. The store knows nothing of tenants: who may read which digest is decided by the module of
 * blobs, from rows.
 */
export interface BlobStore {
  /**
   * Keep the bytes of `body`; when this resolves they are on the disk, whole. Nothing is left of a `body` that fails.
   * Errors: `blob_digest_mismatch` when `digest` is given and differs, `upload_too_large`, `disk_full`.
   */
  put(body: Readable, expected: { readonly digest?: string; readonly limitBytes: number }): Promise<StoredBlob>
  /** The bytes, or `null` when there are none with this digest. */
  open(digest: string): Promise<Readable | null>
  /** How many bytes there are, or `null`. */
  sizeOf(digest: string): Promise<number | null>
}
