import { NovaBrainError, type Job } from '@novabrain/contracts'
import { fakeClock } from '../support/clock.js'
import { verdictOf, type FakeRunner } from '../support/executor.js'
import { startFakeStage, uploadSnapshot, type FakeStage } from '../support/jobs.js'

jest.setTimeout(60_000)

let stage: FakeStage
const lines: Readonly<Record<string, unknown>>[] = []

beforeAll(async () => {
  stage = await startFakeStage({}, { heard: (line) => lines.push(line) })
})
afterAll(() => stage.close())

const start = async (request: Parameters<FakeStage['submit']>[0] = {}): Promise<{ job: Job; runner: FakeRunner }> => {
  const job = await stage.submit(request)
  await stage.execution.settle()
  const { attempt } = await stage.job(job.id)
  return { job, runner: stage.executor.runner(attempt?.id ?? '') }
}

const codeOf = (promise: Promise<unknown>): Promise<string> =>
  promise.then(
    () => 'no error',
    (error: unknown) => (error instanceof NovaBrainError ? error.code : String(error)),
  )

const readLog = async (job: Job, runner: FakeRunner, offset: number, limit?: number): Promise<string> => {
  const params = { projectId: job.projectId, jobId: job.id, attemptId: runner.attemptId }
  const query = { offset, ...(limit === undefined ? {} : { limit }) }
  return Buffer.from(await stage.app.owner.client.readLog({ params, query })).toString('utf8')
}

test('a runner is told what to run, with the files of the snapshot and the wishes of the job', async () => {
  const { job, runner } = await start({ environmentVariables: { SEED: '7' }, timeLimitMs: 60_000 })
  const spec = await runner.client.getAttemptSpec({ params: { attemptId: runner.attemptId } })
  expect(spec).toMatchObject({
    jobId: job.id,
    runId: job.runId,
    task: { kind: 'script', path: 'train.py' },
    files: [{ path: 'train.py' }],
    pin: null,
    environmentVariables: { SEED: '7' },
    timeLimitMs: 60_000,
  })
  const digest = spec.files[0]?.digest ?? ''
  const bytes = await runner.client.getAttemptBlob({ params: { attemptId: runner.attemptId, digest } })
  expect(Buffer.from(bytes).toString('utf8')).toContain('print')
})

test('a runner gets no file but those of its own snapshot', async () => {
  const { runner } = await start()
  const { owner } = stage.app
  const other = await uploadSnapshot(owner, { 'secret.txt': 'not yours' })
  const params = { projectId: owner.project.id, snapshotId: other }
  const digest = (await owner.client.getCodeSnapshot({ params })).files[0]?.digest ?? ''
  expect(await codeOf(runner.client.getAttemptBlob({ params: { attemptId: runner.attemptId, digest } }))).toBe(
    'blob_not_found',
  )
})

test('a token is good for its own attempt only', async () => {
  const [first, second] = [await start(), await start()]
  const params = { attemptId: second.runner.attemptId }
  expect(await codeOf(first.runner.client.getAttemptSpec({ params }))).toBe('attempt_token_invalid')
  const project = { projectId: first.job.projectId, jobId: first.job.id }
  expect(await codeOf(first.runner.client.stopJob({ params: project }))).toBe('permission_denied')
})

test('a repeated or late heartbeat changes nothing', async () => {
  const { job, runner } = await start()
  await runner.beat('running', 'cell 1')
  const body = { sequence: 1, stage: 'fetching_code' as const, stageDetail: null, samples: [] }
  await runner.client.heartbeat({ params: { attemptId: runner.attemptId }, body })
  expect((await stage.job(job.id)).attempt).toMatchObject({ stage: 'running', stageDetail: 'cell 1' })
})

test('samples are kept once and thinned evenly when there are many', async () => {
  const { job, runner } = await start()
  const samples = (from: number, count: number) =>
    Array.from({ length: count }, (_, index) => ({
      atMs: 1000 * (from + index),
      cpuMilli: 500,
      memoryMib: 64,
      gpuMilli: null,
      gpuMemoryMib: null,
    }))
  for (const sequence of [1, 2, 3, 4, 5])
    await runner.client.heartbeat({
      params: { attemptId: runner.attemptId },
      body: { sequence, stage: 'running', stageDetail: null, samples: samples(900 * (sequence - 1), 1000) },
    })
  const params = { projectId: job.projectId, jobId: job.id, attemptId: runner.attemptId }
  const { items } = await stage.app.owner.client.listResourceSamples({ params })
  expect(items.length).toBeGreaterThan(1000)
  expect(items.length).toBeLessThanOrEqual(2000)
  expect(new Set(items.map(({ atMs }) => atMs)).size).toBe(items.length)
})

test('the log keeps every byte once, whatever is sent again', async () => {
  const { job, runner } = await start()
  expect(await runner.log(0, 'hello ')).toEqual({ sizeBytes: 6 })
  expect(await runner.log(0, 'hello ')).toEqual({ sizeBytes: 6 })
  expect(await runner.log(3, 'lo world')).toEqual({ sizeBytes: 11 })
  await Promise.all([runner.log(11, '!'), runner.log(11, '!'), runner.log(11, '!')])
  expect(await readLog(job, runner, 0)).toBe('hello world!')
})

