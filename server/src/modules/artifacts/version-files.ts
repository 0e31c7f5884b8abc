import type { ArtifactAddress } from '../../core/tracking/artifact-path.js'
import type { Deps, ProjectScope, Tx } from '../../deps.js'
import { versionOwnerKey } from './owner-key.js'
import {
  artifactRepository as artifacts,
  type ArtifactRow,
  type FilesUnder,
  type ListedArtifact,
} from './repository.js'

/** Where a version of a registered model has its files: a folder of a run or of a logged model. */
export interface VersionRoot extends Pick<ArtifactAddress, 'owner' | 'path'> {
  readonly name: string
  readonly version: number
}

/** A version that has a file, and the path that it has there. */
export interface VersionWithFile {
  readonly id: string
  readonly name: string
  readonly version: number
  readonly path: string
}

/** What the registry knows of the files of versions. */
export interface VersionFiles {
  /** `null` when there is no such version, or its files are nowhere the server reads. */
  rootOf(tx: Tx, scope: ProjectScope, versionId: string): Promise<VersionRoot | null>
  /** The versions that have a file of a run or logged model, which nobody else registers until the transaction ends. */
  holding(tx: Tx, scope: ProjectScope, ownerId: string, path: string): Promise<readonly VersionWithFile[]>
}

/**
 * The files of versions: those of the folder they were registered from, but as they were. Whoever replaces one there
 * leaves the former to the versions that have it, so what a version is made of never changes: docs/decisions/0027.
 */
export const createKeptFiles = ({
  versionFiles,
  audit,
}: Pick<Deps, 'audit'> & { readonly versionFiles: VersionFiles }) => ({
  rootOf: versionFiles.rootOf.bind(versionFiles),

  /** A file is about to be replaced: versions that have it keep the one that is there. */
  async beforeReplacing(
    tx: Tx,
    scope: ProjectScope,
    { ownerId, path, digest }: { readonly ownerId: string; readonly path: string; readonly digest: string },
  ): Promise<void> {
    if (!replaces(await artifacts.find(tx, scope, ownerId, path), digest)) return
    const versions = await versionFiles.holding(tx, scope, ownerId, path)
    if (versions.length === 0) return
    // Read again, since somebody else may have replaced it before this transaction held it.
    const before = await artifacts.find(tx, scope, ownerId, path)
    if (before === null || !replaces(before, digest)) return
    for (const { id, path: inside } of versions) await artifacts.keep(tx, scope, versionOwnerKey(id), inside, before)
    const named = versions.map(({ name, version }) => ({ name, version }))
    const detail = { path, before: before.digest, after: digest, keptFor: named }
    await audit.append(tx, scope, { action: 'artifact.replace', subject: ownerId, detail })
  },

  find: (tx: Tx, scope: ProjectScope, versionId: string, path: string): Promise<ArtifactRow | null> =>
    artifacts.find(tx, scope, versionOwnerKey(versionId), path),

  /** A listing of the folder of a version, with the sizes that its files have there. */
  async inList(
    tx: Tx,
    scope: ProjectScope,
    versionId: string,
    { path }: Pick<VersionRoot, 'path'>,
    listed: readonly ListedArtifact[],
  ): Promise<ListedArtifact[]> {
    const sizes = await sizesOf(tx, scope, versionId)
    const prefix = path === '' ? '' : `${path}/`
    return listed.map((file) => {
      const inside = file.path.slice(prefix.length)
      return { ...file, path: inside, sizeBytes: sizes.get(inside) ?? file.sizeBytes }
    })
  },

  /** The same for all files below it, with those that were replaced. */
  async inAll(
    tx: Tx,
    scope: ProjectScope,
    versionId: string,
    under: FilesUnder,
  ): Promise<FilesUnder & { replaced: string[] }> {
    const sizes = await sizesOf(tx, scope, versionId)
    const items = under.items.map((file) => ({ ...file, sizeBytes: sizes.get(file.path) ?? file.sizeBytes }))
    const change = items.reduce(
      (sum, { sizeBytes }, index) => sum + sizeBytes - (under.items[index]?.sizeBytes ?? 0),
      0,
    )
    return { items, count: under.count, sizeBytes: under.sizeBytes + change, replaced: [...sizes.keys()].sort() }
  },
})

const replaces = (before: ArtifactRow | null, digest: string): boolean => before !== null && before.digest !== digest

const sizesOf = async (tx: Tx, scope: ProjectScope, versionId: string): Promise<ReadonlyMap<string, number>> => {
  const kept = await artifacts.ofOwners(tx, scope, [versionOwnerKey(versionId)])
  return new Map(kept.map(({ path, sizeBytes }) => [path, sizeBytes]))
}
