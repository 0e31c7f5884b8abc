/** Runs come in the order that was asked for, page by page, whichever way the database finds them. */
import { startApp, type TestApp } from '../support/app.js'
import { mlflowWire, type MlflowWire } from '../support/mlflow-wire.js'

interface SeenRun {
  readonly id: string
  readonly experiment: string
  readonly startedAtMs: number
  readonly loss: number | null
  readonly model: string
}

let app: TestApp
let mlflow: MlflowWire
const experiments: string[] = []
const all: SeenRun[] = []

/** Many ties, some NaN, some runs that never logged the metric, some deleted. */
const lossOf = (n: number): number | null => (n % 7 === 3 ? null : n % 11 === 5 ? NaN : (n * 37) % 10)

beforeAll(async () => {
  app = await startApp({ background: false })
  mlflow = mlflowWire(app.url, app.owner.token)
  for (const name of ['one', 'two', 'three'])
    experiments.push((await mlflow.post('/experiments/create', { name })).body['experiment_id'] as string)
  for (let n = 0; n < 90; n += 1) {
    const [experiment = '', startedAtMs] = [experiments[n % 3], 1_700_000_000_000 + (n % 4)]
    const [loss, model] = [lossOf(n), `${'m'.repeat(70)}${String(n % 2)}`]
    const id = await mlflow.createRun({ experiment_id: experiment, start_time: startedAtMs })
    const metrics =
      loss === null ? [] : [{ key: 'loss', value: Number.isNaN(loss) ? 'NaN' : loss, timestamp: 1, step: n }]
    await mlflow.post('/runs/log-batch', { run_id: id, metrics, params: [{ key: 'model', value: model }] })
    if (n % 13 === 4) await mlflow.post('/runs/delete', { run_id: id })
    else all.push({ id, experiment, startedAtMs, loss, model })
  }
}, 120_000)
afterAll(() => app.close())

/** Every page of a search, by its ids. */
const pagesOf = async (search: Record<string, unknown>, pageSize: number): Promise<string[]> => {
  const ids: string[] = []
  let token: string | undefined
  do {
    const { body } = await mlflow.post('/runs/search', { ...search, max_results: pageSize, page_token: token })
    ids.push(...((body['runs'] ?? []) as { info: { run_id: string } }[]).map(({ info }) => info.run_id))
    token = body['next_page_token'] as string | undefined
  } while (token !== undefined)
  return ids
}

/** Numbers first, then NaN, then what is missing, in either direction. */
const rank = ({ loss }: SeenRun): number => (loss === null ? 2 : Number.isNaN(loss) ? 1 : 0)

const expected = (wanted: (run: SeenRun) => boolean, direction: 1 | -1): string[] =>
  all
    .filter(wanted)
    .sort(
      (a, b) =>
        rank(a) - rank(b) ||
        (rank(a) === 0 ? direction * ((a.loss ?? 0) - (b.loss ?? 0)) : 0) ||
        b.startedAtMs - a.startedAtMs ||
        (a.id < b.id ? -1 : 1),
    )
    .map(({ id }) => id)

describe.each([
  ['ASC', 1],
  ['DESC', -1],
] as const)('by a metric, %s', (word, direction) => {
  const search = { order_by: [`metrics.loss ${word}`] }

  test.each([5, 17, 1000])('in one experiment and in all, in pages of %i', async (pageSize) => {
    const [one = ''] = experiments
    expect(await pagesOf({ ...search, experiment_ids: [one] }, pageSize)).toEqual(
      expected(({ experiment }) => experiment === one, direction),
    )
    // One that is named twice is searched once.
    expect(await pagesOf({ ...search, experiment_ids: [...experiments, one] }, pageSize)).toEqual(
      expected(() => true, direction),
    )
  })

  test('with a filter on the metric, and with one on a param that is longer than the index on it', async () => {
    const within = { ...search, experiment_ids: experiments }
    expect(await pagesOf({ ...within, filter: 'metrics.loss > 4' }, 7)).toEqual(
      expected(({ loss }) => (loss ?? 0) > 4, direction),
    )
    const [model = ''] = all.map((run) => run.model)
    const ofModel = expected((run) => run.model === model, direction)
    expect(ofModel.length).toBeLessThan(all.length)
    expect(await pagesOf({ ...within, filter: `params.model = '${model}'` }, 7)).toEqual(ofModel)
  })
})

test('a run that its job moved to another experiment is found there, by its metrics too', async () => {
  const { owner, foundation } = app
  const [one = '', two = ''] = experiments
  const runId = await mlflow.createRun({ experiment_id: one })
  await mlflow.post('/runs/log-metric', { run_id: runId, key: 'moved', value: 1, timestamp: 1 })
  const moved = { filter: 'metrics.moved = 1', order_by: ['metrics.moved'], max_results: 1 }
  const foundIn = async (experiment: string): Promise<number> => {
    const { body } = await mlflow.post('/runs/search', { ...moved, experiment_ids: [experiment] })
    return ((body['runs'] ?? []) as unknown[]).length
  }
  expect([await foundIn(one), await foundIn(two)]).toEqual([1, 0])
  await foundation.database.transaction(owner.scope, (tx) =>
    tx.query('UPDATE runs SET experiment_id = $2 WHERE id = $1', [runId, two]),
  )
  expect([await foundIn(one), await foundIn(two)]).toEqual([0, 1])
})
