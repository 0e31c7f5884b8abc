import { randomUUID } from 'node:crypto'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startApp, type TestApp } from '../support/app.js'
import { findMlflowPython, newestMlflow, oldestMlflow, runMlflowProgram } from '../support/mlflow-tools.js'
import { startS3, type S3Server } from '../support/swift.js'

let folder: string
let s3: S3Server | null = null
let app: TestApp | null = null

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'novabrain-large-'))
  s3 = await startS3()
  if (s3 !== null) app = await startApp({ background: false, config: s3.config })
}, 120_000)
afterAll(async () => {
  await app?.close()
  await s3?.stop()
  await rm(folder, { recursive: true, force: true })
})

const factsOf = async (python: string, server: TestApp): Promise<Readonly<Record<string, unknown>>> => {
  const file = join(folder, `${randomUUID()}.json`)
  const program = join(__dirname, '../fixtures/mlflow/large.py')
  const environment = { MLFLOW_TRACKING_URI: server.url, MLFLOW_TRACKING_TOKEN: server.owner.token }
  const result = await runMlflowProgram(python, [program, file], environment)
  if (result.exitCode !== 0) throw new Error(result.stderr)
  return JSON.parse(await readFile(file, 'utf8')) as Readonly<Record<string, unknown>>
}

test('a file of 210 MB of an unmodified mlflow client goes to an S3 store in parts past the server and comes back byte for byte', async () => {
  const [server, newest, oldest] = [app, await findMlflowPython(newestMlflow), await findMlflowPython(oldestMlflow)]
  if (server === null || newest === null || oldest === null) return
  const all = await Promise.all([newest, oldest].map((python) => factsOf(python, server)))
  for (const facts of all) {
    expect(facts).toMatchObject({
      equal: true,
      'parts past the server': 7,
      'whole file through the server': false,
      listed: [['model/weights.bin', 210_000_003]],
    })
    expect(await server.services.blobStore.sizeOf(String(facts['sha256']))).toBe(210_000_003)
  }
  // The older client knows no presigned downloads.
  expect(all.map((facts) => facts['read past the server'])).toEqual([true, false])
}, 300_000)
