import type { Readable } from 'node:stream'

/** What came of keeping bytes. */
export interface StoredBlob {
  /** SHA-256, hexadecimal. */
  readonly digest: string
  readonly sizeBytes: number
}

/** Bytes that the store holds. */
export interface HeldBlob extends StoredBlob {
  /** When they were put there, milliseconds since 1970. */
  readonly storedAtMs: number
}

/**
 * Told of bytes that have arrived whole, before they are put where their digest says. From then on they are not removed
 * until the time of grace is over, referred to or not: see `blobs/ledger.ts`.
 */
export type Announce = (blob: StoredBlob) => Promise<void>

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
  /** All that it holds, in pages. What is put or removed meanwhile may be told or not. */
  list(): AsyncIterable<readonly HeldBlob[]>
  /** Remove the bytes; that there are none is no error. Only the collector may: it knows that nobody needs them. */
  remove(digest: string): Promise<void>
  /** Remove what uploads that never ended have left, the last sign of life before an instant. Answers how many. */
  sweep(untilMs: number): Promise<number>
  /** Make what has to be there before the first upload. */
  prepare(): Promise<void>
  /** Fails when bytes can be neither read nor written just now. */
  check(): Promise<void>
  /** How clients exchange large files with the store itself; `null` where they cannot. */
  readonly direct: DirectTransfers | null
}

/** An upload in parts that was begun. */
export interface BegunUpload {
  readonly key: string
  readonly uploadId: string
}

/** Large files between clients and the store, by short-lived addresses, past the server. */
export interface DirectTransfers {
  /** Begin an upload: an address for each part. */
  begin(partCount: number): Promise<BegunUpload & { readonly parts: readonly { number: number; url: string }[] }>
  /**
   * Put the parts together, read and hash them, and put them where their digest says. A repeat is no fault as long as they
   * are not yet there. Errors: `multipart_upload_invalid`, `upload_too_large`, `blob_store_unavailable`.
   */
  finish(
    upload: BegunUpload,
    parts: readonly { readonly number: number; readonly etag: string }[],
    limitBytes: number,
  ): Promise<StoredBlob>
  /** Forget an upload; one that is not there is no fault. */
  abort(upload: BegunUpload): Promise<void>
  /** An address from which the bytes can be read for five minutes, ranges of them too. */
  download(digest: string, headers: { readonly mediaType: string; readonly disposition: string }): Promise<string>
}
