import { fail, routes } from '@novabrain/contracts'
import type { FastifyReply } from 'fastify'
import type { Readable } from 'node:stream'
import { releaseSent } from '../../blobs/spent.js'
import { isSafePath } from '../../core/tracking/artifact-path.js'
import { attachmentHeader, mediaTypeOf } from '../../core/tracking/media-type.js'
import type { Mount } from '../../http/mount.js'
import type { ArtifactsService, OpenedArtifact } from './service.js'

/** The routes of artifacts. */
export const mountArtifacts = (mount: Mount, { artifacts }: { readonly artifacts: ArtifactsService }): void => {
  mount(routes.listRunArtifacts, async ({ scope, params, query }) => ({
    items: await artifacts.list(scope, { kind: 'run', id: params.runId }, folderOf(query.path)),
  }))

  mount(routes.readRunArtifact, async ({ scope, params, query, reply }) => {
    const opened = await artifacts.open(scope, { kind: 'run', id: params.runId }, query.path)
    return sendArtifact(reply, query.path, opened)
  })
}

/** A folder as people write it, without a slash at its end; `''` is the top. */
export const folderOf = (path: string | undefined): string => {
  const folder = (path ?? '').replace(/\/+$/, '')
  return folder === '' || isSafePath(folder) ? folder : fail('artifact_path_invalid', { path: folder })
}

/** Headers of a file that somebody uploaded: saved, never shown, never guessed at, and kept as long as its digest. */
export const sendArtifact = (
  reply: FastifyReply,
  path: string,
  { body, digest, sizeBytes }: OpenedArtifact,
): Readable => {
  reply
    .type(mediaTypeOf(path))
    .header('content-length', sizeBytes)
    .header('content-disposition', attachmentHeader(path))
    .header('x-content-type-options', 'nosniff')
    .header('etag', `"${digest}"`)
  releaseSent(reply.raw)
  return body
}
