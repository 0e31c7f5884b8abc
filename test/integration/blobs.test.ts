import { createHash, randomBytes } from 'node:crypto'
import { mkdir, mkdtemp, readdir, rm, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { NovaBrainError } from '@novabrain/contracts'
import { createFolderBlobStore } from '../../server/src/blobs/folder-store.js'
import { startApp, type TestApp } from '../support/app.js'
import { mountSmallDisk } from '../support/small-disk.js'

const sha256 = (bytes: Buffer | string): string => createHash('sha256').update(bytes).digest('hex')
const codeOf = (promise: Promise<unknown>): Promise<string> =>
  promise.then(
    () => 'none',
    (error: unknown) => (error instanceof NovaBrainError ? error.code : String(error)),
  )

describe('bytes over HTTP', () => {
  let app: TestApp
  beforeAll(async () => {
    app = await startApp({ config: { uploadLimitMib: 2 } })
    await put(Buffer.from('first'))
  })
  afterAll(() => app.close())

  const put = (bytes: Buffer, digest = sha256(bytes), account = app.owner) =>
    account.client.putBlob({ params: { projectId: account.project.id, digest }, body: bytes })
  const get = (digest: string, account = app.owner) =>
    account.client.getBlob({ params: { projectId: account.project.id, digest } })
  const stored = () => readdir(join(app.foundation.config.home, 'blobs'), { recursive: true })

  test('come back as they went, an empty file and a repeat included', async () => {
    const bytes = randomBytes(1_500_000)
    for (const each of [bytes, Buffer.alloc(0), bytes]) {
      expect(await put(each)).toEqual({ sizeBytes: each.length })
      expect(Buffer.from(await get(sha256(each))).equals(each)).toBe(true)
    }
  })

  test('that do not have the digest in the address are refused and leave nothing behind', async () => {
    const before = await stored()
    expect(await codeOf(put(Buffer.from('damaged'), sha256('whole')))).toBe('blob_digest_mismatch')
    expect(await codeOf(get(sha256('whole')))).toBe('blob_not_found')
    expect(await codeOf(get(sha256('damaged')))).toBe('blob_not_found')
    expect(await stored()).toEqual(before)
  })

  test('beyond the limit are refused and leave nothing behind', async () => {
    const before = await stored()
    expect(await codeOf(put(randomBytes(3_000_000)))).toBe('upload_too_large')
    expect(await stored()).toEqual(before)
  })

  test('of another project are not found, until they are uploaded here', async () => {
    const bytes = Buffer.from('what only we know')
    await put(bytes)
    const other = await app.addTenant('rival')
    expect(await codeOf(get(sha256(bytes), other))).toBe('blob_not_found')
    await put(bytes, undefined, other)
    expect(Buffer.from(await get(sha256(bytes), other))).toEqual(bytes)
  })

  test('that the disk has no room for are refused with a code, nothing of them is left, and smaller ones still fit', async () => {
    const folder = join(app.foundation.config.home, 'blobs')
    const unmount = await mountSmallDisk(folder, 1)
    if (unmount === null) return
    try {
      expect(await codeOf(put(randomBytes(1_500_000)))).toBe('disk_full')
      expect(await readdir(join(folder, 'incoming'))).toEqual([])
      const small = randomBytes(500_000)
      expect(await put(small)).toEqual({ sizeBytes: small.length })
      expect(Buffer.from(await get(sha256(small))).equals(small)).toBe(true)
    } finally {
      await unmount()
    }
  })

  test('a viewer reads and does not upload', async () => {
    const bytes = Buffer.from('to be read')
    await put(bytes)
    const viewer = await app.addMember('vera', 'viewer')
    const params = { projectId: app.owner.project.id, digest: sha256(bytes) }
    expect(Buffer.from(await viewer.client.getBlob({ params }))).toEqual(bytes)
    expect(await codeOf(viewer.client.putBlob({ params, body: bytes }))).toBe('permission_denied')
  })
})

describe('the folder of blobs', () => {
  let folder: string
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'novabrain-blobs-'))
  })
  afterEach(() => rm(folder, { recursive: true, force: true }))

  const limitBytes = 1_000_000
  const failing = (error: Error) =>
    Readable.from(
      (function* () {
        yield Buffer.from('half of it')
        throw error
      })(),
    )

  test('keeps nothing of an upload that breaks off', async () => {
    const store = createFolderBlobStore(folder)
    await expect(store.put(failing(new Error('gone')), { limitBytes })).rejects.toThrow('gone')
    expect(await readdir(folder, { recursive: true })).toEqual(['incoming'])
  })

  test('says so when the disk is full', async () => {
    const full = Object.assign(new Error('no space left on device'), { code: 'ENOSPC' })
    const store = createFolderBlobStore(folder)
    expect(await codeOf(store.put(failing(full), { limitBytes }))).toBe('disk_full')
    expect(await readdir(join(folder, 'incoming'))).toEqual([])
  })

  test('takes the same bytes from many at once', async () => {
    const store = createFolderBlobStore(folder)
    const bytes = randomBytes(300_000)
    const all = await Promise.all(Array.from({ length: 8 }, () => store.put(Readable.from([bytes]), { limitBytes })))
    expect(new Set(all.map((blob) => blob.digest))).toEqual(new Set([sha256(bytes)]))
    const body = await store.open(sha256(bytes))
    expect(body === null ? null : (await buffer(body)).equals(bytes)).toBe(true)
    expect(await store.sizeOf(sha256(bytes))).toBe(300_000)
    expect(await readdir(join(folder, 'incoming'))).toEqual([])
  })

  test('has nothing under a digest it never saw', async () => {
    const store = createFolderBlobStore(folder)
    expect([await store.open(sha256('x')), await store.sizeOf(sha256('x'))]).toEqual([null, null])
  })

  test('is swept of uploads that a dead process left before an instant, and of no other', async () => {
    await mkdir(join(folder, 'incoming'))
    await writeFile(join(folder, 'incoming', 'old'), 'x')
    await writeFile(join(folder, 'incoming', 'new'), 'x')
    await utimes(join(folder, 'incoming', 'old'), 1_700_000_000, 1_700_000_000)
    expect(await createFolderBlobStore(folder).sweep(1_700_000_000_001)).toBe(1)
    expect(await readdir(join(folder, 'incoming'))).toEqual(['new'])
    expect(await createFolderBlobStore(join(folder, 'none')).sweep(0)).toBe(0)
  })
})
