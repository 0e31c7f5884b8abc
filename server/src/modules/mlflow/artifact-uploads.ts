import { fail } from '@novabrain/contracts'
import type { Readable } from 'node:stream'
import type { ArtifactOwner, ArtifactsService } from '../artifacts/service.js'
import { addressOf } from './artifact-address.js'
import type { Endpoint, MlflowCall } from './endpoint.js'
import { invalid, isRecord, requiredText, type Fields } from './fields.js'

/** S3's own bound. */
const maxParts = 10_000
/** The parts of the largest upload, each told with its address. */
const maxBodyBytes = 33_554_432

/**
 * Large files past the server, under `/mlflow-artifacts`, where the store is one that clients can reach: uploads in parts,
 * and presigned addresses to read from. Where it is a folder they answer 501, upon which MLflow's client goes through the
 * server.
 */
export const uploadEndpoints = (artifacts: ArtifactsService): readonly Endpoint[] => [
  uploadEndpoint('create', artifacts, async (call, { owner, path }, fields) => {
    const partCount = Number(fields['num_parts'] ?? 1)
    if (!Number.isInteger(partCount) || partCount < 1 || partCount > maxParts)
      return invalid(`Invalid value for parameter 'num_parts': it must be between 1 and ${String(maxParts)}.`)
    const { id, parts } = await artifacts.beginUpload(call.scope, owner, path, partCount)
    const credentials = parts.map(({ number, url }) => ({ url, part_number: number, headers: {} }))
    return { upload_id: id, credentials }
  }),
  uploadEndpoint('complete', artifacts, async (call, { owner, path }, fields) => {
    await artifacts.finishUpload(call.scope, owner, path, {
      id: requiredText(fields, 'upload_id'),
      parts: partsOf(fields),
    })
  }),
  uploadEndpoint('abort', artifacts, async (call, { owner, path }, fields) => {
    await artifacts.abortUpload(call.scope, owner, path, requiredText(fields, 'upload_id'))
  }),
  {
    method: 'GET',
    path: '/presigned/*',
    access: 'read',
    async handle(call) {
      if (!artifacts.isDirect()) return fail('presigned_not_supported')
      const { owner, path, experimentId } = addressOf(call.params['*'] ?? '')
      await artifacts.checkOwner(call.scope, owner, 'read', experimentId)
      const { url, sizeBytes } = await artifacts.address(call.scope, owner, path)
      return { url, headers: {}, file_size: sizeBytes }
    },
  },
]

interface Target {
  readonly owner: ArtifactOwner
  readonly path: string
}

/** A step of an upload: the address names the folder, the body the file, by a path on the machine of the client. */
const uploadEndpoint = (
  step: 'create' | 'complete' | 'abort',
  artifacts: ArtifactsService,
  work: (call: MlflowCall, target: Target, fields: Fields) => Promise<unknown>,
): Endpoint => ({
  method: 'POST',
  path: `/mpu/${step}/*`,
  access: 'write',
  async handle(call) {
    if (!artifacts.isDirect()) return fail('multipart_not_supported')
    const { owner, path: folder, experimentId } = addressOf(call.params['*'] ?? '')
    await artifacts.checkOwner(call.scope, owner, 'write', experimentId)
    const fields = await jsonOf(call.request.body as Readable | undefined)
    const name = requiredText(fields, 'path').split(/[\\/]/).at(-1) ?? ''
    return work(call, { owner, path: folder === '' ? name : `${folder}/${name}` }, fields)
  },
})

const partsOf = (fields: Fields): { number: number; etag: string }[] => {
  const parts: unknown = fields['parts']
  if (!Array.isArray(parts) || parts.length > maxParts) return invalid("Missing value for required parameter 'parts'.")
  return parts.map((part: unknown) => {
    const { part_number: number, etag } = isRecord(part) ? part : {}
    return typeof number === 'number' && typeof etag === 'string' ? { number, etag } : fail('multipart_upload_invalid')
  })
}

/** The proxy takes bytes of any kind as a stream; these are JSON. */
const jsonOf = async (body: Readable | undefined): Promise<Fields> => {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of (body ?? []) as AsyncIterable<Buffer>) {
    size += chunk.length
    if (size > maxBodyBytes) return fail('upload_too_large', { limitMib: maxBodyBytes / 1_048_576 })
    chunks.push(chunk)
  }
  return recordOf(Buffer.concat(chunks).toString('utf8'))
}

const recordOf = (text: string): Fields => {
  const value = parsed(text)
  return isRecord(value) ? value : invalid('The body of the request must be a JSON object.')
}

const parsed = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}
