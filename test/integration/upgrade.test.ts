import { pino } from 'pino'
import { createDataSource, migrate } from '../../server/src/db/data-source.js'
import { migrations } from '../../server/src/db/migrations/index.js'
import { startFakeStage, type FakeStage } from '../support/jobs.js'

let stage: FakeStage
beforeAll(async () => {
  stage = await startFakeStage()
})
afterAll(() => stage.close())

/** What a member reads of a project: its job, the run and its curve. */
const look = async (jobId: string) => {
  const { client, project } = stage.app.owner
  const job = await client.getJob({ params: { projectId: project.id, jobId } })
  const params = { projectId: project.id, runId: job.runId }
  const [run, series] = await Promise.all([
    client.getRun({ params }),
    client.getMetricSeries({ params, query: { key: 'loss' } }),
  ])
  return { job, run, series }
}

test('a database of an earlier version is brought up to date with everything that is in it', async () => {
  const { token } = stage.app.owner
  const submitted = await stage.submit()
  await stage.execution.settle()
  const metrics = Array.from({ length: 100 }, (_, step) => ({
    key: 'loss',
    value: 1 / (step + 1),
    timestamp: step,
    step,
  }))
  const logged = await fetch(`${stage.app.url}/api/2.0/mlflow/runs/log-batch`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: JSON.stringify({ run_id: submitted.runId, metrics }),
  })
  expect(logged.status).toBe(200)
  const before = await look(submitted.id)

  const log = pino({ level: 'silent' })
  const dataSource = await createDataSource({ url: stage.app.database.url, log, poolSize: 4 }).initialize()
  try {
    // The fourth is the oldest that jobs can stand on.
    for (let undone = migrations.length; undone > 4; undone -= 1) await dataSource.undoLastMigration()
    const columns = await dataSource.query<{ column_name: string }[]>(
      `SELECT column_name FROM information_schema.columns WHERE table_name = 'jobs'`,
    )
    expect(columns.map(({ column_name }) => column_name)).not.toContain('origin')
    await Promise.all([migrate(dataSource), migrate(dataSource)])
  } finally {
    await dataSource.destroy()
  }
  expect(await look(submitted.id)).toEqual(before)
  expect(before.series.values).toHaveLength(100)
})
