import { NovaBrainError, type ErrorCode } from '@novabrain/contracts'
import { startApp, type TestApp } from '../support/app.js'

let server: TestApp
beforeAll(async () => {
  server = await startApp({ background: false })
})
afterAll(() => server.close())

const refusal = async (work: Promise<unknown>): Promise<ErrorCode | 'nothing was refused'> =>
  work.then(
    () => 'nothing was refused' as const,
    (error: unknown) => {
      if (error instanceof NovaBrainError) return error.code
      throw error
    },
  )

test('an API key says who asks and what they may see', async () => {
  const me = await server.owner.client.getMe()
  expect(me.member.id).toBe(server.owner.member.id)
  expect(me.projects).toEqual([{ project: server.owner.project, role: 'owner' }])
})

test('an anonymous caller is asked to sign in', async () => {
  expect(await refusal(server.clientOf(null).getMe())).toBe('unauthenticated')
})

test('a key with a wrong secret, a wrong form or an unknown id is not known', async () => {
  const { token } = server.owner
  const wrongSecret = token.slice(0, -4) + (token.endsWith('AAAA') ? 'BBBB' : 'AAAA')
  const unknownId = `nb_${'0'.repeat(32)}_${token.split('_').slice(2).join('_')}`
  for (const bad of [wrongSecret, unknownId, 'nonsense', 'nb_', `${token}x`])
    expect(await refusal(server.clientOf(bad).getMe())).toBe('api_key_invalid')
})

test('the key also works as the password of basic authentication, as the MLflow client sends it', async () => {
  const basic = Buffer.from(`anybody:${server.owner.token}`).toString('base64')
  const me = await server.clientOf(null, { authorization: `Basic ${basic}` }).getMe()
  expect(me.member.id).toBe(server.owner.member.id)
})

test('a revoked key stops working at once', async () => {
  const key = await server.owner.client.createApiKey({ body: { name: 'laptop' } })
  const laptop = server.clientOf(key.token)
  await laptop.getMe()
  await server.owner.client.revokeApiKey({ params: { apiKeyId: key.id } })
  expect(await refusal(laptop.getMe())).toBe('api_key_invalid')
})

test('a key past its date is refused with the date', async () => {
  const expiresAt = '2020-01-01T00:00:00.000Z'
  const key = await server.owner.client.createApiKey({ body: { name: 'old', expiresAt } })
  await expect(server.clientOf(key.token).getMe()).rejects.toMatchObject({
    code: 'api_key_expired',
    data: { expiresAt },
  })
})

test('the secret of a key is shown once and kept only as a hash', async () => {
  const key = await server.owner.client.createApiKey({ body: { name: 'once' } })
  const listed = await server.owner.client.listApiKeys()
  expect(JSON.stringify(listed)).not.toContain(key.token.split('_').slice(2).join('_'))
  const rows: unknown[] = await server.foundation.dataSource.query('SELECT * FROM api_keys')
  expect(JSON.stringify(rows)).not.toContain(key.token.split('_').slice(2).join('_'))
})

test('members see and revoke only their own keys', async () => {
  const viewer = await server.addMember('vera', 'viewer')
  const listed = await viewer.client.listApiKeys()
  expect(listed.items.map((key) => key.memberId)).toEqual([viewer.member.id])
  const ownersKey = (await server.owner.client.listApiKeys()).items.find(
    (key) => key.memberId === server.owner.member.id,
  )
  expect(await refusal(viewer.client.revokeApiKey({ params: { apiKeyId: ownersKey?.id ?? '' } }))).toBe(
    'api_key_not_found',
  )
  expect(await refusal(viewer.client.createApiKey({ body: { name: 'x', memberId: server.owner.member.id } }))).toBe(
    'permission_denied',
  )
})

const cookiesOf = (response: Response): Map<string, string> =>
  new Map(
    response.headers.getSetCookie().map((line) => {
      const [name = '', value = ''] = (line.split(';')[0] ?? '').split('=')
      return [name, value]
    }),
  )

const signIn = async (token: string) => {
  const response = await fetch(`${server.url}/v1/session`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ token }),
  })
  return { response, cookies: cookiesOf(response), body: (await response.json()) as { csrfToken: string } }
}

test('a browser signs in with a key: its session cookie is hidden from scripts and writes need the CSRF token', async () => {
  const { response, cookies, body } = await signIn(server.owner.token)
  expect(response.headers.getSetCookie().find((line) => line.startsWith('nb_session='))).toMatch(/HttpOnly/)
  expect(cookies.get('nb_csrf')).toBe(body.csrfToken)
  const cookie = `nb_session=${cookies.get('nb_session') ?? ''}`
  const page = server.clientOf(null, { cookie })
  expect((await page.getMe()).member.id).toBe(server.owner.member.id)
  expect(await refusal(page.createProject({ body: { name: 'forged' } }))).toBe('csrf_token_missing')
  const honest = server.clientOf(null, { cookie, 'x-novabrain-csrf': body.csrfToken })
  expect((await honest.createProject({ body: { name: 'wanted' } })).name).toBe('wanted')
  await honest.signOut()
  expect(await refusal(page.getMe())).toBe('unauthenticated')
})

