import { systemScope } from '../../server/src/deps.js'
import { startApp, type TestApp } from '../support/app.js'
import { mlflowWire, type MlflowWire } from '../support/mlflow-wire.js'

let app: TestApp
let mlflow: MlflowWire

beforeAll(async () => {
  app = await startApp({ background: false })
  mlflow = mlflowWire(app.url, app.owner.token)
}, 60_000)
afterAll(() => app.close())

const projectId = () => app.owner.project.id
const show = (runId: string) => app.owner.client.getRun({ params: { projectId: projectId(), runId } })
const series = (runId: string, key: string, query: { maxPoints?: number; fromStep?: number; toStep?: number } = {}) =>
  app.owner.client.getMetricSeries({ params: { projectId: projectId(), runId }, query: { key, ...query } })

const points = (count: number, key = 'm') =>
  Array.from({ length: count }, (_, step) => ({ key, value: Math.sin(step / 10), timestamp: 1000 + step, step }))

const logAll = async (runId: string, metrics: readonly object[]) => {
  for (let at = 0; at < metrics.length; at += 1000)
    await mlflow.post('/runs/log-batch', { run_id: runId, metrics: metrics.slice(at, at + 1000) })
}

describe('metrics', () => {
  test('many programs log at once, and every acknowledged point is there and counted once', async () => {
    const runIds = await Promise.all(Array.from({ length: 12 }, () => mlflow.createRun()))
    const requests = runIds.flatMap((run_id) =>
      Array.from({ length: 25 }, (_, step) => ({
        run_id,
        key: `k${String(step % 3)}`,
        value: step,
        timestamp: 1,
        step,
      })),
    )
    const answers = await Promise.all(requests.map((request) => mlflow.post('/runs/log-metric', request)))
    expect(new Set(answers.map((answer) => answer.status))).toEqual(new Set([200]))
    for (const runId of runIds) {
      const { metrics } = await show(runId)
      expect(metrics.map(({ key, step, pointCount }) => [key, step, pointCount])).toEqual([
        ['k0', 24, 9],
        ['k1', 22, 8],
        ['k2', 23, 8],
      ])
    }
  })

  test('a request that is sent again changes nothing', async () => {
    const runId = await mlflow.createRun()
    const batch = { run_id: runId, metrics: points(100) }
    for (let time = 0; time < 3; time += 1) await mlflow.post('/runs/log-batch', batch)
    expect((await show(runId)).metrics).toMatchObject([{ key: 'm', step: 99, pointCount: 100 }])
    expect((await series(runId, 'm')).steps).toHaveLength(100)
  })

  test('a metric that was taken away behind the back of the server is begun anew, and its points are counted', async () => {
    const runId = await mlflow.createRun()
    const log = (step: number) =>
      mlflow.post('/runs/log-metric', { run_id: runId, key: 'm', value: step, timestamp: 1, step })
    for (const step of [1, 2]) await log(step)
    await app.foundation.database.transaction(systemScope, async (tx) => {
      await tx.query('DELETE FROM run_metrics WHERE run_id = $1', [runId])
    })
    expect((await log(3)).status).toBe(200)
    expect((await show(runId)).metrics).toMatchObject([{ key: 'm', step: 3, pointCount: 1 }])
  })

  test('a point that another server wrote meanwhile is known, and those sent with it are counted once', async () => {
    const runId = await mlflow.createRun()
    const send = (metrics: readonly object[]) => mlflow.post('/runs/log-batch', { run_id: runId, metrics })
    for (const sent of [points(2), points(4)]) await send(sent)
    await app.foundation.database.transaction(systemScope, async (tx) => {
      const [row]: [{ series_id: string }] = await tx
        .query(
          `UPDATE run_metrics SET point_count = 5, step = 4, timestamp_ms = 1004, value = $2 WHERE run_id = $1 RETURNING series_id`,
          [runId, Math.sin(0.4)],
        )
        .then(([rows]: [[{ series_id: string }], number]) => rows)
      await tx.query(
        `INSERT INTO metric_points (series_id, step, timestamp_ms, value, project_id) VALUES ($1, 4, 1004, $2, $3)`,
        [row.series_id, Math.sin(0.4), projectId()],
      )
    })
    expect((await send(points(7).slice(4))).status).toBe(200)
    expect((await send(points(9).slice(6))).status).toBe(200)
    expect((await show(runId)).metrics).toMatchObject([{ key: 'm', step: 8, pointCount: 9 }])
    expect((await series(runId, 'm')).steps).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8])
  })

  test('a run that was deleted since it was last logged to takes nothing, and those committed beside it do', async () => {
    const [gone, other] = [await mlflow.createRun(), await mlflow.createRun()]
    const send = (runId: string, step: number) =>
      mlflow.post('/runs/log-metric', { run_id: runId, key: 'm', value: 1, timestamp: 1, step })
    for (const step of [0, 1]) await Promise.all([send(gone, step), send(other, step)])
    await mlflow.post('/runs/delete', { run_id: gone })
    const answers = await Promise.all([send(gone, 2), send(other, 2)])
    expect(answers.map(({ status }) => status)).toEqual([400, 200])
    expect((await series(gone, 'm')).steps).toEqual([0, 1])
    expect((await series(other, 'm')).steps).toEqual([0, 1, 2])
  })

  test('the latest value is that of the greatest step, however late an older one comes', async () => {
    const runId = await mlflow.createRun()
    for (const [step, value] of [
      [5, 0.5],
      [9, 0.9],
      [7, 0.7],
    ])
      await mlflow.post('/runs/log-metric', { run_id: runId, key: 'm', value, timestamp: 1, step })
    expect((await show(runId)).metrics).toMatchObject([{ step: 9, value: 0.9, pointCount: 3 }])
  })

  test('a request for an unknown run fails, and those committed beside it do not', async () => {
    const runId = await mlflow.createRun()
    const log = (run_id: string, step: number) =>
      mlflow.post('/runs/log-metric', { run_id, key: 'm', value: 1, timestamp: 1, step })
    const answers = await Promise.all([log(runId, 1), log('f'.repeat(32), 1), log(runId, 2), log(runId, 3)])
    expect(answers.map((answer) => answer.status)).toEqual([200, 404, 200, 200])
    expect(answers[1]?.body).toMatchObject({
      error_code: 'RESOURCE_DOES_NOT_EXIST',
      message: `Run with id=${'f'.repeat(32)} not found`,
      code: 'run_not_found',
    })
    expect((await show(runId)).metrics[0]?.pointCount).toBe(3)
  })

  test('what a NUL or a number beyond 2^53 would break is refused before it does', async () => {
    const runId = await mlflow.createRun()
    const refused = await Promise.all([
      mlflow.post('/runs/set-tag', { run_id: runId, key: 'a', value: 'x\u0000y' }),
      mlflow.post('/runs/log-parameter', { run_id: runId, key: 'a', value: '\u0000' }),
      mlflow.post('/runs/log-metric', { run_id: runId, key: 'a', value: 1, timestamp: 1, step: 2 ** 60 }),
      mlflow.post('/runs/log-metric', { run_id: runId, key: 'a', value: 1, timestamp: 1.5 }),
      mlflow.post('/runs/log-batch', { run_id: runId, tags: [{ key: 'a', value: 'x\u0000y' }] }),
      mlflow.post('/runs/log-batch', { run_id: runId, metrics: [null] }),
      mlflow.post('/runs/log-batch', [1]),
    ])
    expect(refused.map(({ status, body }) => [status, body['error_code']])).toEqual(
      refused.map(() => [400, 'INVALID_PARAMETER_VALUE']),
    )
  })
})

