import { systemScope, type ProjectScope } from '../../server/src/deps.js'
import { startApp, type TestApp } from '../support/app.js'
import { fakeClock } from '../support/clock.js'
import { mlflowWire, type MlflowWire } from '../support/mlflow-wire.js'

const clock = fakeClock()
let app: TestApp
let mlflow: MlflowWire

beforeAll(async () => {
  app = await startApp({ background: false, clock, config: { runLeaseMs: 3_600_000, uploadLimitMib: 1 } })
  mlflow = mlflowWire(app.url, app.owner.token)
}, 60_000)
afterAll(() => app.close())

const runs = () => app.services.runs
const show = (runId: string) => app.owner.client.getRun({ params: { projectId: app.owner.project.id, runId } })

/** The statuses that `run_changed` told of a run, in order. */
const announced = async (runId: string): Promise<string[]> => {
  const rows = await app.foundation.database.transaction(systemScope, (tx) =>
    tx.query(`SELECT event FROM outbox_events WHERE event ->> 'runId' = $1 ORDER BY id`, [runId]),
  )
  return (rows as { event: { status: string; name: string } }[]).map(({ event }) => `${event.name} ${event.status}`)
}

/** A run of a job, as the module of jobs makes it. */
const jobRun = async (): Promise<string> => {
  const runId = app.foundation.newId()
  await app.foundation.database.transaction(app.owner.scope, async (tx) =>
    runs().createForJob(tx, app.owner.scope, {
      runId,
      experimentId: await runs().experimentFor(tx, app.owner.scope, '训练'),
      runName: 'train.ipynb',
      tags: { 'novabrain.kind': 'notebook' },
      jobId: app.foundation.newId(),
    }),
  )
  return runId
}

const jobSays = (runId: string, status: 'RUNNING' | 'FINISHED' | 'FAILED' | 'KILLED') =>
  app.foundation.database.transaction(systemScope, (tx) =>
    runs().setStatus(tx, app.owner.scope, runId, { status, atMs: clock.nowMs() }),
  )

const attemptOf = (runId: string): ProjectScope => ({
  ...app.owner.scope,
  role: 'editor',
  memberId: null,
  attemptId: app.foundation.newId(),
  attemptRunId: runId,
})

const request = { experimentId: '0', name: null, userName: null, startedAtMs: null, tags: [] }
const nested = { ...request, tags: [{ key: 'mlflow.parentRunId', value: 'some run' }] }

