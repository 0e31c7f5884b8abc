import { fail } from '@novabrain/contracts'
import type { Readable } from 'node:stream'
import type { BlobStore, StoredBlob } from '../../blobs/store.js'
import { attachmentHeader, mediaTypeOf } from '../../core/tracking/media-type.js'
import { isSafePath, type ArtifactAddress } from '../../core/tracking/artifact-path.js'
import type { Deps, ProjectScope, Tx } from '../../deps.js'
import { uploadRepository as uploads } from './uploads-repository.js'
import type { CheckNotNeeded } from '../model-registry/needed.js'
import { refuseWhenGone } from '../../blobs/ledger.js'
import { deletedTraceOwnerKey, traceOwnerKey, versionOwnerKey } from './owner-key.js'
import { createKeptFiles, type VersionFiles } from './version-files.js'
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
  readonly checkOwner: Readonly<Record<Exclude<ArtifactOwner['kind'], 'version'>, CheckOwner>>
  readonly versionFiles: VersionFiles
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
  versionFiles,
}: ArtifactDeps) => {
  const kept = createKeptFiles({ versionFiles, audit })

  const check = async (
    tx: Tx,
    scope: ProjectScope,
    owner: ArtifactOwner,
    wish: 'read' | 'write',
  ): Promise<{ readonly experimentId: string }> => {
    if (owner.kind !== 'version') return checkOwner[owner.kind](tx, scope, owner.id, wish)
    const root = await rootOf(tx, scope, owner.id)
    if (wish === 'write')
      return fail('artifact_needed_by_model_version', { path: '/', name: root.name, version: root.version })
    return check(tx, scope, root.owner, 'read')
  }

  const rootOf = async (tx: Tx, scope: ProjectScope, versionId: string) =>
    (await kept.rootOf(tx, scope, versionId)) ?? fail('artifact_not_found', { path: '/' })

  /** What is known of a file; of a version's, as it was when it was registered. */
  const find = async (tx: Tx, scope: ProjectScope, owner: ArtifactOwner, path: string) => {
    if (owner.kind !== 'version') return artifacts.find(tx, scope, keyOf(scope, owner), path)
    const root = await rootOf(tx, scope, owner.id)
    const former = await kept.find(tx, scope, owner.id, path)
    return former ?? artifacts.find(tx, scope, keyOf(scope, root.owner), joined(root.path, path))
  }

  /** Refer to bytes under a name; what a version has of that name it keeps. */
  const refer = async (tx: Tx, scope: ProjectScope, ownerId: string, path: string, stored: StoredBlob) => {
    await kept.beforeReplacing(tx, scope, { ownerId, path, digest: stored.digest })
    await artifacts.save(tx, scope, ownerId, path, stored, clock.nowMs())
  }

  const keep =
    (wish: 'read' | 'write') =>
    async (scope: ProjectScope, owner: ArtifactOwner, path: string, body: Readable): Promise<StoredBlob> => {
      if (!isSafePath(path)) return fail('artifact_path_invalid', { path })
      await database.transaction(scope, (tx) => check(tx, scope, owner, wish))
      const stored = await blobs.put(body, { limitBytes: config.uploadLimitMib * 1_048_576 })
      const referred = database.transaction(scope, async (tx) => {
        await check(tx, scope, owner, wish)
        await refer(tx, scope, keyOf(scope, owner), path, stored)
      })
      await referred.catch(refuseWhenGone)
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
      const referred = database.transaction(scope, async (tx) => {
        await check(tx, scope, owner, 'write')
        await refer(tx, scope, place.ownerKey, path, stored)
        await uploads.finish(tx, scope, id)
      })
      await referred.catch(refuseWhenGone)
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
        return (await find(tx, scope, owner, path)) ?? fail('artifact_not_found', { path })
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
        return (await find(tx, scope, owner, path)) ?? fail('artifact_not_found', { path })
      })
      const body = (await blobs.open(found.digest)) ?? fail('artifact_not_found', { path })
      return { ...found, body }
    },

    /** The files and folders directly under a folder, by name; none when there is no such folder. */
    list: (scope: ProjectScope, owner: ArtifactOwner, folder: string): Promise<ListedArtifact[]> =>
      database.transaction(scope, async (tx) => {
        await check(tx, scope, owner, 'read')
        if (owner.kind !== 'version') return artifacts.list(tx, scope, keyOf(scope, owner), folder)
        const root = await rootOf(tx, scope, owner.id)
        const listed = await artifacts.list(tx, scope, keyOf(scope, root.owner), joined(root.path, folder))
        return kept.inList(tx, scope, owner.id, root, listed)
      }),

    /** All files in a folder, however deep: the first of them, and how much they are. */
    filesUnder: (
      tx: Tx,
      scope: ProjectScope,
      { owner, folder, limit }: { readonly owner: ArtifactOwner; readonly folder: string; readonly limit: number },
    ): Promise<FilesUnder> =>
      check(tx, scope, owner, 'read').then(() => artifacts.under(tx, scope, keyOf(scope, owner), folder, limit)),

    /** All files of a version as it has them, however deep, and which of them were replaced where it was made from. */
    async ofVersion(
      tx: Tx,
      scope: ProjectScope,
      versionId: string,
      limit: number,
    ): Promise<FilesUnder & { readonly replaced: readonly string[]; readonly digest: string }> {
      const { owner, path } = await rootOf(tx, scope, versionId)
      await check(tx, scope, owner, 'read')
      const ownerId = keyOf(scope, owner)
      const files = await kept.inAll(tx, scope, versionId, await artifacts.under(tx, scope, ownerId, path, limit))
      const place = { ownerId, folder: path, kept: versionOwnerKey(versionId) }
      return { ...files, digest: await artifacts.fingerprint(tx, scope, place) }
    },

    /**
     * A version was made, of another one when `from` is named: what that one keeps it keeps too. Answers how many files
     * it has and their fingerprint, or `null` when they are nowhere the server reads.
     */
    async versionMade(
      tx: Tx,
      scope: ProjectScope,
      versionId: string,
      from: string | null,
    ): Promise<{ readonly count: number; readonly digest: string } | null> {
      const root = await kept.rootOf(tx, scope, versionId)
      if (root === null) return null
      if (from !== null) await artifacts.copy(tx, scope, versionOwnerKey(from), versionOwnerKey(versionId))
      const place = { ownerId: keyOf(scope, root.owner), folder: root.path, kept: versionOwnerKey(versionId) }
      const { count } = await artifacts.under(tx, scope, place.ownerId, root.path, 0)
      return { count, digest: await artifacts.fingerprint(tx, scope, place) }
    },

    /** A version is deleted, or all versions of a model: what they kept is needed no more. */
    versionsGone: async (
      tx: Tx,
      scope: ProjectScope,
      { modelId, version }: { readonly modelId: string; readonly version: number | null },
    ): Promise<void> =>
      version === null
        ? artifacts.forget(tx, scope, versionOwnerKey(`${modelId}.`))
        : void (await artifacts.delete(tx, scope, versionOwnerKey(`${modelId}.${String(version)}`), '')),

    /** Whether files of a version were replaced where it was made from, and in which experiment that is. */
    async keepsFiles(scope: ProjectScope, versionId: string): Promise<{ readonly experimentId: string } | null> {
      return database.transaction(scope, async (tx) => {
        const former = await artifacts.ofOwners(tx, scope, [versionOwnerKey(versionId)])
        return former.length === 0 ? null : check(tx, scope, { kind: 'version', id: versionId }, 'read')
      })
    },

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

const keyOf = ({ projectId }: ProjectScope, { kind, id }: ArtifactOwner): string => {
  if (kind === 'version') return versionOwnerKey(id)
  return kind === 'trace' ? traceOwnerKey(projectId, id) : id
}

const joined = (folder: string, path: string): string => [folder, path].filter((part) => part !== '').join('/')