describe('a curve', () => {
  test('is given point by point while it is short', async () => {
    const runId = await mlflow.createRun()
    await logAll(runId, points(50))
    const curve = await series(runId, 'm', { maxPoints: 50 })
    expect(curve).toMatchObject({ pointCount: 50, downsampled: false })
    expect(curve.values).toEqual(points(50).map((point) => point.value))
    expect(curve.low).toEqual(curve.values)
  })

  test('keeps its extremes and its last point when it is long', async () => {
    const runId = await mlflow.createRun()
    const logged = points(5000)
    const spike = { key: 'm', value: 1000, timestamp: 1, step: 1234 }
    await logAll(runId, [...logged.slice(0, 1234), spike, ...logged.slice(1235)])
    const curve = await series(runId, 'm', { maxPoints: 100 })
    expect(curve).toMatchObject({ pointCount: 5000, downsampled: true })
    expect(curve.steps).toHaveLength(100)
    expect(curve.steps.at(-1)).toBe(4999)
    expect(curve.values.at(-1)).toBe(logged.at(-1)?.value)
    expect(Math.max(...curve.high.map(Number))).toBe(1000)
    expect(curve.steps).toEqual([...curve.steps].sort((a, b) => a - b))
  })

  test('of points that all have the same step is still a curve', async () => {
    const runId = await mlflow.createRun()
    await logAll(
      runId,
      points(400).map((point) => ({ ...point, step: 0 })),
    )
    expect((await series(runId, 'm', { maxPoints: 10 })).values).toHaveLength(10)
  })

  test('can be cut to a range of steps, and shows NaN only where there is nothing else', async () => {
    const runId = await mlflow.createRun()
    const odd = [...points(100), { key: 'm', value: 'NaN', timestamp: 5, step: 50 }]
    await logAll(runId, odd)
    const curve = await series(runId, 'm', { fromStep: 50, toStep: 59, maxPoints: 2 })
    expect(curve.pointCount).toBe(11)
    expect(curve.low.every((value) => typeof value === 'number')).toBe(true)
    await logAll(runId, [{ key: 'none', value: 'NaN', timestamp: 1, step: 1 }])
    expect(await series(runId, 'none')).toMatchObject({ values: ['NaN'], low: ['NaN'], high: ['NaN'] })
    expect(await series(runId, 'never logged')).toMatchObject({ pointCount: 0, steps: [] })
  })
})

