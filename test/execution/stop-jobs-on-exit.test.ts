import type { Job } from '@novabrain/contracts'
import { createLocalExecutor } from '../../server/src/execution/executors/local/executor.js'
import { processesOf } from '../../server/src/execution/executors/local/processes.js'
import type { TestApp } from '../support/app.js'
import { executionOf, startJobStage, uploadSnapshot, type JobStage } from '../support/jobs.js'
import { bundleRunner } from '../support/runner.js'

jest.setTimeout(120_000)

let runnerPath = ''
let stage: JobStage

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
    config: { heartbeatIntervalMs: 300, gracePeriodMs: 2000, stopJobsOnExit: true },
  })
})
afterAll(() => stage.close())

const submitScript = async (lines: readonly string[], request: Parameters<JobStage['submit']>[0] = {}): Promise<Job> =>
  stage.submit({
    resources: { gpuCount: 0, cpuMilli: 100, memoryMib: 64 },
    ...request,
    snapshotId: await uploadSnapshot(stage.app.owner, { 'train.py': lines.join('\n') }),
  })

const attemptIdOf = (job: Job): string => job.attempt?.id ?? ''

const untilLogged = async (job: Job, text: string): Promise<Job> => {
  const seen = await stage.until(job.id, ({ status }) => status === 'running')
  const params = { projectId: job.projectId, jobId: job.id, attemptId: attemptIdOf(seen) }
  for (;;) {
    const bytes = await stage.app.owner.client.readLog({ params, query: { offset: 0 } })
    if (Buffer.from(bytes).toString('utf8').includes(text)) return stage.job(job.id)
    await new Promise((resolve) => setImmediate(resolve))
  }
}

test('a server that stops with its jobs leaves no process, and the next start runs them again', async () => {
  const polite = await submitScript(['import time', 'print("up", flush=True)', 'time.sleep(600)'])
  const deaf = await submitScript([
    'import signal, subprocess, sys, time',
    'signal.signal(signal.SIGTERM, signal.SIG_IGN)',
    'subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"], start_new_session=True)',
    'print("up", flush=True)',
    'time.sleep(600)',
  ])
  const running = [await untilLogged(polite, 'up'), await untilLogged(deaf, 'up')]

  await stage.execution.prepareStop()
  for (const job of running) {
    expect(await processesOf(attemptIdOf(job))).toEqual([])
    expect(await stage.job(job.id)).toMatchObject({
      status: 'queued',
      reason: 'preempted',
      attempt: { number: 1, state: 'preempted' },
    })
  }
  await stage.execution.stop()

  const next = executionOf(stage.app, localExecutor(stage.app))
  await next.start()
  for (const job of running) {
    const again = await stage.until(job.id, ({ status }) => status === 'running')
    expect(again.attempt).toMatchObject({ number: 2 })
    await stage.stop(job.id)
    await stage.until(job.id, ({ endedAt }) => endedAt !== null)
  }
  await next.stop()
  await stage.execution.start()
})

test('a stop of the server counts as no retry, and a job whose owner stopped it stays stopped', async () => {
  const job = await submitScript(['import time', 'print("up", flush=True)', 'time.sleep(600)'], { maxRetries: 0 })
  const stopped = await submitScript(['import time', 'print("up", flush=True)', 'time.sleep(600)'])
  await untilLogged(job, 'up')
  await untilLogged(stopped, 'up')
  await stage.stop(stopped.id)

  await stage.execution.prepareStop()
  expect(await stage.job(job.id)).toMatchObject({ status: 'queued', reason: 'preempted' })
  expect(await stage.job(stopped.id)).toMatchObject({ status: 'cancelled' })
  await stage.stop(job.id)
})
