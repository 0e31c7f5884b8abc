/**
 * What a version of a registered model is made of never changes: programs go on writing into its run, and the version has
 * what was there when it was registered.
 */
import { createHash } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { createBlobCollector } from '../../server/src/modules/retention/collector.js'
import { startApp, type TestApp } from '../support/app.js'
import { findMlflowPython, newestMlflow, oldestMlflow, runMlflowProgram } from '../support/mlflow-tools.js'
import { mlflowWire, type MlflowWire } from '../support/mlflow-wire.js'

jest.setTimeout(300_000)

let app: TestApp
let wire: MlflowWire
beforeAll(async () => {
  app = await startApp({ background: false })
  wire = mlflowWire(app.url, app.owner.token)
})
afterAll(() => app.close())

const scope = () => app.owner.scope
const put = (runId: string, path: string, text: string) =>
  app.services.artifacts.put(scope(), { kind: 'run', id: runId }, path, Readable.from([Buffer.from(text)]))
const newModel = (name: string) =>
  app.services.modelRegistry.createModel(scope(), { name, description: null, tags: [] })
const register = (name: string, source: string, runId: string | null) =>
  app.services.modelRegistry.createVersion(scope(), name, {
    source,
    runId,
    loggedModelId: null,
    runLink: null,
    description: null,
    tags: [],
  })
const page = (modelName: string, version = 1) =>
  app.owner.client.getModelVersion({ params: { projectId: app.owner.project.id, modelName, version } })
const addressOf = async (name: string, version = 1): Promise<string> =>
  (await wire.get(`/model-versions/get-download-uri?name=${name}&version=${String(version)}`)).body[
    'artifact_uri'
  ] as string
