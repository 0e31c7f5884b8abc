import { fail } from '@novabrain/contracts'
import type { Readable } from 'node:stream'
import type { BlobStore, StoredBlob } from '../../blobs/store.js'
import { attachmentHeader, mediaTypeOf } from '../../core/tracking/media-type.js'
import { isSafePath, type ArtifactAddress } from '../../core/tracking/artifact-path.js'
import type { Deps, ProjectScope, Tx } from '../../deps.js'
import { uploadRepository as uploads } from './uploads-repository.js'
import type { CheckNotNeeded } from '../model-registry/needed.js'
import { refuseWhenGone } from '../../blobs/ledger.js'
import { deletedTraceOwnerKey, traceOwnerKey } from './owner-key.js'
import {
  artifactRepository as artifacts,
  type FilesUnder,
  type ListedArtifact,
  type OwnedArtifact,
} from './repository.js'

export type { FilesUnder, ListedArtifact, OwnedArtifact } from './repository.js'

/** Whose files: those of a run, a logged model or a trace. */
export type ArtifactOwner = ArtifactAddress['owner']

/** Says whether the owner exists in the project, and for writing whether the caller may; fails when not. */
export type CheckOwner = (
  tx: Tx,
  scope: ProjectScope,
  ownerId: string,
  wish: 'read' | 'write',
) => Promise<{ readonly experimentId: string }>

export interface OpenedArtifact extends StoredBlob {
  readonly body: Readable
}

/** An upload in parts: where each goes. */
export interface PartedUpload {
  readonly id: string
  readonly parts: readonly { readonly number: number; readonly url: string }[]
}

type ArtifactDeps = Pick<Deps, 'database' | 'clock' | 'config' | 'audit' | 'newId'> & {
  readonly blobs: BlobStore
  readonly checkOwner: Readonly<Record<ArtifactOwner['kind'], CheckOwner>>
  readonly notNeeded: Pick<CheckNotNeeded, 'files'>
}

export type ArtifactsService = ReturnType<typeof createArtifactsService>

/**
 * Files of runs, logged models and traces: names in PostgreSQL, bytes in the blob store, equal bytes kept once. Errors:
 * `artifact_not_found`, `artifact_path_invalid`, those of the owner, and of the blob store.
 */
