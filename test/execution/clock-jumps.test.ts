/**
 * The wall clock leaps ahead, as after a laptop was asleep, or is set back, while real runners run real jobs. Only the
 * server is told another time: processes, PostgreSQL and the clocks that measure waiting go on as they are.
 */
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Job } from '@novabrain/contracts'
import { createLocalExecutor } from '../../server/src/execution/executors/local/executor.js'
import { processesOf, signal } from '../../server/src/execution/executors/local/processes.js'
import { fakeClock } from '../support/clock.js'
import { startJobStage, uploadSnapshot, type JobStage } from '../support/jobs.js'
import { bundleRunner } from '../support/runner.js'

jest.setTimeout(120_000)

const clock = fakeClock()
const dayMs = 86_400_000
let stage: JobStage

beforeAll(async () => {
  const runnerPath = await bundleRunner()
  stage = await startJobStage(
    (app) =>
      createLocalExecutor({
        config: app.foundation.config,
        runnerPath,
        serverUrl: () => app.url,
        environment: process.env,
      }),
    { clock, config: { heartbeatIntervalMs: 300, gracePeriodMs: 2000 } },
  )
})
afterAll(() => stage.close())

const ended = (job: Job) => job.endedAt !== null
const homePath = (name: string) => join(stage.app.foundation.config.home, name)

/** A job that says `up` and goes on when the file `FLAG` is there. */
const submitWaiting = async (flag: string, request: Parameters<JobStage['submit']>[0] = {}): Promise<Job> => {
  const lines = [
    'import os, time',
    'print("up", flush=True)',
    'while not os.path.exists(os.environ["FLAG"]): time.sleep(0.02)',
    'print("done", flush=True)',
  ]
  const snapshotId = await uploadSnapshot(stage.app.owner, { 'train.py': lines.join('\n') })
  return stage.submit({
    resources: { gpuCount: 0, cpuMilli: 100, memoryMib: 64 },
    environmentVariables: { FLAG: homePath(flag) },
    ...request,
    snapshotId,
  })
}

const log = async (job: Job): Promise<string> => {
  const params = { projectId: job.projectId, jobId: job.id, attemptId: job.attempt?.id ?? '' }
  return Buffer.from(await stage.app.owner.client.readLog({ params, query: { offset: 0 } })).toString('utf8')
}

const untilUp = async (job: Job): Promise<Job> => {
  const seen = await stage.until(job.id, ({ status }) => status === 'running')
  while (!(await log(seen)).includes('up')) await new Promise((resolve) => setImmediate(resolve))
  return seen
}

test('a job that runs while the clock leaps and falls back is left to run, within its time, and ends once', async () => {
  const job = await submitWaiting('leap', { timeLimitMs: 3_600_000 })
  const running = await untilUp(job)
  for (const leapMs of [365 * dayMs, -730 * dayMs, 365 * dayMs]) {
    clock.advance(leapMs)
    await stage.execution.settle()
    expect(await stage.job(job.id)).toMatchObject({ status: 'running', attempt: { id: running.attempt?.id } })
  }
  await writeFile(homePath('leap'), '')
  const done = await stage.until(job.id, ended)
  expect(done).toMatchObject({ status: 'succeeded', attempt: { id: running.attempt?.id, number: 1 } })
  expect(await log(done)).toBe('up\ndone\n')
})

test.each([
  ['leapt a day ahead', dayMs],
  ['was set back a day', -dayMs],
])('after the clock %s new jobs start without waiting, and a stop is heard', async (_, leapMs) => {
  clock.advance(leapMs)
  const leaptMs = performance.now()
  const job = await submitWaiting('never')
  await untilUp(job)
  expect(performance.now() - leaptMs).toBeLessThan(15_000)
  clock.advance(-leapMs / 2)
  await stage.stop(job.id)
  const done = await stage.until(job.id, ended)
  expect(done).toMatchObject({ status: 'cancelled', attempt: { number: 1, verdict: { kind: 'cancelled' } } })
  while ((await processesOf(done.attempt?.id ?? '')).length > 0) await stage.execution.settle()
})

test('a job that pauses before its next try does not wait for a clock that was set back', async () => {
  const job = await submitWaiting('again', { maxRetries: 1 })
  const running = await untilUp(job)
  for (const mark of await processesOf(running.attempt?.id ?? '')) await signal(mark, 'SIGKILL')
  expect(await stage.until(job.id, ({ status }) => status === 'queued')).toMatchObject({ reason: 'lost' })
  await writeFile(homePath('again'), '')
  await stage.execution.settle()
  expect(await stage.job(job.id)).toMatchObject({ status: 'queued' })
  clock.advance(-dayMs)
  await stage.execution.settle()
  expect(await stage.until(job.id, ended)).toMatchObject({ status: 'succeeded', attempt: { number: 2 } })
})
