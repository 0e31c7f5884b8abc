import { fail } from '@novabrain/contracts'
import type { Readable } from 'node:stream'
import { refuseWhenGone } from '../../blobs/ledger.js'
import type { BlobStore, StoredBlob } from '../../blobs/store.js'
import type { Deps, ProjectScope, Tx } from '../../deps.js'
import { addBlob, findBlob, touchProjectBlobs } from './repository.js'

export type BlobService = ReturnType<typeof createBlobService>

const mebibyte = 1_048_576

/**
 * Bytes of a project. The store may hold a digest for another project: whoever wants it here must have the bytes and
 * upload them, so that a digest alone opens nothing.
 */
export const createBlobService = ({ database, clock, config, audit }: Deps, store: BlobStore) => ({
  /** Keep bytes in the project. Errors: `blob_digest_mismatch` when a digest is expected, `upload_too_large`, `disk_full`. */
  async put(scope: ProjectScope, body: Readable, digest?: string): Promise<StoredBlob> {
    const limitBytes = config.uploadLimitMib * mebibyte
    const blob = await store.put(body, { limitBytes, ...(digest === undefined ? {} : { digest }) })
    const refer = database.transaction(scope, async (tx) => {
      await addBlob(tx, scope, blob, { createdAt: clock.now(), atMs: clock.nowMs() })
      const detail = { sizeBytes: blob.sizeBytes }
      await audit.append(tx, scope, { action: 'blob_uploaded', subject: blob.digest, detail })
    })
    await refer.catch(refuseWhenGone)
    return blob
  },

  /** The bytes of a blob of the project. Errors: `blob_not_found`. */
  async open(scope: ProjectScope, digest: string): Promise<StoredBlob & { readonly body: Readable }> {
    const row = await database.transaction(scope, (tx) => findBlob(tx, scope, digest))
    const body = row === null ? null : await store.open(digest)
    if (row === null || body === null) return fail('blob_not_found', { digest })
    return { digest, sizeBytes: row.sizeBytes, body }
  },

  /** Which of the digests the project has, with their sizes in bytes, for somebody who is about to refer to them. */
  async sizes(tx: Tx, scope: ProjectScope, digests: readonly string[]): Promise<ReadonlyMap<string, number>> {
    const blobs = await touchProjectBlobs(tx, scope, digests, clock.nowMs())
    return new Map(blobs.map((blob) => [blob.digest, blob.sizeBytes]))
  },
})
