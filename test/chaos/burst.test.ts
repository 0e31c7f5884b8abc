/**
 * Kill -9 the server while a burst of jobs is submitted to nodes that outlive it. The server is the API and the scheduler
 * in its thread; between its commits and what follows from them any moment may be its last. `NOVABRAIN_CHAOS_KILLS` and
 * `NOVABRAIN_CHAOS_JOBS` make it longer (20 and 200), `NOVABRAIN_CHAOS_SEED` repeats the moments.
 */
import { setTimeout as delay } from 'node:timers/promises'
import { Client as Postgres } from 'pg'
import { jobEnded, type Client, type Job, type Resources } from '@novabrain/contracts'
import { uploadSnapshot } from '../support/jobs.js'
import { createTestDatabase, type TestDatabase } from '../support/postgres.js'
import { startSimulatedNodes, type LivedAttempt, type SimulatedNodes } from '../support/simulated-nodes.js'
import { randomNumbers } from './random.js'
import { patiently, startChaosStage, type ChaosStage } from './stage.js'

jest.setTimeout(900_000)

const seed = Number(process.env['NOVABRAIN_CHAOS_SEED'] ?? Date.now() % 1_000_000)
const kills = Number(process.env['NOVABRAIN_CHAOS_KILLS'] ?? 3)
const jobCount = Number(process.env['NOVABRAIN_CHAOS_JOBS'] ?? 60)
const random = randomNumbers(seed)

let database: TestDatabase
let stage: ChaosStage
let nodes: SimulatedNodes
let client: Client
let project: { readonly id: string }

beforeAll(async () => {
  database = await createTestDatabase()
  stage = await startChaosStage({ databaseUrl: database.url })
  client = await stage.client()
  const { url, projectId } = await stage.credentials()
  project = { id: projectId }
  nodes = await startSimulatedNodes({
    home: stage.home,
    databaseUrl: database.url,
    serverUrl: url,
    nodes: 4,
    gpusPerNode: 4,
    runMs: () => 50 + random() * 300,
  })
})
afterAll(async () => {
  await nodes.close()
  await stage.close()
  await database.drop()
})

const nameOf = (index: number): string => `burst-${String(index).padStart(3, '0')}`

/** One device, two, or a share of one with its memory. */
const resourcesOf = (index: number): Partial<Resources> & { gpuCount: number } => {
  const size = { cpuMilli: 500, memoryMib: 256 }
  if (index % 3 === 0) return { ...size, gpuCount: 1, gpuMilli: 400, gpuMemoryMib: 6000 }
  return { ...size, gpuCount: 1 + (index % 2) }
}

const submit = (snapshotId: string, index: number): Promise<Job> =>
  patiently(() =>
    client.submitJob({
      params: { projectId: project.id },
      idempotencyKey: nameOf(index),
      body: {
        name: nameOf(index),
        task: { kind: 'script', path: 'train.py', arguments: [] },
        resources: resourcesOf(index),
        pinDigest: null,
        snapshotId,
      },
    }),
  )

/** Six at a time, in the order of their numbers. */
const submitAll = async (snapshotId: string): Promise<Job[]> => {
  const jobs: Job[] = []
  let next = 0
  const send = async (): Promise<void> => {
    for (let index = next++; index < jobCount; index = next++) jobs.push(await submit(snapshotId, index))
  }
  await Promise.all(Array.from({ length: 6 }, send))
  return jobs
}

/** Let it come up, give it a moment of some length to get into its work, and kill it. */
const killAgainAndAgain = async (): Promise<number> => {
  let killed = 0
  while (killed < kills) {
    await patiently(() => client.live({}))
    await delay(random() * 1500)
    killed += stage.killServer() ? 1 : 0
  }
  return killed
}

const allJobs = async (): Promise<Job[]> => {
  const query = { limit: 500 }
  return (await patiently(() => client.listJobs({ params: { projectId: project.id }, query }))).items
}

const untilAllEnded = async (): Promise<Job[]> => {
  for (;;) {
    const jobs = await allJobs()
    if (jobs.every(({ status }) => jobEnded(status))) return jobs
    await delay(200)
  }
}

const query = async <Row>(text: string): Promise<Row[]> => {
  const postgres = new Postgres(database.adminUrl)
  await postgres.connect()
  const { rows } = await postgres.query(text)
  await postgres.end()
  return rows as Row[]
}

/** Devices of which more was held at one moment than there is: thousandths, and memory in MiB. */
const overbooked = (lived: readonly LivedAttempt[]): string[] => {
  const changes = lived.flatMap(({ devices, fromMs, toMs }) =>
    devices.flatMap(({ deviceId, milli, memoryMib }) => [
      { atMs: fromMs, deviceId, milli, memoryMib },
      { atMs: toMs, deviceId, milli: -milli, memoryMib: -memoryMib },
    ]),
  )
  const held = new Map<string, { milli: number; memoryMib: number }>()
  // What ends at an instant is free at that instant.
  return changes
    .sort((left, right) => left.atMs - right.atMs || left.milli - right.milli)
    .flatMap(({ deviceId, milli, memoryMib }) => {
      const before = held.get(deviceId) ?? { milli: 0, memoryMib: 0 }
      const now = { milli: before.milli + milli, memoryMib: before.memoryMib + memoryMib }
      held.set(deviceId, now)
      return now.milli > 1000 || now.memoryMib > 24_576 ? [deviceId] : []
    })
}

test('a server that is killed at any moment of a burst loses no job, starts none twice and books no device twice', async () => {
  const snapshotId = await uploadSnapshot({ client, project } as never, { 'train.py': 'print("hello")\n' })
  const [submitted, killed] = await Promise.all([submitAll(snapshotId), killAgainAndAgain()])
  const jobs = await untilAllEnded()
  console.log(`seed ${String(seed)}: ${String(jobs.length)} jobs, ${String(killed)} kills`)

  expect(killed).toBe(kills)
  expect(jobs.map(({ name }) => name).sort()).toEqual(Array.from({ length: jobCount }, (_, index) => nameOf(index)))
  expect(new Set(submitted.map(({ id }) => id))).toEqual(new Set(jobs.map(({ id }) => id)))
  expect(jobs.filter(({ status }) => status !== 'succeeded')).toEqual([])

  expect(nodes.started).toHaveLength(new Set(nodes.started).size)
  expect(nodes.lived.map(({ jobId }) => jobId).sort()).toEqual(jobs.map(({ id }) => id).sort())
  expect(overbooked(nodes.lived)).toEqual([])

  expect(await query('SELECT job_id FROM attempts GROUP BY job_id HAVING count(*) <> 1')).toEqual([])
  expect(await query('SELECT attempt_id FROM allocations UNION SELECT attempt_id FROM device_allocations')).toEqual([])
  const ends = `SELECT event #>> '{job,id}' AS id FROM outbox_events
    WHERE event ->> 'type' = 'job_changed' AND event #>> '{job,endedAt}' IS NOT NULL`
  expect((await query<{ id: string }>(ends)).map(({ id }) => id).sort()).toEqual(jobs.map(({ id }) => id).sort())
})