describe('the run of a job', () => {
  test('is scheduled, runs and ends with its job, and each change is told', async () => {
    const runId = await jobRun()
    expect(await show(runId)).toMatchObject({ status: 'SCHEDULED', startedAt: null, experimentName: '训练' })
    clock.advance(5000)
    await jobSays(runId, 'RUNNING')
    const started = clock.now()
    clock.advance(5000)
    await jobSays(runId, 'FINISHED')
    const ended = clock.now()
    clock.advance(5000)
    await jobSays(runId, 'FINISHED')
    expect(await show(runId)).toMatchObject({ status: 'FINISHED', startedAt: started, endedAt: ended })
    expect(await announced(runId)).toEqual(['train.ipynb SCHEDULED', 'train.ipynb RUNNING', 'train.ipynb FINISHED'])
  })

  test('fails with its job, even when its program said FINISHED before', async () => {
    const runId = await jobRun()
    await jobSays(runId, 'RUNNING')
    await mlflow.post('/runs/update', { run_id: runId, status: 'FINISHED', end_time: 5 })
    expect((await show(runId)).status).toBe('RUNNING')
    await jobSays(runId, 'FAILED')
    await mlflow.post('/runs/update', { run_id: runId, status: 'RUNNING' })
    expect((await show(runId)).status).toBe('FAILED')
  })

  test('takes a name from its program', async () => {
    const runId = await jobRun()
    await mlflow.post('/runs/update', { run_id: runId, run_name: '更好的名字' })
    expect(await show(runId)).toMatchObject({ name: '更好的名字' })
    expect((await announced(runId)).at(-1)).toBe('更好的名字 SCHEDULED')
  })

  test('ends the runs that were begun inside the job and left open', async () => {
    const runId = await jobRun()
    await jobSays(runId, 'RUNNING')
    const open = await runs().create(attemptOf(runId), nested)
    const done = await runs().create(attemptOf(runId), nested)
    await runs().update(attemptOf(runId), done.run.id, { status: 'FINISHED', endedAtMs: 7 })
    await jobSays(runId, 'KILLED')
    expect([(await show(open.run.id)).status, (await show(done.run.id)).status]).toEqual(['KILLED', 'FINISHED'])
  })

  test('is the first run that its program begins, in the experiment that the program names', async () => {
    const runId = await jobRun()
    const scope = attemptOf(runId)
    const named = await app.services.experiments.create(scope, { name: '欺诈检测', artifactLocation: null, tags: [] })
    const tags = [{ key: 'mlflow.source.name', value: 'train.py' }]
    const first = await runs().create(scope, { ...request, experimentId: named, name: 'forest', tags })
    expect(first.run).toMatchObject({ id: runId, experimentId: named, name: 'forest', status: 'SCHEDULED' })
    expect(first.data.tags.map(({ key, value }) => ({ key, value }))).toEqual(expect.arrayContaining(tags))
    const second = await runs().create(scope, request)
    expect(second.run).toMatchObject({ jobRunId: runId, experimentId: '0', status: 'RUNNING' })
    expect((await runs().create(attemptOf(runId), request)).run).toMatchObject({ id: runId, name: 'forest' })
  })

  test('is begun by a program that was told its id, and then a further run is another', async () => {
    const runId = await jobRun()
    const scope = attemptOf(runId)
    await runs().update(scope, runId, { status: 'RUNNING' })
    expect((await runs().create(scope, request)).run.id).not.toBe(runId)
  })

  test('two jobs of one instant share the experiment that both name', async () => {
    const [one, two] = await Promise.all([jobRun(), jobRun()])
    expect((await show(one)).experimentId).toBe((await show(two)).experimentId)
  })
})

describe("the token of a job's attempt", () => {
  test('writes to the run of its job and to runs it began, and only reads others', async () => {
    const runId = await jobRun()
    const scope = attemptOf(runId)
    const logged = { metrics: [], params: [], tags: [{ key: 'a', value: 'b' }] }
    const child = await runs().create(scope, nested)
    await app.services.metrics.log(scope, runId, logged)
    await app.services.metrics.log(scope, child.run.id, logged)

    const other = await mlflow.createRun()
    const denied = { code: 'run_not_of_attempt' }
    await expect(app.services.metrics.log(scope, other, logged)).rejects.toMatchObject(denied)
    await expect(runs().update(scope, other, { status: 'FAILED' })).rejects.toMatchObject(denied)
    await expect(runs().delete(scope, other)).rejects.toMatchObject(denied)
    await expect(runs().deleteTag(scope, other, 'a')).rejects.toMatchObject(denied)
    await expect(runs().logInputs(scope, other, { datasets: [], models: [] })).rejects.toMatchObject(denied)
    await expect(app.services.artifacts.delete(scope, { kind: 'run', id: other }, '')).rejects.toMatchObject(denied)
    expect((await runs().get(scope, other)).run.id).toBe(other)
    expect((await show(other)).tags.map((tag) => tag.key)).toEqual(['mlflow.runName'])
  })

  test('goes on with the runs that an earlier attempt of its job began', async () => {
    const runId = await jobRun()
    const child = await runs().create(attemptOf(runId), nested)
    await runs().update(attemptOf(runId), child.run.id, { status: 'FINISHED' })
    expect((await show(child.run.id)).status).toBe('FINISHED')
  })

  test('makes logged models only for its own runs', async () => {
    const scope = attemptOf(await jobRun())
    const model = { experimentId: '0', name: 'm', modelType: null, sourceRunId: null, params: [], tags: [] }
    const denied = { code: 'run_not_of_attempt' }
    await expect(app.services.loggedModels.create(scope, model)).rejects.toMatchObject(denied)
    const sourceRunId = await mlflow.createRun()
    await expect(app.services.loggedModels.create(scope, { ...model, sourceRunId })).rejects.toMatchObject(denied)
    const own = await app.services.loggedModels.create(scope, { ...model, sourceRunId: scope.attemptRunId ?? null })
    expect(own.model.status).toBe('LOGGED_MODEL_PENDING')
  })
})

