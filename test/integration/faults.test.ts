/**
 * What goes wrong around a job, through a real server and the real runner: each fault has its code or verdict, and nothing
 * is lost or left running. Faults of one part alone have their tests with that part.
 */
import { randomBytes } from 'node:crypto'
import type { Client, Job, SubmitJob } from '@novabrain/contracts'
import { processesWith } from '../support/command-line.js'
import { uploadSnapshot } from '../support/jobs.js'
import { findPython } from '../support/python-tools.js'
import { startRealServer, type RealServer } from '../support/real-server.js'

jest.setTimeout(120_000)

let server: RealServer

beforeAll(async () => {
  const allowedOrigins = ['https://jupyter.example']
  server = await startRealServer({ pythonPath: await findPython(), gracePeriodMs: 1000, allowedOrigins })
})
afterAll(() => server?.close())

const ended = ({ endedAt }: Job) => endedAt !== null

const submit = async (text: string, resources: SubmitJob['resources'], client: Client = server.client) => {
  const { projectId } = server
  const snapshotId = await uploadSnapshot({ client, project: { id: projectId } as never }, { 'train.py': text })
  const task = { kind: 'script' as const, path: 'train.py', arguments: [] }
  return client.submitJob({ params: { projectId }, body: { task, resources, snapshotId, pinDigest: null } })
}
const script = (lines: readonly string[], gpuCount = 0) =>
  submit(`${lines.join('\n')}\n`, { gpuCount, cpuMilli: 100, memoryMib: 64 })
const runOf = ({ runId, projectId }: Job) => server.client.getRun({ params: { projectId, runId } })
const count = async () => (await server.client.listJobs({ params: { projectId: server.projectId }, query: {} })).items

/** A word that only the processes of one job carry on their command line, whatever they do to their environment. */
const marker = () => `novabrain-left-${randomBytes(8).toString('hex')}`
const sleeping = (mark: string) => `[sys.executable, "-c", "import time; time.sleep(600)", "${mark}"]`

const untilLogged = async (job: Job, text: string): Promise<Job> => {
  const seen = await server.until(job.id, ({ status }) => status === 'running')
  while (!(await server.log(seen)).includes(text)) await new Promise((resolve) => setTimeout(resolve, 50))
  return seen
}

test('a job that asks for 0 GPUs runs and sees none', async () => {
  const job = await script(['import os', 'print("devices", repr(os.environ.get("CUDA_VISIBLE_DEVICES")))'])
  const done = await server.until(job.id, ({ status }) => status === 'succeeded')
  expect(done.attempt?.devices).toEqual([])
  expect(await server.log(done)).toMatch(/devices '(-1)?'/)
})

test('a request for 99 GPUs is refused with what would fit, and leaves no job', async () => {
  const before = (await count()).length
  await expect(script(['print("never")'], 99)).rejects.toMatchObject({
    code: 'resources_never_available',
    body: { message: expect.any(String), remedy: expect.any(String) },
  })
  expect((await count()).length).toBe(before)
})

test('a key that has expired, and one that is wrong, are refused with their own codes', async () => {
  const soon = new Date(Date.now() + 300).toISOString()
  const { token } = await server.client.createApiKey({ body: { name: 'short', expiresAt: soon } })
  const short = server.clientOf(token)
  const refusal = async (): Promise<unknown> =>
    short.getMe().then(
      () => new Promise((resolve) => setTimeout(resolve, 50)).then(refusal),
      (error: unknown) => error,
    )
  expect(await refusal()).toMatchObject({ code: 'api_key_expired', data: { expiresAt: soon } })
  await expect(server.clientOf('nb_wrong').getMe()).rejects.toMatchObject({ code: 'api_key_invalid' })
})

test('a refusal can be read by a page of an allowed origin, and by no other', async () => {
  const originAllowed = async (origin: string) =>
    (await fetch(`${server.url}/v1/me`, { headers: { origin, authorization: 'Bearer nb_wrong' } })).headers.get(
      'access-control-allow-origin',
    )
  expect(await originAllowed('https://jupyter.example')).toBe('https://jupyter.example')
  expect(await originAllowed('https://evil.example')).toBeNull()
})

test('two users who submit at the same instant get two jobs, each of which runs once', async () => {
  const other = await server.client.createMember({ body: { name: 'second' } })
  const { projectId } = server
  await server.client.putMembership({ params: { projectId, memberId: other.id }, body: { role: 'editor' } })
  const { token } = await server.client.createApiKey({ body: { name: 'second', memberId: other.id } })
  const users = [server.client, server.clientOf(token)]
  const submitted = await Promise.all(users.map((user) => submit('print("once")\n', { gpuCount: 2 }, user)))
  const done = await Promise.all(submitted.map(({ id }) => server.until(id, ({ status }) => status === 'succeeded')))
  expect(new Set(done.map(({ number }) => number)).size).toBe(2)
  expect(new Set(done.map(({ submittedBy }) => submittedBy)).size).toBe(2)
  expect(done.map(({ attempt }) => attempt?.number)).toEqual([1, 1])
  const [first, second] = done.sort((a, b) => Date.parse(a.startedAt ?? '') - Date.parse(b.startedAt ?? ''))
  expect(Date.parse(second?.attempt?.startedAt ?? '')).toBeGreaterThanOrEqual(Date.parse(first?.endedAt ?? ''))
})

