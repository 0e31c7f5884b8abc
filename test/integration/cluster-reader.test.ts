/** The scheduler reads what changed since it last looked, and knows what a whole look would show. */
import { Client } from 'pg'
import { systemScope } from '../../server/src/deps.js'
import { readCluster, type ActiveJob } from '../../server/src/scheduling/cluster.js'
import { createClusterReader, type ClusterReader } from '../../server/src/scheduling/cluster-reader.js'
import { forgetChanges } from '../../server/src/db/sql/execution-load-cluster.sql.js'
import { startFakeStage, type FakeStage } from '../support/jobs.js'

jest.setTimeout(60_000)

let stage: FakeStage
let reader: ClusterReader
beforeEach(async () => {
  stage = await startFakeStage({ gpuCount: 1, gpuMemoryMib: 81_920, simulated: false })
  // The node stays; nobody starts anything on it.
  await stage.execution.stop()
  reader = createClusterReader()
})
afterEach(() => stage.close())

const { stringify } = JSON
const sorted = (jobs: readonly ActiveJob[]): string[] => jobs.map((job) => stringify(job)).sort()

/** Reads what changed; fails unless it is what there is. */
const look = (): Promise<readonly ActiveJob[]> =>
  stage.app.foundation.database.transaction(systemScope, async (tx) => {
    const seen = await reader.read(tx)
    const whole = await readCluster(tx)
    expect(sorted(seen.jobs)).toEqual(sorted(whole.jobs))
    expect({ ...seen, jobs: [] }).toMatchObject({ ...whole, jobs: [] })
    return seen.jobs
  })

const asSystem = (sql: string, values: readonly unknown[] = []): Promise<unknown> =>
  stage.app.foundation.database.transaction(systemScope, (tx) => tx.query(sql, [...values]))

/** A connection of its own, whose transactions stay open as long as the test likes. */
const another = async (): Promise<Client> => {
  const client = new Client({ connectionString: stage.app.database.adminUrl })
  await client.connect()
  return client
}

const quarter = { gpuCount: 1, gpuMilli: 250, cpuMilli: 100, memoryMib: 64 }
const grow = `UPDATE jobs SET version = version + 1, used_run_ms = used_run_ms + $2 WHERE id = $1`

test('jobs that come, change, end and are deleted are seen, and those that stay are the same objects', async () => {
  await look()
  const first = await stage.submit({ name: 'first' })
  const second = await stage.submit({ name: 'second' })
  const before = await look()
  expect(before.length).toBe(2)
  await asSystem(grow, [first.id, 500])
  const after = await look()
  const same = (id: string) => before.find((job) => job.id === id) === after.find((job) => job.id === id)
  expect([same(first.id), same(second.id)]).toEqual([false, true])
  await stage.stop(second.id)
  expect((await look()).map(({ id }) => id)).toEqual([first.id])
  await asSystem(`DELETE FROM jobs WHERE id = $1`, [first.id])
  expect(await look()).toEqual([])
})

test('what a transaction changed that was open while it looked is seen when it is committed, however late', async () => {
  const [late, soon] = [await stage.submit({ name: 'late' }), await stage.submit({ name: 'soon' })]
  await look()
  const slow = await another()
  try {
    await slow.query('BEGIN')
    await slow.query(grow, [late.id, 111])
    for (let turn = 0; turn < 3; turn += 1) {
      await asSystem(grow, [soon.id, 1])
      const seen = await look()
      expect(seen.map(({ usedRunMs }) => usedRunMs).toSorted((a, b) => a - b)).toEqual([0, turn + 1])
    }
    await slow.query('COMMIT')
    const seen = await look()
    expect(seen.map(({ usedRunMs }) => usedRunMs).toSorted((a, b) => a - b)).toEqual([3, 111])
  } finally {
    await slow.end()
  }
})

test('what is learnt of the memory of a name is seen in all that wait with it, also in one that came meanwhile', async () => {
  const runs = await stage.submit({ name: 'train', resources: quarter })
  await look()
  const slow = await another()
  try {
    await slow.query('BEGIN')
    await slow.query(
      `INSERT INTO gpu_memory_peaks (project_id, submitted_by, name, peaks_mib)
       SELECT project_id, submitted_by, name, '{30000}' FROM jobs WHERE id = $1`,
      [runs.id],
    )
    await stage.submit({ name: 'train', resources: quarter })
    await stage.submit({ name: 'other', resources: quarter })
    expect((await look()).map(({ gpuPeaksMib }) => gpuPeaksMib)).toEqual([null, null, null])
    await slow.query('COMMIT')
  } finally {
    await slow.end()
  }
  const peaks = (await look()).map(({ name, gpuPeaksMib }) => [name, gpuPeaksMib])
  expect(peaks.toSorted()).toEqual([
    ['other', null],
    ['train', [30_000]],
    ['train', [30_000]],
  ])
})

test('changes that were read can be forgotten, and those that were not stay', async () => {
  const [first, second] = [await stage.submit({ name: 'first' }), await stage.submit({ name: 'second' })]
  await look()
  const [now] = (await asSystem('SELECT pg_snapshot_xmin(pg_current_snapshot())::text AS xid')) as { xid: string }[]
  await asSystem(grow, [second.id, 7])
  // As a database that was restored from another one would have it.
  await asSystem(`INSERT INTO job_changes (xid, job_id) VALUES ('18446744073709551615', $1)`, [first.id])
  await asSystem(forgetChanges, [now?.xid])
  const left = (await asSystem('SELECT job_id AS id FROM job_changes')) as { id: string }[]
  expect(left.map(({ id }) => id)).toEqual([second.id])
  await look()
})

test('what another server has forgotten before it was read is read all the same', async () => {
  const [first, second] = [await stage.submit({ name: 'first' }), await stage.submit({ name: 'second' })]
  await look()
  await asSystem(grow, [second.id, 7])
  await asSystem(`DELETE FROM jobs WHERE id = $1`, [first.id])
  const [now] = (await asSystem('SELECT pg_snapshot_xmax(pg_current_snapshot())::text AS xid')) as { xid: string }[]
  await asSystem(forgetChanges, [now?.xid])
  expect(await asSystem('SELECT 1 FROM job_changes')).toEqual([])
  expect((await look()).map(({ id, usedRunMs }) => [id, usedRunMs])).toEqual([[second.id, 7]])
})