test('a log that leaves a gap is refused with where it goes on', async () => {
  const { runner } = await start()
  await runner.log(0, 'abc')
  const error = await runner.log(10, 'xyz').catch((thrown: unknown) => thrown)
  expect(error).toMatchObject({ code: 'log_gap', body: { data: { expectedOffset: 3 } } })
})

test('a log is read from any offset, from the end, and in pieces', async () => {
  const { job, runner } = await start()
  for (const [offset, text] of [
    [0, 'aaaa'],
    [4, 'bbbb'],
    [8, 'cccc'],
  ] as const)
    await runner.log(offset, text)
  expect(await readLog(job, runner, 2, 4)).toBe('aabb')
  expect(await readLog(job, runner, -5)).toBe('bcccc')
  expect(await readLog(job, runner, -100)).toBe('aaaabbbbcccc')
  expect(await readLog(job, runner, 99)).toBe('')
})

test('bytes that are no text survive in the log', async () => {
  const { job, runner } = await start()
  const bytes = Buffer.from([0xff, 0xfe, 0x00, 0x0d, 0x1b, 0x5b, 0x80])
  await runner.client.appendLog({ params: { attemptId: runner.attemptId }, query: { offset: 0 }, body: bytes })
  const params = { projectId: job.projectId, jobId: job.id, attemptId: runner.attemptId }
  expect(Buffer.from(await stage.app.owner.client.readLog({ params }))).toEqual(bytes)
})

test('an output becomes an artifact of the run', async () => {
  const { job, runner } = await start()
  const params = { attemptId: runner.attemptId }
  await runner.client.putAttemptOutput({ params, query: { path: 'outputs/model.txt' }, body: Buffer.from('weights') })
  const run = { projectId: job.projectId, runId: job.runId }
  const bytes = await stage.app.owner.client.readRunArtifact({ params: run, query: { path: 'outputs/model.txt' } })
  expect(Buffer.from(bytes).toString('utf8')).toBe('weights')
})

test('a runner whose attempt is over is told to stop, and its repeated result changes nothing', async () => {
  const { job, runner } = await start()
  await runner.beat('running')
  await runner.finish(verdictOf('succeeded'))
  await runner.finish(verdictOf('exit_code', { exitCode: 1 }))
  expect(await runner.beat('running')).toEqual({ command: 'stop', stopReason: 'superseded' })
  expect(await codeOf(runner.client.getAttemptSpec({ params: { attemptId: runner.attemptId } }))).toBe('attempt_over')
  expect(await stage.job(job.id)).toMatchObject({ status: 'succeeded' })
})

test('the log of the server tells of a job by its ids: submitted, given its place, ended', async () => {
  const { job, runner } = await start()
  await runner.finish(verdictOf('exit_code'))
  const cancelled = await stage.submit({ resources: { gpuCount: 0 } })
  await stage.stop(cancelled.id)
  const about = (jobId: string) => lines.filter((line) => line['jobId'] === jobId && typeof line['runId'] === 'string')
  const ids = { projectId: job.projectId, jobId: job.id, runId: job.runId }
  const attemptId = runner.attemptId
  expect(about(job.id)).toMatchObject([
    { ...ids, msg: 'a job was submitted', origin: 'member' },
    { ...ids, attemptId, msg: 'a job was given its place', attempt: 1 },
    { ...ids, attemptId, msg: 'a job has ended', status: 'failed', verdict: 'exit_code' },
  ])
  expect(about(cancelled.id).at(-1)).toMatchObject({ msg: 'a job has ended', status: 'cancelled' })
})

test('viewers of a log are told at most five times a second that it grew, and always of its end', async () => {
  const { job, runner } = await start()
  const sizes: number[] = []
  let wholeLogTold: () => void = () => undefined
  const told = new Promise<void>((resolve) => {
    wholeLogTold = resolve
  })
  const silence = stage.app.foundation.hints.listen((_, hint) => {
    if (hint.type !== 'log' || hint.jobId !== job.id) return
    sizes.push(hint.sizeBytes)
    if (hint.sizeBytes === 100) wholeLogTold()
  })
  for (let offset = 0; offset < 100; offset += 1) await runner.log(offset, 'x')
  await told
  silence()
  expect(sizes.length).toBeLessThan(100)
  expect(sizes.at(-1)).toBe(100)
})

test.each([
  ['forward', 86_400_000],
  ['back', -86_400_000],
])('a clock that jumps a day %s neither loses a job nor kills it', async (_, jumpMs) => {
  const clock = fakeClock()
  const jumpy = await startFakeStage({}, { clock })
  const [running, stopping] = [await jumpy.submit(), await jumpy.submit()]
  await jumpy.execution.settle()
  const runnerOf = async ({ id }: Job) => jumpy.executor.runner((await jumpy.job(id)).attempt?.id ?? '')
  for (const job of [running, stopping]) await (await runnerOf(job)).beat('running')
  await jumpy.stop(stopping.id)
  clock.advance(jumpMs)
  await jumpy.execution.settle()
  expect(await jumpy.job(running.id)).toMatchObject({ status: 'running', attempt: { number: 1 } })
  expect(await jumpy.job(stopping.id)).toMatchObject({ status: 'stopping' })
  expect(jumpy.executor.killed).toEqual([])
  await (await runnerOf(running)).finish(verdictOf('succeeded'))
  expect(await jumpy.job(running.id)).toMatchObject({ status: 'succeeded' })
  await jumpy.close()
})
