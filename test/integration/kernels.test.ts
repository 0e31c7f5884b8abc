/**
 * Kernels as their users meet them: a real server, a real runner, a real ipykernel, and sockets as Jupyter's clients open
 * them.
 */
import { createHash, randomUUID } from 'node:crypto'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  canonicalCapture,
  captureEnvironment,
  jobEnded,
  type Client,
  type EnvironmentPin,
  type Job,
} from '@novabrain/contracts'
import { WebSocket } from 'ws'
import { pythonHost } from '../../server/src/cli/python.js'
import { uploadSnapshot } from '../support/jobs.js'
import { sampleVenv } from '../support/jupyter.js'
import { openKernel, textOf, type KernelSocket } from '../support/kernel.js'
import { lockOf, toolsDir } from '../support/python-tools.js'
import { startRealServer, type RealServer } from '../support/real-server.js'

const venv = sampleVenv()
const withSample = venv === null ? describe.skip : describe

jest.setTimeout(300_000)

interface Model {
  readonly id: string
  readonly name: string
  readonly execution_state: string
  readonly connections: number
  readonly novabrain: { readonly jobId: string }
}

interface Specs {
  readonly default: string
  readonly kernelspecs: Readonly<Record<string, { readonly spec: { readonly display_name: string } }>>
}

