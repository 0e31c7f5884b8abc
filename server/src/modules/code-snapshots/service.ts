import { fail, type CodeSnapshot, type CreateCodeSnapshot, type CreatedCodeSnapshot } from '@novabrain/contracts'
import { createHash } from 'node:crypto'
import { faultyPath, manifestText, readableText } from '../../core/environment/manifest.js'
import type { CodeSnapshotRow } from '../../db/entities/environment.js'
import type { Deps, ProjectScope, Tx } from '../../deps.js'
import type { BlobService } from '../blobs/service.js'
import { findSameSnapshot, findSnapshot, insertSnapshot } from './repository.js'

export type CodeSnapshotService = ReturnType<typeof createCodeSnapshotService>

const mebibyte = 1_048_576

/** A snapshot is for code and small files; data is read from where it lies. */
const snapshotLimitMib = 512

/** Snapshots of code: manifests over blobs of the project. One that says the same is kept once. */
export const createCodeSnapshotService = (
  { database, clock, newId, audit }: Deps,
  blobs: Pick<BlobService, 'sizes'>,
) => {
  const keep = async (tx: Tx, scope: ProjectScope, wanted: CreateCodeSnapshot): Promise<CodeSnapshot> => {
    const digest = createHash('sha256').update(manifestText(wanted.files)).digest('hex')
    const { tenantId, projectId } = scope
    const known = await findSameSnapshot(tx, scope, { digest, ...wanted })
    const row = known === null ? null : await findSnapshot(tx, scope, known)
    if (row !== null) return publicPart(row)
    const fresh = { id: newId(), tenantId, projectId, digest, ...wanted, createdAt: clock.now() }
    await insertSnapshot(tx, fresh)
    const detail = { digest, files: wanted.files.length }
    await audit.append(tx, scope, { action: 'code_snapshot_created', subject: fresh.id, detail })
    return publicPart(fresh)
  }
  return {
    /**
     * Keep a snapshot, or tell which contents are still to be uploaded; then nothing is kept. Errors:
     * `snapshot_path_invalid`, `snapshot_too_large`.
     */
    async create(scope: ProjectScope, wanted: CreateCodeSnapshot): Promise<CreatedCodeSnapshot> {
      checkManifest(wanted)
      return database.transaction(scope, async (tx) => {
        const digests = digestsOf(wanted)
        const sizes = await blobs.sizes(tx, scope, digests)
        const missing = digests.filter((digest) => !sizes.has(digest))
        if (missing.length > 0) return { snapshot: null, missing }
        const files = wanted.files.map((file) => ({ ...file, sizeBytes: sizes.get(file.digest) ?? file.sizeBytes }))
        checkSize(files)
        const excluded = wanted.excluded.map((file) => ({ ...file, path: readableText(file.path) }))
        return { snapshot: await keep(tx, scope, { ...wanted, files, excluded }), missing: [] }
      })
    },

    /** Errors: `code_snapshot_not_found`. */
    async get(scope: ProjectScope, id: string): Promise<CodeSnapshot> {
      const row = await database.transaction(scope, (tx) => findSnapshot(tx, scope, id))
      return row === null ? fail('code_snapshot_not_found') : publicPart(row)
    },

    /** A snapshot of the project inside a transaction, or `null`. */
    find: (tx: Tx, scope: ProjectScope, id: string): Promise<CodeSnapshot | null> => findSnapshot(tx, scope, id),
  }
}

const checkManifest = ({ files }: CreateCodeSnapshot): void => {
  const path = faultyPath(files)
  if (path !== null) fail('snapshot_path_invalid', { path })
  checkSize(files)
}

/** Checked on what is said, before uploads, and again on what the bytes are. */
const checkSize = (files: CreateCodeSnapshot['files']): void => {
  const sizeMib = Math.ceil(files.reduce((sum, file) => sum + file.sizeBytes, 0) / mebibyte)
  if (sizeMib > snapshotLimitMib) fail('snapshot_too_large', { sizeMib, limitMib: snapshotLimitMib })
}

const digestsOf = ({ files, git }: CreateCodeSnapshot): string[] => [
  ...new Set([...files.map((file) => file.digest), ...(git?.patchDigest ? [git.patchDigest] : [])]),
]

const publicPart = ({ id, digest, files, excluded, git, createdAt }: CodeSnapshotRow): CodeSnapshot => ({
  id,
  digest,
  files,
  excluded,
  git,
  createdAt,
})
