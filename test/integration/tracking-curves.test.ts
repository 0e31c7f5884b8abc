/** A long curve is drawn from blocks, and shows what it would show from its points. */
import type { MetricSeries } from '@novabrain/contracts'
import { metricRepository } from '../../server/src/modules/metrics/repository.js'
import { startApp, type TestApp } from '../support/app.js'
import { mlflowWire, type MlflowWire } from '../support/mlflow-wire.js'

interface Point {
  readonly step: number
  readonly timestamp: number
  readonly value: number
}

let app: TestApp
let mlflow: MlflowWire
beforeAll(async () => {
  app = await startApp({ background: false })
  mlflow = mlflowWire(app.url, app.owner.token)
}, 60_000)
afterAll(() => app.close())

/** A sawtooth with a spike and a stretch of NaN; by `step` all equal, the times alone put it in order. */
const curve = (count: number, step = (n: number) => n): Point[] =>
  Array.from({ length: count }, (_, n) => ({
    step: step(n),
    timestamp: 1_700_000_000_000 + n,
    value: n === 5000 ? 1e6 : n > 9000 && n < 9600 ? NaN : (n * 7919) % 1000,
  }))

const log = async (runId: string, points: readonly Point[]): Promise<void> => {
  for (let from = 0; from < points.length; from += 1000) {
    const metrics = points
      .slice(from, from + 1000)
      .map((point) => ({ ...point, key: 'loss', value: Number.isNaN(point.value) ? 'NaN' : point.value }))
    expect((await mlflow.post('/runs/log-batch', { run_id: runId, metrics })).status).toBe(200)
  }
}

const tables = <T>(text: string, runId: string): Promise<T[]> =>
  app.foundation.database.transaction(app.owner.scope, (tx) => tx.query(text, [runId]))

const seriesOf = async (runId: string) => {
  const [row] = await tables<{ id: string; summarised: number; losses: number }>(
    `SELECT series_id AS id, summarised_count AS summarised, summary_losses AS losses FROM run_metrics WHERE run_id = $1`,
    runId,
  )
  if (row === undefined) throw new Error('the run has no metric')
  return { id: row.id, summarised: Number(row.summarised), losses: row.losses }
}

const summarise = async (runId: string): Promise<void> => {
  const { scope } = app.owner
  const { id } = await seriesOf(runId)
  const more = () => app.foundation.database.transaction(scope, (tx) => metricRepository.summarise(tx, scope, id))
  while (await more()) continue
}

const show = (runId: string, query: { fromStep?: number; toStep?: number; maxPoints?: number } = {}) =>
  app.owner.client.getMetricSeries({
    params: { projectId: app.owner.project.id, runId },
    query: { key: 'loss', ...query },
  })

/** What a curve must be, whatever it was drawn from: each bucket holds the points up to its own, and their extremes. */
const expectToShow = (shown: MetricSeries, points: readonly Point[], maxPoints: number): void => {
  const sorted = points.toSorted((a, b) => a.step - b.step || a.timestamp - b.timestamp)
  expect(shown.pointCount).toBe(sorted.length)
  expect(shown.steps.length).toBeLessThanOrEqual(maxPoints)
  let from = 0
  for (const [index, time] of shown.timestampsMs.entries()) {
    const to = sorted.findIndex((point, at) => at >= from && point.timestamp === time) + 1
    const part = sorted.slice(from, to)
    const numbers = part.map(({ value }) => value).filter((value) => !Number.isNaN(value))
    const extreme = (of: (...all: number[]) => number) => (numbers.length === 0 ? 'NaN' : of(...numbers))
    expect([index, shown.low[index], shown.high[index]]).toEqual([index, extreme(Math.min), extreme(Math.max)])
    expect(part.length).toBeLessThanOrEqual(Math.ceil(sorted.length / maxPoints) + 128)
    from = to
  }
  expect(from).toBe(sorted.length)
}

test.each([
  ['with steps', (n: number) => n],
  ['whose steps are all the same', () => 0],
])('a curve of 20,000 points %s shows the same from blocks as from points', async (_, step) => {
  const points = curve(20_000, step)
  const runId = await mlflow.createRun()
  await log(runId, points)
  expectToShow(await show(runId, { maxPoints: 300 }), points, 300)
  await summarise(runId)
  // The last block and what is not a whole one stay points.
  expect((await seriesOf(runId)).summarised).toBe(3 * 4096)
  expectToShow(await show(runId, { maxPoints: 300 }), points, 300)
  const last = points.at(-1)
  const shown = await show(runId, { maxPoints: 300 })
  expect(shown.values.at(-1)).toBe(last?.value)
})