export const createArtifactsService = ({
  database,
  clock,
  config,
  audit,
  newId,
  blobs,
  checkOwner,
  notNeeded,
}: ArtifactDeps) => {
  const check = (tx: Tx, scope: ProjectScope, owner: ArtifactOwner, wish: 'read' | 'write') =>
    checkOwner[owner.kind](tx, scope, owner.id, wish)

  const keep =
    (wish: 'read' | 'write') =>
    async (scope: ProjectScope, owner: ArtifactOwner, path: string, body: Readable): Promise<StoredBlob> => {
      if (!isSafePath(path)) return fail('artifact_path_invalid', { path })
      await database.transaction(scope, (tx) => check(tx, scope, owner, wish))
      const stored = await blobs.put(body, { limitBytes: config.uploadLimitMib * 1_048_576 })
      const refer = database.transaction(scope, async (tx) => {
        await check(tx, scope, owner, wish)
        await artifacts.save(tx, scope, keyOf(scope, owner), path, stored, clock.nowMs())
      })
      await refer.catch(refuseWhenGone)
      return stored
    }

  return {
    /** Fails unless the owner exists, in that experiment when one is named, and takes what is wished. */
    checkOwner: (
      scope: ProjectScope,
      owner: ArtifactOwner,
      wish: 'read' | 'write',
      experimentId?: string,
    ): Promise<void> =>
      database.transaction(scope, async (tx) => {
        const found = await check(tx, scope, owner, wish)
        if (experimentId !== undefined && found.experimentId !== experimentId)
          return fail('run_not_found', { runId: owner.id })
      }),

    /** Keep a file; one of that name is replaced. The bytes are on the disk when this resolves. */
    put: keep('write'),

    /** The same for a history that is taken over: a run that was deleted has its files too. */
    adopt: keep('read'),

    /**
     * Begin an upload in parts that the client makes past the server: its id, and an address for each part. Errors:
     * `multipart_not_supported` where the store has no such thing.
     */
    async beginUpload(
      scope: ProjectScope,
      owner: ArtifactOwner,
      path: string,
      partCount: number,
    ): Promise<PartedUpload> {
      const direct = blobs.direct ?? fail('multipart_not_supported')
      if (!isSafePath(path)) return fail('artifact_path_invalid', { path })
      await database.transaction(scope, (tx) => check(tx, scope, owner, 'write'))
      const begun = await direct.begin(partCount)
      const id = newId()
      const place = { ownerKey: keyOf(scope, owner), path }
      await database.transaction(scope, (tx) =>
        uploads.insert(tx, scope, place, { ...begun, id, finished: false }, clock.nowMs()),
      )
      return { id, parts: begun.parts }
    },

    /**
     * The parts are there: they are put together, read, hashed, and become the file. A repeat is no fault. Errors:
     * `multipart_upload_not_found`, `multipart_upload_invalid`, `upload_too_large`.
     */
    async finishUpload(
      scope: ProjectScope,
      owner: ArtifactOwner,
      path: string,
      { id, parts }: { readonly id: string; readonly parts: readonly { number: number; etag: string }[] },
    ): Promise<void> {
      const direct = blobs.direct ?? fail('multipart_not_supported')
      const place = { ownerKey: keyOf(scope, owner), path }
      const upload = await database.transaction(scope, async (tx) => {
        await check(tx, scope, owner, 'write')
        return (await uploads.hold(tx, scope, place, id)) ?? fail('multipart_upload_not_found', { uploadId: id })
      })
      if (upload.finished) return
      const stored = await direct.finish(upload, parts, config.uploadLimitMib * 1_048_576)
      const refer = database.transaction(scope, async (tx) => {
        await check(tx, scope, owner, 'write')
        await artifacts.save(tx, scope, place.ownerKey, path, stored, clock.nowMs())
        await uploads.finish(tx, scope, id)
      })
      await refer.catch(refuseWhenGone)
    },

    /** Forget an upload in parts. One that is not there is no fault. */
    async abortUpload(scope: ProjectScope, owner: ArtifactOwner, path: string, id: string): Promise<void> {
      const direct = blobs.direct ?? fail('multipart_not_supported')
      const upload = await database.transaction(scope, async (tx) => {
        await check(tx, scope, owner, 'write')
        const held = await uploads.hold(tx, scope, { ownerKey: keyOf(scope, owner), path }, id)
        if (held !== null) await uploads.delete(tx, scope, id)
        return held
      })
      if (upload !== null && !upload.finished) await direct.abort(upload)
    },

    /** A short-lived address of a file in the store itself. Errors: `presigned_not_supported`, those of a file. */
    async address(
      scope: ProjectScope,
      owner: ArtifactOwner,
      path: string,
    ): Promise<{ url: string; sizeBytes: number }> {
      const direct = blobs.direct ?? fail('presigned_not_supported')
      const found = await database.transaction(scope, async (tx) => {
        await check(tx, scope, owner, 'read')
        return (await artifacts.find(tx, scope, keyOf(scope, owner), path)) ?? fail('artifact_not_found', { path })
      })
      const headers = { mediaType: mediaTypeOf(path), disposition: attachmentHeader(path) }
      return { url: await direct.download(found.digest, headers), sizeBytes: found.sizeBytes }
    },

    /** Whether clients may exchange large files with the store itself. */
    isDirect: (): boolean => blobs.direct !== null,

    /** Every file of some owners, inside somebody's transaction. */
    ofOwners: (tx: Tx, scope: ProjectScope, ownerIds: readonly string[]): Promise<OwnedArtifact[]> =>
      artifacts.ofOwners(tx, scope, ownerIds),

    /** The bytes of a file. */
    async open(scope: ProjectScope, owner: ArtifactOwner, path: string): Promise<OpenedArtifact> {
      const found = await database.transaction(scope, async (tx) => {
        await check(tx, scope, owner, 'read')
        return (await artifacts.find(tx, scope, keyOf(scope, owner), path)) ?? fail('artifact_not_found', { path })
      })
      const body = (await blobs.open(found.digest)) ?? fail('artifact_not_found', { path })
      return { ...found, body }
    },

    /** The files and folders directly under a folder, by name; none when there is no such folder. */
    list: (scope: ProjectScope, owner: ArtifactOwner, folder: string): Promise<ListedArtifact[]> =>
      database.transaction(scope, async (tx) => {
        await check(tx, scope, owner, 'read')
        return artifacts.list(tx, scope, keyOf(scope, owner), folder)
      }),

    /** All files in a folder, however deep: the first of them, and how much they are. */
    filesUnder: (
      tx: Tx,
      scope: ProjectScope,
      { owner, folder, limit }: { readonly owner: ArtifactOwner; readonly folder: string; readonly limit: number },
    ): Promise<FilesUnder> =>
      check(tx, scope, owner, 'read').then(() => artifacts.under(tx, scope, keyOf(scope, owner), folder, limit)),

    /** The folders below the top that hold a file of this name. */
    foldersWith: (tx: Tx, scope: ProjectScope, owner: ArtifactOwner, fileName: string): Promise<string[]> =>
      check(tx, scope, owner, 'read').then(() => artifacts.foldersWith(tx, scope, keyOf(scope, owner), fileName)),

    /** The files of traces that are deleted, or put back, in the transaction that does it. */
    async moveWithTraces(tx: Tx, scope: ProjectScope, ids: readonly string[], to: 'deleted' | 'back'): Promise<void> {
      const live = ids.map((id) => traceOwnerKey(scope.projectId, id))
      const deleted = ids.map((id) => deletedTraceOwnerKey(scope.projectId, id))
      if (to === 'deleted') await artifacts.reassign(tx, scope, live, deleted)
      else await artifacts.reassign(tx, scope, deleted, live)
    },

    /** Forget a file, or a folder with all in it; `''` forgets all. What is not there is no error. */
    delete: (scope: ProjectScope, owner: ArtifactOwner, path: string): Promise<void> =>
      database.transaction(scope, async (tx) => {
        await check(tx, scope, owner, 'write')
        await notNeeded.files(tx, scope, owner.id, path)
        const count = await artifacts.delete(tx, scope, keyOf(scope, owner), path)
        if (count > 0)
          await audit.append(tx, scope, { action: 'artifact.delete', subject: owner.id, detail: { path, count } })
      }),
  }
}

const keyOf = ({ projectId }: ProjectScope, { kind, id }: ArtifactOwner): string =>
  kind === 'trace' ? traceOwnerKey(projectId, id) : id
