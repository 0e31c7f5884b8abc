import { createHash } from 'node:crypto'
import type { Client, ImportedRun, ImportedSeries, RunDigest } from '@novabrain/contracts'
import { digestOf, digestOfSeries, type Point } from '../../server/src/core/tracking/run-digest.js'
import { readValue } from '../../server/src/core/tracking/metric-value.js'
import { startApp, type Account, type TestApp } from '../support/app.js'

let server: TestApp
let stranger: Account
beforeAll(async () => {
  server = await startApp({ background: false })
  stranger = await server.addTenant('stranger')
})
afterAll(() => server.close())

const hash = (bytes: string | Uint8Array) => createHash('sha256').update(bytes).digest('hex')
const idOf = (name: string) => hash(name).slice(0, 32)
const mark = hash('as it was')
const pairs = (of: Record<string, string>) => Object.entries(of).map(([key, value]) => ({ key, value }))

const runOf = (name: string, more: Partial<ImportedRun> = {}): ImportedRun => ({
  id: idOf(name),
  experimentId: '3',
  name,
  status: 'FINISHED',
  lifecycleStage: 'active',
  userName: '王',
  startedAtMs: 1000,
  endedAtMs: 2000,
  params: pairs({ 学习率: '0.1', b: '2' }),
  tags: pairs({ 'mlflow.runName': name, 备注: '一\n二' }),
  datasets: [
    { name: 'd', digest: 'x', sourceType: 't', source: 's', schema: null, profile: '{}', tags: pairs({ k: 'v' }) },
  ],
  models: [],
  ...more,
})

const experimentOf = (id: string, name: string) => ({
  id,
  name,
  lifecycleStage: 'active' as const,
  tags: pairs({ team: 'risk' }),
  createdAtMs: 5,
  updatedAtMs: 6,
  mark,
})

/** What a caller does of an import. */
const importAs = async (client: Client, projectId: string, source: string) => {
  const { id } = await client.openImport({ params: { projectId }, body: { source, label: 'there' } })
  const params = { projectId, importId: id }
  return {
    id,
    params,
    experiments: async (...items: ReturnType<typeof experimentOf>[]) =>
      (await client.putImportedExperiments({ params, body: { items, into: null } })).items,
    runs: async (...items: ImportedRun[]) => (await client.putImportedRuns({ params, body: { items } })).taken,
    points: (...series: ImportedSeries[]) => client.addImportedPoints({ params, body: { series } }),
    verify: async (id: string, digest: RunDigest) =>
      (await client.verifyImportedRuns({ params, body: { items: [{ id, mark, digest }] } })).items[0],
    known: async (id: string) => (await client.findImportedRuns({ params, body: { ids: [id] } })).items,
  }
}

const odd: readonly Point[] = [
  { step: 0, timestampMs: 7, value: Number.NaN },
  { step: -3, timestampMs: 7, value: 0.1 + 0.2 },
  { step: 1, timestampMs: 7, value: Number.POSITIVE_INFINITY },
  { step: 1, timestampMs: 7, value: Number.NEGATIVE_INFINITY },
  { step: 1, timestampMs: 7, value: -0 },
  { step: 1, timestampMs: 7, value: 5e-324 },
  { step: 9_007_199_254_740_991, timestampMs: 0, value: 1e308 },
]

const seriesOf = (runId: string, key: string, points: readonly Point[]): ImportedSeries => ({
  runId,
  key,
  steps: points.map(({ step }) => step),
  timestampsMs: points.map(({ timestampMs }) => timestampMs),
  values: points.map(({ value }) =>
    Number.isFinite(value) ? value : (String(value) as 'NaN' | 'Infinity' | '-Infinity'),
  ),
})

const digestOfRun = (run: ImportedRun, key: string, points: readonly Point[], files: Record<string, string> = {}) =>
  digestOf(
    {
      ...run,
      info: run,
      series: points.length === 0 ? [] : [digestOfSeries(key, points, hash)],
      artifacts: Object.entries(files).map(([path, text]) => ({
        path,
        digest: hash(text),
        sizeBytes: Buffer.byteLength(text),
      })),
    },
    hash,
  )

const owners = () => importAs(server.owner.client, server.owner.project.id, 'https://mlflow.test')

