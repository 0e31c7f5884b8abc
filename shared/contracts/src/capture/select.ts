import type { ExcludedFile, IncludeReason } from '../schema/snapshot.js'
import { globPattern, inToolFolder, isProjectFile, isSecretPath } from './folders.js'
import type { ListedFile, ProbedFolder } from './probe.js'

/** How much may go along with a job. */
export interface SelectionLimits {
  /** Files larger than this stay behind, bytes. */
  readonly fileBytes: number
  readonly totalBytes: number
  readonly files: number
}

export const selectionLimits: SelectionLimits = { fileBytes: 50_000_000, totalBytes: 200_000_000, files: 2000 }

export interface SelectionRequest {
  readonly folder: Pick<ProbedFolder, 'path' | 'files' | 'skipped' | 'ignored' | 'modules' | 'mentions' | 'outside'>
  /** The path of the notebook or script; its bytes come from the editor. */
  readonly entrypoint: { readonly path: string; readonly sizeBytes: number }
  /** Words beside the strings in the code that may name files. */
  readonly words?: readonly string[]
  /** Files, folders and globs that the user asked for: they go along though git ignores them or they hold secrets. */
  readonly named?: readonly string[]
  /** Paths that the user took off the list. */
  readonly leftOut?: readonly string[]
  readonly limits?: SelectionLimits
}

export type SelectedFile = ListedFile & { readonly reason: IncludeReason }

export interface Selection {
  /** The entrypoint is not among them: its bytes are the editor's. */
  readonly files: readonly SelectedFile[]
  readonly excluded: readonly ExcludedFile[]
  /** What the user named and is not there. */
  readonly missing: readonly string[]
}

/**
 * Choose what goes along with a notebook or script: what was named, the local modules it imports, project files, and files
 * its code mentions; in this order while the bounds last. Whatever is wanted and stays behind is told with its reason, and
 * so are secrets and folders of tools that were seen.
 */
export const selectFiles = (request: SelectionRequest): Selection => {
  const wants = wantedReason(request)
  const leftOut = new Set(request.leftOut ?? [])
  const wanted = request.folder.files
    .filter((file) => file.path !== request.entrypoint.path && !leftOut.has(file.path))
    .flatMap((file) => {
      const reason = wants(file.path)
      return reason === null ? [] : [{ ...file, reason }]
    })
    .sort((a, b) => order.indexOf(a.reason) - order.indexOf(b.reason) || (a.path < b.path ? -1 : 1))
  const { kept, refused } = withinBounds(request, wanted)
  const excluded = [...refused, ...seenAndLeft(request, new Set(kept.map((file) => file.path)))]
  return { files: kept, excluded: unique(excluded), missing: missingNames(request) }
}

const order: readonly IncludeReason[] = ['entrypoint', 'named', 'imported', 'project_file', 'mentioned']

/** Why a path is wanted, or `null`. */
const wantedReason = ({ folder, entrypoint, words = [], named = [] }: SelectionRequest) => {
  const begin = entrypoint.path.slice(0, entrypoint.path.lastIndexOf('/') + 1)
  const isNamed = pathMatcher(named, begin, folder, true)
  const isMentioned = pathMatcher([...folder.mentions, ...words], begin, folder, false)
  const modules = new Set(folder.modules)
  return (path: string): IncludeReason | null => {
    if (isNamed(path)) return 'named'
    if (modules.has(path)) return 'imported'
    const place = path.slice(0, path.lastIndexOf('/') + 1)
    if ((place === '' || place === begin) && isProjectFile(path)) return 'project_file'
    return isMentioned(path) ? 'mentioned' : null
  }
}

/**
 * Whether words name a path: exactly (from the folder or from beside the entrypoint), as a folder above it, as a glob, or
 * piece by piece (`Path('data') / 'train.csv'`). A bare word names a folder only when the user said it.
 */
const pathMatcher = (words: readonly string[], begin: string, folder: { path: string }, byUser: boolean) => {
  const paths = words.flatMap((word) => cleanPaths(word, begin, folder.path))
  const exact = new Set(paths.filter((path) => !path.endsWith('/')))
  const folders = new Set(paths.filter((path) => path.endsWith('/') || byUser || path.includes('/')).map(withSlash))
  const globs = paths.filter((path) => /[*?]/.test(path)).map((path) => globPattern(path))
  const pieces = new Set(words.flatMap((word) => word.split(/[\\/]/)))
  return (path: string): boolean => {
    if (exact.has(path) || globs.some((glob) => glob.test(path))) return true
    const segments = path.split('/')
    if (segments.some((_, index) => index > 0 && folders.has(`${segments.slice(0, index).join('/')}/`))) return true
    const below = path.startsWith(begin) ? path.slice(begin.length).split('/') : segments
    return !byUser && below.length > 1 && below.every((segment) => pieces.has(segment))
  }
}

