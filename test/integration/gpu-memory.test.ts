import type { Job } from '@novabrain/contracts'
import { verdictOf } from '../support/executor.js'
import { startFakeStage, type FakeStage } from '../support/jobs.js'

jest.setTimeout(60_000)

let stage: FakeStage

beforeEach(async () => {
  stage = await startFakeStage({ gpuCount: 1, gpuMemoryMib: 81_920, simulated: false })
})
afterEach(() => stage.close())

const quarter = { gpuCount: 1, gpuMilli: 250, cpuMilli: 100, memoryMib: 64 }

const runnerOf = async (job: Job) => stage.executor.runner((await stage.job(job.id)).attempt?.id ?? '')

const begin = async (name: string, resources: object = quarter): Promise<Job> => {
  const job = await stage.submit({ name, resources })
  await stage.execution.settle()
  return stage.job(job.id)
}

const why = (job: Job, locale: string) =>
  stage.app.clientOf(stage.app.owner.token, { 'accept-language': locale }).explainJob({
    params: { projectId: job.projectId, jobId: job.id },
  })

const preview = (name: string) =>
  stage.app.owner.client.previewJob({
    params: { projectId: stage.app.owner.project.id },
    body: { resources: quarter, name },
  })

/** Let a job end well, having taken so much of its GPU at most. */
const finish = async (job: Job, peakMib: number): Promise<void> => {
  const runner = await runnerOf(job)
  await runner.beat('running')
  const samples = [peakMib, 700].map((gpuMemoryMib, index) => ({
    atMs: 1000 * index,
    cpuMilli: 100,
    memoryMib: 64,
    gpuMilli: 900,
    gpuMemoryMib,
  }))
  const params = { attemptId: runner.attemptId }
  await runner.client.heartbeat({ params, body: { sequence: 9, stage: 'running', stageDetail: null, samples } })
  await runner.finish(verdictOf('succeeded'))
  await stage.execution.settle()
}

test('a share runs alone until somebody knows what it takes, then beside others with what like jobs took', async () => {
  const first = await begin('train')
  expect(first.attempt?.devices).toMatchObject([{ milli: 1000, memoryMib: 81_920 }])
  const second = await begin('train')
  expect(second.status).toBe('queued')
  expect((await why(second, 'en')).message).toContain('nobody knows yet how much memory it needs')
  expect((await why(second, 'zh-CN')).message).toContain('首次')
  expect((await why(second, 'en')).suggestion).toBeNull()
  await finish(first, 30_000)
  expect((await stage.job(second.id)).attempt?.devices).toMatchObject([
    { milli: 250, memoryMib: 30_000 + 512 + 1500 + 4500 },
  ])
  const third = await begin('train')
  expect(third.attempt?.devices).toMatchObject([{ milli: 250 }])
  const fourth = await begin('train')
  expect(fourth).toMatchObject({ status: 'queued', reason: 'gpu_memory' })
  expect((await why(fourth, 'en')).message).toContain('admitted with 35.7 GiB of GPU memory: like jobs peaked at 29.3')
  expect((await why(fourth, 'zh-CN')).message).toContain('35.7 GiB')
  const other = await begin('another')
  expect(other.status).toBe('queued')
  expect((await preview('train')).message).toContain('admitted with 35.7 GiB')
  expect((await preview('unheard of')).message).toContain('alone')
})

test('what a job ran out of is kept with it, and it runs again alone', async () => {
  const first = await begin('train')
  await finish(first, 8000)
  const second = await begin('train')
  expect(second.attempt?.devices).toMatchObject([{ milli: 250, memoryMib: 20_480 }])
  const runner = await runnerOf(second)
  await runner.beat('running')
  await runner.finish(verdictOf('out_of_gpu_memory', { evidence: 'CUDA out of memory' }))
  await stage.execution.settle()
  const again = await stage.job(second.id)
  expect(again.attempt).toMatchObject({ number: 2, devices: [{ milli: 1000, memoryMib: 81_920 }] })
  const { items } = await stage.app.owner.client.listAttempts({
    params: { projectId: second.projectId, jobId: second.id },
  })
  expect(items[0]?.verdict).toMatchObject({ kind: 'out_of_gpu_memory', evidence: 'CUDA out of memory' })
  await finish(again, 50_000)
  const third = await begin('train')
  expect(third.attempt?.devices[0]).toMatchObject({ milli: 1000 })
})