describe('a run outside jobs', () => {
  test('ends as FAILED when its program has been silent for a whole lease, and not before', async () => {
    const silent = await mlflow.createRun({ start_time: clock.nowMs() })
    const talking = await mlflow.createRun({ start_time: clock.nowMs() })
    const job = await jobRun()
    await jobSays(job, 'RUNNING')
    const lastSeen = clock.now()
    clock.advance(3_000_000)
    await mlflow.post('/runs/log-metric', { run_id: talking, key: 'm', value: 1, timestamp: 1 })
    clock.advance(600_001)
    expect(await runs().expireSilentRuns(clock.nowMs())).toBeGreaterThanOrEqual(1)
    expect(await show(silent)).toMatchObject({ status: 'FAILED', endedAt: lastSeen })
    expect([(await show(talking)).status, (await show(job)).status]).toEqual(['RUNNING', 'RUNNING'])
    expect((await announced(silent)).at(-1)).toMatch(/ FAILED$/)
    expect(await runs().expireSilentRuns(clock.nowMs())).toBe(0)
  })

  test('that was resumed after it expired runs again', async () => {
    const runId = await mlflow.createRun()
    clock.advance(4_000_000)
    await runs().expireSilentRuns(clock.nowMs())
    await mlflow.post('/runs/update', { run_id: runId, status: 'RUNNING' })
    await runs().expireSilentRuns(clock.nowMs())
    expect((await show(runId)).status).toBe('RUNNING')
  })
})

describe('artifacts', () => {
  const at = (runId: string, path: string) => `/0/${runId}/artifacts/${path}`

  test('are kept once for equal bytes, replaced, listed and forgotten', async () => {
    const runId = await mlflow.createRun()
    for (const path of ['a/one.json', 'a/two.json', '深/b c.txt'])
      expect((await mlflow.artifact('PUT', at(runId, encodeURI(path)), '{"same":1}', 'application/json')).status).toBe(
        200,
      )
    await mlflow.artifact('PUT', at(runId, 'a/one.json'), 'replaced')
    const list = async (path = '') =>
      (await app.owner.client.listRunArtifacts({ params: { projectId: app.owner.project.id, runId }, query: { path } }))
        .items
    expect(await list()).toEqual([
      { path: 'a', isDirectory: true, sizeBytes: null },
      { path: '深', isDirectory: true, sizeBytes: null },
    ])
    expect(await list('a')).toEqual([
      { path: 'a/one.json', isDirectory: false, sizeBytes: 8 },
      { path: 'a/two.json', isDirectory: false, sizeBytes: 10 },
    ])
    const bytes = await app.owner.client.readRunArtifact({
      params: { projectId: app.owner.project.id, runId },
      query: { path: '深/b c.txt' },
    })
    expect(Buffer.from(bytes).toString()).toBe('{"same":1}')
    expect((await mlflow.artifact('DELETE', at(runId, 'a'))).status).toBe(200)
    expect((await list()).map((file) => file.path)).toEqual(['深'])
    expect((await mlflow.artifact('GET', at(runId, 'a/one.json'))).status).toBe(404)
  })

  test('outside the folder of a run are refused', async () => {
    const runId = await mlflow.createRun()
    const paths = [
      at(runId, '..%2f..%2fsecret'),
      at(runId, 'a%2f%2e%2e%2fb'),
      at(runId, 'a%5cb'),
      at(runId, 'a%00b'),
      `/0/${runId}/other/x`,
      '/etc/passwd',
      `/1/${runId}/artifacts/x`,
      at('f'.repeat(32), 'x'),
    ]
    for (const path of paths) {
      for (const method of ['PUT', 'GET', 'DELETE'])
        expect([
          path,
          [400, 404].includes((await mlflow.artifact(method, path, method === 'PUT' ? 'x' : undefined)).status),
        ]).toEqual([path, true])
    }
  })

  test('that are too large are refused, and leave nothing', async () => {
    const runId = await mlflow.createRun()
    const answer = await mlflow.artifact('PUT', at(runId, 'big'), new Uint8Array(1_048_577))
    expect([answer.status, ((await answer.json()) as { code: string }).code]).toEqual([413, 'upload_too_large'])
    expect((await mlflow.artifact('GET', at(runId, 'big'))).status).toBe(404)
  })

  test('a multipart upload is declined in the words that make the client send one piece', async () => {
    const answer = await fetch(`${app.url}/api/2.0/mlflow-artifacts/mpu/create/0/x/artifacts/y`, {
      method: 'POST',
      headers: { authorization: `Bearer ${app.owner.token}`, 'content-type': 'application/json' },
      body: '{}',
    })
    expect(answer.status).toBe(501)
    expect(((await answer.json()) as { message: string }).message).toMatch(
      /^Multipart upload is not supported for the current artifact repository/,
    )
  })
})