test('a part of it is exact at both ends, and as fine as its points when there are few', async () => {
  const points = curve(20_000)
  const runId = await mlflow.createRun()
  await log(runId, points)
  await summarise(runId)
  for (const [fromStep, toStep] of [
    [100, 17_000],
    [4096, 8191],
    [5000, 5200],
    [0, 12_288],
    [19_000, 30_000],
  ] as const) {
    const part = points.filter((point) => point.step >= fromStep && point.step <= toStep)
    expectToShow(await show(runId, { fromStep, toStep, maxPoints: 250 }), part, 250)
  }
  const few = await show(runId, { fromStep: 5000, toStep: 5200, maxPoints: 250 })
  expect([few.steps.length, few.high[0]]).toEqual([201, 1e6])
  expect((await show(runId, { fromStep: 40_000, toStep: 50_000 })).steps).toEqual([])
})

test('points that come late are shown, and a series that is written in no order is left without blocks', async () => {
  const points = curve(9000)
  const runId = await mlflow.createRun()
  await log(runId, points)
  await summarise(runId)
  expect((await seriesOf(runId)).summarised).toBe(4096)
  const late = { step: 17, timestamp: 1_600_000_000_000, value: -5e6 }
  await log(runId, [late])
  expect(await seriesOf(runId)).toMatchObject({ summarised: 0, losses: 1 })
  const shown = await show(runId, { maxPoints: 200 })
  expectToShow(shown, [...points, late], 200)
  expect(Math.min(...shown.low.map(Number))).toBe(-5e6)
  for (let n = 1; n < 10; n += 1) {
    await summarise(runId)
    await log(runId, [{ ...late, timestamp: late.timestamp + n }])
  }
  await summarise(runId)
  expect((await seriesOf(runId)).summarised).toBe(0)
  expect((await show(runId)).pointCount).toBe(9010)
})

test('a request that is sent again does not touch the blocks', async () => {
  const points = curve(9000)
  const runId = await mlflow.createRun()
  await log(runId, points)
  await summarise(runId)
  await log(runId, points.slice(0, 1000))
  expect(await seriesOf(runId)).toMatchObject({ summarised: 4096, losses: 0 })
})

const blocksOf = async (runId: string) => {
  const { id } = await seriesOf(runId)
  return tables<object>('SELECT * FROM metric_blocks WHERE series_id = $1 ORDER BY first_step, first_timestamp_ms', id)
}

test('blocks that are told as points come are those that are told by reading the points', async () => {
  const runId = await mlflow.createRun()
  await log(runId, curve(13_000))
  const told = await blocksOf(runId)
  expect(told.length).toBe(2)
  expect(await seriesOf(runId)).toMatchObject({ summarised: 8192, losses: 0 })
  await log(runId, [{ step: 17, timestamp: 1_600_000_000_000, value: 500 }])
  expect(await blocksOf(runId)).toEqual([])
  await tables(
    `DELETE FROM metric_points USING run_metrics m WHERE m.run_id = $1
    AND metric_points.series_id = m.series_id AND metric_points.timestamp_ms = 1600000000000`,
    runId,
  )
  await tables('UPDATE run_metrics SET point_count = point_count - 1 WHERE run_id = $1', runId)
  await summarise(runId)
  expect(await blocksOf(runId)).toEqual(told)
})

test('when another server has added points to a series too, its blocks are told by reading them', async () => {
  const runId = await mlflow.createRun()
  const points = curve(13_000)
  await log(runId, points.slice(0, 5000))
  const others = points.slice(5000, 5100)
  const { scope } = app.owner
  await app.foundation.database.transaction(scope, (tx) =>
    metricRepository.addPoints(tx, scope, [
      {
        runId,
        key: 'loss',
        steps: others.map(({ step }) => step),
        timestampsMs: others.map(({ timestamp }) => timestamp),
        values: others.map(({ value }) => value),
      },
    ]),
  )
  await log(runId, points.slice(5100))
  expect((await seriesOf(runId)).summarised).toBe(0)
  await summarise(runId)
  expect((await seriesOf(runId)).summarised).toBe(8192)
  expectToShow(await show(runId, { maxPoints: 300 }), points, 300)
})

test('a server at work summarises by itself what has grown long and came in no order', async () => {
  const { summaries } = app.services
  await summaries.start()
  const runId = await mlflow.createRun()
  const points = curve(9000)
  await log(runId, [...points.slice(1), ...points.slice(0, 1)])
  await summaries.stop()
  expect((await seriesOf(runId)).summarised).toBe(4096)
})
