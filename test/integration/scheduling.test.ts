import { randomBytes } from 'node:crypto'
import type { Job } from '@novabrain/contracts'
import { decide, defaultPolicy } from '@novabrain/scheduler'
import { systemScope } from '../../server/src/deps.js'
import { commitDecisions } from '../../server/src/scheduling/commit.js'
import { readCluster, snapshotOf } from '../../server/src/scheduling/cluster.js'
import { verdictOf } from '../support/executor.js'
import { executionOf, startFakeStage, type FakeStage } from '../support/jobs.js'

jest.setTimeout(60_000)

let stage: FakeStage
const policy = {
  ...defaultPolicy,
  preemption: { ...defaultPolicy.preemption, minimumRunMs: 0 },
}

beforeEach(async () => {
  stage = await startFakeStage({ gpuCount: 2 }, { policy })
})
afterEach(() => stage.close())

const gpus = (gpuCount: number) => ({ gpuCount, cpuMilli: 100, memoryMib: 64 })

const attemptIdOf = async (job: Job): Promise<string> => (await stage.job(job.id)).attempt?.id ?? ''

const runnerOf = async (job: Job) => stage.executor.runner(await attemptIdOf(job))

/** Submit, and have it running. */
const run = async (request: Parameters<FakeStage['submit']>[0] = {}): Promise<Job> => {
  const job = await stage.submit(request)
  await stage.execution.settle()
  await (await runnerOf(job)).beat('running')
  return stage.job(job.id)
}

const why = (job: Job, locale = 'en') => {
  const client = stage.app.clientOf(stage.app.owner.token, { 'accept-language': locale })
  return client.explainJob({ params: { projectId: job.projectId, jobId: job.id } })
}

const asSystem = <T>(sql: string, values: unknown[] = []): Promise<T> =>
  stage.app.foundation.database.transaction(systemScope, (tx) => tx.query(sql, values)) as Promise<T>

test('a job that must wait is told why, where it stands and what would start it, in the language of the asker', async () => {
  const first = await run({ name: 'first', resources: gpus(1) })
  const second = await stage.submit({ name: 'second', resources: gpus(2) })
  const third = await stage.submit({ name: 'third', resources: gpus(2) })
  await stage.execution.settle()
  const told = await why(second)
  expect(told).toMatchObject({ status: 'queued', position: 1 })
  expect(told.message).toContain(`#${String(first.number)}`)
  expect(told.suggestion?.message ?? '').not.toBe('')
  expect(await why(third)).toMatchObject({ status: 'queued', position: 2 })
  expect((await why(second, 'zh-CN')).message).toMatch(/[\u4e00-\u9fff]/)
  expect((await stage.job(second.id)).reason).toBe(told.reason)
})

test('the suggested change is made in place: the job keeps its number, run and age, and starts', async () => {
  await run({ name: 'first', resources: gpus(1) })
  const second = await stage.submit({ name: 'second', resources: gpus(2) })
  await stage.execution.settle()
  const told = await why(second)
  expect(told.holders).toMatchObject([{ jobName: 'first', jobNumber: 1, gpuMilli: 1000, until: null }])
  expect(told.suggestion).toMatchObject({ startsNow: true })
  expect(told.suggestion?.change).toEqual({ gpuCount: 1 })
  const { items } = await stage.app.owner.client.listQueueEntries({ params: { projectId: second.projectId } })
  expect(items.at(-1)).toMatchObject({ jobId: second.id, suggestion: { change: { gpuCount: 1 } } })
  await stage.submit({ name: 'third', resources: gpus(2) })
  await stage.execution.settle()
  const firstOfQueue = await stage.app.owner.client.listQueueEntries({
    params: { projectId: second.projectId },
    query: { limit: 1 },
  })
  expect(firstOfQueue.waitingCount).toBe(2)
  expect(firstOfQueue.items.map(({ jobName }) => jobName)).toEqual(['first', 'second'])
  const params = { projectId: second.projectId, jobId: second.id }
  const body = { resources: told.suggestion?.change ?? {} }
  const amended = await stage.app.owner.client.amendJob({ params, body })
  const { id, number, runId, submittedAt, task } = second
  expect(amended).toMatchObject({ id, number, runId, submittedAt, task, status: 'queued', resources: gpus(1) })
  await stage.execution.settle()
  expect(await stage.job(second.id)).toMatchObject({ status: 'starting', attempt: { devices: [{ milli: 1000 }] } })
  await expect(stage.app.owner.client.amendJob({ params, body })).rejects.toMatchObject({ code: 'job_not_waiting' })
})

