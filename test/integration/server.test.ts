import { mkdtemp, chmod, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { createServer, type Server } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { createClient, type Client, type Fetch } from '@novabrain/contracts'
import { pino } from 'pino'
import type { Config } from '../../server/src/config.js'
import { AlreadyRunningError, readInstance } from '../../server/src/instance.js'
import { createLog } from '../../server/src/log.js'
import { startServer, type RunningServer } from '../../server/src/main.js'
import { readCredentials } from '../../server/src/modules/identity/first-run.js'
import { testConfig } from '../support/app.js'
import { createEmptyDatabase, type TestDatabase } from '../support/postgres.js'

const silent = pino({ level: 'silent' })
let home: string
let database: TestDatabase
const servers: RunningServer[] = []

beforeEach(async () => {
  home = await mkdtemp(path.join(tmpdir(), 'novabrain-server-'))
  await chmod(home, 0o711)
  database = await createEmptyDatabase()
})
afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.close()))
  await database.drop()
  await rm(home, { recursive: true, force: true })
})

const start = async (config: Partial<Config> = {}, log = silent): Promise<RunningServer> => {
  const server = await startServer(testConfig(home, { databaseUrl: database.url, ...config }), { log })
  servers.push(server)
  return server
}

const clientOf = (baseUrl: string, token: string): Client =>
  createClient({ baseUrl, fetch: fetch as unknown as Fetch, headers: () => ({ authorization: `Bearer ${token}` }) })

test('the first start makes a tenant, a project, an owner, and credentials that only this user can read', async () => {
  const lines: string[] = []
  const server = await start(
    {},
    createLog({ logLevel: 'debug' }, (line) => void lines.push(line)),
  )
  const credentials = await readCredentials(home)
  const me = await clientOf(server.url, credentials?.token ?? '').getMe()
  expect([me.tenant.name, me.member.tenantOwner, me.projects[0]?.project.name]).toEqual(['default', true, 'default'])
  expect(credentials).toMatchObject({ url: server.url, projectId: me.projects[0]?.project.id })
  expect((await stat(path.join(home, 'credentials.json'))).mode & 0o777).toBe(0o600)
  expect(lines.length).toBeGreaterThan(2)
  expect(lines.join('')).not.toContain(credentials?.token.split('_').slice(2).join('_'))
})

test('the next start keeps the credentials, and makes new ones if the file was lost', async () => {
  await (await start()).close()
  const first = await readCredentials(home)
  await (await start()).close()
  expect((await readCredentials(home))?.token).toBe(first?.token)
  await rm(path.join(home, 'credentials.json'))
  const server = await start()
  const second = await readCredentials(home)
  expect(second?.token).not.toBe(first?.token)
  expect((await clientOf(server.url, second?.token ?? '').getMe()).tenant.name).toBe('default')
})

test('a second server on the same folder is refused and told where the first is', async () => {
  const server = await start()
  expect(await readInstance(home)).toMatchObject({ pid: process.pid, url: server.url })
  await writeFile(path.join(home, 'server.json'), JSON.stringify({ pid: process.ppid, url: server.url, startedAt: '' }))
  await expect(start()).rejects.toThrow(AlreadyRunningError)
  await expect(start()).rejects.toThrow(server.url)
})

test('what a killed server left in the folder hinders nothing, and an orderly end leaves nothing', async () => {
  await writeFile(path.join(home, 'server.json'), '{"pid":999999999,"url":"http://127.0.0.1:1","startedAt":""}')
  const server = await start()
  expect((await readInstance(home))?.url).toBe(server.url)
  await server.close()
  expect(await readInstance(home)).toBeNull()
})

const occupy = (): Promise<{ port: number; server: Server }> =>
  new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const address = server.address()
      resolve({ server, port: typeof address === 'object' && address !== null ? address.port : 0 })
    })
  })

test('a port that is taken is replaced by the next, and said so', async () => {
  const taken = await occupy()
  const server = await start({ port: taken.port })
  expect(server.busyPort).toBe(taken.port)
  expect(new URL(server.url).port).not.toBe(String(taken.port))
  expect((await fetch(`${server.url}/health/live`)).status).toBe(200)
  taken.server.close()
})

