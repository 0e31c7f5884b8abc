/** Tables of runs: pieces in order, groups, keys, files. */
import { parquetReadObjects } from 'hyparquet'
import type { ExportRuns, RunTablePage, SearchRunTable } from '@novabrain/contracts'
import { startApp, type TestApp } from '../support/app.js'
import { fillManyRuns } from '../support/many-runs.js'
import { mlflowWire, type MlflowWire } from '../support/mlflow-wire.js'

let app: TestApp
let mlflow: MlflowWire
let few = ''
let many = ''
const ids: string[] = []

const params = () => ({ projectId: app.owner.project.id })
const search = (body: Partial<SearchRunTable>): Promise<RunTablePage> =>
  app.owner.client.searchRunTable({
    params: params(),
    body: { experimentIds: [few], filter: '', order: [], columns: [], offset: 0, limit: 50, ...body },
  })
const file = async (body: Partial<ExportRuns>): Promise<Uint8Array> =>
  app.owner.client.exportRuns({
    params: params(),
    body: { experimentIds: [few], filter: '', order: [], columns: ['attributes.run_name'], format: 'csv', ...body },
  })
const text = async (body: Partial<ExportRuns>): Promise<string> =>
  new TextDecoder('utf-8', { ignoreBOM: true }).decode(await file(body))

beforeAll(async () => {
  app = await startApp({ background: false })
  mlflow = mlflowWire(app.url, app.owner.token)
  const create = async (name: string) =>
    (await mlflow.post('/experiments/create', { name })).body['experiment_id'] as string
  few = await create('few')
  many = await create('many')
  const rates = ['1e-3', '0.1', '0.02', 'auto', null]
  for (const [n, rate] of rates.entries()) {
    const id = await mlflow.createRun({
      experiment_id: few,
      start_time: 1_700_000_000_000 + n,
      run_name: `run ${String(n)}`,
    })
    ids.push(id)
    await mlflow.post('/runs/log-batch', {
      run_id: id,
      metrics: n === 3 ? [] : [{ key: 'loss/val', value: n === 2 ? 'NaN' : n / 2, timestamp: 1, step: 0 }],
      params: rate === null ? [] : [{ key: 'learning rate', value: rate }],
      tags: [{ key: 'note', value: ['=1+1', 'a "quoted", text', '第一行\n第二行', '-3.5', '@cmd'][n] }],
    })
  }
  await fillManyRuns(app.database.adminUrl, {
    tenantId: app.owner.tenantId,
    projectId: app.owner.project.id,
    experimentId: many,
    runs: 3000,
    keys: 600,
  })
}, 120_000)
afterAll(() => app.close())

const names = ({ rows }: RunTablePage) => rows.map(({ name }) => name.replace('run ', ''))

test('the newest run is first, with the wanted columns in their order, and null where it has none', async () => {
  const page = await search({ columns: ['params.learning rate', 'metrics.loss/val', 'tags.nothing'], count: true })
  expect(page).toMatchObject({ total: 5, newer: 0, upToMs: 1_700_000_000_004 })
  expect(names(page)).toEqual(['4', '3', '2', '1', '0'])
  expect(page.rows.map(({ cells }) => cells)).toEqual([
    [null, 2, null],
    ['auto', null, null],
    ['0.02', 'NaN', null],
    ['0.1', 0.5, null],
    ['1e-3', 0, null],
  ])
  expect(page.rows[0]).toMatchObject({ experimentName: 'few', status: 'RUNNING', userName: app.owner.member.name })
})

test('params that are numbers are ordered as numbers, other texts after them, missing ones last', async () => {
  const by = (descending: boolean) => search({ order: [{ column: 'params.learning rate', descending }] })
  expect(names(await by(false))).toEqual(['0', '2', '1', '3', '4'])
  expect(names(await by(true))).toEqual(['1', '2', '0', '3', '4'])
})

test('metrics are ordered with NaN and then missing ones last, attributes too', async () => {
  expect(names(await search({ order: [{ column: 'metrics.loss/val', descending: true }] }))).toEqual([
    '4',
    '1',
    '0',
    '2',
    '3',
  ])
  expect(names(await search({ order: [{ column: 'attributes.run_name', descending: false }] }))).toEqual([
    '0',
    '1',
    '2',
    '3',
    '4',
  ])
})