test('a job that is stopped has ended within two seconds', async () => {
  const tookMs: number[] = []
  for (let round = 0; round < 3; round += 1) {
    const job = await untilLogged(await script(['import time', 'print("up", flush=True)', 'time.sleep(600)']), 'up')
    const stoppedMs = performance.now()
    await server.client.stopJob({ params: { projectId: job.projectId, jobId: job.id } })
    expect(await server.until(job.id, ended)).toMatchObject({ status: 'cancelled' })
    tookMs.push(Math.round(performance.now() - stoppedMs))
  }
  console.log(`from the stop to the end: ${tookMs.join(', ')} ms`)
  expect(tookMs.sort((a, b) => a - b)[1]).toBeLessThan(2000)
})

test('a job that ignores SIGTERM is ended after its grace period, with its children', async () => {
  const mark = marker()
  const job = await script([
    'import signal, subprocess, sys, time',
    'signal.signal(signal.SIGTERM, signal.SIG_IGN)',
    `subprocess.Popen(${sleeping(mark)})`,
    'print("deaf", flush=True)',
    'time.sleep(600)',
  ])
  await untilLogged(job, 'deaf')
  expect(await processesWith(mark)).toHaveLength(1)
  await server.client.stopJob({ params: { projectId: job.projectId, jobId: job.id } })
  const done = await server.until(job.id, ended)
  expect(done).toMatchObject({ status: 'cancelled', attempt: { verdict: { kind: 'cancelled' } } })
  expect(await processesWith(mark)).toEqual([])
  expect(await runOf(done)).toMatchObject({ status: 'KILLED' })
})

test('a job that forks children and exits has succeeded, and its children are gone', async () => {
  const mark = marker()
  const job = await script([
    'import os, subprocess, sys',
    `subprocess.Popen(${sleeping(mark)})`,
    'if os.fork() == 0:',
    '    os.setsid()',
    `    os.execve(sys.executable, ${sleeping(mark)}, {})`,
    'print("parent is done", flush=True)',
  ])
  const done = await server.until(job.id, ({ status }) => status === 'succeeded')
  expect(await server.log(done)).toContain('parent is done')
  expect(await processesWith(mark)).toEqual([])
})

test.each([
  [
    'a package that is not there',
    'import no_such_package_here',
    { kind: 'missing_package', module: 'no_such_package_here' },
  ],
  ['a disk that is full', 'open("/dev/full", "w", buffering=1).write("x\\n")', { kind: 'disk_full' }],
])('%s ends the job with that verdict and its run as FAILED', async (_, line, verdict) => {
  const { id } = await script([line])
  const done = await server.until(id, ended)
  expect(done).toMatchObject({ status: 'failed', reason: verdict.kind, attempt: { number: 1, verdict } })
  expect(done.attempt?.verdict?.evidence).toMatch(/no_such_package_here|No space left on device/)
  expect(await runOf(done)).toMatchObject({ status: 'FAILED' })
})

test('100 MB of output that is no text are kept and read back byte for byte', async () => {
  const lines = [
    'import sys',
    'block = bytes(range(256)) * 4096',
    'for _ in range(100): sys.stdout.buffer.write(block)',
  ]
  const { id, projectId } = await script(lines)
  const done = await server.until(id, ({ status }) => status === 'succeeded')
  const params = { projectId, jobId: id, attemptId: done.attempt?.id ?? '' }
  const block = Buffer.from(Uint8Array.from({ length: 1_048_576 }, (_, index) => index % 256))
  for (let at = 0; at < 100; at += 1) {
    const bytes = await server.client.readLog({ params, query: { offset: at * block.length, limit: block.length } })
    expect([at, Buffer.from(bytes).equals(block)]).toEqual([at, true])
  }
  expect(await server.client.readLog({ params, query: { offset: 100 * block.length } })).toHaveLength(0)
})

test('when all is over no process of any job is left, runners included', async () => {
  while ((await processesWith(server.home)).length > 0) await new Promise((resolve) => setTimeout(resolve, 50))
  const { items } = await server.client.listJobs({
    params: { projectId: server.projectId },
    query: { status: 'active' },
  })
  expect(items).toEqual([])
})
