import type { ProjectScope } from '../../server/src/deps.js'
import { startApp, type TestApp } from '../support/app.js'
import { mlflowWire } from '../support/mlflow-wire.js'

let app: TestApp
beforeAll(async () => {
  app = await startApp({ background: false })
})
afterAll(() => app.close())

const datasets = () => app.services.evaluationDatasets
const scope = () => app.owner.scope
const aDataset = (name: string) => datasets().create(scope(), { name, tags: {}, experimentIds: [] })
const came = (records: readonly object[]) => ({
  json: JSON.stringify(records),
  records: records.map(() => ({ source: null, userName: null })),
})
const page = { after: null, limit: 1000 }

test('of programs that send the same at the same instant one inserts and the others change', async () => {
  const { id } = await aDataset('busy')
  const records = Array.from({ length: 20 }, (_, index) => ({ inputs: { index }, expectations: { seen: index } }))
  const counts = await Promise.all(
    Array.from({ length: 8 }, () => datasets().upsertRecords(scope(), id, came(records))),
  )
  expect(counts.map(({ inserted }) => inserted).sort((left, right) => right - left)).toEqual([20, 0, 0, 0, 0, 0, 0, 0])
  expect(counts.reduce((sum, { updated }) => sum + updated, 0)).toBe(140)
  expect(await datasets().records(scope(), id, page)).toHaveLength(20)
  expect((await datasets().get(scope(), id)).recordCount).toBe(20)
})

test('a batch that repeats itself is taken in its order', async () => {
  const { id } = await aDataset('repeated')
  const repeated = Array.from({ length: 5 }, (_, index) => ({
    inputs: { q: 'same' },
    expectations: { [`n${String(index)}`]: index, last: index },
  }))
  expect(await datasets().upsertRecords(scope(), id, came(repeated))).toEqual({ inserted: 1, updated: 4 })
  const [record] = await datasets().records(scope(), id, page)
  expect(JSON.parse(record?.expectations ?? '')).toEqual({ n0: 0, n1: 1, n2: 2, n3: 3, n4: 4, last: 4 })
})

test('a thousand records are one request, and come back in their order', async () => {
  const { id } = await aDataset('many')
  const many = Array.from({ length: 1000 }, (_, index) => ({ inputs: { index }, outputs: { text: 'x'.repeat(200) } }))
  expect(await datasets().upsertRecords(scope(), id, came(many))).toEqual({ inserted: 1000, updated: 0 })
  const found = await datasets().records(scope(), id, page)
  expect(found.map(({ inputs }) => (JSON.parse(inputs) as { index: number }).index)).toEqual(
    many.map((_, index) => index),
  )
})

test('a job makes and fills datasets, and deletes nothing', async () => {
  const { id } = await aDataset('kept')
  const job: ProjectScope = { ...scope(), memberId: null, attemptId: 'a'.repeat(32), attemptRunId: 'b'.repeat(32) }
  await datasets().upsertRecords(job, id, came([{ inputs: { q: 1 } }]))
  const [record] = await datasets().records(job, id, page)
  await expect(datasets().deleteRecords(job, id, [record?.id ?? ''])).rejects.toThrow(/role/)
  await expect(datasets().delete(job, id)).rejects.toThrow(/role/)
  await expect(datasets().removeFromExperiments(job, id, ['0'])).rejects.toThrow(/role/)
  expect((await datasets().get(scope(), id)).recordCount).toBe(1)
})

test('what is deleted is in the audit, and gone with its records', async () => {
  const { id } = await aDataset('gone')
  await datasets().upsertRecords(scope(), id, came([{ inputs: { q: 1 } }, { inputs: { q: 2 } }]))
  await datasets().delete(scope(), id)
  await expect(datasets().records(scope(), id, page)).rejects.toThrow(/not found/)
  const { items } = await app.owner.client.listAuditEvents({ query: {} })
  expect(items[0]).toMatchObject({ action: 'evaluation_dataset.delete', subject: 'gone', detail: { records: 2 } })
})

test('an experiment that was deleted keeps its datasets', async () => {
  const wire = mlflowWire(app.url, app.owner.token)
  const { body } = await wire.post('/experiments/create', { name: 'short-lived' })
  const experimentId = body['experiment_id'] as string
  const { id } = await datasets().create(scope(), { name: 'outlives', tags: {}, experimentIds: [experimentId] })
  await wire.post('/experiments/delete', { experiment_id: experimentId })
  expect(await datasets().experimentIds(scope(), id)).toEqual([experimentId])
})
