import { existsSync } from 'node:fs'
import { readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Job } from '@novabrain/contracts'
import { createLocalExecutor } from '../../server/src/execution/executors/local/executor.js'
import { processesOf, signal } from '../../server/src/execution/executors/local/processes.js'
import type { TestApp } from '../support/app.js'
import { executionOf, startJobStage, uploadSnapshot, type JobStage } from '../support/jobs.js'
import { bundleRunner } from '../support/runner.js'

jest.setTimeout(120_000)

let runnerPath = ''
let stage: JobStage
const gracePeriodMs = 2000

const localExecutor = (app: TestApp) =>
  createLocalExecutor({
    config: { ...app.foundation.config },
    runnerPath,
    serverUrl: () => app.url,
    environment: process.env,
  })

beforeAll(async () => {
  runnerPath = await bundleRunner()
  stage = await startJobStage(localExecutor, {
    config: { heartbeatIntervalMs: 300, gracePeriodMs, gpus: '2x24GiB' },
  })
})
afterAll(() => stage.close())

const ended = (job: Job) => job.endedAt !== null

/** Submit a script with this text. */
const submitScript = async (text: string, request: Parameters<JobStage['submit']>[0] = {}): Promise<Job> =>
  stage.submit({
    resources: { gpuCount: 0, cpuMilli: 100, memoryMib: 64 },
    ...request,
    snapshotId: await uploadSnapshot(stage.app.owner, { 'train.py': text }),
  })

const attemptIdOf = (job: Job): string => job.attempt?.id ?? ''

const readLog = async (job: Job, offset = 0): Promise<string> => {
  const params = { projectId: job.projectId, jobId: job.id, attemptId: attemptIdOf(job) }
  return Buffer.from(await stage.app.owner.client.readLog({ params, query: { offset } })).toString('utf8')
}

/** The log says so: the script has come to that line. */
const untilLogged = async (job: Job, text: string): Promise<Job> => {
  const seen = await stage.until(job.id, ({ status }) => status === 'running')
  for (;;) {
    if ((await readLog(seen)).includes(text)) return stage.job(job.id)
    await new Promise((resolve) => setImmediate(resolve))
  }
}

test('a script runs as a process of this machine, with its log kept and its scratch folder gone', async () => {
  const job = await submitScript('print("hello from the job")\n')
  const seen = await stage.until(job.id, ended)
  expect(seen).toMatchObject({ status: 'succeeded', attempt: { verdict: { kind: 'succeeded', exitCode: 0 } } })
  expect(await readLog(seen)).toContain('hello from the job')
  expect(await readLog(seen, -9)).toContain('job')
  await stage.execution.settle()
  const folder = join(stage.app.foundation.config.home, 'work', attemptIdOf(seen))
  while (existsSync(folder)) await stage.execution.settle()
})

test('a script that fails fails its job, which is not tried again', async () => {
  const job = await submitScript('import sys\nsys.exit(7)\n', { maxRetries: 3 })
  const seen = await stage.until(job.id, ended)
  expect(seen).toMatchObject({
    status: 'failed',
    reason: 'exit_code',
    attempt: { number: 1, verdict: { kind: 'exit_code', exitCode: 7 } },
  })
})

test('a job sees the simulated device it was granted', async () => {
  const job = await submitScript('import os\nprint("devices", os.environ.get("CUDA_VISIBLE_DEVICES"))\n', {
    resources: { gpuCount: 1, cpuMilli: 100, memoryMib: 64 },
  })
  const seen = await stage.until(job.id, ended)
  expect(seen.status).toBe('succeeded')
  expect(seen.attempt?.devices).toMatchObject([{ simulated: true, milli: 1000, memoryMib: 24_576 }])
})

test('a running job that is stopped ends cancelled, and nothing of it is left', async () => {
  const job = await submitScript('import time\nprint("up", flush=True)\ntime.sleep(600)\n')
  const seen = await untilLogged(job, 'up')
  await stage.stop(job.id)
  expect(await stage.until(job.id, ended)).toMatchObject({ status: 'cancelled', attempt: { state: 'cancelled' } })
  while ((await processesOf(attemptIdOf(seen))).length > 0) await stage.execution.settle()
})

