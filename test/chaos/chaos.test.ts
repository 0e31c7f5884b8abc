/**
 * Kill -9 the server, PostgreSQL and runners at random moments while sixty short jobs run. The moments come from a seed,
 * printed and settable (`NOVABRAIN_CHAOS_SEED`), so that a history that failed can be looked at again; what the operating
 * system makes of it differs each time, which is the point.
 */
import { createHash } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import type { Client, Job } from '@novabrain/contracts'
import { randomNumbers } from './random.js'
import { patiently, startChaosStage, type ChaosStage } from './stage.js'

jest.setTimeout(420_000)

const jobCount = 60
const seed = Number(process.env['NOVABRAIN_CHAOS_SEED'] ?? Date.now() % 1_000_000)
const deaths = { server: 0, postgres: 0, runner: 0 }

const random = randomNumbers(seed)

let stage: ChaosStage
let client: Client
let projectId: string

beforeAll(async () => {
  stage = await startChaosStage()
  client = await stage.client()
  projectId = (await stage.credentials()).projectId
})
afterAll(() => stage.close())

const nameOf = (index: number): string => `job-${String(index).padStart(2, '0')}`
/** Every fifth job fails by itself. */
const exitCodeOf = (index: number): number => (index % 5 === 4 ? 3 : 0)

const uploadScript = async (): Promise<string> => {
  const text = await readFile(join(__dirname, 'job.py'))
  const digest = createHash('sha256').update(text).digest('hex')
  await patiently(() => client.putBlob({ params: { projectId, digest }, body: text }))
  const files = [{ path: 'job.py', sizeBytes: text.length, digest, reason: 'entrypoint' as const }]
  const body = { files, excluded: [], git: null }
  const { snapshot } = await patiently(() => client.createCodeSnapshot({ params: { projectId }, body }))
  if (snapshot === null) throw new Error('The script was not kept')
  return snapshot.id
}

/** The key makes a repeat harmless: an answer may get lost when the server dies. */
const submit = (snapshotId: string, index: number): Promise<Job> =>
  patiently(() =>
    client.submitJob({
      params: { projectId },
      idempotencyKey: nameOf(index),
      body: {
        name: nameOf(index),
        task: { kind: 'script', path: 'job.py', arguments: [] },
        resources: { gpuCount: 0, cpuMilli: 400, memoryMib: 64 },
        pinDigest: null,
        snapshotId,
        maxRetries: 10,
        environmentVariables: {
          CHAOS_FOLDER: stage.folder,
          CHAOS_JOB: nameOf(index),
          CHAOS_EXIT: String(exitCodeOf(index)),
        },
      },
    }),
  )

const allJobs = (): Promise<Job[]> =>
  patiently(async () => (await client.listJobs({ params: { projectId }, query: { limit: 500 } })).items)

type Victim = keyof typeof deaths

const kill: Readonly<Record<Victim, () => boolean | Promise<boolean>>> = {
  server: () => stage.killServer(),
  postgres: () => stage.killPostgres(),
  runner: () => stage.killRunner((count) => Math.floor(random() * count)),
}

/** Whoever has not died yet comes first, so that each dies in every history; then runners more often than others. */
const nextVictim = (): Victim => {
  const spared = (['server', 'postgres', 'runner'] as const).filter((victim) => deaths[victim] === 0)
  const fate = random()
  return spared[Math.floor(fate * spared.length)] ?? (fate < 0.2 ? 'server' : fate < 0.35 ? 'postgres' : 'runner')
}

/** Somebody dies every half to one and a half seconds, until it is enough. */
const wreak = async (enough: () => boolean): Promise<void> => {
  while (!enough()) {
    await delay(500 + random() * 1000)
    if (enough()) return
    const victim = nextVictim()
    deaths[victim] += (await kill[victim]()) ? 1 : 0
  }
}

const lines = async (name: string, suffix: string): Promise<string[]> => {
  const text = await readFile(join(stage.folder, `${name}.${suffix}`), 'utf8').catch(() => '')
  return text.split('\n').filter((line) => line !== '')
}