test('a change that no node can ever run, or of a stranger, is refused and changes nothing', async () => {
  await run({ resources: gpus(2) })
  const job = await stage.submit({ resources: gpus(1) })
  const params = { projectId: job.projectId, jobId: job.id }
  const ask = { params, body: { resources: { gpuCount: 99 } } }
  await expect(stage.app.owner.client.amendJob(ask)).rejects.toMatchObject({ code: 'resources_never_available' })
  const viewer = await stage.app.addMember('looks on', 'viewer')
  const less = { params, body: { resources: { gpuCount: 0 } } }
  await expect(viewer.client.amendJob(less)).rejects.toMatchObject({ code: 'permission_denied' })
  expect(await stage.job(job.id)).toMatchObject({ status: 'queued', resources: { gpuCount: 1 } })
})

test('the queue lists running jobs first and waiting ones by position', async () => {
  const first = await run({ resources: gpus(2) })
  const second = await stage.submit({ resources: gpus(2) })
  const third = await stage.submit({ resources: gpus(2) })
  await stage.execution.settle()
  const { items } = await stage.app.owner.client.listQueueEntries({ params: { projectId: first.projectId } })
  expect(items.map(({ jobId, position }) => [jobId, position])).toEqual([
    [first.id, null],
    [second.id, 1],
    [third.id, 2],
  ])
})

test('a waiting job starts when what it waits for ends', async () => {
  const first = await run({ resources: gpus(2) })
  const second = await stage.submit({ resources: gpus(2) })
  await stage.execution.settle()
  expect((await stage.job(second.id)).status).toBe('queued')
  await (await runnerOf(first)).finish(verdictOf('succeeded'))
  expect(await stage.until(second.id, ({ status }) => status === 'starting')).toMatchObject({ reason: null })
})

test('two users who submit for the last GPU at the same instant get one start and one reason', async () => {
  await run({ resources: gpus(1) })
  const jobs = await Promise.all([stage.submit({ resources: gpus(1) }), stage.submit({ resources: gpus(1) })])
  await stage.execution.settle()
  const statuses = await Promise.all(jobs.map(async ({ id }) => (await stage.job(id)).status))
  expect(statuses.sort()).toEqual(['queued', 'starting'])
})

test('a more important job makes a lesser one stop, starts in its place, and the lesser one runs again later', async () => {
  const lesser = await run({ name: 'lesser', priorityClass: 'low', resources: gpus(2), maxRetries: 0 })
  const urgent = await stage.submit({ name: 'urgent', priorityClass: 'high', resources: gpus(2) })
  await stage.execution.settle()
  expect(await stage.job(lesser.id)).toMatchObject({ status: 'stopping', reason: 'preempted' })
  const runner = await runnerOf(lesser)
  expect(await runner.beat('running')).toEqual({ command: 'stop', stopReason: 'preempted' })
  await runner.finish(verdictOf('preempted', { signal: 'SIGTERM' }))
  await stage.execution.settle()
  expect(await stage.job(urgent.id)).toMatchObject({ status: 'starting' })
  expect(await stage.job(lesser.id)).toMatchObject({ status: 'queued', attempt: { state: 'preempted', number: 1 } })
  await (await runnerOf(urgent)).beat('running')
  await (await runnerOf(urgent)).finish(verdictOf('succeeded'))
  await stage.execution.settle()
  expect(await stage.job(lesser.id)).toMatchObject({ status: 'starting', attempt: { number: 2 } })
  await (await runnerOf(lesser)).beat('running')
  await (await runnerOf(lesser)).finish(verdictOf('succeeded'))
  expect(await stage.job(lesser.id)).toMatchObject({ status: 'succeeded' })
})

