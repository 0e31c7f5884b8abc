import { fail, routes } from '@novabrain/contracts'
import type { Readable } from 'node:stream'
import type { Mount } from '../../http/mount.js'
import type { AttemptService } from './service.js'

/** More than the runner ever sends at once. */
const maximumLogChunkBytes = 16 * 1024 * 1024

export const mountAttempts = (mount: Mount, attempts: AttemptService): void => {
  mount(routes.getAttemptSpec, ({ scope, params }) => attempts.spec(scope, params.attemptId))
  mount(routes.getAttemptBlob, ({ scope, params }) => attempts.blob(scope, params.attemptId, params.digest))
  mount(routes.heartbeat, ({ scope, params, body }) => attempts.heartbeat(scope, params.attemptId, body))
  mount(routes.appendLog, async ({ scope, params, query, body }) => {
    const bytes = await readAll(body, maximumLogChunkBytes)
    return { sizeBytes: await attempts.appendLog(scope, params.attemptId, query.offset, bytes) }
  })
  mount(routes.putAttemptOutput, ({ scope, params, query, body }) =>
    attempts.putOutput(scope, params.attemptId, query.path, body),
  )
  mount(routes.finishAttempt, async ({ scope, params, body }) => {
    await attempts.finish(scope, params.attemptId, body)
    return {}
  })
  mount(routes.readLog, async ({ scope, params, query, reply }) => {
    const range = { offset: query.offset ?? 0, limit: query.limit ?? 1_048_576 }
    const { bytes, sizeBytes } = await attempts.readLog(scope, params, range)
    reply.header('x-novabrain-log-size', String(sizeBytes))
    return bytes
  })
  mount(routes.listResourceSamples, async ({ scope, params }) => ({ items: await attempts.samples(scope, params) }))
}

const readAll = async (body: Readable, limitBytes: number): Promise<Buffer> => {
  const chunks: Buffer[] = []
  let sizeBytes = 0
  for await (const chunk of body) {
    const bytes = Buffer.from(chunk as Uint8Array)
    sizeBytes += bytes.length
    if (sizeBytes > limitBytes) return fail('upload_too_large', { limitMib: limitBytes / 1_048_576 })
    chunks.push(bytes)
  }
  return Buffer.concat(chunks)
}
