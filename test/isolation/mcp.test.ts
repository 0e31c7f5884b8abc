import type { Job } from '@novabrain/contracts'
import type { Account, Caller, TestApp } from '../support/app.js'
import { startFakeStage, uploadSnapshot, type FakeStage } from '../support/jobs.js'
import { connectMcp } from '../support/mcp.js'

let stage: FakeStage
let server: TestApp
let stranger: Account
let outsider: Caller
let viewer: Caller
let job: Job
beforeAll(async () => {
  stage = await startFakeStage({ gpuCount: 1 })
  server = stage.app
  stranger = await server.addTenant('stranger')
  outsider = await server.addMember('outsider', null)
  viewer = await server.addMember('viewer', 'viewer')
  const snapshotId = await uploadSnapshot(server.owner, { 'train.py': 'print(1)\n' })
  job = await server.owner.client.submitJob({
    params: { projectId: server.owner.project.id },
    body: {
      task: { kind: 'script', path: 'train.py', arguments: [] },
      resources: { gpuCount: 0 },
      pinDigest: null,
      snapshotId,
    },
  })
})
afterAll(() => stage.close())

/** Every tool of a project, with an input that is right, so that only the rights can be what is wrong. */
const calls = (): readonly (readonly [string, Record<string, unknown>])[] => [
  ['list_environments', {}],
  ['list_runs', {}],
  ['get_run', { runId: job.runId }],
  ['compare_runs', { runIds: [job.runId, 'a'.repeat(32)] }],
  ['list_jobs', {}],
  ['get_job', { job: job.id }],
  ['explain_job', { job: job.id }],
  ['list_queue', {}],
  ['read_log', { job: job.id }],
  ['stop_job', { job: job.id }],
  ['plan_job', { fromJob: job.id, timeLimitMinutes: 5 }],
  ['submit_job', { fromJob: job.id, timeLimitMinutes: 5, confirmation: 'x' }],
]

test('every tool is tried here', async () => {
  const mcp = await connectMcp(server.url, viewer.token)
  const { tools } = await mcp.client.listTools()
  expect(tools.map(({ name }) => name).sort()).toEqual([...calls().map(([name]) => name), 'list_projects'].sort())
  await mcp.close()
})

test('a project does not exist for a stranger of another tenant, nor for who is not in it', async () => {
  for (const { token } of [stranger, outsider]) {
    const mcp = await connectMcp(server.url, token)
    for (const [tool, input] of calls()) {
      const project = server.owner.project.id
      expect([tool, (await mcp.refusal(tool, { ...input, project })).code]).toEqual([tool, 'project_not_found'])
    }
    expect(JSON.stringify(await mcp.call('list_projects'))).not.toContain(server.owner.project.id)
    await mcp.close()
  }
})

test('in their own project a stranger finds nothing of ours, and nothing of ours changes', async () => {
  const mcp = await connectMcp(server.url, stranger.token)
  for (const [tool, input] of calls().filter(([, given]) => 'job' in given || 'fromJob' in given))
    expect([tool, (await mcp.refusal(tool, input)).code]).toEqual([tool, 'job_not_found'])
  for (const tool of ['get_run', 'compare_runs'])
    expect((await mcp.refusal(tool, Object.fromEntries(calls())[tool])).code).toBe('run_not_found')
  expect(await mcp.call('list_jobs')).toEqual({ items: [], nextCursor: null })
  await mcp.close()
  const { status } = await server.owner.client.getJob({ params: { projectId: job.projectId, jobId: job.id } })
  expect(['queued', 'starting']).toContain(status)
})

test('a viewer reads, and neither plans, submits nor stops', async () => {
  const mcp = await connectMcp(server.url, viewer.token)
  expect(await mcp.call('get_job', { job: job.id })).toMatchObject({ id: job.id })
  for (const [tool, input] of calls().filter(([name]) => ['plan_job', 'submit_job', 'stop_job'].includes(name)))
    expect([tool, (await mcp.refusal(tool, input)).code]).toEqual([tool, 'permission_denied'])
  await mcp.close()
})

test("a browser's cookie does not open the address, and neither does a page from elsewhere", async () => {
  const signedIn = await fetch(`${server.url}/v1/session`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ token: viewer.token }),
  })
  const { csrfToken } = (await signedIn.json()) as { csrfToken: string }
  const cookie = signedIn.headers
    .getSetCookie()
    .map((line) => line.split(';')[0])
    .join('; ')
  const ask = async (headers: Record<string, string>) => {
    const response = await fetch(`${server.url}/mcp`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', accept: 'application/json, text/event-stream', ...headers },
      body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/list' }),
    })
    return { status: response.status, body: (await response.json()) as { code?: string } }
  }
  expect(await ask({ cookie, 'x-novabrain-csrf': csrfToken })).toMatchObject({
    status: 401,
    body: { code: 'unauthenticated' },
  })
  const authorization = `Bearer ${viewer.token}`
  expect(await ask({ authorization, origin: 'https://evil.example.com' })).toMatchObject({
    status: 403,
    body: { code: 'origin_not_allowed' },
  })
  expect(await ask({ authorization })).toMatchObject({ status: 200 })
})
