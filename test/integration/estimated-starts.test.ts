import { defaultPolicy, noCorrection, type Decision, type StartCorrection, type Telling } from '@novabrain/scheduler'
import { systemScope, type Tx } from '../../server/src/deps.js'
import { createStartBook } from '../../server/src/scheduling/start-book.js'
import { fakeClock, type FakeClock } from '../support/clock.js'
import { startFakeStage, type FakeStage } from '../support/jobs.js'

jest.setTimeout(60_000)

const [minute, hour] = [60_000, 3_600_000]
let stage: FakeStage
let clock: FakeClock
beforeEach(async () => {
  clock = fakeClock()
  stage = await startFakeStage({ gpuCount: 1 }, { policy: defaultPolicy, clock })
})
afterEach(() => stage.close())

const inSystem = <T>(work: (tx: Tx) => Promise<T>): Promise<T> =>
  stage.app.foundation.database.transaction(systemScope, work)
const asSystem = <T>(sql: string, values: unknown[] = []): Promise<T> =>
  inSystem((tx) => tx.query(sql, values)) as Promise<T>
const oneGpu = { resources: { gpuCount: 1, cpuMilli: 100, memoryMib: 64 } }

/** A job that holds the only GPU for an hour, by all that is known, and one that waits for it. */
const holderAndWaiter = async () => {
  const holder = await stage.submit({ name: 'holder', ...oneGpu })
  await asSystem(`UPDATE jobs SET predicted_run_ms = $2, version = version + 1 WHERE id = $1`, [holder.id, hour])
  await stage.execution.settle()
  const waiter = await stage.submit({ name: 'waiter', ...oneGpu })
  await asSystem(`UPDATE jobs SET predicted_run_ms = $2, version = version + 1 WHERE id = $1`, [waiter.id, hour])
  await stage.execution.settle()
  return { holder, waiter }
}

const toldStart = async (jobId: string): Promise<{ likely: number; far: number }> => {
  const params = { projectId: stage.app.owner.project.id, jobId }
  const { estimatedStart } = await stage.app.owner.client.explainJob({ params })
  if (estimatedStart === null) throw new Error('No start was told')
  return { likely: Date.parse(estimatedStart.p50) - clock.nowMs(), far: Date.parse(estimatedStart.p90) - clock.nowMs() }
}

const tellings = async (): Promise<Telling[]> =>
  (await asSystem<{ tellings: Telling[] }[]>('SELECT tellings FROM start_record'))[0]?.tellings ?? []

test('what was learnt moves what is told: to whoever waits, on the queue page and before submitting', async () => {
  const { waiter } = await holderAndWaiter()
  const atMs = clock.nowMs()
  expect(await toldStart(waiter.id)).toMatchObject({ likely: hour })
  const foretold = { p50Ms: atMs + hour, p90Ms: expect.any(Number) as number }
  expect(await tellings()).toEqual([{ jobId: waiter.id, atMs, foretold, told: foretold }])
  const twice: StartCorrection = { ...noCorrection, likely: { ...noCorrection.likely, all: Math.log(2) } }
  await asSystem('UPDATE start_record SET correction = $1', [JSON.stringify(twice)])
  clock.advance(10_000)
  await stage.execution.settle()
  const likely = 2 * (hour - 10_000)
  const told = await toldStart(waiter.id)
  expect(told).toMatchObject({ likely })
  expect(told.far).toBeGreaterThanOrEqual(likely)
  const { client, project } = stage.app.owner
  const { items } = await client.listQueueEntries({ params: { projectId: project.id } })
  const entry = items.find(({ jobId }) => jobId === waiter.id)
  expect(Date.parse(entry?.estimatedStart?.p50 ?? '') - clock.nowMs()).toBe(likely)
  const preview = await client.previewJob({ params: { projectId: project.id }, body: oneGpu })
  expect(preview.expectedWaitMs).toBeGreaterThanOrEqual(likely)
})

const holdOf = (jobId: string, atMs: number): Decision =>
  ({ type: 'hold', jobId, position: 1, estimatedStart: { p50Ms: atMs, p90Ms: atMs + hour } }) as unknown as Decision

test('what was told outlives the server, and an attempt that is granted is the start', async () => {
  const { holder, waiter } = await holderAndWaiter()
  await stage.execution.stop()
  const nowMs = clock.nowMs()
  const book = () => createStartBook({ clock })
  await asSystem('DELETE FROM start_record')
  await inSystem((tx) =>
    book().ask(tx, [holdOf(waiter.id, nowMs + minute), holdOf('f'.repeat(32), nowMs + hour)], nowMs),
  )
  expect(await tellings()).toHaveLength(2)
  clock.advance(hour)
  const reopened = book()
  expect(await inSystem((tx) => reopened.read(tx))).toMatchObject({ likely: { all: 0 } })
  expect(reopened.isDue(clock.nowMs() - 1)).toBe(false)
  expect(reopened.isDue(clock.nowMs())).toBe(true)
  // The one that waits is late for the likely moment; the other job is gone, which says nothing.
  const again = holdOf(waiter.id, clock.nowMs() + hour)
  await inSystem((tx) => reopened.ask(tx, [again], clock.nowMs()))
  expect(await tellings()).toMatchObject([{ jobId: waiter.id, told: { p50Ms: null } }, { atMs: clock.nowMs() }])
  expect((await inSystem((tx) => reopened.read(tx))).likely.all).toBeCloseTo((0.1 * 0.5) / 2)
  await asSystem(`UPDATE attempts SET job_id = $2, created_at = $3 WHERE job_id = $1`, [
    holder.id,
    waiter.id,
    clock.now(),
  ])
  clock.advance(hour)
  await inSystem((tx) => reopened.ask(tx, [], clock.nowMs()))
  expect(await tellings()).toHaveLength(2)
  await inSystem((tx) => reopened.ask(tx, [holdOf(holder.id, clock.nowMs())], clock.nowMs()))
  expect(await tellings()).toMatchObject([{ jobId: holder.id }])
  expect((await inSystem((tx) => reopened.read(tx))).far.all).toBeLessThan(0)
})
