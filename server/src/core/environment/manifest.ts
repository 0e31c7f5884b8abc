import type { SnapshotFile } from '@novabrain/contracts'

/** The path of a manifest that cannot be unpacked as it says, or `null` when all can. */
export const faultyPath = (files: readonly SnapshotFile[]): string | null => {
  const seen = new Set<string>()
  const folders = new Set<string>()
  for (const { path } of files) {
    if (isUnsafe(path) || seen.has(path)) return path
    seen.add(path)
    parentsOf(path).forEach((folder) => folders.add(folder))
  }
  return files.find(({ path }) => folders.has(path))?.path ?? null
}

/** The manifest as text to be hashed: digest, mode and path of each file, sorted by path. */
export const manifestText = (files: readonly SnapshotFile[]): string =>
  [...files]
    .sort((a, b) => (a.path < b.path ? -1 : 1))
    .map((file) => `${file.digest} ${file.executable === true ? 'x' : '-'} ${file.path}\n`)
    .join('')

/** Text that PostgreSQL can keep and people can read: without lone halves of surrogate pairs and without NUL. */
export const readableText = (text: string): string =>
  text.replace(/\p{Surrogate}/gu, '\ufffd').replaceAll('\u0000', '\ufffd')

/** Leaves the folder, hides in git's own, or cannot be written as it is read. */
const isUnsafe = (path: string): boolean =>
  path.endsWith('/') ||
  /[\p{Surrogate}\p{Control}\\]/u.test(path) ||
  path.split('/').some((segment) => segment === '' || segment === '.' || segment === '..' || /^\.git$/i.test(segment))

const parentsOf = (path: string): string[] =>
  path.split('/').flatMap((_, index, segments) => (index === 0 ? [] : [segments.slice(0, index).join('/')]))
