import type { Client } from '../client/client.js'
import { canonicalCapture } from '../environment/canonical.js'
import type { EnvironmentCapture, EnvironmentPinResult } from '../schema/environment.js'
import type { CodeSnapshot, ExcludedFile, GitState, SnapshotFile } from '../schema/snapshot.js'
import { fromBase64, utf8 } from './bytes.js'
import { hashProgram, parseContents, parseHashes, parseProbe, ProbeError, probeProgram, readProgram } from './probe.js'
import type { HashAnswer, ListedFile, ProbedFolder } from './probe.js'
import { selectFiles, type SelectedFile, type SelectionLimits } from './select.js'

/** What a face can do: run a program in the interpreter and give what it printed, and hash bytes (SHA-256, hexadecimal). */
export interface CaptureHost {
  run(program: string): Promise<string>
  sha256(bytes: Uint8Array): Promise<string>
}

export interface WorkspaceRequest {
  /** The folder that goes along, as the interpreter knows it. */
  readonly folder: string
  readonly entrypoint: {
    readonly path: string
    /** What runs, from the editor: `snapshotText` of a notebook, the text of a script. */
    readonly text: string
    /** Python of the entrypoint, for following imports and mentions. */
    readonly code: readonly string[]
  }
  readonly words?: readonly string[]
  readonly named?: readonly string[]
  readonly leftOut?: readonly string[]
  readonly limits?: SelectionLimits
  /** What the last capture learned; hand it back, and unchanged files are not read again. */
  readonly known?: KnownHashes
}

/** Hashes by path, each good for the size and time it was taken at. */
export type KnownHashes = HashAnswer['hashes']

/** Everything that a submit needs, taken from the place where the code was written. */
export interface Workspace {
  readonly capture: EnvironmentCapture
  readonly captureDigest: string
  readonly folder: string
  readonly files: readonly SnapshotFile[]
  readonly excluded: readonly ExcludedFile[]
  readonly git: GitState | null
  /** What was named and is not there. */
  readonly missing: readonly string[]
  /** Bounds that were reached, and distributions whose metadata is broken. */
  readonly warnings: readonly string[]
  readonly known: KnownHashes
  /** Bytes that are in no file: the entrypoint as edited, the patch; by digest. */
  readonly inMemory: ReadonlyMap<string, Uint8Array>
}

/**
 * Capture environment and code in one question to the interpreter, and a second one when files must be hashed. Throws
 * `ProbeError`.
 */
export const captureWorkspace = async (host: CaptureHost, request: WorkspaceRequest): Promise<Workspace> => {
  const { entrypoint, words = [], named = [] } = request
  const workspace = { folder: request.folder, entrypoint: entrypoint.path, code: entrypoint.code, words, named }
  const { capture, folder, problems } = parseProbe(await host.run(probeProgram({ workspace })))
  if (capture === null || folder === null) throw new ProbeError('The answer of Python has no environment or no folder')
  const bytes = utf8(entrypoint.text)
  const selection = selectFiles({ ...request, folder, entrypoint: { path: entrypoint.path, sizeBytes: bytes.length } })
  const { hashes, known, late } = await hashesOf(host, folder, selection.files, request.known ?? {})
  const entrypointDigest = await host.sha256(bytes)
  const inMemory = new Map([[entrypointDigest, bytes]])
  if (folder.git?.patch && folder.git.patchDigest) inMemory.set(folder.git.patchDigest, fromBase64(folder.git.patch))
  const files = selection.files.flatMap((file) => fileWithDigest(file, hashes))
  const unreadable = selection.files
    .filter((file) => hashes[file.path] === undefined)
    .map(({ path, sizeBytes }): ExcludedFile => ({
      path,
      sizeBytes,
      reason: late.has(path) ? 'snapshot_full' : 'unreadable',
    }))
  return {
    capture,
    captureDigest: await host.sha256(utf8(canonicalCapture(capture))),
    folder: folder.path,
    files: [
      { path: entrypoint.path, sizeBytes: bytes.length, digest: entrypointDigest, reason: 'entrypoint' },
      ...files,
    ],
    excluded: [...selection.excluded, ...unreadable],
    git: gitState(folder),
    missing: selection.missing,
    warnings: [...folder.cut, ...problems],
    known,
    inMemory,
  }
}

/** Ask for the environment alone. Throws `ProbeError`. */
export const captureEnvironment = async (
  host: CaptureHost,
): Promise<{ capture: EnvironmentCapture; captureDigest: string; problems: readonly string[] }> => {
  const { capture, problems } = parseProbe(await host.run(probeProgram({})))
  if (capture === null) throw new ProbeError('The answer of Python has no environment')
  return { capture, captureDigest: await host.sha256(utf8(canonicalCapture(capture))), problems }
}

