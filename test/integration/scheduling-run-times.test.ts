import type { Job } from '@novabrain/contracts'
import { applyDecisions, decide, defaultPolicy, evolve, type Placement, type Snapshot } from '@novabrain/scheduler'
import { systemScope } from '../../server/src/deps.js'
import { readCluster, snapshotOf } from '../../server/src/scheduling/cluster.js'
import { createRunTimeBook } from '../../server/src/scheduling/run-time-book.js'
import { fakeClock } from '../support/clock.js'
import { verdictOf } from '../support/executor.js'
import { startFakeStage, type FakeStage } from '../support/jobs.js'

jest.setTimeout(60_000)

let stage: FakeStage
beforeEach(async () => {
  stage = await startFakeStage({ gpuCount: 3 }, { policy: defaultPolicy })
})
afterEach(() => stage.close())

const minute = 60_000
const asSystem = <T>(sql: string, values: unknown[] = []): Promise<T> =>
  stage.app.foundation.database.transaction(systemScope, (tx) => tx.query(sql, values)) as Promise<T>
const wish = (gpuCount: number) => ({ gpuCount, cpuMilli: 100, memoryMib: 64 })

/** Makes a past of a waiting job: it succeeded after so many minutes. */
const succeeded = (job: Job, minutes: number, endedAtMs: number): Promise<unknown> =>
  asSystem(
    `UPDATE jobs SET version = version + 1, status = 'succeeded', ended_at = $2, used_run_ms = $3 WHERE id = $1`,
    [job.id, new Date(endedAtMs).toISOString(), minutes * minute],
  )

test('how long a job runs is learnt from those of its tenant that succeeded, and learnt on from new ones', async () => {
  await stage.execution.stop()
  let atMs = Date.now()
  const book = createRunTimeBook({ clock: { nowMs: () => atMs, now: () => new Date(atMs).toISOString() } })
  const { database } = stage.app.foundation
  const snapshot = (): Promise<Snapshot> =>
    database.transaction(systemScope, async (tx) =>
      snapshotOf(await readCluster(tx), atMs, { foresee: await book.read(tx) }),
    )
  const waiting = await stage.submit({ name: 'train', resources: wish(1) })
  const foreseen = async () => (await snapshot()).queued.find(({ id }) => id === waiting.id)
  expect(await foreseen()).toMatchObject({ predictedRuntimeMs: null, cautiousRuntimeMs: null })
  for (const minutes of [10, 10, 10, 40])
    await succeeded(await stage.submit({ name: 'train', resources: wish(1) }), minutes, atMs)
  expect(await foreseen()).toMatchObject({ predictedRuntimeMs: null })
  atMs += 10_000
  expect(await foreseen()).toMatchObject({ predictedRuntimeMs: 10 * minute, cautiousRuntimeMs: 40 * minute })
  for (const minutes of [20, 20, 20, 20, 20, 20])
    await succeeded(await stage.submit({ name: 'train', resources: wish(1) }), minutes, atMs)
  atMs += 10_000
  expect(await foreseen()).toMatchObject({ predictedRuntimeMs: 20 * minute })
  await asSystem(`UPDATE jobs SET version = version + 1, time_limit_ms = $2 WHERE id = $1`, [waiting.id, 15 * minute])
  expect(await foreseen()).toMatchObject({ predictedRuntimeMs: 15 * minute, cautiousRuntimeMs: 15 * minute })
})

test('what was learnt tells before a job is submitted, and is what is kept with it', async () => {
  await stage.close()
  const clock = fakeClock()
  stage = await startFakeStage({ gpuCount: 3 }, { policy: defaultPolicy, clock })
  await stage.execution.stop()
  const params = { projectId: stage.app.owner.project.id }
  const { client } = stage.app.owner
  const task = { kind: 'script' as const, path: 'train.py', arguments: ['--size', 'large "x" 中'] }
  const preview = (more: object) => client.previewJob({ params, body: { name: 'sweep', resources: wish(1), ...more } })
  const kept = async (job: Job): Promise<unknown> => {
    const rows = await asSystem<{ ms: string | null }[]>('SELECT predicted_run_ms AS ms FROM jobs WHERE id = $1', [
      job.id,
    ])
    return rows[0]?.ms
  }
  expect(await preview({})).toMatchObject({ expectedRunMs: null })
  const first = await stage.submit({ name: 'sweep', task, resources: wish(1) })
  expect(await kept(first)).toBeNull()
  await succeeded(first, 90, clock.nowMs())
  const quick = await stage.submit({ name: 'sweep', task: { ...task, arguments: [] }, resources: wish(1) })
  await succeeded(quick, 1, clock.nowMs())
  clock.advance(10_001)
  const told = await preview({ task })
  expect(told.message).toMatch(/it will run for about \d+ minutes\.$/)
  expect(told.expectedRunMs).toBeGreaterThan((await preview({})).expectedRunMs ?? Infinity)
  expect(await preview({ task, timeLimitMs: minute })).toMatchObject({ expectedRunMs: minute })
  const next = await stage.submit({ name: 'sweep', task, resources: wish(1) })
  expect(Number(await kept(next))).toBe(told.expectedRunMs)
})

