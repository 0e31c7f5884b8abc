import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { chmod, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { createServer, type IncomingMessage, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { WebSocket, WebSocketServer } from 'ws'
import { jupyterVenv, sampleVenv, startJupyter, type TestJupyter } from '../support/jupyter.js'
import { packageIndex } from '../support/python-tools.js'

const venv = jupyterVenv()
const kernelVenv = sampleVenv()
const withJupyter = venv === null || kernelVenv === null ? describe.skip : describe

jest.setTimeout(120_000)

interface Heard {
  readonly method: string
  readonly url: string
  readonly headers: IncomingMessage['headers']
  readonly body: string
}

/** A pin for a Python that there is nowhere. */
const impossible = 'b'.repeat(64)
const [pythonMinor = ''] = /\d+\.\d+/.exec(execFileSync('python3', ['--version'], { encoding: 'utf8' })) ?? []

/** A stand-in for the NovaBrain server that remembers what reached it. */
const startUpstream = async () => {
  const heard: Heard[] = []
  const frames: string[] = []
  const server: Server = createServer((request, response) => {
    const parts: Buffer[] = []
    request.on('data', (part: Buffer) => parts.push(part))
    request.on('end', () => {
      const { method = '', url = '', headers } = request
      heard.push({ method, url, headers, body: Buffer.concat(parts).toString() })
      if (headers.authorization !== 'Bearer good') {
        response.writeHead(401, { 'content-type': 'application/json' })
        return response.end('{"code":"api_key_invalid"}')
      }
      response.writeHead(200, { 'content-type': 'application/octet-stream', 'x-novabrain-log-size': '5' })
      if (url.endsWith('/lock')) return response.end('')
      if (url.includes(`/environment-pins/${impossible}`)) return response.end('{"pythonVersion":"2.9"}')
      if (url.includes('/environment-pins/')) return response.end(`{"pythonVersion":"${pythonMinor}"}`)
      if (url === '/v1/me') return response.end('{"projects":[{"project":{"id":"p1"}}]}')
      response.write('first ')
      return setImmediate(() => response.end('second'))
    })
  })
  const sockets = new WebSocketServer({ server })
  sockets.on('connection', (socket) => {
    socket.on('message', (data) => {
      frames.push(String(data))
      socket.send(JSON.stringify({ type: 'heard', count: frames.length }))
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`,
    heard,
    frames,
    close: async () => {
      for (const socket of sockets.clients) socket.terminate()
      server.close()
      await once(server, 'close')
    },
  }
}

withJupyter('the proxy in the Jupyter server', () => {
  let upstream: Awaited<ReturnType<typeof startUpstream>>
  let jupyter: TestJupyter
  let home: string

  beforeAll(async () => {
    upstream = await startUpstream()
    home = await mkdtemp(join(tmpdir(), 'novabrain-proxy-'))
    const uv = process.env['NOVABRAIN_UV']
    const own = { NOVABRAIN_URL: upstream.url, NOVABRAIN_HOME: home, ...(uv && { NOVABRAIN_UV: uv }) }
    const environment = { ...packageIndex(), ...own }
    jupyter = await startJupyter({ venv: venv ?? '', kernelVenv: kernelVenv ?? '', environment })
  })
  afterAll(async () => {
    await jupyter?.stop()
    await upstream?.close()
    await rm(home, { recursive: true, force: true })
  })

  const ask = (path: string, init: RequestInit = {}) =>
    fetch(`${jupyter.url}/novabrain/${path}`, {
      ...init,
      headers: { authorization: `token ${jupyter.token}`, ...init.headers },
    })
  const signIn = (token: string) => ask('session', { method: 'PUT', body: JSON.stringify({ token }) })

  test.each([
    ['GET', 'health'],
    ['PUT', 'session'],
    ['DELETE', 'session'],
    ['GET', 'api/v1/me'],
    ['POST', 'api/v1/projects/p/jobs'],
    ['PUT', `environments/${'a'.repeat(64)}`],
    ['GET', 'socket/v1/stream'],
  ])('%s %s refuses whom Jupyter does not know, and asks nobody', async (method, path) => {
    const before = upstream.heard.length
    const answer = await fetch(`${jupyter.url}/novabrain/${path}`, { method, redirect: 'manual' })
    expect([302, 403]).toContain(answer.status)
    expect(upstream.heard).toHaveLength(before)
  })

  test('a refused key is not kept', async () => {
    const answer = await signIn('bad')
    expect([answer.status, await answer.json()]).toEqual([401, { code: 'api_key_invalid' }])
    expect(await (await ask('health')).json()).toEqual({ serverUrl: upstream.url, signedIn: false })
  })

  test('a good key is kept on the host for its owner alone, and never sent to the page', async () => {
    const answer = await signIn('good')
    expect(answer.status).toBe(200)
    const file = join(home, 'credentials.json')
    expect((await stat(file)).mode & 0o777).toBe(0o600)
    expect(JSON.parse(await readFile(file, 'utf8'))).toEqual({ url: upstream.url, token: 'good', projectId: 'p1' })
    const health = await (await ask('health')).text()
    expect(JSON.parse(health)).toMatchObject({ signedIn: true })
    expect(health).not.toContain('good')
  })

  test('a call goes through with its method, query, body and key; cookies and tokens of Jupyter stay behind', async () => {
    const answer = await ask('api/v1/things?a=1&b=%2F', {
      method: 'POST',
      body: '{"x":1}',
      headers: { 'content-type': 'application/json', 'idempotency-key': 'k', cookie: 'secret=1' },
    })
    expect([answer.status, await answer.text()]).toEqual([200, 'first second'])
    expect(answer.headers.get('x-novabrain-log-size')).toBe('5')
    const last = upstream.heard.at(-1)
    expect(last).toMatchObject({ method: 'POST', url: '/v1/things?a=1&b=%2F', body: '{"x":1}' })
    expect(last?.headers).toMatchObject({ authorization: 'Bearer good', 'idempotency-key': 'k' })
    expect(last?.headers.cookie).toBeUndefined()
  })

  test.each(['api/docs', 'api/http://elsewhere.example/v1/me', 'api//elsewhere.example/v1/me'])(
    'the page cannot lead it elsewhere: %s',
    async (path) => {
      const before = upstream.heard.length
      expect((await ask(path)).status).not.toBe(200)
      expect(upstream.heard).toHaveLength(before)
    },
  )

  test('what stands encoded in a path stays a part of the path', async () => {
    await ask('api/v1/things%3Fa=1%20b')
    expect(upstream.heard.at(-1)?.url).toBe('/v1/things%3Fa%3D1%20b')
    const before = upstream.heard.length
    expect((await ask('api/v1/%2e%2e%2fmetrics')).status).toBe(404)
    expect(upstream.heard).toHaveLength(before)
  })

  test('the socket says who it is before anything the page says', async () => {
    const socket = new WebSocket(`${jupyter.url.replace('http', 'ws')}/novabrain/socket/v1/stream`, {
      headers: { authorization: `token ${jupyter.token}` },
    })
    await once(socket, 'open')
    const answered = new Promise((resolve) => {
      socket.on('message', (data) => String(data).includes('"count":2') && resolve(null))
    })
    socket.send('{"type":"ping"}')
    await answered
    expect(upstream.frames.map((frame) => JSON.parse(frame) as unknown)).toEqual([
      { type: 'authenticate', token: 'good' },
      { type: 'ping' },
    ])
    socket.close()
    await once(socket, 'close')
  })

  test('a pin without a kernel is restored, and gets the package of one', async () => {
    const answer = await ask(`environments/${'a'.repeat(64)}`, { method: 'PUT', body: '{"projectId":"p1"}' })
    expect([answer.status, await answer.json()]).toEqual([200, { kernelName: `novabrain-${'a'.repeat(12)}` }])
    const python = join(home, 'environments', 'a'.repeat(16), 'bin/python')
    expect(execFileSync(python, ['-c', 'import ipykernel; print("there")'], { encoding: 'utf8' })).toBe('there\n')
    expect(upstream.heard.slice(-2).map(({ url }) => url)).toEqual([
      `/v1/projects/p1/environment-pins/${'a'.repeat(64)}`,
      `/v1/projects/p1/environment-pins/${'a'.repeat(64)}/lock`,
    ])
  })

  test('a pin that cannot be restored is told with its code and what uv said', async () => {
    const answer = await ask(`environments/${impossible}`, { method: 'PUT', body: '{"projectId":"p1"}' })
    expect([answer.status, await answer.json()]).toEqual([
      422,
      { code: 'environment_restore_failed', data: { detail: expect.stringContaining('2.9') as unknown } },
    ])
  })

  test('a file of keys that others may read is not used', async () => {
    await chmod(join(home, 'credentials.json'), 0o644)
    expect(await (await ask('health')).json()).toMatchObject({ signedIn: false })
    await chmod(join(home, 'credentials.json'), 0o600)
  })

  test('a key is only ever sent to the server it was made for', async () => {
    await writeFile(join(home, 'credentials.json'), '{"url":"http://elsewhere.example","token":"good"}', {
      mode: 0o600,
    })
    expect(await (await ask('health')).json()).toMatchObject({ signedIn: false })
  })

  test('signing out forgets the key', async () => {
    await signIn('good')
    expect(await (await ask('session', { method: 'DELETE' })).json()).toEqual({ signedIn: false })
    expect((await ask('api/v1/me')).status).toBe(401)
  })

  test('when the server is away the answer says so', async () => {
    await upstream.close()
    expect((await ask('api/v1/me')).status).toBe(502)
    upstream = await startUpstream()
  })
})

if (venv === null || kernelVenv === null)
  test.skip('the proxy in the Jupyter server: JupyterLab is not installed (NOVABRAIN_TEST_JUPYTER)', () => undefined)
