import { systemScope } from '../../server/src/deps.js'
import { createDemandBook } from '../../server/src/scheduling/demand-book.js'
import { startFakeStage, type FakeStage } from '../support/jobs.js'

jest.setTimeout(60_000)

let stage: FakeStage
beforeAll(async () => {
  stage = await startFakeStage({ gpuCount: 2 })
  await stage.execution.stop()
})
afterAll(() => stage.close())

const dayMs = 24 * 3_600_000
const nowMs = Date.now()
const asSystem = <T>(sql: string, values: unknown[]): Promise<T> =>
  stage.app.foundation.database.transaction(systemScope, (tx) => tx.query(sql, values)) as Promise<T>

/** So many jobs like one that was submitted, that asked for so many GPUs and came so many days ago. */
const copies = (jobId: string, count: number, gpuCount: number, daysAgo: number): Promise<unknown> =>
  asSystem(
    `INSERT INTO jobs SELECT (jsonb_populate_record(job, jsonb_build_object(
       'id', md5(random()::text), 'number', job.number + 1000 * $3::int + copy, 'gpu_count', $3::int, 'status', 'cancelled',
       'ended_at', $4::timestamptz, 'submitted_at', $4::timestamptz))).*
     FROM jobs job, generate_series(1, $2::int) copy WHERE job.id = $1`,
    [jobId, count, gpuCount, new Date(nowMs - daysAgo * dayMs).toISOString()],
  )

const read = (atMs: number) => {
  const demand = createDemandBook({ clock: { nowMs: () => atMs, now: () => new Date(atMs).toISOString() } })
  return stage.app.foundation.database.transaction(systemScope, (tx) => demand.read(tx))
}

test('what jobs asked for in the last seven days says what is to come: recent ones count more, too few say nothing', async () => {
  const job = await stage.submit({ resources: { gpuCount: 1, cpuMilli: 100, memoryMib: 64 } })
  expect(await read(nowMs)).toEqual([])
  await copies(job.id, 40, 2, 0)
  await copies(job.id, 40, 4, 2)
  await copies(job.id, 500, 8, 8)
  const demand = await read(nowMs)
  expect(demand.map(({ request, weight }) => [request.gpuCount, weight])).toEqual([
    [2, 40_000],
    [4, 20_000],
  ])
  expect(demand[0]?.request).toMatchObject({ gpuMilli: 1000, gpuModel: null, cpuMilli: 100, replicas: 1 })
  // Two days later all but the old ones weigh half, and the one that came since is there too.
  expect((await read(nowMs + 2 * dayMs)).slice(0, 2).map(({ weight }) => weight)).toEqual([20_000, 10_000])
})

test('it is read anew after ten minutes, not before', async () => {
  let atMs = nowMs
  const demand = createDemandBook({ clock: { nowMs: () => atMs, now: () => new Date(atMs).toISOString() } })
  const next = () => stage.app.foundation.database.transaction(systemScope, (tx) => demand.read(tx))
  const first = await next()
  atMs += 10 * 60_000 - 1
  expect(await next()).toBe(first)
  atMs += 1
  expect(await next()).not.toBe(first)
})