test('a lost attempt is tried again as often as allowed, and no more', async () => {
  const job = await run({ resources: gpus(1), maxRetries: 1 })
  ;(await runnerOf(job)).die()
  const again = await stage.until(job.id, ({ attempt }) => attempt?.number === 2 && attempt.state === 'accepted')
  expect(again.status).toBe('starting')
  await (await runnerOf(job)).beat('running')
  ;(await runnerOf(job)).die()
  expect(await stage.until(job.id, ({ endedAt }) => endedAt !== null)).toMatchObject({
    status: 'failed',
    reason: 'lost',
    attempt: { number: 2, state: 'lost' },
  })
})

test('a result that a runner left behind counts, although it never reached the server', async () => {
  const job = await run({ resources: gpus(1) })
  ;(await runnerOf(job)).dieWith({ verdict: verdictOf('succeeded', { exitCode: 0 }), logSizeBytes: 0 })
  expect(await stage.until(job.id, ({ endedAt }) => endedAt !== null)).toMatchObject({ status: 'succeeded' })
})

test('an out-of-memory on a share is tried once more on a whole device, with the evidence kept', async () => {
  const job = await run({ resources: { ...gpus(1), gpuMilli: 250, gpuMemoryMib: 4096 } })
  expect((await stage.job(job.id)).attempt?.devices).toMatchObject([{ milli: 250, memoryMib: 4096 }])
  const evidence = 'torch.OutOfMemoryError: CUDA out of memory.'
  await (await runnerOf(job)).finish(verdictOf('out_of_gpu_memory', { evidence }))
  const again = await stage.until(job.id, ({ attempt }) => attempt?.number === 2)
  expect(again.attempt?.devices).toMatchObject([{ milli: 1000 }])
  await stage.execution.settle()
  const params = { projectId: job.projectId, jobId: job.id }
  expect((await stage.app.owner.client.listAttempts({ params })).items[0]).toMatchObject({
    state: 'failed',
    verdict: { kind: 'out_of_gpu_memory', evidence },
  })
  await (await runnerOf(job)).finish(verdictOf('out_of_gpu_memory', { evidence }))
  expect(await stage.job(job.id)).toMatchObject({ status: 'failed', reason: 'out_of_gpu_memory' })
})

test('an attempt that was committed but never started is started by the next server', async () => {
  await stage.execution.stop()
  const { foundation, services } = stage.app
  const job = await stage.submit({ resources: gpus(1) })
  const rows = await foundation.database.transaction(systemScope, readCluster)
  const deps = { database: foundation.database, lifecycle: services.jobModules.lifecycle }
  await commitDecisions(deps, rows, decide(snapshotOf(rows, Date.now()), policy, Date.now()))
  expect(await stage.job(job.id)).toMatchObject({ status: 'starting', attempt: { state: 'submitted' } })
  const executor = stage.executor.restarted()
  const next = executionOf(stage.app, executor, policy)
  await next.start()
  await next.settle()
  expect(executor.started).toEqual([await attemptIdOf(job)])
  expect(await stage.job(job.id)).toMatchObject({ status: 'starting', attempt: { state: 'accepted', number: 1 } })
  await next.stop()
})

test('a running attempt is adopted, not started again, by the next server', async () => {
  const job = await run({ resources: gpus(1) })
  await stage.execution.stop()
  await asSystem(`UPDATE attempts SET state = 'submitted' WHERE job_id = $1`, [job.id])
  const executor = stage.executor.restarted()
  const next = executionOf(stage.app, executor, policy)
  await next.start()
  await next.settle()
  expect(executor.started).toEqual([])
  expect(await stage.job(job.id)).toMatchObject({ attempt: { number: 1, state: 'accepted' } })
  await next.stop()
})

test('a runner that cannot be started loses its attempt with the reason', async () => {
  stage.executor.failStarts(new Error('spawn ENOENT'))
  const job = await stage.submit({ resources: gpus(1), maxRetries: 0 })
  const ended = await stage.until(job.id, ({ endedAt }) => endedAt !== null)
  expect(ended).toMatchObject({ status: 'failed', reason: 'lost' })
  expect(ended.attempt?.verdict?.evidence).toContain('spawn ENOENT')
})

