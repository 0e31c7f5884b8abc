import { createHash } from 'node:crypto'
import { NovaBrainError, type CreateCodeSnapshot, type SnapshotFile } from '@novabrain/contracts'
import { startApp, type TestApp } from '../support/app.js'

let app: TestApp
beforeAll(async () => {
  app = await startApp()
})
afterAll(() => app.close())

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex')
const file = (path: string, text: string, more: Partial<SnapshotFile> = {}): SnapshotFile => ({
  path,
  sizeBytes: Buffer.byteLength(text),
  digest: sha256(text),
  reason: 'imported',
  ...more,
})
const snapshot = (files: SnapshotFile[], more: Partial<CreateCodeSnapshot> = {}): CreateCodeSnapshot => ({
  files,
  excluded: [],
  git: null,
  ...more,
})
const create = (body: CreateCodeSnapshot, account = app.owner) =>
  account.client.createCodeSnapshot({ params: { projectId: account.project.id }, body })
const upload = (text: string, account = app.owner) =>
  account.client.putBlob({ params: { projectId: account.project.id, digest: sha256(text) }, body: Buffer.from(text) })
const codeOf = (promise: Promise<unknown>): Promise<string> =>
  promise.then(
    () => 'none',
    (error: unknown) => (error instanceof NovaBrainError ? error.code : String(error)),
  )

test('what the server lacks is named, uploaded once, and a repeat is the same snapshot and uploads nothing', async () => {
  const body = snapshot([file('train.py', 'import a\n'), file('a.py', 'x = 1\n')])
  const first = await create(body)
  expect(first).toEqual({ snapshot: null, missing: [sha256('import a\n'), sha256('x = 1\n')] })
  await upload('import a\n')
  expect((await create(body)).missing).toEqual([sha256('x = 1\n')])
  await upload('x = 1\n')
  const { snapshot: kept } = await create(body)
  expect(kept?.files).toEqual(body.files)
  expect(await create(body)).toEqual({ snapshot: kept, missing: [] })
  const { id, project } = { id: kept?.id ?? '', project: app.owner.project }
  expect(await app.owner.client.getCodeSnapshot({ params: { projectId: project.id, snapshotId: id } })).toEqual(kept)
})

test('the digest is that of the files, in whatever order they are told; git makes another snapshot of the same files', async () => {
  await upload('x = 1\n')
  await upload('y')
  const [a, b] = [file('a.py', 'x = 1\n'), file('b.py', 'y', { executable: true })]
  const one = (await create(snapshot([a, b]))).snapshot
  const two = (await create(snapshot([b, a]))).snapshot
  expect(two?.digest).toBe(one?.digest)
  const git = { commit: 'a'.repeat(40), branch: 'main', remote: null, dirty: false, patchDigest: null }
  const three = (await create(snapshot([a, b], { git }))).snapshot
  expect([three?.digest, three?.git]).toEqual([one?.digest, git])
  expect(three?.id).not.toBe(one?.id)
  const plain = (await create(snapshot([a, file('b.py', 'y')]))).snapshot
  expect(plain?.digest).not.toBe(one?.digest)
})

test('the patch of a repository is uploaded like a file', async () => {
  await upload('x = 1\n')
  const git = { commit: null, branch: null, remote: null, dirty: true, patchDigest: sha256('patch') }
  const body = snapshot([file('a.py', 'x = 1\n')], { git })
  expect((await create(body)).missing).toEqual([sha256('patch')])
  await upload('patch')
  expect((await create(body)).snapshot?.git).toEqual(git)
})

test.each([
  [['a.py', 'a.py'], 'a.py'],
  [['a', 'a/b.py'], 'a'],
  [['x/.git/config'], 'x/.git/config'],
  [['bell\u0007.py'], 'bell\u0007.py'],
])('paths that cannot be unpacked as they say are refused: %j', async (paths, path) => {
  const fault = await create(snapshot(paths.map((name) => file(name, name)))).catch((error: unknown) => error)
  expect(fault).toMatchObject({ code: 'snapshot_path_invalid', data: { path } })
})

test.each(['../a', '/a', 'a//b', 'a/./b', 'a\\b', ''])('a path outside the folder is refused: %j', async (path) => {
  expect(await codeOf(create(snapshot([file(path, 'x')])))).toBe('invalid_request')
})

test('too much code is refused by what is said before anything is uploaded', async () => {
  const large = file('big.bin', 'x', { sizeBytes: 600 * 1024 * 1024 })
  expect(await codeOf(create(snapshot([large])))).toBe('snapshot_too_large')
})

test('the size that is kept is that of the bytes, not what was said', async () => {
  await upload('four')
  const { snapshot: kept } = await create(snapshot([file('lie.txt', 'four', { sizeBytes: 999 })]))
  expect(kept?.files[0]?.sizeBytes).toBe(4)
})

test('names that are not proper text do not break the list of what was left out', async () => {
  await upload('x')
  const excluded = [{ path: 'bad\ud800name', sizeBytes: 1, reason: 'unreadable' as const }]
  const { snapshot: kept } = await create(snapshot([file('x.py', 'x')], { excluded }))
  expect(kept?.excluded[0]?.path).toBe('bad\ufffdname')
})

test('another tenant sees neither the snapshot nor the bytes, and must upload its own', async () => {
  await upload('secret model')
  const kept = (await create(snapshot([file('m.py', 'secret model')]))).snapshot
  const other = await app.addTenant('rival')
  const params = { projectId: other.project.id, snapshotId: kept?.id ?? '' }
  expect(await codeOf(other.client.getCodeSnapshot({ params }))).toBe('code_snapshot_not_found')
  const body = snapshot([file('m.py', 'secret model')])
  expect((await create(body, other)).missing).toEqual([sha256('secret model')])
})

test('a viewer reads a snapshot and makes none', async () => {
  await upload('x = 1\n')
  const kept = (await create(snapshot([file('v.py', 'x = 1\n')]))).snapshot
  const viewer = await app.addMember('vera', 'viewer')
  const projectId = app.owner.project.id
  const params = { projectId, snapshotId: kept?.id ?? '' }
  expect(await viewer.client.getCodeSnapshot({ params })).toEqual(kept)
  expect(
    await codeOf(viewer.client.createCodeSnapshot({ params: { projectId }, body: snapshot([file('v.py', 'y')]) })),
  ).toBe('permission_denied')
})