test('a job that ignores SIGTERM and forks children is gone after its grace period', async () => {
  const job = await submitScript(
    [
      'import os, signal, subprocess, sys, time',
      'signal.signal(signal.SIGTERM, signal.SIG_IGN)',
      'subprocess.Popen([sys.executable, "-c", "import signal,time; signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(600)"], start_new_session=True)',
      'print("deaf", flush=True)',
      'time.sleep(600)',
    ].join('\n'),
  )
  const seen = await untilLogged(job, 'deaf')
  await stage.stop(job.id)
  expect(await stage.until(job.id, ended)).toMatchObject({ status: 'cancelled' })
  while ((await processesOf(attemptIdOf(seen))).length > 0) await stage.execution.settle()
})

test('a runner that is killed loses its attempt; the job is tried again and what was left is gone first', async () => {
  const job = await submitScript(
    [
      'import os, time',
      'print("attempt", flush=True)',
      'marker = os.path.join(os.environ["MARK"], "seen")',
      'if not os.path.exists(marker):',
      '    open(marker, "w").close()',
      '    time.sleep(600)',
    ].join('\n'),
    { environmentVariables: { MARK: stage.app.foundation.config.home }, maxRetries: 1 },
  )
  const seen = await untilLogged(job, 'attempt')
  const attemptId = attemptIdOf(seen)
  for (const mark of await processesOf(attemptId)) await signal(mark, 'SIGKILL')
  const after = await stage.until(job.id, ended)
  expect(after).toMatchObject({ status: 'succeeded', attempt: { number: 2 } })
  const { items } = await stage.app.owner.client.listAttempts({ params: { projectId: job.projectId, jobId: job.id } })
  expect(items.map(({ state }) => state)).toEqual(['lost', 'succeeded'])
  expect(items[0]?.verdict).toMatchObject({ kind: 'lost' })
})

test('a healthy job outlives the scheduler and supervisor that started it', async () => {
  const flag = join(stage.app.foundation.config.home, 'go')
  const job = await submitScript(
    [
      'import os, time',
      'print("before", flush=True)',
      'while not os.path.exists(os.environ["FLAG"]): time.sleep(0.05)',
      'print("after", flush=True)',
    ].join('\n'),
    { environmentVariables: { FLAG: flag } },
  )
  const seen = await untilLogged(job, 'before')
  await stage.execution.stop()
  const restarted = executionOf(stage.app, localExecutor(stage.app))
  await restarted.start()
  await restarted.settle()
  expect(await stage.job(job.id)).toMatchObject({ status: 'running', attempt: { id: attemptIdOf(seen), number: 1 } })
  await writeFile(flag, '')
  const after = await stage.until(job.id, ended)
  expect(after).toMatchObject({ status: 'succeeded', attempt: { id: attemptIdOf(seen) } })
  expect(await readLog(after)).toContain('after')
  await restarted.stop()
  await stage.execution.start()
})

test('a runner that cannot even begin loses its attempt, and its last words are the evidence', async () => {
  await stage.execution.stop()
  const broken = executionOf(
    stage.app,
    createLocalExecutor({
      config: stage.app.foundation.config,
      runnerPath: '/nowhere/runner.mjs',
      serverUrl: () => stage.app.url,
      environment: process.env,
    }),
  )
  await broken.start()
  const job = await submitScript('print(1)\n', { maxRetries: 0 })
  const seen = await stage.until(job.id, ended)
  expect(seen).toMatchObject({ status: 'failed', reason: 'lost' })
  expect(seen.attempt?.verdict?.evidence).toContain('It said:')
  await broken.stop()
  await stage.execution.start()
})

test('an attempt is started once, also when asked twice at the same instant', async () => {
  // The supervisor removes what the database does not know, and it knows nothing of this attempt.
  await stage.execution.stop()
  const executor = localExecutor(stage.app)
  const attemptId = 'a'.repeat(32)
  await Promise.all([executor.start(attemptId, 'nba_none'), executor.start(attemptId, 'nba_none')])
  expect((await processesOf(attemptId)).length).toBeLessThanOrEqual(1)
  await executor.kill(attemptId)
  expect(await executor.ask(attemptId)).toMatchObject({ kind: 'ended', result: null })
  await executor.start(attemptId, 'nba_none')
  expect(await processesOf(attemptId)).toEqual([])
  await executor.release(attemptId)
  expect(await readdir(join(stage.app.foundation.config.home, 'work'))).not.toContain(attemptId)
  await stage.execution.start()
})
