import { fail, readNotebook, type SnapshotFile, type SubmitJob } from '@novabrain/contracts'
import type { Readable } from 'node:stream'
import type { ProjectScope } from '../../deps.js'
import type { BlobReader } from './ports.js'

/** Larger notebooks are left to the runner to judge: reading them here would cost more than it saves. */
const readableBytes = 64 * 1024 * 1024

/**
 * Refuse a job whose entrypoint is not in its snapshot, or whose notebook is none of Python's: better now than after an
 * hour in the queue. A kernel needs none. Errors: `entrypoint_not_in_snapshot`, `notebook_invalid`, `notebook_broken`,
 * `notebook_too_old`, `notebook_not_python`.
 */
export const checkEntrypoint = async (
  scope: ProjectScope,
  task: SubmitJob['task'],
  files: readonly SnapshotFile[],
  blobs: BlobReader,
): Promise<void> => {
  if (task.kind === 'kernel') return
  const entrypoint = files.find(({ path }) => path === task.path)
  if (entrypoint === undefined) return fail('entrypoint_not_in_snapshot', { path: task.path })
  if (task.kind !== 'notebook' || entrypoint.sizeBytes > readableBytes) return
  const { body } = await blobs.open(scope, entrypoint.digest)
  const reading = readNotebook(await readText(body), task.path)
  if (!reading.ok) return fail(reading.code, reading.data)
}

const readText = async (stream: Readable): Promise<string> => {
  const chunks: Buffer[] = []
  for await (const chunk of stream) chunks.push(Buffer.from(chunk as Uint8Array))
  return Buffer.concat(chunks).toString('utf8')
}