test('a plan made before a job was stopped is refused whole', async () => {
  await stage.execution.stop()
  const { foundation, services } = stage.app
  const [first, second] = [await stage.submit({ resources: gpus(1) }), await stage.submit({ resources: gpus(1) })]
  const rows = await foundation.database.transaction(systemScope, readCluster)
  await stage.stop(first.id)
  const starts = [first, second].map(({ id }, index) => ({
    type: 'start' as const,
    jobId: id,
    placement: {
      pods: [
        {
          nodeId: rows.nodes[0]?.id ?? '',
          cpuMilli: 100,
          memoryMib: 64,
          devices: [{ deviceId: rows.devices[index]?.id ?? '', milli: 1000, memoryMib: 24_576 }],
        },
      ],
    },
  }))
  const deps = { database: foundation.database, lifecycle: services.jobModules.lifecycle }
  expect(await commitDecisions(deps, rows, starts)).toEqual({ stale: true })
  expect(await stage.job(second.id)).toMatchObject({ status: 'queued', attempt: null })
  expect(await commitDecisions(deps, rows, starts.slice(1))).toMatchObject({
    stale: false,
    started: [{ job: { id: second.id } }],
  })
})

test('a plan made before a queue changed is refused', async () => {
  await stage.execution.stop()
  const { foundation, services, owner } = stage.app
  const job = await stage.submit({ resources: gpus(0) })
  const rows = await foundation.database.transaction(systemScope, readCluster)
  const limits = {
    cohort: null,
    nominalGpuMilli: 0,
    borrowingLimitGpuMilli: null,
    lendingLimitGpuMilli: null,
    weight: 1,
  }
  await owner.client.putQueue({ params: { queueName: 'default' }, body: limits })
  const pod = { nodeId: rows.nodes[0]?.id ?? '', cpuMilli: 100, memoryMib: 64, devices: [] }
  const start = { type: 'start' as const, jobId: job.id, placement: { pods: [pod] } }
  const deps = { database: foundation.database, lifecycle: services.jobModules.lifecycle }
  expect(await commitDecisions(deps, rows, [start])).toEqual({ stale: true })
})

test('a queue without quota holds its jobs and says so', async () => {
  const limits = {
    cohort: null,
    nominalGpuMilli: 1000,
    borrowingLimitGpuMilli: 0,
    lendingLimitGpuMilli: null,
    weight: 1,
  }
  await stage.app.owner.client.putQueue({ params: { queueName: 'small' }, body: limits })
  await run({ queueName: 'small', resources: gpus(1) })
  const second = await stage.submit({ queueName: 'small', resources: gpus(1) })
  await stage.execution.settle()
  expect(await why(second)).toMatchObject({ reason: 'quota_exceeded', facts: { queueName: 'small' } })
})

test('what a job used is added to the use of its owner, faded by half in a day', async () => {
  const used = () =>
    asSystem<{ gpu: number }[]>('SELECT gpu_milli_seconds AS gpu FROM usage').then((found) =>
      Number(found[0]?.gpu ?? 0),
    )
  const runFor = async (seconds: number) => {
    const job = await run({ resources: gpus(2) })
    await asSystem(`UPDATE attempts SET started_at = now() - make_interval(secs => $2) WHERE job_id = $1`, [
      job.id,
      seconds,
    ])
    await (await runnerOf(job)).finish(verdictOf('succeeded'))
    await stage.execution.settle()
  }
  await runFor(1000)
  const once = await used()
  expect(once).toBeGreaterThanOrEqual(2_000_000)
  await asSystem(`UPDATE usage SET as_of = as_of - interval '1 day'`)
  await runFor(0)
  expect(await used()).toBeGreaterThanOrEqual(Math.floor(once / 2) - 100)
  expect(await used()).toBeLessThan(once)
})

