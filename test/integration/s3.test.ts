import { createHash, randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { ListObjectsV2Command } from '@aws-sdk/client-s3'
import { NovaBrainError } from '@novabrain/contracts'
import { backup } from '../../server/src/backup/backup.js'
import { createFolderBlobStore } from '../../server/src/blobs/folder-store.js'
import { openBlobStore } from '../../server/src/blobs/open.js'
import { systemScope } from '../../server/src/deps.js'
import { startApp, testConfig, type TestApp } from '../support/app.js'
import { fakeClock, type FakeClock } from '../support/clock.js'
import { mlflowWire, type MlflowWire } from '../support/mlflow-wire.js'
import { startS3, type S3Server } from '../support/swift.js'

const day = 86_400_000
const limitBytes = 40_000_000

let s3: S3Server | null = null
let clock: FakeClock
let app: TestApp
let wire: MlflowWire

beforeAll(async () => {
  s3 = await startS3()
  clock = fakeClock(new Date().toISOString())
  app = await startApp({ background: false, clock, config: { ...s3?.config, s3Prefix: 'team/', uploadLimitMib: 38 } })
  wire = mlflowWire(app.url, app.owner.token)
}, 120_000)
afterAll(async () => {
  await app.close()
  await s3?.stop()
})

/** A test that says nothing where there is no Swift; `npm test` brings it, and CI insists on it. */
const onS3 = (name: string, work: (server: S3Server) => Promise<void>) =>
  test(name, async () => {
    if (s3 !== null) await work(s3)
  })

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex')
const codeOf = (promise: Promise<unknown>): Promise<string> =>
  promise.then(
    () => 'none',
    (error: unknown) => (error instanceof NovaBrainError ? error.code : String(error)),
  )
const keysIn = async ({ client }: S3Server, prefix: string): Promise<string[]> => {
  const { Contents = [] } = await client.send(new ListObjectsV2Command({ Bucket: 'novabrain', Prefix: prefix }))
  return Contents.map(({ Key = '' }) => Key)
}
const mpu = async (step: string, address: string, body: unknown, token = app.owner.token) => {
  const answer = await fetch(`${app.url}/api/2.0/mlflow-artifacts/mpu/${step}${address}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })
  return { status: answer.status, body: (await answer.json()) as Record<string, never> }
}

interface Begun {
  readonly upload_id: string
  readonly credentials: readonly { readonly url: string; readonly part_number: number }[]
}

/** Begin an upload of two parts and put them. */
const upload = async (address: string, name: string, pieces: readonly Uint8Array<ArrayBuffer>[]) => {
  const begun = await mpu('create', address, { path: `/home/ann/${name}`, num_parts: pieces.length })
  const { upload_id, credentials } = begun.body as unknown as Begun
  const parts = []
  for (const [index, { url, part_number }] of credentials.entries()) {
    const put = await fetch(url, { method: 'PUT', body: pieces[index] ?? new Uint8Array() })
    expect(put.status).toBe(200)
    parts.push({ part_number, etag: put.headers.get('etag'), url })
  }
  return { path: `/home/ann/${name}`, upload_id, parts }
}

describe('bytes in a bucket', () => {
  onS3('come back as they went, small ones, large ones and none at all', async (server) => {
    const store = app.services.blobStore
    for (const size of [0, 1, 8 * 1_048_576, 20_000_001]) {
      const bytes = randomBytes(size)
      const stored = await store.put(Readable.from([bytes.subarray(0, size / 2), bytes.subarray(size / 2)]), {
        limitBytes,
      })
      expect(stored).toEqual({ digest: sha256(bytes), sizeBytes: size })
      const body = await store.open(stored.digest)
      expect(body === null ? null : sha256(await buffer(body))).toBe(stored.digest)
      expect(await store.sizeOf(stored.digest)).toBe(size)
    }
    expect((await keysIn(server, 'team/blobs/')).length).toBe(4)
    expect(await keysIn(server, 'team/incoming/')).toEqual([])
    expect([await store.open(sha256(Buffer.from('x'))), await store.sizeOf(sha256(Buffer.from('x')))]).toEqual([
      null,
      null,
    ])
  })

  onS3('that are too many, not those that were said, or break off leave nothing', async (server) => {
    const store = app.services.blobStore
    const before = await keysIn(server, '')
    const breaking = Readable.from(
      (function* () {
        for (let index = 0; index < 10; index += 1) yield randomBytes(1_000_000)
        throw new Error('gone')
      })(),
    )
    await expect(store.put(breaking, { limitBytes })).rejects.toThrow('gone')
    const large = () => Readable.from(Array.from({ length: 12 }, () => Buffer.alloc(1_000_000)))
    expect(await codeOf(store.put(large(), { limitBytes: 10_000_000 }))).toBe('upload_too_large')
    expect(await codeOf(store.put(Readable.from([Buffer.alloc(11)]), { limitBytes: 10 }))).toBe('upload_too_large')
    expect(await codeOf(store.put(large(), { limitBytes, digest: 'a'.repeat(64) }))).toBe('blob_digest_mismatch')
    expect(await codeOf(store.put(Readable.from([Buffer.from('x')]), { limitBytes, digest: 'a'.repeat(64) }))).toBe(
      'blob_digest_mismatch',
    )
    expect(await keysIn(server, '')).toEqual(before)
  })

  onS3('that nobody needs are removed, and those in use stay', async (server) => {
    const runId = await wire.createRun()
    const [kept, dropped] = [Buffer.from('kept in the bucket'), Buffer.from('dropped from the bucket')]
    for (const [name, bytes] of [
      ['kept', kept],
      ['dropped', dropped],
    ] as const)
      await app.services.artifacts.put(app.owner.scope, { kind: 'run', id: runId }, name, Readable.from([bytes]))
    await wire.artifact('DELETE', `/0/${runId}/artifacts/dropped`)
    for (let round = 0; round < 2; round += 1) {
      clock.advance(day + 1)
      await app.services.retention.collect({ strays: true })
    }
    const keys = (await keysIn(server, 'team/blobs/')).map((key) => key.slice('team/blobs/'.length).replace('/', ''))
    expect(keys).toContain(sha256(kept))
    expect(keys).not.toContain(sha256(dropped))
    expect((await wire.artifact('GET', `/0/${runId}/artifacts/kept`)).status).toBe(200)
  })

  onS3('go into a backup, whole', async () => {
    const bytes = randomBytes(1000)
    await app.services.blobStore.put(Readable.from([bytes]), { limitBytes })
    const scratch = await mkdtemp(join(tmpdir(), 'novabrain-s3-backup-'))
    try {
      const folder = join(scratch, 'kept')
      const blobs = app.services.blobStore
      await backup({
        databaseUrl: app.database.url,
        blobs,
        folder,
        serverVersion: '3.0.0',
        now: app.foundation.clock.now(),
      })
      const body = await createFolderBlobStore(join(folder, 'blobs')).open(sha256(bytes))
      expect(body === null ? null : sha256(await buffer(body))).toBe(sha256(bytes))
    } finally {
      await rm(scratch, { recursive: true, force: true })
    }
  })

  test('in a store that does not answer are refused with a code, and the server is not ready', async () => {
    const config = testConfig(tmpdir(), {
      s3Bucket: 'nowhere',
      s3Endpoint: 'http://127.0.0.1:9',
      s3AccessKeyId: 'a',
      s3SecretAccessKey: 'b',
    })
    const store = openBlobStore(config)
    expect(await codeOf(store.put(Readable.from([Buffer.from('x')]), { limitBytes }))).toBe('blob_store_unavailable')
    expect(await codeOf(store.check())).toBe('blob_store_unavailable')
  })
})

describe('an upload in parts', () => {
  const pieces = [new Uint8Array(randomBytes(5_242_880)), new Uint8Array(randomBytes(1000))]
  const whole = Buffer.concat(pieces)

  onS3('becomes a file when it is completed, and completing it again is no fault', async (server) => {
    const runId = await wire.createRun()
    const address = `/0/${runId}/artifacts/model`
    const done = await upload(address, 'weights.bin', pieces)
    expect((await wire.artifact('GET', `${address}/weights.bin`)).status).toBe(404)
    expect((await mpu('complete', address, done)).status).toBe(200)
    expect((await mpu('complete', address, done)).status).toBe(200)
    const answer = await wire.artifact('GET', `${address}/weights.bin`)
    expect(sha256(Buffer.from(await answer.arrayBuffer()))).toBe(sha256(whole))
    expect(await keysIn(server, 'team/incoming/')).toEqual([])

    const presigned = await fetch(`${app.url}/api/2.0/mlflow-artifacts/presigned${address}/weights.bin`, {
      headers: { authorization: `Bearer ${app.owner.token}` },
    })
    const { url, file_size } = (await presigned.json()) as { url: string; file_size: number }
    expect(file_size).toBe(whole.length)
    const part = await fetch(url, { headers: { range: 'bytes=5242880-5243879' } })
    expect([part.status, sha256(Buffer.from(await part.arrayBuffer()))]).toEqual([206, sha256(pieces[1] ?? whole)])
    expect((await fetch(url.replace(/.$/, (last) => (last === '0' ? '1' : '0')))).status).toBe(403)
  })

  onS3('that was aborted, is of another file or of another tenant cannot be completed', async () => {
    const runId = await wire.createRun()
    const address = `/0/${runId}/artifacts`
    const done = await upload(address, 'a.bin', pieces)
    const rival = await app.addTenant('rival')
    expect((await mpu('complete', address, done, rival.token)).status).toBe(404)
    expect((await mpu('complete', address, { ...done, path: 'b.bin' })).body).toMatchObject({
      code: 'multipart_upload_not_found',
    })
    expect((await mpu('complete', address, { ...done, parts: [{ part_number: 1, etag: 'no' }] })).body).toMatchObject({
      error_code: 'INVALID_PARAMETER_VALUE',
      code: 'multipart_upload_invalid',
    })
    expect((await mpu('abort', address, { path: 'a.bin', upload_id: done.upload_id })).status).toBe(200)
    expect((await mpu('abort', address, { path: 'a.bin', upload_id: done.upload_id })).status).toBe(200)
    expect((await mpu('complete', address, done)).body).toMatchObject({ code: 'multipart_upload_not_found' })
    expect((await wire.artifact('GET', `${address}/a.bin`)).status).toBe(404)
  })

  onS3('that nobody ended is cleared up after a day', async () => {
    const runId = await wire.createRun()
    await upload(`/0/${runId}/artifacts`, 'left.bin', pieces)
    clock.advance(day + 1)
    expect((await app.services.retention.collect({ strays: false })).uploads).toBeGreaterThanOrEqual(1)
    const left = await app.foundation.database.transaction(systemScope, (tx) =>
      tx.query(`SELECT 1 FROM multipart_uploads`),
    )
    expect(left).toEqual([])
  })

  onS3('is of no use to a viewer, and newer clients are told that there is such a thing', async () => {
    const viewer = await app.addMember('vera', 'viewer')
    const runId = await wire.createRun()
    expect((await mpu('create', `/0/${runId}/artifacts`, { path: 'x', num_parts: 1 }, viewer.token)).status).toBe(403)
    const info = await fetch(`${app.url}/api/3.0/mlflow/server-info`)
    expect(await info.json()).toMatchObject({ multipart_uploads_enabled: true, multipart_downloads_enabled: true })
  })
})

test('a server over a folder answers as the one of MLflow does, upon which clients go through it', async () => {
  const plain = await startApp({ background: false })
  try {
    const headers = { authorization: `Bearer ${plain.owner.token}`, 'content-type': 'application/json' }
    const runId = await mlflowWire(plain.url, plain.owner.token).createRun()
    const under = `${plain.url}/api/2.0/mlflow-artifacts`
    const create = await fetch(`${under}/mpu/create/0/${runId}/artifacts`, {
      method: 'POST',
      headers,
      body: '{"path":"x"}',
    })
    const presigned = await fetch(`${under}/presigned/0/${runId}/artifacts/x`, { headers })
    expect([create.status, presigned.status]).toEqual([501, 501])
    expect(await create.json()).toMatchObject({
      error_code: 'NOT_IMPLEMENTED',
      message: 'Multipart upload is not supported for the current artifact repository',
    })
    expect(await presigned.json()).toMatchObject({
      error_code: 'NOT_IMPLEMENTED',
      message: 'Multipart download is not supported for the current artifact repository',
    })
    const info = await fetch(`${plain.url}/api/3.0/mlflow/server-info`)
    expect(await info.json()).toMatchObject({ multipart_uploads_enabled: false, multipart_downloads_enabled: false })
  } finally {
    await plain.close()
  }
})
