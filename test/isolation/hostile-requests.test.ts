import { request } from 'node:http'
import { mlflowWire } from '../support/mlflow-wire.js'
import { startFakeStage, type FakeStage } from '../support/jobs.js'

/** What somebody may send who means no good, or whose program is broken. */
let stage: FakeStage

beforeAll(async () => {
  stage = await startFakeStage()
}, 60_000)
afterAll(() => stage.close())

const startAttempt = async () => {
  const job = await stage.submit()
  await stage.execution.settle()
  const { attempt } = await stage.job(job.id)
  const attemptId = attempt?.id ?? ''
  const token = await stage.app.services.attemptTokens.issue(attemptId)
  return { job, attemptId, token, client: stage.app.clientOf(token) }
}

/** A request whose head names a body of this size, of which nothing is sent: what the head alone decides, it decides now. */
const statusBeforeBody = (path: string, sizeBytes: number): Promise<number> =>
  new Promise((resolve, reject) => {
    const headers = { 'content-type': 'application/json', 'content-length': String(sizeBytes) }
    const sent = request(`${stage.app.url}${path}`, { method: 'POST', headers }, (answer) => {
      resolve(answer.statusCode ?? 0)
      sent.destroy()
    })
    sent.on('error', reject)
    sent.flushHeaders()
  })

test('the token of an attempt neither makes nor sees webhooks: they are for admins, and their addresses hold keys', async () => {
  const { token } = await startAttempt()
  const job = mlflowWire(stage.app.url, token)
  const webhook = { name: 'x', url: 'https://hooks.example/', events: [{ entity: 'PROMPT', action: 'CREATED' }] }
  expect((await job.post('/webhooks', webhook)).body).toMatchObject({ error_code: 'PERMISSION_DENIED' })
  expect((await job.get('/webhooks')).status).toBe(403)
})

test('the token of an attempt neither deletes nor restores nor renames an experiment: others have runs in it', async () => {
  const { token } = await startAttempt()
  const mlflow = mlflowWire(stage.app.url, stage.app.owner.token)
  const made = await mlflow.post('/experiments/create', { name: 'of a colleague' })
  const experiment_id = made.body['experiment_id'] as string
  const run_id = await mlflow.createRun({ experiment_id })
  const job = mlflowWire(stage.app.url, token)
  for (const [path, more] of [
    ['/experiments/delete', {}],
    ['/experiments/update', { new_name: 'taken over' }],
  ] as const)
    expect((await job.post(path, { experiment_id, ...more })).status).toBe(403)
  expect((await mlflow.get(`/runs/get?run_id=${run_id}`)).body['run'].info.lifecycle_stage).toBe('active')
  await mlflow.post('/experiments/delete', { experiment_id })
  expect((await job.post('/experiments/restore', { experiment_id })).status).toBe(403)
})

test('who is not signed in is refused before a byte of the body is read', async () => {
  expect(await statusBeforeBody('/api/2.0/mlflow/runs/log-batch', 60_000_000)).toBe(401)
  expect(await statusBeforeBody('/v1/session', 60_000_000)).toBe(413)
  expect(await statusBeforeBody('/v1/nowhere', 60_000_000)).toBe(404)
})

test.each([
  ['JSON', { 'content-type': 'application/json' }, '{"a":1}'],
  ['text', { 'content-type': 'text/plain' }, 'a'],
])('bytes sent as %s are refused as a fault of the caller', async (_kind, headers, body) => {
  const { owner } = stage.app
  const at = `${stage.app.url}/v1/projects/${owner.project.id}/blobs/${'a'.repeat(64)}`
  const answer = await fetch(at, {
    method: 'PUT',
    headers: { ...headers, authorization: `Bearer ${owner.token}` },
    body,
  })
  expect([answer.status, await answer.text()]).toEqual([400, expect.stringContaining('invalid_request')])
})

test('no body at all is an empty file', async () => {
  const { owner } = stage.app
  const empty = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'
  const at = `${stage.app.url}/v1/projects/${owner.project.id}/blobs/${empty}`
  const answer = await fetch(at, { method: 'PUT', headers: { authorization: `Bearer ${owner.token}` } })
  expect([answer.status, await answer.text()]).toEqual([200, '{"sizeBytes":0}'])
  const run = await mlflowWire(stage.app.url, owner.token).createRun()
  const file = `${stage.app.url}/api/2.0/mlflow-artifacts/artifacts/0/${run}/artifacts/empty.txt`
  expect((await fetch(file, { method: 'PUT', headers: { authorization: `Bearer ${owner.token}` } })).status).toBe(200)
})

test('a character that PostgreSQL cannot keep is a fault of the caller', async () => {
  const answers = await Promise.all([
    stage.submit({ environmentVariables: { A: 'a\u0000b' } }).catch((error: unknown) => error),
    stage.submit({ environmentVariables: { A: 'a\ud800b' } }).catch((error: unknown) => error),
    stage.submit({ experimentName: 'a\u0000b' }).catch((error: unknown) => error),
  ])
  expect(answers).toEqual(answers.map(() => expect.objectContaining({ code: 'invalid_request' })))
  const { owner } = stage.app
  const at = `${stage.app.url}/api/2.0/mlflow-artifacts/artifacts/0/a%00b/artifacts/x`
  const answer = await fetch(at, { headers: { authorization: `Bearer ${owner.token}` } })
  expect(answer.status).toBeLessThan(500)
})

test('tokens that a program prints are not to be read in its log, and its offsets stay', async () => {
  const { job, attemptId, token, client } = await startAttempt()
  const line = `MLFLOW_TRACKING_TOKEN=${token}\n`
  const params = { attemptId }
  await client.appendLog({ params, query: { offset: 0 }, body: Buffer.from(line) })
  const log = await stage.app.owner.client.readLog({
    params: { projectId: job.projectId, jobId: job.id, attemptId },
    query: { offset: 0 },
  })
  const text = Buffer.from(log).toString('utf8')
  expect(text).toHaveLength(line.length)
  expect(text).toContain(attemptId)
  expect(text).not.toContain(token.slice(-43))
})