/** A word as paths inside the folder; none when it leads outside or to the folder itself. */
const cleanPaths = (word: string, begin: string, folder: string): string[] => {
  const text = word.replaceAll('\\', '/')
  const root = withSlash(folder.replaceAll('\\', '/'))
  const absolute = text.startsWith('/') || /^[A-Za-z]:\//.test(text)
  if (absolute) return text.startsWith(root) ? normalized(text.slice(root.length)) : []
  return [...new Set([...normalized(begin + text), ...normalized(text)])]
}

const normalized = (path: string): string[] => {
  const parts: string[] = []
  for (const segment of path.split('/')) {
    if (segment === '..' && parts.pop() === undefined) return []
    if (segment !== '' && segment !== '.' && segment !== '..') parts.push(segment)
  }
  if (parts.length === 0) return []
  return [parts.join('/') + (path.endsWith('/') ? '/' : '')]
}

const missingNames = ({ folder, entrypoint, named = [] }: SelectionRequest): string[] => {
  const begin = entrypoint.path.slice(0, entrypoint.path.lastIndexOf('/') + 1)
  const outside = new Set(folder.outside.map((file) => file.path))
  return named.filter((name) => {
    const matches = pathMatcher([name], begin, folder, true)
    return !outside.has(name) && !folder.files.some((file) => matches(file.path))
  })
}

const withSlash = (path: string): string => (path.endsWith('/') ? path : `${path}/`)

const withinBounds = (request: SelectionRequest, wanted: readonly SelectedFile[]) => {
  const limits = request.limits ?? selectionLimits
  const ignored = ignoredBy(request.folder.ignored)
  const kept: SelectedFile[] = []
  const refused: ExcludedFile[] = []
  let totalBytes = request.entrypoint.sizeBytes
  for (const file of wanted) {
    const reason =
      refusal(file, limits, ignored) ??
      (kept.length >= limits.files - 1 || totalBytes + file.sizeBytes > limits.totalBytes ? 'snapshot_full' : null)
    if (reason === null) {
      kept.push(file)
      totalBytes += file.sizeBytes
    } else refused.push({ path: file.path, sizeBytes: file.sizeBytes, reason })
  }
  return { kept, refused }
}

const refusal = (
  file: SelectedFile,
  limits: SelectionLimits,
  ignored: (path: string) => boolean,
): ExcludedFile['reason'] | null => {
  if (file.sizeBytes > limits.fileBytes) return 'too_large'
  if (file.reason === 'named') return null
  if (isSecretPath(file.path)) return 'secret'
  if (inToolFolder(file.path)) return 'tool_folder'
  return ignored(file.path) ? 'gitignored' : null
}

const ignoredBy = (ignored: readonly string[]): ((path: string) => boolean) => {
  const paths = new Set(ignored)
  return (path) => {
    const segments = path.split('/')
    return (
      paths.has(path) || segments.some((_, index) => index > 0 && paths.has(`${segments.slice(0, index).join('/')}/`))
    )
  }
}

/** What stays behind though nobody asked for it: worth a word, so that nobody looks for it on the node. */
const seenAndLeft = ({ folder }: SelectionRequest, kept: ReadonlySet<string>): ExcludedFile[] => [
  ...folder.files
    .filter((file) => isSecretPath(file.path) && !kept.has(file.path))
    .map((file): ExcludedFile => ({ path: file.path, sizeBytes: file.sizeBytes, reason: 'secret' })),
  ...folder.outside.map((file): ExcludedFile => ({ ...file, reason: 'outside_folder' })),
  ...folder.skipped.map((entry): ExcludedFile => ({ path: entry.path, sizeBytes: 0, reason: entry.reason })),
]

const unique = (files: readonly ExcludedFile[]): ExcludedFile[] =>
  [...new Map([...files].reverse().map((file) => [file.path, file] as const)).values()].sort((a, b) =>
    a.path < b.path ? -1 : 1,
  )