test('a run that begins later is counted and moves nothing', async () => {
  const before = await search({ limit: 0, count: true })
  const late = await mlflow.createRun({ experiment_id: few, start_time: 1_800_000_000_000 })
  const upToMs = before.upToMs ?? 0
  expect(await search({ upToMs, limit: 1, count: true })).toMatchObject({
    total: 5,
    newer: 1,
    rows: [{ name: 'run 4' }],
  })
  await mlflow.post('/runs/delete', { run_id: late })
})

test("a filter is MLflow's, and the place of a mistake is told", async () => {
  expect(names(await search({ filter: "metrics.`loss/val` > 0.2 AND tags.note LIKE '%quoted%'" }))).toEqual(['1'])
  await expect(search({ filter: 'metrics.loss >' })).rejects.toMatchObject({
    code: 'search_text_invalid',
    data: { position: 15 },
  })
  await expect(search({ columns: ['attributes.nothing'] })).rejects.toMatchObject({ code: 'invalid_request' })
})

test('known runs are read again by their ids; strangers are left out', async () => {
  const runIds = [ids[2] ?? '', 'a'.repeat(32), ids[0] ?? '']
  const { rows } = await app.owner.client.readRunRows({
    params: params(),
    body: { runIds, columns: ['params.learning rate'] },
  })
  expect(rows.map(({ id, cells }) => [id, cells])).toEqual([
    [ids[2], ['0.02']],
    [ids[0], ['1e-3']],
  ])
})

test('runs of many experiments are one table, page after page without gap or repetition', async () => {
  const seen = new Set<string>()
  const order = [{ column: 'metrics.loss', descending: false }]
  for (let offset = 0; offset < 3005; offset += 500)
    for (const { id } of (await search({ experimentIds: [], order, offset, limit: 500 })).rows) seen.add(id)
  expect(seen.size).toBe(3005)
})

test('groups say how many runs have each value, with the spread of metrics, and open to their runs', async () => {
  const by = ['params.optimizer', 'attributes.status']
  const { groups, total } = await app.owner.client.groupRuns({
    params: params(),
    body: { experimentIds: [many], filter: '', by, metrics: ['loss', 'f1'], offset: 0, limit: 4 },
  })
  expect(total).toBe(5)
  expect(groups).toHaveLength(4)
  const [first] = groups
  if (first === undefined) throw new Error('no group')
  const within = by.map((column, index) => ({ column, value: first.values[index] ?? null }))
  const page = await search({
    experimentIds: [many],
    within,
    columns: ['params.optimizer', 'metrics.loss', 'metrics.f1'],
    limit: 500,
    count: true,
  })
  expect(page.total).toBe(first.runCount)
  const losses: number[] = []
  for (let offset = 0; offset < first.runCount; offset += 500)
    for (const { cells } of (
      await search({ experimentIds: [many], within, columns: ['metrics.loss'], offset, limit: 500 })
    ).rows)
      losses.push(Number(cells[0]))
  expect(first.metrics[0]).toMatchObject({ count: first.runCount, low: Math.min(...losses), high: Math.max(...losses) })
  // NaN is no number to take the mean of.
  expect(first.metrics[1]?.mean).toBeGreaterThan(0)
  const missing = await app.owner.client.groupRuns({
    params: params(),
    body: { experimentIds: [few], filter: '', by: ['params.learning rate'], metrics: [], offset: 0, limit: 50 },
  })
  expect(missing.groups.map(({ values }) => values[0])).toContain(null)
  expect(names(await search({ within: [{ column: 'params.learning rate', value: null }] }))).toEqual(['4'])
})