test('a start that fails half way leaves nothing running and nothing behind', async () => {
  await expect(start({ databaseUrl: 'postgresql://nobody@127.0.0.1:1/none' })).rejects.toThrow(/ECONNREFUSED/)
  expect(await readInstance(home)).toBeNull()
})

test('a server that has started soon has every part at work', async () => {
  const server = await start()
  let ready = await fetch(`${server.url}/health/ready`)
  while (ready.status === 503) ready = await fetch(`${server.url}/health/ready`)
  expect([ready.status, await ready.json()]).toMatchObject([200, { status: 'ok', checks: { database: { ok: true } } }])
})

test('metrics name the route and not the address, and count the database pool, the relay and the sockets', async () => {
  const server = await start()
  const token = (await readCredentials(home))?.token ?? ''
  await clientOf(server.url, token).getMe()
  await fetch(`${server.url}/v1/projects/${'a'.repeat(32)}/events`)
  const text = await (await fetch(`${server.url}/metrics`)).text()
  expect(text).toMatch(/novabrain_http_request_duration_seconds_count\{method="GET",route="\/v1\/me",status="200"\} 1/)
  expect(text).toMatch(/route="\/v1\/projects\/:projectId\/events",status="401"\} 1/)
  for (const name of ['database_connections_open', 'events_unnumbered', 'socket_clients'])
    expect(text).toMatch(new RegExp(`^novabrain_${name} \\d+$`, 'm'))
  expect(text).toMatch(/^process_resident_memory_bytes/m)
})

test('the API describes itself as OpenAPI 3.1, with pages that need nothing from elsewhere', async () => {
  const server = await start()
  const openapi = (await (await fetch(`${server.url}/docs/json`)).json()) as { openapi: string; paths: object }
  expect(openapi.openapi).toBe('3.1.0')
  expect(Object.keys(openapi.paths)).toContain('/v1/projects/{projectId}/events')
  const page = await (await fetch(`${server.url}/docs`)).text()
  expect(page).toContain('swagger-ui')
  expect(page).not.toMatch(/(src|href)="(https?:)?\/\//)
  const errors = await fetch(`${server.url}/docs/errors`, { headers: { 'accept-language': 'zh-CN' } })
  expect(await errors.text()).toContain('请先登录。')
})

test('a failed sign-in can be tried only so often', async () => {
  const server = await start()
  const statuses: number[] = []
  for (let tries = 0; tries < 21; tries += 1) {
    const response = await fetch(`${server.url}/v1/session`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{"token":"guess"}',
    })
    statuses.push(response.status)
    if (response.status === 429) expect(Number(response.headers.get('retry-after'))).toBeGreaterThan(0)
  }
  expect([statuses[0], statuses.at(-1)]).toEqual([401, 429])
})

test('pages of other origins may call only when allowed', async () => {
  const server = await start({ allowedOrigins: ['https://pages.example'] })
  const ask = (origin: string) => fetch(`${server.url}/health/live`, { headers: { origin } })
  expect((await ask('https://pages.example')).headers.get('access-control-allow-origin')).toBe('https://pages.example')
  expect((await ask('https://evil.example')).headers.get('access-control-allow-origin')).toBeNull()
  expect((await ask('https://pages.example')).headers.get('content-security-policy')).toContain(
    "frame-ancestors 'self' https://pages.example",
  )
})

test('with a database of its own the whole folder holds no secret that others can read', async () => {
  const server = await startServer(testConfig(home), { log: silent })
  servers.push(server)
  const token = (await readCredentials(home))?.token ?? ''
  expect((await clientOf(server.url, token).getMe()).tenant.name).toBe('default')
  expect((await stat(path.join(home, 'postgres', 'secrets.json'))).mode & 0o777).toBe(0o600)
  expect((await readFile(path.join(home, 'server.json'), 'utf8')).includes(token)).toBe(false)
})