describe('params', () => {
  test('of many programs that want another value each, one wins and the others are told so', async () => {
    const runId = await mlflow.createRun()
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, value) =>
        mlflow.post('/runs/log-parameter', { run_id: runId, key: 'p', value: String(value) }),
      ),
    )
    const winners = answers.flatMap((answer, value) => (answer.status === 200 ? [String(value)] : []))
    expect(winners).toHaveLength(1)
    expect((await show(runId)).params).toEqual([{ key: 'p', value: winners[0] }])
    const loser = answers.find((answer) => answer.status !== 200)
    expect(loser?.body['message']).toMatch(
      /^Changing param values is not allowed\. Param with key='p' was already logged/,
    )
  })

  test('a batch with one changed param keeps nothing of itself', async () => {
    const runId = await mlflow.createRun()
    await mlflow.post('/runs/log-parameter', { run_id: runId, key: 'p', value: '1' })
    const answer = await mlflow.post('/runs/log-batch', {
      run_id: runId,
      metrics: points(3),
      params: [
        { key: 'new', value: '1' },
        { key: 'p', value: '2' },
      ],
      tags: [{ key: 't', value: '1' }],
    })
    expect(answer.status).toBe(400)
    const run = await show(runId)
    expect([run.metrics, run.params]).toEqual([[], [{ key: 'p', value: '1' }]])
  })
})

describe('the list of runs', () => {
  test('is read page by page, newest first, without a gap or a double', async () => {
    const other = await app.addTenant('pages')
    const own = mlflowWire(app.url, other.token)
    const made: string[] = []
    for (let index = 0; index < 7; index += 1) made.push(await own.createRun({ run_name: `run ${String(index)}` }))
    const seen: string[] = []
    let cursor: string | null = null
    do {
      const query: { limit: number; cursor?: string } = cursor === null ? { limit: 3 } : { limit: 3, cursor }
      const page: { items: { id: string }[]; nextCursor: string | null } = await other.client.listRuns({
        params: { projectId: other.project.id },
        query,
      })
      seen.push(...page.items.map((run) => run.id))
      cursor = page.nextCursor
    } while (cursor !== null)
    expect(seen).toEqual(made.reverse())
  })
})

test('experiments made at the same instant get a number each', async () => {
  const answers = await Promise.all(
    Array.from({ length: 10 }, (_, index) => mlflow.post('/experiments/create', { name: `at once ${String(index)}` })),
  )
  const ids = answers.map((answer) => answer.body['experiment_id'] as string)
  expect(new Set(ids).size).toBe(10)
  const again = await Promise.all([1, 2].map(() => mlflow.post('/experiments/create', { name: 'only one' })))
  expect(again.map((answer) => answer.status).sort()).toEqual([200, 400])
})
