import { routes } from '@novabrain/contracts'
import { releaseSent } from '../../blobs/spent.js'
import type { Mount } from '../../http/mount.js'
import type { BlobService } from './service.js'

export const mountBlobs = (mount: Mount, { blobs }: { blobs: BlobService }) => {
  mount(routes.putBlob, async ({ scope, params, body }) => {
    const { sizeBytes } = await blobs.put(scope, body, params.digest)
    return { sizeBytes }
  })
  mount(routes.getBlob, async ({ scope, params, reply }) => {
    const { body } = await blobs.open(scope, params.digest)
    reply.header('content-disposition', 'attachment')
    reply.header('x-content-type-options', 'nosniff')
    releaseSent(reply.raw)
    return body
  })
}
