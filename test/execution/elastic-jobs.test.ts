import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Job } from '@novabrain/contracts'
import { defaultPolicy } from '@novabrain/scheduler'
import { createLocalExecutor } from '../../server/src/execution/executors/local/executor.js'
import type { TestApp } from '../support/app.js'
import { executionOf, startJobStage, uploadSnapshot, type JobStage } from '../support/jobs.js'
import { bundleRunner } from '../support/runner.js'

jest.setTimeout(180_000)

/** Long enough for a job to be seen running with what it has, short enough to wait for. */
const minimumRunMs = 2000
/** Growing pays even for the short jobs of a test. */
const policy = { ...defaultPolicy, preemption: { ...defaultPolicy.preemption, minimumRunMs, restartCostMs: 0 } }

/**
 * Takes steps until it finds a file `end` beside what it saved. Told to stop, it saves its step and ends. Each attempt
 * writes down with what it began, and every step that was taken. Saving takes it `SAVE_S` seconds.
 */
const trainer = `
import os, signal, time
folder = os.environ['NOVABRAIN_CHECKPOINTS']
at = lambda name: os.path.join(folder, name)
step = int(open(at('step')).read()) if os.path.exists(at('step')) else 0
told = []
signal.signal(signal.SIGTERM, lambda *_: told.append(True))
gpus = [one for one in os.environ['CUDA_VISIBLE_DEVICES'].split(',') if one]
assert len(gpus) == int(os.environ['NOVABRAIN_GPU_COUNT'])
with open(at('began'), 'a') as log: log.write(f"{os.environ['NOVABRAIN_ATTEMPT']} {step} {len(gpus)}\\n")
while not told and not os.path.exists(at('end')):
    step += 1
    with open(at('steps'), 'a') as log: log.write(f'{step}\\n')
    time.sleep(0.05)
time.sleep(float(os.environ.get('SAVE_S', '0')))
with open(at('step.new'), 'w') as file: file.write(str(step))
os.replace(at('step.new'), at('step'))
with open(os.path.join(os.environ['NOVABRAIN_OUTPUTS'], 'steps.txt'), 'w') as file: file.write(str(step))
`

const sleeper = `
import time
time.sleep(3)
`

let runnerPath = ''
let stage: JobStage
let snapshotId = ''

const localExecutor = (app: TestApp) =>
  createLocalExecutor({
    config: app.foundation.config,
    runnerPath,
    serverUrl: () => app.url,
    environment: process.env,
  })

beforeAll(async () => {
  runnerPath = await bundleRunner()
  stage = await startJobStage(localExecutor, {
    config: { heartbeatIntervalMs: 300, gracePeriodMs: 5000, gpus: '4x24GiB' },
    policy,
  })
  snapshotId = await uploadSnapshot(stage.app.owner, { 'train.py': trainer, 'sleep.py': sleeper })
})
afterAll(() => stage.close())

const script = (path: string) => ({ kind: 'script' as const, path, arguments: [] })
const small = { cpuMilli: 100, memoryMib: 64 }

const elasticJob = (gpuCount: number, maxGpuCount: number, environmentVariables = {}): Promise<Job> =>
  stage.submit({
    snapshotId,
    task: script('train.py'),
    resources: { ...small, gpuCount, maxGpuCount },
    environmentVariables,
  })

const rigidJob = (gpuCount: number): Promise<Job> =>
  stage.submit({ snapshotId, task: script('sleep.py'), resources: { ...small, gpuCount } })

const folderOf = (job: Job): string => join(stage.app.foundation.config.home, 'checkpoints', job.id)

const linesOf = async (job: Job, name: string): Promise<string[]> =>
  (await readFile(join(folderOf(job), name), 'utf8')).trim().split('\n')