test('fed the same events, the loop over PostgreSQL and the simulated snapshot take the same decisions', async () => {
  const { database } = stage.app.foundation
  const read = async () => snapshotOf(await database.transaction(systemScope, readCluster), Date.now())
  const places = ({ running }: Snapshot): [string, Placement][] =>
    running
      .map(({ id, placement }): [string, Placement] => [id, placement])
      .sort(([left], [right]) => (left < right ? -1 : 1))
  let simulated = await read()
  const think = (): void => {
    const nowMs = Date.now()
    simulated = applyDecisions(simulated, decide(simulated, defaultPolicy, nowMs), nowMs)
  }
  /** The nodes and queues of the server, as it would be told of them. */
  const learnNodes = async (): Promise<void> => {
    const { nodes, queues } = await read()
    for (const node of nodes) simulated = evolve(simulated, { type: 'node_changed', node })
    simulated = evolve(simulated, { type: 'queues_changed', queues })
  }
  const agree = async (): Promise<void> => {
    await stage.execution.settle()
    const real = await read()
    expect(places(simulated)).toEqual(places(real))
    expect(simulated.queued.map(({ id }) => id).sort()).toEqual(real.queued.map(({ id }) => id).sort())
  }
  const submit = async (
    name: string,
    gpuCount: number,
    minutes: number,
    priorityClass: 'normal' | 'high',
    maxGpuCount?: number,
  ): Promise<Job> => {
    const range = maxGpuCount === undefined ? {} : { maxGpuCount }
    const job = await stage.submit({ name, resources: { ...wish(gpuCount), ...range }, priorityClass })
    await asSystem(`UPDATE jobs SET version = version + 1, predicted_run_ms = $2 WHERE id = $1`, [
      job.id,
      minutes * minute,
    ])
    const known = (await read()).queued.find(({ id }) => id === job.id)
    if (known === undefined) throw new Error(`${name} does not wait`)
    simulated = evolve(simulated, { type: 'submitted', job: known })
    return job
  }
  const end = async (job: Job): Promise<void> => {
    const attemptId = (await stage.job(job.id)).attempt?.id ?? ''
    const runner = await stage.executor.runner(attemptId)
    await runner.beat('running')
    await stage.execution.stop()
    await runner.finish(verdictOf('succeeded', { exitCode: 0 }))
    simulated = evolve(simulated, { type: 'ended', jobId: job.id, atMs: Date.now() })
  }
  const together = async (events: () => Promise<Job[]>): Promise<Job[]> => {
    await stage.execution.stop()
    const jobs = await events()
    await stage.execution.start()
    await stage.execution.settle()
    await learnNodes()
    think()
    await agree()
    return jobs
  }
  await together(async () => [
    await submit('wide', 2, 60, 'normal'),
    await submit('single', 1, 30, 'normal'),
    await submit('long', 1, 90, 'normal'),
    await submit('short', 1, 5, 'normal'),
    await submit('gang', 3, 20, 'normal'),
  ])
  expect(simulated.running).toHaveLength(3)
  for (const first of [...simulated.running]) {
    await together(async () => {
      await end(await stage.job(first.id))
      return []
    })
  }
  await together(async () => [await submit('urgent', 1, 10, 'high')])
  expect(simulated.running.length).toBeGreaterThan(0)
  while (simulated.running.length > 0) {
    await together(async () => {
      for (const { id } of simulated.running) await end(await stage.job(id))
      return []
    })
  }
  expect(simulated.queued).toEqual([])
  await together(async () => [await submit('elastic', 1, 30, 'normal', 2), await submit('rigid', 1, 30, 'normal')])
  const widths = simulated.running.map(({ placement }) => placement.pods[0]?.devices.length)
  expect(widths.sort()).toEqual([1, 2])
})