test('the database refuses to give a device away twice', async () => {
  const job = await run({ resources: gpus(2) })
  const grab = `
    WITH copy AS (
      INSERT INTO attempts SELECT $1, tenant_id, project_id, job_id, number + 1, 'lost', 0, stage, stage_detail, node_id,
        node_name, devices, verdict, secret_hash, 0, NULL, 'none', NULL, 0, created_at, NULL, created_at
      FROM attempts WHERE job_id = $2 RETURNING id, project_id, node_id),
    held AS (INSERT INTO allocations SELECT id, project_id, node_id, 0, 0 FROM copy RETURNING attempt_id, project_id)
    INSERT INTO device_allocations SELECT attempt_id, device.id, project_id, 1, 0 FROM held, devices device WHERE device.present LIMIT 1`
  await expect(asSystem(grab, [randomBytes(16).toString('hex'), job.id])).rejects.toThrow('over-allocated')
})

test('a job never has two live attempts, whoever writes them', async () => {
  const job = await run({ resources: gpus(1) })
  const second = `
    INSERT INTO attempts SELECT $1, tenant_id, project_id, job_id, number + 1, 'submitted', 0, stage, stage_detail, node_id,
      node_name, devices, verdict, secret_hash, 0, NULL, 'none', NULL, 0, created_at, NULL, NULL
    FROM attempts WHERE job_id = $2`
  await expect(asSystem(second, [randomBytes(16).toString('hex'), job.id])).rejects.toThrow('attempts_live_idx')
})

test('a preview says what would happen and keeps nothing', async () => {
  const params = { projectId: stage.app.owner.project.id }
  const free = await stage.app.owner.client.previewJob({ params, body: { resources: {} } })
  expect(free).toMatchObject({ startsNow: true, reason: 'ready', expectedWaitMs: 0, resources: { gpuCount: 1 } })
  expect(free.device).toMatchObject({ simulated: true })
  await run({ resources: gpus(2) })
  const busy = await stage.app.owner.client.previewJob({ params, body: { resources: { gpuCount: 1 } } })
  expect(busy).toMatchObject({ startsNow: false })
  expect(busy.message).not.toBe('')
  const { items } = await stage.app.owner.client.listJobs({ params, query: {} })
  expect(items).toHaveLength(1)
})

test('a preview tells what jobs of the same name took of a GPU, and when a share is too little for that', async () => {
  const gpuMemoryMib = [612, 20_400, 18_000]
  const job = await run({ name: 'train', resources: gpus(1) })
  const runner = await runnerOf(job)
  const samples = gpuMemoryMib.map((mib, index) => ({
    atMs: 1000 * index,
    cpuMilli: 100,
    memoryMib: 64,
    gpuMilli: 900,
    gpuMemoryMib: mib,
  }))
  const params = { attemptId: runner.attemptId }
  await runner.client.heartbeat({ params, body: { sequence: 2, stage: 'running', stageDetail: null, samples } })
  await runner.finish(verdictOf('succeeded'))
  const preview = (name: string | undefined, resources: object) =>
    stage.app.owner.client.previewJob({
      params: { projectId: job.projectId },
      body: { resources, ...(name === undefined ? {} : { name }) },
    })
  const whole = await preview('train', { gpuCount: 1 })
  expect(whole.peakGpuMemoryMib).toBe(20_400)
  expect(whole.message).toMatch(/took up to 19.9 GiB of GPU memory\.$/)
  expect((await preview('train', { gpuCount: 1, gpuMilli: 250 })).message).toMatch(/will probably be too little\.$/)
  for (const other of [
    await preview('other', {}),
    await preview(undefined, {}),
    await preview('train', { gpuCount: 0 }),
  ])
    expect(other.peakGpuMemoryMib).toBeNull()
})

test('of two servers on one database one schedules, and the other takes over when it goes', async () => {
  const other = executionOf(stage.app, stage.executor.restarted(), policy)
  await other.start()
  const leads = async () => [(await stage.execution.check?.())?.detail, (await other.check?.())?.detail]
  expect(await leads()).toEqual(['leads', 'stands by'])
  await stage.execution.stop()
  const job = await stage.submit({ resources: gpus(1) })
  expect(await stage.until(job.id, ({ status }) => status === 'starting')).toMatchObject({ attempt: { number: 1 } })
  expect((await other.check?.())?.detail).toBe('leads')
  await other.stop()
})
