/**
 * Kill -9 the server at random moments while an elastic job shrinks for rigid ones and grows again. The seed is settable
 * (`NOVABRAIN_CHAOS_SEED`).
 */
import { createHash } from 'node:crypto'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import type { Client, Job, Resources } from '@novabrain/contracts'
import { randomNumbers } from './random.js'
import { patiently, startChaosStage, type ChaosStage } from './stage.js'

jest.setTimeout(420_000)

const rigidCount = 4
const seed = Number(process.env['NOVABRAIN_CHAOS_SEED'] ?? Date.now() % 1_000_000)
const random = randomNumbers(seed)

let stage: ChaosStage
let client: Client
let projectId: string

beforeAll(async () => {
  stage = await startChaosStage({ gpus: '4x24GiB' })
  client = await stage.client()
  projectId = (await stage.credentials()).projectId
  const body = {
    values: { 'preemption.minimumRunMs': 500, 'preemption.restartCostMs': 0 },
    reason: 'resizes as often as can be',
  }
  await patiently(() => client.changeSchedulingPolicy({ body }))
})
afterAll(() => stage.close())

const uploadScripts = async (names: readonly string[]): Promise<string> => {
  const files = await Promise.all(
    names.map(async (path) => {
      const text = await readFile(join(__dirname, path))
      const digest = createHash('sha256').update(text).digest('hex')
      await patiently(() => client.putBlob({ params: { projectId, digest }, body: text }))
      return { path, sizeBytes: text.length, digest, reason: 'entrypoint' as const }
    }),
  )
  const body = { files, excluded: [], git: null }
  const { snapshot } = await patiently(() => client.createCodeSnapshot({ params: { projectId }, body }))
  if (snapshot === null) throw new Error('The scripts were not kept')
  return snapshot.id
}

/** The key makes a repeat harmless: an answer may get lost when the server dies. */
const submit = (snapshotId: string, name: string, path: string, gpus: Partial<Resources>): Promise<Job> =>
  patiently(() =>
    client.submitJob({
      params: { projectId },
      idempotencyKey: name,
      body: {
        name,
        task: { kind: 'script', path, arguments: [] },
        resources: { cpuMilli: 100, memoryMib: 64, ...gpus },
        pinDigest: null,
        snapshotId,
        environmentVariables: { CHAOS_FOLDER: stage.folder },
      },
    }),
  )

const until = async (jobId: string, fits: (job: Job) => boolean): Promise<Job> => {
  const deadline = performance.now() + 180_000
  for (;;) {
    const job = await patiently(() => client.getJob({ params: { projectId, jobId } }))
    if (fits(job)) return job
    if (performance.now() > deadline) throw new Error(`It did not come to pass; last seen: ${JSON.stringify(job)}`)
    await delay(100)
  }
}

const lines = async (suffix: string): Promise<number[][]> => {
  const text = await readFile(join(stage.folder, `elastic${suffix}`), 'utf8').catch(() => '')
  return text.split('\n').flatMap((line) => (line === '' ? [] : [line.split(' ').map(Number)]))
}

test('an elastic job loses no step and runs in one place at a time, whenever the server is killed', async () => {
  const snapshotId = await uploadScripts(['elastic.py', 'rigid.py'])
  const elastic = await submit(snapshotId, 'elastic', 'elastic.py', { gpuCount: 1, maxGpuCount: 4 })
  await until(elastic.id, ({ status }) => status === 'running')
  const killing = new AbortController()
  let kills = 0
  const havoc = (async () => {
    while (!killing.signal.aborted) {
      await patiently(() => client.getSchedulingPolicy())
      await delay(random() * 3000)
      kills += stage.killServer() ? 1 : 0
    }
  })()
  try {
    for (let at = 0; at < rigidCount; at += 1) {
      const rigid = await submit(snapshotId, `rigid-${String(at)}`, 'rigid.py', { gpuCount: 1 + (at % 3) })
      expect(await until(rigid.id, ({ endedAt }) => endedAt !== null)).toMatchObject({
        status: 'succeeded',
        attempt: { number: 1 },
      })
      await until(elastic.id, ({ status, attempt }) => status === 'running' && attempt?.devices.length === 4)
    }
  } finally {
    killing.abort()
    await havoc
  }
  await writeFile(join(stage.folder, 'elastic.end'), '')
  const ended = await until(elastic.id, ({ endedAt }) => endedAt !== null)
  console.log(`seed ${String(seed)}; killed ${String(kills)} times; ${String(ended.attempt?.number)} attempts`)

  expect(ended.status).toBe('succeeded')
  expect(await lines('.overlap')).toEqual([])
  const [began, finished] = [await lines('.began'), await lines('.ended')]
  expect(began.map(([attempt]) => attempt)).toEqual([...new Set(began.map(([attempt]) => attempt))])
  expect(began.map(([, step]) => step)).toEqual([0, ...finished.slice(0, -1).map(([, step]) => step)])
  const { items } = await patiently(() => client.listAttempts({ params: { projectId, jobId: elastic.id } }))
  expect(items.map(({ state }) => state)).toEqual([...items.slice(1).map(() => 'resized'), 'succeeded'])
  const devicesOf = new Map(items.map(({ number, devices }) => [number, devices.length]))
  expect(began.map(([, , gpus]) => gpus)).toEqual(began.map(([attempt = 0]) => devicesOf.get(attempt)))
  expect(items.length).toBeGreaterThan(2 * rigidCount)
  expect(kills).toBeGreaterThan(5)
})
