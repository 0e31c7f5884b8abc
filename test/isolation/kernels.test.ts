/** Kernels run code, so who may reach one matters most: nobody of another tenant, nobody outside the project, no viewer. */
import { startFakeStage, uploadSnapshot, type FakeStage } from '../support/jobs.js'
import type { Account, Caller, TestApp } from '../support/app.js'
import { openKernel, SocketRefused } from '../support/kernel.js'

let stage: FakeStage
let server: TestApp
let stranger: Account
let outsider: Caller
let viewer: Caller
let editor: Caller
let jobId: string
let kernelId: string
beforeAll(async () => {
  stage = await startFakeStage()
  server = stage.app
  stranger = await server.addTenant('stranger')
  outsider = await server.addMember('outsider', null)
  viewer = await server.addMember('viewer', 'viewer')
  editor = await server.addMember('editor', 'editor')
  const made = await call(editor.token, 'POST', '/kernels', '{"name":"python3","path":"secret-study.ipynb"}')
  const model = JSON.parse(made.body) as { id: string; novabrain: { jobId: string } }
  ;[kernelId, jobId] = [model.id, model.novabrain.jobId]
})
afterAll(() => stage.close())

const call = async (
  token: string | null,
  method: string,
  path: string,
  body: string | null = null,
  projectId = server.owner.project.id,
): Promise<{ status: number; body: string }> => {
  const response = await fetch(`${server.url}/jupyter/${projectId}/api${path}`, {
    method,
    headers: {
      ...(token === null ? {} : { authorization: `token ${token}` }),
      ...(body === null ? {} : { 'content-type': 'application/json' }),
    },
    ...(body === null ? {} : { body }),
  })
  return { status: response.status, body: await response.text() }
}

const socket = (query: string, id = kernelId, projectId = server.owner.project.id) =>
  openKernel(`${server.url.replace('http', 'ws')}/jupyter/${projectId}/api/kernels/${id}/channels${query}`)

const refusal = (opening: Promise<unknown>): Promise<number> =>
  opening.then(
    () => 101,
    (error: unknown) => (error instanceof SocketRefused ? error.status : 0),
  )

/** Every address under the project, with the ids of a kernel that is there. */
const addresses = (): readonly (readonly [string, string, string | null, 'read' | 'write'])[] => [
  ['GET', '', null, 'read'],
  ['GET', '/me', null, 'read'],
  ['GET', '/status', null, 'read'],
  ['GET', '/kernelspecs', null, 'read'],
  ['GET', '/kernelspecs/python3', null, 'read'],
  ['GET', '/kernels', null, 'read'],
  ['GET', `/kernels/${kernelId}`, null, 'read'],
  ['GET', '/sessions', null, 'read'],
  ['GET', `/sessions/${kernelId}`, null, 'read'],
  ['POST', '/kernels', '{"name":"python3"}', 'write'],
  ['POST', `/kernels/${kernelId}/interrupt`, '{}', 'write'],
  ['POST', `/kernels/${kernelId}/restart`, '{}', 'write'],
  ['POST', '/sessions', '{"path":"a.ipynb","kernel":{"name":"python3"}}', 'write'],
  ['PATCH', `/sessions/${kernelId}`, '{"path":"b.ipynb"}', 'write'],
  ['DELETE', `/kernels/${kernelId}`, null, 'write'],
  ['DELETE', `/sessions/${kernelId}`, null, 'write'],
]

test('the table has every address that is served', () => {
  const served = server.served.filter(({ method, path }) => path.startsWith('/jupyter/') && method !== 'HEAD')
  expect(addresses().length).toBe(served.length)
})

test('for a stranger of another tenant who knows all ids, nothing is there', async () => {
  for (const [method, path, body] of addresses()) {
    const answer = await call(stranger.token, method, path, body)
    expect([method, path, answer.status]).toEqual([method, path, 404])
    expect(answer.body).not.toContain('secret-study')
  }
  expect(await refusal(socket(`?token=${stranger.token}`))).toBe(404)
})

test('nor does their own project lead to a kernel of others', async () => {
  for (const [method, path, body] of addresses().filter(([, each]) => each.includes(kernelId)))
    expect(await call(stranger.token, method, path, body, stranger.project.id)).toMatchObject({ status: 404 })
  expect(await refusal(socket(`?token=${stranger.token}`, kernelId, stranger.project.id))).toBe(404)
  expect(await refusal(socket(`?token=${stranger.token}`, jobId, stranger.project.id))).toBe(404)
  const listed = await call(stranger.token, 'GET', '/kernels', null, stranger.project.id)
  expect(JSON.parse(listed.body)).toEqual([])
})

test('somebody of the tenant who is not in the project finds nothing either', async () => {
  for (const [method, path, body] of addresses())
    expect(await call(outsider.token, method, path, body)).toMatchObject({ status: 404 })
  expect(await refusal(socket(`?token=${outsider.token}`))).toBe(404)
})

test('the anonymous, and who shows a wrong key, are asked to sign in', async () => {
  for (const token of [null, `nb_${'a'.repeat(32)}_${'A'.repeat(43)}`, `nba_${'a'.repeat(32)}_${'A'.repeat(43)}`]) {
    for (const [method, path, body] of addresses())
      expect(await call(token, method, path, body)).toMatchObject({ status: 401 })
    expect(await refusal(socket(token === null ? '' : `?token=${token}`))).toBe(401)
  }
})

test('a viewer sees kernels, but can neither start, end nor use one', async () => {
  for (const [method, path, body, kind] of addresses())
    expect([path, (await call(viewer.token, method, path, body)).status]).toEqual([path, kind === 'read' ? 200 : 403])
  expect(await refusal(socket(`?token=${viewer.token}`))).toBe(403)
})

test('who loses the role of an editor loses the socket', async () => {
  const open = await socket(`?token=${editor.token}`)
  const params = { projectId: server.owner.project.id, memberId: editor.member.id }
  await server.owner.client.putMembership({ params, body: { role: 'viewer' } })
  expect(await open.closed).toBe(4403)
  await server.owner.client.putMembership({ params, body: { role: 'editor' } })
})

test('the runner of another job reaches no kernel, and a job that is none has none', async () => {
  const snapshotId = await uploadSnapshot(server.owner, { 'train.py': '' })
  const params = { projectId: server.owner.project.id }
  const script = { kind: 'script' as const, path: 'train.py', arguments: [] }
  const body = { task: script, snapshotId, pinDigest: null, resources: { gpuCount: 0 } }
  const job = await server.owner.client.submitJob({ params, body })
  expect(await refusal(socket(`?token=${editor.token}`, job.id))).toBe(404)
  expect(await call(editor.token, 'GET', `/kernels/${job.id}`)).toMatchObject({ status: 404 })
})

test('a socket that says what is no message is closed', async () => {
  const open = await socket(`?token=${editor.token}`)
  open.send('execute_request', {}, 'iopub')
  expect(await open.closed).toBe(1003)
})
