import { createReadStream, existsSync, realpathSync } from 'node:fs'
import { readdir, stat } from 'node:fs/promises'
import path from 'node:path'
import { Readable } from 'node:stream'
import { fileURLToPath } from 'node:url'
import type { Place } from './place.js'
import { proxyPath, type ArtifactOwner, type MlflowReader, type SourceFile } from './reader.js'

/** Where the files of runs and logged models are read. */
export interface FileSource {
  files(owner: ArtifactOwner): AsyncIterable<SourceFile>
  open(owner: ArtifactOwner, path: string): Promise<ReadableStream<Uint8Array> | null>
}

/**
 * Files as the server gives them; those of a store of this machine are read where they are, since MLflow's server refuses
 * some names that its client writes. A folder that was moved since still names the places of old: what is not there any
 * more is looked for under `root`, where MLflow has it by rule.
 */
export const createFileSource = (
  reader: Pick<MlflowReader, 'files' | 'open'>,
  { place, root }: { readonly place: Place; readonly root: string | null },
): FileSource => {
  const folderOf = (owner: ArtifactOwner) => (place.kind === 'server' ? null : localFolder(owner, root))
  return {
    files: (owner) => {
      const folder = folderOf(owner)
      return folder === null ? reader.files(owner) : filesIn(folder, '')
    },
    open: async (owner, file) => {
      const folder = folderOf(owner)
      return folder === null ? reader.open(owner, file) : openIn(folder, file)
    },
  }
}

const localFolder = (owner: ArtifactOwner, root: string | null): string | null => {
  const named = localPath(owner.artifactUri)
  if (named !== null && existsSync(named)) return named
  const proxied = proxyPath(owner.artifactUri)
  if (root === null || (named === null && proxied === null)) return null
  const inside = owner.kind === 'run' ? owner.id : path.join('models', owner.id)
  const folder = path.join(root, proxied ?? path.join(owner.experimentId, inside, 'artifacts'))
  return existsSync(folder) ? folder : null
}

/** The folder that an address names on this machine, or `null`. */
export const localPath = (uri: string): string | null => {
  if (uri.startsWith('/')) return uri
  if (!uri.startsWith('file:')) return null
  try {
    return fileURLToPath(uri)
  } catch {
    return null
  }
}

async function* filesIn(root: string, folder: string): AsyncGenerator<SourceFile> {
  for (const entry of await readdir(path.join(root, folder), { withFileTypes: true })) {
    const file = folder === '' ? entry.name : `${folder}/${entry.name}`
    if (entry.isDirectory()) yield* filesIn(root, file)
    else yield { path: file, sizeBytes: (await stat(path.join(root, file)).catch(() => ({ size: 0 }))).size }
  }
}

/** A link that leads out of the folder, or nowhere, is a file that is not there. */
const openIn = (root: string, file: string): ReadableStream<Uint8Array> | null => {
  const place = path.join(root, file)
  if (!existsSync(place)) return null
  const inside = path.relative(realpathSync(root), realpathSync(place))
  if (inside.startsWith('..') || path.isAbsolute(inside)) return null
  return Readable.toWeb(createReadStream(place)) as ReadableStream<Uint8Array>
}