test('a run comes over as it was, and the database finds the same hash of it as who sent it', async () => {
  const of = await owners()
  const [placed] = await of.experiments(experimentOf('3', 'fraud'))
  expect(placed).toEqual({ sourceId: '3', id: '3', name: 'fraud' })
  const run = runOf('whole')
  expect(await of.runs(run)).toEqual([])
  // In two requests, the second of which comes twice.
  await of.points(seriesOf(run.id, '损失', odd.slice(0, 3)))
  for (const _ of [1, 2]) await of.points(seriesOf(run.id, '损失', odd.slice(2)))
  const query = { owner: 'run', ownerId: run.id, path: 'a/b.txt' } as const
  const body = new TextEncoder().encode('text')
  const kept = await server.owner.client.putImportedArtifact({ params: of.params, query, body })
  expect(kept).toEqual({ digest: hash('text'), sizeBytes: 4 })
  expect(await of.known(run.id)).toEqual([])
  const digest = digestOfRun(run, '损失', odd, { 'a/b.txt': 'text' })
  expect(await of.verify(run.id, digest)).toEqual({ id: run.id, digest, same: true })
  expect(await of.known(run.id)).toEqual([{ id: run.id, mark, digest }])
  const shown = await server.owner.client.getRun({ params: { projectId: server.owner.project.id, runId: run.id } })
  expect(shown).toMatchObject({ userName: '王', startedAt: '1970-01-01T00:00:01.000Z', experimentName: 'fraud' })
  expect(shown.metrics).toMatchObject([{ key: '损失', pointCount: 7, value: 1e308 }])
})

test('what differs is named, and is not noted as whole', async () => {
  const of = await owners()
  await of.experiments(experimentOf('3', 'fraud'))
  const run = runOf('differs')
  await of.runs(run)
  await of.points(seriesOf(run.id, 'm', odd.slice(0, 2)))
  const verified = await of.verify(run.id, digestOfRun(run, 'm', odd.slice(0, 3)))
  expect(verified).toMatchObject({ same: false, digest: { counts: { points: 2 } } })
  expect(await of.known(run.id)).toEqual([])
})

test('a repeat brings what changed and doubles nothing; what was added here stays', async () => {
  const of = await owners()
  await of.experiments(experimentOf('3', 'fraud'))
  const run = runOf('again', { status: 'RUNNING', endedAtMs: null })
  await of.runs(run)
  await server.services.metrics.log(server.owner.scope, run.id, { metrics: [], params: [], tags: pairs({ ours: '1' }) })
  await of.runs({ ...run, status: 'KILLED', endedAtMs: 9, tags: pairs({ 备注: '三' }) })
  const { run: record, data } = await server.services.runs.get(server.owner.scope, run.id)
  expect(record).toMatchObject({ status: 'KILLED', endedAtMs: 9 })
  expect(Object.fromEntries(data.tags.map(({ key, value }) => [key, value]))).toEqual({
    'mlflow.runName': 'again',
    备注: '三',
    ours: '1',
  })
  expect(data.datasets).toHaveLength(1)
})

test('a run that goes on elsewhere is never called silent here', async () => {
  const of = await owners()
  await of.experiments(experimentOf('3', 'fraud'))
  const run = runOf('far away', { status: 'RUNNING', endedAtMs: null })
  await of.runs(run)
  await server.services.runs.expireSilentRuns(Date.now() + 10 * 365 * 86_400_000)
  expect((await server.services.runs.get(server.owner.scope, run.id)).run.status).toBe('RUNNING')
})

test('a deleted run is deleted here too, and has its files', async () => {
  const of = await owners()
  await of.experiments(experimentOf('3', 'fraud'))
  const run = runOf('gone', { lifecycleStage: 'deleted' })
  await of.runs(run)
  const query = { owner: 'run', ownerId: run.id, path: 'kept.txt' } as const
  await server.owner.client.putImportedArtifact({ params: of.params, query, body: new Uint8Array([1]) })
  const files = await server.owner.client.findImportedArtifacts({ params: of.params, body: { ownerIds: [run.id] } })
  expect(files.items).toEqual([{ ownerId: run.id, path: 'kept.txt', digest: hash(new Uint8Array([1])), sizeBytes: 1 }])
  expect((await server.services.runs.get(server.owner.scope, run.id)).run.lifecycleStage).toBe('deleted')
})