withSample('a kernel on a job', () => {
  let server: RealServer
  let api: string
  let socketApi: string
  const sockets: KernelSocket[] = []

  beforeAll(async () => {
    server = await startRealServer({ pythonPath: join(venv ?? '', 'bin/python') })
    api = `${server.url}/jupyter/${server.projectId}/api`
    socketApi = api.replace('http', 'ws')
  })
  afterAll(async () => {
    for (const socket of sockets) socket.close()
    await server?.close()
  })

  const call = (method: string, path: string, body?: object) =>
    fetch(api + path, {
      method,
      headers: { authorization: `token ${server.token}`, 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
  const json = async <T>(method: string, path: string, body?: object): Promise<T> => {
    const response = await call(method, path, body)
    const text = await response.text()
    if (!response.ok) throw new Error(`${String(response.status)} ${text}`)
    return JSON.parse(text) as T
  }
  const start = (query = '', body: object = { name: 'python3' }) => json<Model>('POST', `/kernels${query}`, body)
  const connect = async ({ id }: Pick<Model, 'id'>, session = randomUUID()): Promise<KernelSocket> => {
    const headers = { authorization: `token ${server.token}` }
    const socket = await openKernel(`${socketApi}/kernels/${id}/channels`, { headers, session })
    sockets.push(socket)
    return socket
  }
  const ended = async (jobId: string): Promise<Job> => {
    for (;;) {
      const job = await server.job(jobId)
      if (jobEnded(job.status)) return job
      await new Promise((resolve) => setTimeout(resolve, 100))
    }
  }
  const statusOf = (socket: KernelSocket, state: string) =>
    socket.until(({ msg_type, content }) => msg_type === 'status' && content['execution_state'] === state)

  describe('in use', () => {
    let kernel: Model
    let socket: KernelSocket

    beforeAll(async () => {
      kernel = await start('', { name: 'python3', path: 'study/first.ipynb', env: { GREETING: 'hello' } })
      socket = await connect(kernel)
    })

    test('is a job on a GPU like any other, named after its notebook', async () => {
      await socket.execute('1')
      const job = await server.job(kernel.novabrain.jobId)
      expect(job).toMatchObject({ name: 'first.ipynb', status: 'running', task: { kind: 'kernel' } })
      expect(job.attempt?.devices).toHaveLength(1)
      const shown = await json<Model>('GET', `/kernels/${kernel.id}`)
      expect(shown).toMatchObject({ id: kernel.id, name: 'python3', connections: 1, execution_state: 'idle' })
      expect(await json<Model[]>('GET', '/kernels')).toContainEqual(expect.objectContaining({ id: kernel.id }))
    })

    test('says what it prints, shows and returns, in order', async () => {
      const code = [
        'import os, sys',
        'print("one", os.environ["GREETING"])',
        'print("two", file=sys.stderr)',
        'from IPython.display import display',
        'display({"application/json": {"a": 1}, "text/plain": "shown"}, raw=True)',
        '6 * 7',
      ].join('\n')
      const { outputs, reply } = await socket.execute(code)
      expect(reply.content).toMatchObject({ status: 'ok' })
      expect(outputs.map(({ msg_type }) => msg_type)).toEqual([
        'execute_input',
        'stream',
        'stream',
        'display_data',
        'execute_result',
      ])
      expect(outputs[1]?.content).toEqual({ name: 'stdout', text: 'one hello\n' })
      expect(outputs[2]?.content).toEqual({ name: 'stderr', text: 'two\n' })
      expect(outputs[3]?.content['data']).toEqual({ 'application/json': { a: 1 }, 'text/plain': 'shown' })
      expect(outputs[4]?.content['data']).toEqual({ 'text/plain': '42' })
    })

    test('keeps what was computed from one cell to the next, and survives an error', async () => {
      await socket.execute('kept = [1, 2]')
      const failed = await socket.execute('kept[5]')
      expect(failed.reply.content).toMatchObject({ status: 'error', ename: 'IndexError' })
      expect(failed.outputs.at(-1)).toMatchObject({ msg_type: 'error', content: { ename: 'IndexError' } })
      expect((await socket.execute('print(kept)')).text).toBe('[1, 2]\n')
    })

    test('refuses to ask where nobody can answer, and asks where somebody can', async () => {
      const refused = await socket.execute('input("who? ")')
      expect(refused.reply.content).toMatchObject({ ename: 'StdinNotImplementedError' })
      const running = socket.execute('print("you are", input("who? "))', { allow_stdin: true })
      const asked = await socket.until(({ channel, msg_type }) => channel === 'stdin' && msg_type === 'input_request')
      expect(asked.content['prompt']).toBe('who? ')
      socket.send('input_reply', { value: 'Ada' }, 'stdin')
      expect((await running).text).toBe('you are Ada\n')
    })

    test('an endless loop is broken off by an interrupt', async () => {
      const running = socket.execute('print("begun", flush=True)\nwhile True: pass')
      await socket.untilPrinted('begun\n')
      expect((await call('POST', `/kernels/${kernel.id}/interrupt`)).status).toBe(204)
      expect((await running).reply.content).toMatchObject({ status: 'error', ename: 'KeyboardInterrupt' })
    })

    test('ten megabytes of output arrive whole', async () => {
      const { text } = await socket.execute('for _ in range(10): print("x" * 1_048_575)')
      expect(text).toBe(`${'x'.repeat(1_048_575)}\n`.repeat(10))
    })

    test('binary buffers arrive as they were sent', async () => {
      const code = [
        'from ipykernel.comm import Comm',
        'Comm(target_name="test", data={"a": 1}, buffers=[b"\\x00\\xff\\n", b"more"])',
      ].join('\n')
      const headers = { authorization: `token ${server.token}` }
      const raw = new WebSocket(`${socketApi}/kernels/${kernel.id}/channels`, 'v1.kernel.websocket.jupyter.org', {
        headers,
      })
      await new Promise((resolve) => raw.once('open', resolve))
      const opened = new Promise<Buffer>((resolve) =>
        raw.on('message', (data: Buffer) => data.includes('comm_open') && resolve(data)),
      )
      await socket.execute(code)
      const data = await opened
      raw.close()
      const offset = (index: number) => Number(data.readBigUInt64LE(8 * (index + 1)))
      expect(raw.protocol).toBe('v1.kernel.websocket.jupyter.org')
      expect(data.subarray(offset(0), offset(1)).toString()).toBe('iopub')
      expect([...data.subarray(offset(5), offset(6))]).toEqual([0, 255, 10])
      expect(data.subarray(offset(6), offset(7)).toString()).toBe('more')
    })

    test('answers go to who asked; what is published goes to all', async () => {
      const other = await connect(kernel)
      const { reply } = await socket.execute('print("for all")')
      await other.untilPrinted('for all\n')
      await other.execute('2')
      expect(other.frames.filter(({ msg_id }) => msg_id === reply.msg_id)).toEqual([])
      other.close()
    })

    test('a client that lost its connection is told what it missed, once', async () => {
      const session = randomUUID()
      const first = await connect(kernel, session)
      await first.execute('print("before")')
      const code = 'import time\ntime.sleep(1)\nprint("meanwhile")'
      const sent = first.send('execute_request', { code, allow_stdin: false })
      await first.until((frame) => frame.msg_type === 'execute_input' && frame.parent_header.msg_id === sent)
      first.close()
      await first.closed
      await socket.untilPrinted('meanwhile\n')
      const again = await connect(kernel, session)
      await again.until(({ msg_type }) => msg_type === 'execute_reply')
      await again.execute('print("after")')
      expect(textOf(again.frames)).toBe('meanwhile\nafter\n')
      again.close()
    })

    test('a restart gives a new process on the same job, and is not told as a death', async () => {
      await socket.execute('kept = 1')
      const restarted = await json<Model>('POST', `/kernels/${kernel.id}/restart`)
      expect(restarted).toMatchObject({ id: kernel.id, execution_state: 'idle' })
      await socket.until(({ msg_type, content }) => msg_type === 'shutdown_reply' && content['restart'] === true)
      expect(socket.frames.filter(({ content }) => content['execution_state'] === 'restarting')).toEqual([])
      expect((await socket.execute('kept')).reply.content).toMatchObject({ ename: 'NameError' })
      expect((await server.job(kernel.novabrain.jobId)).attempt?.number).toBe(1)
    })

    test('what it printed is in the log of the job, and deleting it ends the job', async () => {
      expect((await call('DELETE', `/kernels/${kernel.id}`)).status).toBe(204)
      await statusOf(socket, 'dead')
      expect(await socket.closed).toBe(1000)
      const job = await ended(kernel.novabrain.jobId)
      expect(job).toMatchObject({ status: 'succeeded', attempt: { verdict: { kind: 'succeeded' } } })
      expect(await server.log(job)).toContain('you are Ada')
      expect((await call('GET', `/kernels/${kernel.id}`)).status).toBe(404)
    })
  })

  test.each([
    ['its job is stopped', '', 'cancelled', 'cancelled'],
    ['nothing ran in it for as long as it was to wait', '?idleTimeoutS=1', 'succeeded', 'succeeded'],
    ['its time is over', '?timeLimitS=5', 'failed', 'timed_out'],
  ])('clients are told that a kernel is dead when %s', async (_when, query, status, verdict) => {
    const kernel = await start(`${query}${query === '' ? '?' : '&'}gpus=0`)
    const socket = await connect(kernel)
    const { jobId } = kernel.novabrain
    if (query === '') await socket.execute('1')
    if (query === '') await server.client.stopJob({ params: { projectId: server.projectId, jobId } })
    await statusOf(socket, 'dead')
    expect(await socket.closed).toBe(1000)
    expect(await ended(jobId)).toMatchObject({ status, attempt: { verdict: { kind: verdict } } })
  })

  test('a kernel that is killed says so in the verdict of its job, and does not start again by itself', async () => {
    const kernel = await start('?gpus=0')
    const socket = await connect(kernel)
    await socket.execute('import os, signal')
    socket.send('execute_request', { code: 'os.kill(os.getpid(), signal.SIGKILL)', allow_stdin: false })
    await statusOf(socket, 'dead')
    const job = await ended(kernel.novabrain.jobId)
    expect(job).toMatchObject({
      status: 'failed',
      attempt: { number: 1, verdict: { kind: 'signal', signal: 'SIGKILL' } },
    })
  })

  test('a server that was away finds the kernel as it was, and what it said meanwhile is in the log', async () => {
    const kernel = await start('?gpus=0')
    const before = await connect(kernel)
    await before.execute('import os, time\nkept = os.getpid()')
    const sent = before.send('execute_request', {
      code: 'time.sleep(1)\nprint("said to nobody")\ndone = 1',
      allow_stdin: false,
    })
    await before.until((frame) => frame.msg_type === 'execute_input' && frame.parent_header.msg_id === sent)
    await server.restart()
    expect(await before.closed).toBe(1001)
    const after = await connect(kernel)
    const { text } = await after.execute('print(kept == os.getpid(), done)')
    expect(text).toBe('True 1\n')
    await call('DELETE', `/kernels/${kernel.id}`)
    expect(await server.log(await ended(kernel.novabrain.jobId))).toContain('said to nobody')
  })

  test('a kernel that waits in the queue takes messages, and is gone when its job is cancelled', async () => {
    const holders = await Promise.all([start('?gpus=2')])
    const waiting = await start('?gpus=2')
    const socket = await connect(waiting)
    socket.send('kernel_info_request', {})
    expect(await json<Model>('GET', `/kernels/${waiting.id}`)).toMatchObject({ execution_state: 'starting' })
    await call('DELETE', `/kernels/${waiting.id}`)
    expect(await socket.closed).toBe(1000)
    for (const { id } of holders) await call('DELETE', `/kernels/${id}`)
  })

  test('a session ties a kernel to a notebook, and the kernel starts beside it', async () => {
    const path = 'deep/er/work.ipynb'
    const body = { path, name: '', type: 'notebook', kernel: { name: 'python3' } }
    const session = await json<{ id: string; path: string; kernel: Model }>('POST', '/sessions?gpus=0', body)
    expect(session).toMatchObject({ path, kernel: { name: 'python3' } })
    const socket = await connect(session.kernel)
    const { text } = await socket.execute('import os\nprint(os.path.basename(os.getcwd()))')
    expect(text).toBe('er\n')
    expect((await call('DELETE', `/sessions/${session.id}`)).status).toBe(204)
  })

  test('what is asked for counts, whatever the body is said to be: VS Code says text', async () => {
    const response = await fetch(`${api}/sessions`, {
      method: 'POST',
      headers: { authorization: `token ${server.token}`, 'content-type': 'text/plain;charset=UTF-8' },
      body: JSON.stringify({ path: 'work.ipynb', name: '', type: 'notebook', kernel: { name: 'pin-nowhere' } }),
    })
    expect(await response.json()).toMatchObject({ code: 'kernel_spec_not_found' })
  })

  test('the kernels of pinned environments are listed by what is in them, and run in it', async () => {
    const { client, projectId } = server
    const pin = await pinOf(client, projectId, ['ipykernel==6.30.1'])
    const name = `pin-${pin.digest.slice(0, 12)}`
    const specs = await json<Specs>('GET', '/kernelspecs')
    expect(specs.default).toBe(name)
    expect(Object.keys(specs.kernelspecs)).toEqual([name, 'python3'])
    const [major, minor] = pin.pythonVersion.split('.')
    expect(specs.kernelspecs[name]?.spec.display_name).toBe(
      `NovaBrain GPU · Python ${String(major)}.${String(minor)} · ${String(pin.packages.length)} packages`,
    )
    const kernel = await start('?gpus=0', { name })
    const socket = await connect(kernel)
    const { text } = await socket.execute('import sys\nprint(sys.prefix)')
    expect(text.trim()).toBe(join(server.home, 'cache/envs', pin.digest))
    expect((await call('POST', '/kernels', { name: 'pin-000000000000' })).status).toBe(404)
  })

  test('an editor submits the job of a kernel with its own code, and opens the kernel by the id of the job', async () => {
    const { client, projectId } = server
    const account = { client, project: { id: projectId, tenantId: '', name: '', createdAt: '' } }
    const snapshotId = await uploadSnapshot(account, { 'lib/helper.py': 'answer = 42\n', 'main.ipynb': '{}' })
    const task = { kind: 'kernel' as const, path: 'main.ipynb', idleTimeoutMs: 60_000 }
    const body = { task, snapshotId, pinDigest: null, resources: { gpuCount: 0 } }
    const job = await client.submitJob({ params: { projectId }, body })
    const socket = await connect({ id: job.id })
    expect((await socket.execute('from lib.helper import answer\nprint(answer)')).text).toBe('42\n')
  })
})

/** Pin an environment that has only these packages and what they need. */
const pinOf = async (client: Client, projectId: string, requirements: readonly string[]): Promise<EnvironmentPin> => {
  const lock = await lockOf(requirements, join(toolsDir, 'runner-cache', 'uv'))
  const distributions = [...lock.matchAll(/^([\w.-]+)==([^\s;]+)/gm)].map(([, name = '', version = '']) => ({
    name,
    version,
  }))
  const captured = await captureEnvironment(pythonHost(join(venv ?? '', 'bin/python'), tmpdir()))
  const capture = { ...captured.capture, distributions }
  const captureDigest = createHash('sha256').update(canonicalCapture(capture)).digest('hex')
  const result = await client.createEnvironmentPin({ params: { projectId }, body: { captureDigest, capture } })
  if (result.status !== 'pinned') throw new Error(JSON.stringify(result))
  return result.pin
}

if (venv === null)
  test.skip('kernels: the sample environment is not installed (NOVABRAIN_TEST_PYTHON)', () => undefined)