test('keys come in pages, are searched, and belong to the experiments that logged them', async () => {
  const keys = (query: object) => app.owner.client.listRunColumns({ params: params(), query })
  expect(await keys({ experimentIds: few })).toEqual({
    items: ['metrics.loss/val', 'params.learning rate', 'tags.mlflow.runName', 'tags.note'],
    nextCursor: null,
    total: 4,
  })
  const all: string[] = []
  let cursor: string | null | undefined
  do {
    const next = await keys({ experimentIds: many, limit: 100, ...(typeof cursor === 'string' ? { cursor } : {}) })
    all.push(...next.items)
    cursor = next.nextCursor
    expect(next.total).toBeGreaterThan(550)
  } while (cursor !== null)
  expect(new Set(all).size).toBe(all.length)
  const found = await keys({ experimentIds: many, search: 'SPACE_0001', kind: 'param' })
  expect(found.items[0]).toBe('params.search/space_00010')
  expect(found.total).toBe(10)
  expect((await keys({ experimentIds: many, search: '%' })).total).toBe(0)
})

test('a run that moves to another experiment takes its keys along', async () => {
  const id = await mlflow.createRun({ experiment_id: few, start_time: 1 })
  await mlflow.post('/runs/log-parameter', { run_id: id, key: 'moved', value: '1' })
  await app.foundation.dataSource.transaction(async (tx) => {
    await tx.query(`SELECT set_config('novabrain.access', 'system', true)`)
    await tx.query(`UPDATE runs SET experiment_id = $2 WHERE id = $1`, [id, many])
  })
  const { total } = await app.owner.client.listRunColumns({
    params: params(),
    query: { experimentIds: many, search: 'moved' },
  })
  expect(total).toBe(1)
  await mlflow.post('/runs/delete', { run_id: id })
})

test('experiments are listed and searched by name', async () => {
  const { items } = await app.owner.client.listExperiments({ params: params(), query: { search: 'MAN' } })
  expect(items).toEqual([{ id: many, name: 'many' }])
})

test('CSV holds what matches, and no cell is a formula', async () => {
  const columns = ['attributes.run_name', 'tags.note', 'metrics.loss/val', 'params.learning rate']
  const order = [{ column: 'attributes.run_name', descending: false }]
  expect(await text({ columns, order })).toBe(
    'run_name,tags.note,metrics.loss/val,params.learning rate\r\n' +
      "run 0,'=1+1,0,1e-3\r\n" +
      'run 1,"a ""quoted"", text",0.5,0.1\r\n' +
      'run 2,"第一行\n第二行",NaN,0.02\r\n' +
      'run 3,-3.5,,auto\r\n' +
      "run 4,'@cmd,2,\r\n",
  )
  expect(await text({ byteOrderMark: true, filter: "attributes.run_name = 'run 1'" })).toBe(
    '\uFEFFrun_name\r\nrun 1\r\n',
  )
  expect(await text({ runIds: [ids[3] ?? ''] })).toBe('run_name\r\nrun 3\r\n')
  await expect(text({ filter: 'nonsense' })).rejects.toMatchObject({ code: 'search_text_invalid' })
})

test('CSV of many runs is whole', async () => {
  const whole = await text({ experimentIds: [many], columns: ['attributes.run_id', 'metrics.loss'] })
  const lines = whole.trimEnd().split('\r\n')
  expect(lines).toHaveLength(3001)
  expect(new Set(lines).size).toBe(3001)
})

test('Parquet holds the same with types, in row groups', async () => {
  const columns = ['attributes.run_name', 'attributes.start_time', 'metrics.loss/val', 'params.learning rate']
  const order = [{ column: 'attributes.run_name', descending: false }]
  const bytes = await file({ columns, order, format: 'parquet' })
  const rows = await parquetReadObjects({ file: new Uint8Array(bytes).buffer })
  expect(rows).toHaveLength(5)
  expect(rows[1]).toEqual({
    run_name: 'run 1',
    start_time: new Date(1_700_000_000_001),
    'metrics.loss/val': 0.5,
    'params.learning rate': '0.1',
  })
  expect(rows[2]?.['metrics.loss/val']).toBeNaN()
  expect(rows[4]?.['params.learning rate'] ?? null).toBeNull()
  const whole = await file({ experimentIds: [many], columns: ['attributes.run_id', 'metrics.loss'], format: 'parquet' })
  expect(await parquetReadObjects({ file: new Uint8Array(whole).buffer })).toHaveLength(3000)
})