describe('another tenant', () => {
  test('finds nothing, changes nothing and has numbers of its own', async () => {
    const runId = await mlflow.createRun()
    await mlflow.artifact('PUT', `/0/${runId}/artifacts/secret.txt`, 'secret')
    const rival = await app.addTenant('rival')
    const theirs = mlflowWire(app.url, rival.token)
    expect((await theirs.get(`/runs/get?run_id=${runId}`)).status).toBe(404)
    expect((await theirs.post('/runs/log-metric', { run_id: runId, key: 'm', value: 1, timestamp: 1 })).status).toBe(
      404,
    )
    expect((await theirs.post('/runs/update', { run_id: runId, status: 'FAILED' })).status).toBe(404)
    expect((await theirs.post('/runs/delete', { run_id: runId })).status).toBe(404)
    expect((await theirs.post('/runs/search', { experiment_ids: ['0'] })).body).toEqual({})
    expect((await theirs.get(`/metrics/get-history-bulk?run_id=${runId}&metric_key=m`)).body).toEqual({ metrics: [] })
    expect((await theirs.artifact('GET', `/0/${runId}/artifacts/secret.txt`)).status).toBe(404)
    expect((await theirs.artifact('PUT', `/0/${runId}/artifacts/x`, 'x')).status).toBe(404)
    expect((await theirs.post('/experiments/create', { name: 'first' })).body['experiment_id']).toBe('1')
    await expect(rival.client.getRun({ params: { projectId: app.owner.project.id, runId } })).rejects.toMatchObject({
      code: 'project_not_found',
    })
    await expect(rival.client.getRun({ params: { projectId: rival.project.id, runId } })).rejects.toMatchObject({
      code: 'run_not_found',
    })
  })
})