/** Pin a captured environment: the digest alone first, the whole capture only when the server does not know it. */
export const pinEnvironment = async (
  client: Client,
  projectId: string,
  { capture, captureDigest }: Pick<Workspace, 'capture' | 'captureDigest'>,
): Promise<Exclude<EnvironmentPinResult, { status: 'capture_needed' }>> => {
  const first = await client.createEnvironmentPin({ params: { projectId }, body: { captureDigest } })
  if (first.status !== 'capture_needed') return first
  const second = await client.createEnvironmentPin({ params: { projectId }, body: { captureDigest, capture } })
  if (second.status === 'capture_needed') throw new ProbeError('The server did not take the capture')
  return second
}

export interface SendProgress {
  readonly done: number
  readonly total: number
  readonly path: string
}

/** Keep a snapshot on the server, uploading only what it has not got. `report` is told before each upload. */
export const sendSnapshot = async (
  client: Client,
  projectId: string,
  host: CaptureHost,
  workspace: Workspace,
  report: (progress: SendProgress) => void = () => undefined,
): Promise<CodeSnapshot> => {
  const { git } = workspace
  const body = { files: [...workspace.files], excluded: [...workspace.excluded], git }
  const first = await client.createCodeSnapshot({ params: { projectId }, body })
  if (first.snapshot !== null) return first.snapshot
  for (const [done, digest] of first.missing.entries()) {
    const path = workspace.files.find((file) => file.digest === digest)?.path ?? 'uncommitted.patch'
    report({ done, total: first.missing.length, path })
    const bytes = workspace.inMemory.get(digest) ?? (await readFile(host, workspace.folder, path))
    await client.putBlob({ params: { projectId, digest }, body: bytes })
  }
  const second = await client.createCodeSnapshot({ params: { projectId }, body })
  if (second.snapshot === null) throw new ProbeError('Files changed while they were uploaded')
  return second.snapshot
}

/** One part of a file that an interpreter is asked for, bytes: small enough for a kernel's message limits. */
const partBytes = 262_144

/** Read a whole file through the interpreter. Throws `ProbeError`. */
export const readFile = async (host: CaptureHost, folder: string, path: string): Promise<Uint8Array> => {
  const parts: Uint8Array[] = []
  let offset = 0
  for (;;) {
    const answer = parseContents(await host.run(readProgram({ folder, path, offset, length: partBytes })))
    const part = fromBase64(answer.data)
    parts.push(part)
    offset += part.length
    if (part.length === 0 || offset >= answer.sizeBytes) return joined(parts, offset)
  }
}

/** A file written this shortly before it was hashed may be written again with the same time; microseconds. */
const unsettledUs = 2_000_000

/** How long an interpreter may spend on hashing, seconds. */
const hashSeconds = 20

const hashesOf = async (
  host: CaptureHost,
  folder: ProbedFolder,
  files: readonly SelectedFile[],
  before: KnownHashes,
): Promise<{ hashes: KnownHashes; known: KnownHashes; late: ReadonlySet<string> }> => {
  const fresh = files.filter((file) => !isKnown(file, before))
  const kept = files.flatMap((file) => {
    const hash = before[file.path]
    return hash === undefined || fresh.includes(file) ? [] : [[file.path, hash] as const]
  })
  const settled = Object.fromEntries(kept)
  if (fresh.length === 0) return { hashes: settled, known: settled, late: new Set() }
  const paths = fresh.map((file) => file.path)
  const answer = parseHashes(await host.run(hashProgram({ folder: folder.path, paths, seconds: hashSeconds })))
  const late = Object.entries(answer.failed).flatMap(([path, why]) => (why === 'late' ? [path] : []))
  const lasting = Object.entries(answer.hashes).filter(([, [, , mtimeUs]]) => answer.nowUs - mtimeUs > unsettledUs)
  return {
    hashes: { ...settled, ...answer.hashes },
    known: { ...settled, ...Object.fromEntries(lasting) },
    late: new Set(late),
  }
}

const isKnown = (file: ListedFile, known: KnownHashes): boolean => {
  const [, sizeBytes, mtimeUs] = known[file.path] ?? []
  return sizeBytes === file.sizeBytes && mtimeUs === file.mtimeUs
}

const fileWithDigest = (file: SelectedFile, known: KnownHashes): SnapshotFile[] => {
  const [digest, sizeBytes] = known[file.path] ?? []
  if (digest === undefined || sizeBytes === undefined) return []
  return [{ path: file.path, sizeBytes, digest, ...(file.executable ? { executable: true } : {}), reason: file.reason }]
}

const gitState = ({ git }: ProbedFolder): GitState | null =>
  git === null
    ? null
    : { commit: git.commit, branch: git.branch, remote: git.remote, dirty: git.dirty, patchDigest: git.patchDigest }

const joined = (parts: readonly Uint8Array[], length: number): Uint8Array => {
  const whole = new Uint8Array(length)
  let offset = 0
  for (const part of parts) {
    whole.set(part, offset)
    offset += part.length
  }
  return whole
}