/** What its attempts began with, once there are `count`: a job runs before its script has got so far as to say so. */
const beganTimes = async (job: Job, count: number): Promise<string[]> => {
  const deadline = performance.now() + 30_000
  for (;;) {
    const lines = await linesOf(job, 'began').catch(() => [])
    if (lines.length >= count || performance.now() > deadline) return lines
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}

const runsWith = (count: number) => (job: Job) => job.status === 'running' && job.attempt?.devices.length === count

const attemptsOf = async (job: Job) => {
  const params = { projectId: job.projectId, jobId: job.id }
  return (await stage.app.owner.client.listAttempts({ params })).items
}

const why = async (job: Job, locale: string): Promise<string> => {
  const client = stage.app.clientOf(stage.app.owner.token, { 'accept-language': locale })
  return (await client.explainJob({ params: { projectId: job.projectId, jobId: job.id } })).message
}

const oneByOne = (count: number): string[] => Array.from({ length: count }, (_, at) => String(at + 1))

test('an elastic job takes what is idle, gives it up for one that waits, and takes it back, without losing a step', async () => {
  const job = await elasticJob(1, 4)
  await stage.until(job.id, runsWith(4))
  await beganTimes(job, 1)

  const rigid = await rigidJob(2)
  const shrunk = await stage.until(job.id, runsWith(2))
  expect(shrunk.attempt).toMatchObject({ number: 2, resizedFrom: { gpuCount: 4, why: 'shrink' } })
  expect(await why(job, 'en')).toContain(`It shrank from 4 to 2 GPUs for #${rigid.number}.`)
  expect(await why(job, 'zh-CN')).toContain(`它为 #${rigid.number} 将 GPU 从 4 块减少到 2 块`)
  await stage.until(rigid.id, ({ status }) => status === 'running')

  const ended = await stage.until(rigid.id, ({ endedAt }) => endedAt !== null)
  expect(ended).toMatchObject({ status: 'succeeded', attempt: { number: 1 } })
  const grown = await stage.until(job.id, runsWith(4))
  expect(grown.attempt).toMatchObject({ number: 3, resizedFrom: { gpuCount: 2, why: 'grow' } })
  expect(await why(job, 'en')).toContain('It grew from 2 to 4 GPUs that were idle.')

  const [first, second] = await attemptsOf(job)
  for (const attempt of [first, second]) {
    expect(attempt).toMatchObject({ state: 'resized', verdict: { kind: 'resized' } })
    const ranMs = Date.parse(attempt?.endedAt ?? '') - Date.parse(attempt?.startedAt ?? '')
    expect(ranMs).toBeGreaterThanOrEqual(minimumRunMs)
  }

  const began = await beganTimes(job, 3)
  expect(began.map((line) => line.split(' ')[2])).toEqual(['4', '2', '4'])
  expect(began.map((line) => line.split(' ')[0])).toEqual(['1', '2', '3'])
  expect(Number(began[2]?.split(' ')[1])).toBeGreaterThan(Number(began[1]?.split(' ')[1]))
  const steps = await linesOf(job, 'steps')
  expect(steps).toEqual(oneByOne(steps.length))
  await writeFile(join(folderOf(job), 'end'), '')
  expect(await stage.until(job.id, ({ endedAt }) => endedAt !== null)).toMatchObject({ status: 'succeeded' })
})

test('what a job saved is taken away when the job has ended', async () => {
  const job = await elasticJob(1, 2)
  await stage.until(job.id, runsWith(2))
  await stage.stop(job.id)
  expect(await stage.until(job.id, ({ endedAt }) => endedAt !== null)).toMatchObject({ status: 'cancelled' })
  await stage.execution.settle()
  expect(await readdir(join(stage.app.foundation.config.home, 'checkpoints'))).not.toContain(job.id)
})

test('a server that dies while a job saves itself finds it saved, and begins the next attempt once', async () => {
  const job = await elasticJob(2, 4, { SAVE_S: '2' })
  await stage.until(job.id, runsWith(4))
  await beganTimes(job, 1)
  const rigid = await rigidJob(1)
  const told = await stage.until(job.id, ({ status, reason }) => status === 'stopping' && reason === 'resized')
  await stage.execution.stop()

  const executor = localExecutor(stage.app)
  // Whoever asks again takes no grace away.
  for (let times = 0; times < 2; times += 1) await executor.stop(told.attempt?.id ?? '')
  const next = executionOf(stage.app, executor, policy)
  await next.start()
  try {
    const shrunk = await stage.until(job.id, runsWith(3))
    expect(shrunk.attempt).toMatchObject({ number: 2 })
    await stage.until(rigid.id, ({ endedAt }) => endedAt !== null)
    const steps = await linesOf(job, 'steps')
    expect(steps).toEqual(oneByOne(steps.length))
    await writeFile(join(folderOf(job), 'end'), '')
    await stage.until(job.id, ({ endedAt }) => endedAt !== null)
    expect((await attemptsOf(job)).filter(({ endedAt }) => endedAt === null)).toEqual([])
  } finally {
    await next.stop()
    await stage.execution.start()
  }
})