describe('a logged model', () => {
  test('has the metrics that name it, and is found by them', async () => {
    const runId = await mlflow.createRun()
    const model = async (name: string): Promise<string> =>
      (await mlflow.post('/logged-models', { experiment_id: '0', name, source_run_id: runId })).body['model'].info
        .model_id
    const [good, bad] = [await model('good'), await model('bad')]
    const metrics = [
      { key: 'auc', value: 0.9, timestamp: 1, step: 1, model_id: good, dataset_name: '验证集', dataset_digest: 'd1' },
      { key: 'auc', value: 0.4, timestamp: 2, step: 1, model_id: bad },
      { key: 'auc', value: 0.5, timestamp: 3, step: 1, model_id: 'm-unknown' },
    ]
    expect((await mlflow.post('/runs/log-batch', { run_id: runId, metrics })).status).toBe(200)
    const shown = (await mlflow.get(`/logged-models/${good}`)).body['model']
    expect(shown.data.metrics).toEqual([{ ...metrics[0], run_id: runId }])
    const search = async (body: object): Promise<string[]> => {
      const answer = await mlflow.post('/logged-models/search', { experiment_ids: ['0'], ...body })
      return (answer.body['models'] ?? []).map((found: { info: { name: string } }) => found.info.name)
    }
    const mine = `source_run_id = '${runId}'`
    expect(await search({ filter: `metrics.auc > 0.5 AND ${mine}` })).toEqual(['good'])
    expect(await search({ filter: mine, order_by: [{ field_name: 'metrics.auc', ascending: true }] })).toEqual([
      'bad',
      'good',
    ])
    await mlflow.post('/runs/outputs', { run_id: runId, models: [{ model_id: good, step: 3 }] })
    expect((await mlflow.get(`/runs/get?run_id=${runId}`)).body['run'].outputs).toEqual({
      model_outputs: [{ model_id: good, step: 3 }],
    })
  })
})

describe('roles and addresses', () => {
  test('a viewer reads and does not write', async () => {
    const runId = await mlflow.createRun()
    const viewer = mlflowWire(app.url, (await app.addMember('读者', 'viewer')).token)
    expect((await viewer.get(`/runs/get?run_id=${runId}`)).status).toBe(200)
    expect((await viewer.post('/runs/search', { experiment_ids: ['0'] })).status).toBe(200)
    for (const [path, body] of [
      ['/runs/create', {}],
      ['/runs/log-metric', { run_id: runId, key: 'm', value: 1, timestamp: 1 }],
      ['/experiments/create', { name: 'x' }],
    ] as const)
      expect((await viewer.post(path, body)).body).toMatchObject({ error_code: 'PERMISSION_DENIED' })
    expect((await viewer.artifact('PUT', `/0/${runId}/artifacts/x`, 'x')).status).toBe(403)
  })

  test('without a token there is nothing but health and version', async () => {
    const statuses = await Promise.all(
      ['/health', '/version', '/api/3.0/mlflow/server-info', '/api/2.0/mlflow/runs/get?run_id=x'].map(
        async (path) => (await fetch(app.url + path)).status,
      ),
    )
    expect(statuses).toEqual([200, 200, 200, 401])
  })

  test('a project is named by a header, and one that is not ours is not found', async () => {
    const named = mlflowWire(app.url, app.owner.token, { 'x-novabrain-project': 'default' })
    expect((await named.get('/experiments/get?experiment_id=0')).status).toBe(200)
    const unknown = mlflowWire(app.url, app.owner.token, { 'x-mlflow-workspace': 'elsewhere' })
    expect((await unknown.get('/experiments/get?experiment_id=0')).body).toMatchObject({ code: 'project_not_found' })
  })

  test('what is not built says so in a shape that the client understands', async () => {
    const answer = await mlflow.post('/what-is-not-built', { name: 'x' })
    expect([answer.status, answer.body['error_code']]).toEqual([404, 'ENDPOINT_NOT_FOUND'])
    for (const type of ['application/x-protobuf', 'application/json', 'text/plain']) {
      const metrics = await fetch(`${app.url}/v1/metrics`, {
        method: 'POST',
        headers: { 'content-type': type },
        body: '{}',
      })
      expect([type, metrics.status]).toEqual([type, 404])
    }
  })
})

test('the first runs of a new project may begin at the same moment', async () => {
  const rival = await app.addTenant('beginners')
  const wire = mlflowWire(app.url, rival.token)
  const answers = await Promise.all(
    Array.from({ length: 12 }, () => wire.post('/runs/create', { experiment_id: '0', start_time: 1 })),
  )
  expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 200))
  const experiments = await wire.get('/experiments/get?experiment_id=0')
  expect(experiments.body['experiment'].name).toBe('Default')
})