test('an id that somebody has elsewhere is told and nothing more, and nothing of it is written', async () => {
  const mine = await owners()
  await mine.experiments(experimentOf('3', 'fraud'))
  const run = runOf('mine')
  await mine.runs(run)
  const theirs = await importAs(stranger.client, stranger.project.id, 'https://mlflow.test')
  await theirs.experiments(experimentOf('3', 'fraud'))
  const other = runOf('theirs')
  expect(await theirs.runs({ ...run, params: pairs({ stolen: 'x' }) }, other)).toEqual([run.id])
  await expect(theirs.points(seriesOf(run.id, 'm', odd))).rejects.toMatchObject({ code: 'run_not_found' })
  await expect(theirs.verify(run.id, digestOfRun(run, 'm', []))).rejects.toMatchObject({ code: 'run_not_found' })
  const { data } = await server.services.runs.get(server.owner.scope, run.id)
  expect(data.params.map(({ key }) => key)).not.toContain('stolen')
})

test('an import of another project does not exist', async () => {
  const mine = await owners()
  const params = { ...mine.params, projectId: stranger.project.id }
  const asked = stranger.client.putImportedRuns({ params, body: { items: [runOf('x')] } })
  await expect(asked).rejects.toMatchObject({ code: 'import_not_found' })
})

test('what is sent in the wrong order or too much at once is refused', async () => {
  const of = await owners()
  await of.experiments(experimentOf('3', 'fraud'))
  await expect(of.runs(runOf('lost', { experimentId: '77' }))).rejects.toMatchObject({
    code: 'import_experiment_unknown',
  })
  await of.runs(runOf('big'))
  const point = { step: 1, timestampMs: 1, value: 1 }
  const long = seriesOf(idOf('big'), 'm', Array<Point>(20_000).fill(point))
  await expect(of.points(long, long, long)).rejects.toMatchObject({ code: 'import_batch_too_large' })
  const uneven = { ...seriesOf(idOf('big'), 'm', [point]), steps: [] }
  await expect(of.points(uneven)).rejects.toMatchObject({ code: 'import_batch_too_large' })
})

test('names that are taken are told; the same source finds its own again, also under the name it got here', async () => {
  const { scope, client, project } = server.owner
  await server.services.experiments.create(scope, { name: 'taken', artifactLocation: null, tags: [] })
  const { id } = await server.services.experiments.getByName(scope, 'taken')
  await server.services.runs.create(scope, {
    experimentId: id,
    name: null,
    userName: null,
    startedAtMs: null,
    tags: [],
  })
  const of = await importAs(client, project.id, 'another')
  const [placed] = await of.experiments(experimentOf('912345678901234567', 'taken'))
  expect(placed).toMatchObject({ id: '912345678901234567', name: 'taken (there)' })
  await server.services.experiments.rename(scope, '912345678901234567', 'ours now')
  const again = await importAs(client, project.id, 'another')
  expect(again.id).toBe(of.id)
  expect(await again.experiments(experimentOf('912345678901234567', 'taken'))).toMatchObject([{ name: 'ours now' }])
  // Ids with eighteen digits are not counted on.
  const next = await server.services.experiments.create(scope, { name: 'next', artifactLocation: null, tags: [] })
  expect(Number(next)).toBeLessThan(1000)
})

test('who imported what and what came of it is in the audit', async () => {
  const of = await owners()
  const body = { runs: 1, points: 2, artifacts: 3, bytes: 4, differences: 0 }
  await server.owner.client.finishImport({ params: of.params, body })
  const { items } = await server.owner.client.listAuditEvents({ query: { limit: 10 } })
  expect(items.find(({ action }) => action === 'import.finish')).toMatchObject({
    subject: of.id,
    detail: { source: 'https://mlflow.test', ...body },
  })
  expect(items.some(({ action }) => action === 'import.open')).toBe(true)
})

test('a value travels as it does in MLflow', () => {
  expect(['NaN', 'Infinity', '-Infinity', 1.5].map((value) => readValue(value as never))).toEqual([
    Number.NaN,
    Number.POSITIVE_INFINITY,
    Number.NEGATIVE_INFINITY,
    1.5,
  ])
})