/** What a job and its run say of the end. */
const outcomeOf = async ({ name, status, attempt, runId }: Job): Promise<string> => {
  const run = await patiently(() => client.getRun({ params: { projectId, runId } }))
  const { kind, exitCode } = attempt?.verdict ?? { kind: 'none', exitCode: null }
  return `${name} ${status}, ${run.status}: ${kind} ${String(exitCode)}`
}

/** How often each job was announced as ended. */
const endsTold = async (): Promise<ReadonlyMap<string, number>> => {
  const ends = new Map<string, number>()
  for (let after = 0; ;) {
    const page = await patiently(() => client.listEvents({ params: { projectId }, query: { after, limit: 1000 } }))
    for (const { event } of page.items)
      if (event.type === 'job_changed' && event.job.endedAt !== null)
        ends.set(event.job.id, (ends.get(event.job.id) ?? 0) + 1)
    if (page.items.length === 0) return ends
    after = page.items.at(-1)?.cursor ?? page.cursor
  }
}

const metricValues = async (job: Job): Promise<ReadonlySet<number>> => {
  const { url, token } = await stage.credentials()
  const address = `${url}/api/2.0/mlflow/metrics/get-history?run_id=${job.runId}&metric_key=loss&max_results=25000`
  const body = await patiently(async () => {
    const answer = await fetch(address, { headers: { authorization: `Bearer ${token}` } })
    if (answer.status === 404) return { metrics: [] }
    if (answer.status !== 200) throw new Error(`${String(answer.status)}: ${await answer.text()}`)
    return (await answer.json()) as { metrics?: { value: number }[] }
  })
  return new Set((body.metrics ?? []).map(({ value }) => value))
}

test('every job ends exactly once with the right verdict, whoever is killed, and nothing acknowledged is lost', async () => {
  const snapshotId = await uploadScript()
  let over = false
  const havoc = wreak(() => over || deaths.server + deaths.postgres + deaths.runner >= 24)
  await Promise.all(Array.from({ length: jobCount }, (_, index) => submit(snapshotId, index)))
  const deadline = performance.now() + 300_000
  let jobs = await allJobs()
  while (jobs.some(({ endedAt }) => endedAt === null) && performance.now() < deadline) {
    await delay(500)
    jobs = await allJobs()
  }
  over = true
  await havoc
  console.log(`seed ${String(seed)}; killed ${JSON.stringify(deaths)}; server starts ${String(stage.serverStarts())}`)

  expect(jobs).toHaveLength(jobCount)
  const outcomes = await Promise.all(jobs.map(outcomeOf))
  expect(outcomes.sort()).toEqual(
    Array.from({ length: jobCount }, (_, index) =>
      exitCodeOf(index) === 0
        ? `${nameOf(index)} succeeded, FINISHED: succeeded 0`
        : `${nameOf(index)} failed, FAILED: exit_code 3`,
    ),
  )
  const ends = await endsTold()
  expect(jobs.map(({ id, name }) => [name, ends.get(id)])).toEqual(jobs.map(({ name }) => [name, 1]))
  expect((await readdir(stage.folder)).filter((name) => name.endsWith('.overlap'))).toEqual([])
  for (const job of jobs) {
    const [kept, acked] = [await metricValues(job), await lines(job.name, 'acked')]
    expect({ job: job.name, missing: acked.filter((value) => !kept.has(Number(value))) }).toEqual({
      job: job.name,
      missing: [],
    })
    expect(await lines(job.name, 'marks')).toContain('end')
  }
  const goneBy = performance.now() + 30_000
  while ((await stage.living()).length > 0 && performance.now() < goneBy) await delay(100)
  expect(await stage.living()).toEqual([])
  expect(Object.entries(deaths).filter(([, count]) => count === 0)).toEqual([])
  expect(deaths.server + deaths.postgres + deaths.runner).toBeGreaterThan(5)
})