test('a session ends with the key it was opened with', async () => {
  const key = await server.owner.client.createApiKey({ body: { name: 'browser' } })
  const { cookies } = await signIn(key.token)
  const page = server.clientOf(null, { cookie: `nb_session=${cookies.get('nb_session') ?? ''}` })
  await page.getMe()
  await server.owner.client.revokeApiKey({ params: { apiKeyId: key.id } })
  expect(await refusal(page.getMe())).toBe('unauthenticated')
})

test('a stale cookie does not hinder signing in', async () => {
  const response = await fetch(`${server.url}/v1/session`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', cookie: 'nb_session=nbs_stale' },
    body: JSON.stringify({ token: server.owner.token }),
  })
  expect(response.status).toBe(200)
})

test('a role given is honoured at once, and so is one taken away', async () => {
  const nora = await server.addMember('nora', null)
  const params = { projectId: server.owner.project.id, memberId: nora.member.id }
  expect(await refusal(nora.client.listMemberships({ params }))).toBe('project_not_found')
  await server.owner.client.putMembership({ params, body: { role: 'viewer' } })
  const { items } = await nora.client.listMemberships({ params })
  expect(items).toContainEqual({ memberId: nora.member.id, memberName: 'nora', role: 'viewer' })
  expect(await refusal(nora.client.putMembership({ params, body: { role: 'admin' } }))).toBe('permission_denied')
  await server.owner.client.deleteMembership({ params })
  expect(await refusal(nora.client.listMemberships({ params }))).toBe('project_not_found')
})

test('names are unique in a tenant and free in the next', async () => {
  const other = await server.addTenant('globex')
  await server.owner.client.createProject({ body: { name: 'fraud' } })
  expect(await refusal(server.owner.client.createProject({ body: { name: 'fraud' } }))).toBe('project_name_taken')
  expect((await other.client.createProject({ body: { name: 'fraud' } })).tenantId).toBe(other.tenantId)
  await server.owner.client.createMember({ body: { name: 'Ada' } })
  expect(await refusal(server.owner.client.createMember({ body: { name: 'Ada' } }))).toBe('member_name_taken')
})

test('everything a member did is in the audit trail, newest first and in pages', async () => {
  const auditor = await server.addTenant('initech')
  await auditor.client.createProject({ body: { name: 'one' } })
  await auditor.client.createMember({ body: { name: 'Bob' } })
  const first = await auditor.client.listAuditEvents({ query: { limit: 1 } })
  expect(first.items).toMatchObject([
    { action: 'member_created', memberId: auditor.member.id, detail: { name: 'Bob' } },
  ])
  const second = await auditor.client.listAuditEvents({ query: { limit: 5, cursor: first.nextCursor ?? '' } })
  expect(second.items.map((entry) => entry.action)).toEqual(['project_created'])
  expect(second.nextCursor).toBeNull()
})

test('errors speak the language of the caller and keep the shape MLflow knows', async () => {
  const response = await fetch(`${server.url}/v1/me`, { headers: { 'accept-language': 'zh-CN,zh;q=0.9,en;q=0.8' } })
  expect(response.status).toBe(401)
  expect(await response.json()).toMatchObject({
    error_code: 'UNAUTHENTICATED',
    code: 'unauthenticated',
    message: '请先登录。',
  })
})

test('a value that is not valid is named', async () => {
  await expect(server.owner.client.createProject({ body: { name: 'Not A Slug' } })).rejects.toMatchObject({
    code: 'invalid_request',
    message: expect.stringContaining("Invalid value for parameter 'name'") as string,
  })
  await expect(server.owner.client.createProject({ body: {} as { name: string } })).rejects.toMatchObject({
    code: 'invalid_request',
    message: expect.stringContaining("'name'") as string,
  })
})

test('an address that is not there, and a body that is not JSON, are answered from the catalogue', async () => {
  const nowhere = await fetch(`${server.url}/v1/nowhere?x=1`)
  expect([nowhere.status, await nowhere.json()]).toMatchObject([
    404,
    { code: 'not_found', data: { path: '/v1/nowhere' } },
  ])
  const broken = await fetch(`${server.url}/v1/session`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: '{"token":',
  })
  expect([broken.status, await broken.json()]).toMatchObject([400, { code: 'invalid_request' }])
})