/** As a client reads a version: the address is asked for, listed, and each file fetched. */
const read = async (name: string, version = 1): Promise<Record<string, string>> => {
  const address = (await addressOf(name, version)).replace(/^mlflow-artifacts:/, '').replace(/^runs:\//, '/0/')
  const listed = await wire.artifact('GET', `?path=${encodeURIComponent(address.slice(1))}`)
  const { files = [] } = (await listed.json()) as { files?: { path: string; is_dir: boolean; file_size: number }[] }
  const found: Record<string, string> = {}
  for (const { path, is_dir, file_size } of files) {
    if (is_dir) continue
    const text = await (await wire.artifact('GET', `${address}/${path}`)).text()
    expect(text).toHaveLength(file_size)
    found[path] = text
  }
  return found
}
const audited = async (action: string) => {
  const rows: { subject: string; detail: { version?: number; files?: { count: number; digest: string } } }[] =
    await app.foundation.database.transaction(scope(), (tx) =>
      tx.query(`SELECT subject, detail FROM audit_events WHERE action = $1 ORDER BY id`, [action]),
    )
  return rows
}
const kept = (runId: string, folder = 'model') => `mlflow-artifacts:/0/${runId}/artifacts/${folder}`

test('a version has the files of the day it was registered, and the run has the new ones', async () => {
  const runId = await wire.createRun()
  await put(runId, 'model/MLmodel', 'flavors: {a: {}}')
  await put(runId, 'model/weights.bin', 'of monday')
  await newModel('frozen')
  await register('frozen', kept(runId), runId)
  expect(await addressOf('frozen')).toBe(kept(runId))
  const { digest } = (await page('frozen')).files ?? {}

  await put(runId, 'model/weights.bin', 'of tuesday!')
  await put(runId, 'model/weights.bin', 'of wednesday')
  await put(runId, 'model/added.txt', 'later')

  expect(await read('frozen')).toEqual({
    MLmodel: 'flavors: {a: {}}',
    'weights.bin': 'of monday',
    'added.txt': 'later',
  })
  const ofRun = await wire.artifact('GET', `/0/${runId}/artifacts/model/weights.bin`)
  expect(await ofRun.text()).toBe('of wednesday')
  const alone = await fetch(`${app.url}/model-versions/get-artifact?name=frozen&version=1&path=weights.bin`, {
    headers: { authorization: `Bearer ${app.owner.token}` },
  })
  expect(await alone.text()).toBe('of monday')
  const shown = await page('frozen')
  expect(shown.files).toMatchObject({
    items: expect.arrayContaining([{ path: 'weights.bin', sizeBytes: 9 }]),
    count: 3,
    sizeBytes: 16 + 9 + 5,
    replaced: ['weights.bin'],
  })
  const lines = `${sha256('flavors: {a: {}}')}  MLmodel\n${sha256('of monday')}  weights.bin\n`
  expect(digest).toBe(sha256(lines))
  const made = (await audited('model_version.create')).find(({ subject }) => subject === 'frozen')
  expect(made?.detail.files).toEqual({ count: 2, digest })
  expect(await audited('artifact.replace')).toEqual([
    expect.objectContaining({
      subject: runId,
      detail: {
        path: 'model/weights.bin',
        before: sha256('of monday'),
        after: sha256('of tuesday!'),
        keptFor: [{ name: 'frozen', version: 1 }],
      },
    }),
    expect.objectContaining({ subject: runId }),
  ])
})

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex')

test('each version has its own day; a version of a version has what that one has', async () => {
  const runId = await wire.createRun()
  await newModel('days')
  for (const day of ['monday', 'tuesday', 'wednesday']) {
    await put(runId, 'model/day', day)
    await register('days', kept(runId), runId)
  }
  await put(runId, 'model/day', 'thursday')
  await newModel('copied')
  await register('copied', 'models:/days/1', null)
  await put(runId, 'model/day', 'friday')
  expect(await Promise.all([1, 2, 3].map((version) => read('days', version)))).toEqual([
    { day: 'monday' },
    { day: 'tuesday' },
    { day: 'wednesday' },
  ])
  expect(await read('copied')).toEqual({ day: 'monday' })
})

test('the same bytes again change nothing, and nobody writes to a version itself', async () => {
  const runId = await wire.createRun()
  await put(runId, 'model/a', 'a')
  await newModel('still')
  await register('still', kept(runId), runId)
  await put(runId, 'model/a', 'a')
  expect(await addressOf('still')).toBe(kept(runId))
  await put(runId, 'model/a', 'b')
  const own = (await addressOf('still')).replace('mlflow-artifacts:', '')
  for (const answer of [await wire.artifact('PUT', `${own}/a`, 'c'), await wire.artifact('DELETE', `${own}/a`)])
    expect([answer.status, ((await answer.json()) as { code: string }).code]).toEqual([
      409,
      'artifact_needed_by_model_version',
    ])
  expect(await read('still')).toEqual({ a: 'a' })
  expect((await wire.artifact('GET', `${own.replace('/0/', '/1/')}/a`)).status).toBe(404)
})

test('what a version keeps outlives the cleaning of blobs, and goes with the version', async () => {
  const runId = await wire.createRun()
  const { digest } = await put(runId, 'model/a', 'kept for the auditor')
  await newModel('cleaned')
  await register('cleaned', kept(runId), runId)
  await put(runId, 'model/a', 'new')
  const farMs = Date.now() + 10 * 86_400_000
  const clean = async () => {
    const { mark, remove } = createBlobCollector({ database: app.foundation.database, store: app.services.blobStore })
    await mark(farMs, farMs, () => undefined)
    await remove(farMs + 1, () => undefined)
  }
  await clean()
  expect(await read('cleaned')).toEqual({ a: 'kept for the auditor' })
  await app.services.modelRegistry.deleteVersion(scope(), 'cleaned', 1)
  const rows: unknown[] = await app.foundation.database.transaction(scope(), (tx) =>
    tx.query(`SELECT FROM artifacts WHERE digest = $1`, [digest]),
  )
  expect(rows).toEqual([])
})

test('whoever registers while others write has what its fingerprint in the audit says', async () => {
  const runId = await wire.createRun()
  await put(runId, 'model/a', 'first')
  await newModel('raced')
  const writer = async () => {
    for (let at = 0; at < 30; at += 1) await put(runId, 'model/a', `text ${String(at)}`)
  }
  const registrar = async () => {
    for (let at = 0; at < 10; at += 1) await register('raced', kept(runId), runId)
  }
  await Promise.all([writer(), registrar()])
  const made = (await audited('model_version.create')).filter(({ subject }) => subject === 'raced')
  expect(made).toHaveLength(10)
  for (const { detail } of made) expect((await page('raced', detail.version)).files?.digest).toBe(detail.files?.digest)
})

test.each([newestMlflow, oldestMlflow])(
  'mlflow %s registers, trains on, and loads what it registered',
  async (version) => {
    const python = await findMlflowPython(version)
    if (python === null) return
    const folder = await mkdtemp(join(tmpdir(), 'novabrain-frozen-'))
    const ended = await runMlflowProgram(python, [join(__dirname, '../fixtures/mlflow/frozen.py')], {
      MLFLOW_TRACKING_URI: app.url,
      MLFLOW_TRACKING_TOKEN: app.owner.token,
      WORK: folder,
    })
    await rm(folder, { recursive: true, force: true })
    expect([ended.exitCode, ended.stderr.slice(-2000)]).toEqual([0, expect.anything()])
  },
)
