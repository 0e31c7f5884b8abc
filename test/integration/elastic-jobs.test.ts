import type { Job, Resources } from '@novabrain/contracts'
import { decide, decisionFaults, defaultPolicy, snapshotFaults } from '@novabrain/scheduler'
import { systemScope } from '../../server/src/deps.js'
import { readCluster, snapshotOf } from '../../server/src/scheduling/cluster.js'
import { verdictOf } from '../support/executor.js'
import { executionOf, startFakeStage, type FakeStage } from '../support/jobs.js'

jest.setTimeout(60_000)

let stage: FakeStage
const policy = { ...defaultPolicy, preemption: { ...defaultPolicy.preemption, minimumRunMs: 0 } }

beforeEach(async () => {
  stage = await startFakeStage({ gpuCount: 4 }, { policy })
})
afterEach(() => stage.close())

const small = { cpuMilli: 100, memoryMib: 64 }
const gpus = (gpuCount: number, maxGpuCount?: number): Partial<Resources> => ({
  ...small,
  gpuCount,
  ...(maxGpuCount === undefined ? {} : { maxGpuCount }),
})

const runnerOf = async (job: Job) => stage.executor.runner((await stage.job(job.id)).attempt?.id ?? '')

const run = async (resources: Partial<Resources>, request: Parameters<FakeStage['submit']>[0] = {}): Promise<Job> => {
  const job = await stage.submit({ ...request, resources })
  await stage.execution.settle()
  await (await runnerOf(job)).beat('running')
  return stage.job(job.id)
}

const devicesOf = (job: Job): number[] => (job.attempt?.devices ?? []).map(({ index }) => index).sort()

const params = (job: Job) => ({ projectId: job.projectId, jobId: job.id })

const why = async (job: Job, locale = 'en'): Promise<string> => {
  const client = stage.app.clientOf(stage.app.owner.token, { 'accept-language': locale })
  return (await client.explainJob({ params: params(job) })).message
}

const asSystem = <T>(sql: string, values: unknown[] = []): Promise<T> =>
  stage.app.foundation.database.transaction(systemScope, (tx) => tx.query(sql, values)) as Promise<T>

/** Whether the devices are there; the scheduler, which goes round all the time, sees it at once. */
const present = (isThere: boolean) =>
  asSystem('WITH moved AS (UPDATE cluster_version SET version = version + 1) UPDATE devices SET present = $1', [
    isThere,
  ])

/** What the scheduler sees now, and would decide, judged by its laws. */
const faults = async (): Promise<readonly unknown[]> => {
  const rows = await stage.app.foundation.database.transaction(systemScope, readCluster)
  const nowMs = Date.now()
  const snapshot = snapshotOf(rows, nowMs)
  return [...snapshotFaults(snapshot), ...decisionFaults(snapshot, decide(snapshot, policy, nowMs), policy, nowMs)]
}

/** An elastic job with four GPUs that was told to make room for a rigid one. */
const shrinking = async (): Promise<{ readonly job: Job; readonly rigid: Job }> => {
  const job = await run(gpus(1, 4), { maxRetries: 0 })
  const rigid = await stage.submit({ resources: gpus(2) })
  await stage.execution.settle()
  return { job, rigid }
}

test('a job starts as wide as it can, shrinks for one that waits, and grows when that has ended', async () => {
  const { job, rigid } = await shrinking()
  expect(job).toMatchObject({ resources: gpus(1, 4), attempt: { number: 1 } })
  expect(devicesOf(job)).toEqual([0, 1, 2, 3])
  expect(await stage.job(job.id)).toMatchObject({
    status: 'stopping',
    reason: 'resized',
    attempt: { resizesTo: { gpuCount: 2, why: 'shrink' } },
  })
  expect(await why(job)).toBe(
    `The job saves itself and goes on with 2 instead of 4 GPUs, so that #${rigid.number} can start.`,
  )
  expect(await why(job, 'zh-CN')).toContain(`GPU 将从 4 块减少到 2 块后继续运行，以便 #${rigid.number} 启动`)
  expect((await stage.job(rigid.id)).reason).toBe('waiting_for_preemption')
  expect(await faults()).toEqual([])

  const runner = await runnerOf(job)
  expect(await runner.beat('running')).toEqual({ command: 'stop', stopReason: 'resized' })
  await runner.finish(verdictOf('resized', { signal: 'SIGTERM' }))
  const shrunk = await stage.job(job.id)
  expect(shrunk).toMatchObject({
    status: 'starting',
    reason: null,
    attempt: { number: 2, resizedFrom: { gpuCount: 4, why: 'shrink' } },
  })
  expect(devicesOf(shrunk)).toHaveLength(2)
  expect(await faults()).toEqual([])
  await stage.execution.settle()
  expect(await stage.job(rigid.id)).toMatchObject({ status: 'starting' })
  await (await runnerOf(job)).beat('running')
  const { items: entries } = await stage.app.owner.client.listQueueEntries({ params: { projectId: job.projectId } })
  const entry = entries.find(({ jobId }) => jobId === job.id)
  expect(entry).toMatchObject({ gpuCount: 2, minGpuCount: 1, maxGpuCount: 4 })
  expect(entry?.message).toContain(`It shrank from 4 to 2 GPUs for #${rigid.number}.`)
  expect(await why(job)).toBe(`The job is running on fake-node. It shrank from 4 to 2 GPUs for #${rigid.number}.`)

  await (await runnerOf(rigid)).beat('running')
  await (await runnerOf(rigid)).finish(verdictOf('succeeded'))
  await stage.until(job.id, ({ status }) => status === 'stopping')
  expect(await why(job)).toBe('The job saves itself and goes on with 4 instead of 2 GPUs, since they are idle.')
  expect(await faults()).toEqual([])
  await (await runnerOf(job)).finish(verdictOf('resized'))
  const grown = await stage.job(job.id)
  expect(devicesOf(grown)).toEqual([0, 1, 2, 3])
  expect(grown.attempt).toMatchObject({ number: 3, resizedFrom: { gpuCount: 2, why: 'grow' } })
  await stage.execution.settle()
  await (await runnerOf(job)).beat('running')
  await (await runnerOf(job)).finish(verdictOf('succeeded'))
  expect(await stage.job(job.id)).toMatchObject({ status: 'succeeded', attempt: { number: 3 } })
  const { items } = await stage.app.owner.client.listAttempts({ params: params(job) })
  expect(items.map(({ state }) => state)).toEqual(['resized', 'resized', 'succeeded'])
  expect(items.map(({ resizesTo }) => resizesTo?.gpuCount)).toEqual([2, 4, undefined])
})

test('whatever the program makes of the wish to save itself, the job goes on and no retry is counted', async () => {
  for (const verdict of [verdictOf('signal', { signal: 'SIGTERM' }), verdictOf('lost'), verdictOf('preempted')]) {
    const { job, rigid } = await shrinking()
    await (await runnerOf(job)).finish(verdict)
    expect(await stage.job(job.id)).toMatchObject({ status: 'starting', attempt: { number: 2 } })
    await stage.execution.settle()
    for (const { id } of [job, rigid]) {
      await stage.stop(id)
      await stage.executor.runner((await stage.job(id)).attempt?.id ?? '').finish(verdictOf('cancelled'))
    }
  }
})

test('a job that its owner stops while it saves itself is cancelled', async () => {
  const { job, rigid } = await shrinking()
  await stage.stop(job.id)
  expect(await stage.job(job.id)).toMatchObject({ status: 'stopping', reason: 'cancelled' })
  await (await runnerOf(job)).finish(verdictOf('cancelled'))
  expect(await stage.job(job.id)).toMatchObject({ status: 'cancelled' })
  await stage.execution.settle()
  expect(await stage.job(rigid.id)).toMatchObject({ status: 'starting' })
})

test('a job whose place is gone when it has saved itself waits again', async () => {
  const { job, rigid } = await shrinking()
  await present(false)
  await (await runnerOf(job)).finish(verdictOf('resized'))
  expect(await stage.job(job.id)).toMatchObject({ status: 'queued', reason: 'resized', attempt: { state: 'resized' } })
  expect(await stage.job(rigid.id)).toMatchObject({ status: 'queued' })
  await stage.stop(rigid.id)
  await present(true)
  await stage.execution.settle()
  expect(await stage.job(job.id)).toMatchObject({ status: 'starting', attempt: { number: 2 } })
})

test('what others hold is not granted again, though the runner who reports sees only its own project', async () => {
  const { job } = await shrinking()
  const other = await stage.app.addTenant('globex')
  const theirs = await stage.submit({ resources: gpus(1) }, other)
  const kept = (await stage.job(job.id)).attempt?.devices ?? []
  const [row] = await asSystem<{ resizeTo: { nodeId: string; devices: { deviceId: string }[] } }[]>(
    `SELECT resize_to AS "resizeTo" FROM attempts WHERE job_id = $1`,
    [job.id],
  )
  const [deviceId, free] = [row?.resizeTo.devices[0]?.deviceId ?? '', kept.map((each) => each.deviceId)]
  expect(free).toContain(deviceId)
  await stage.execution.stop()
  await asSystem(`DELETE FROM device_allocations`)
  await asSystem(
    `INSERT INTO attempts (id, tenant_id, project_id, job_id, number, state, version, node_id, node_name, devices,
       heartbeat_sequence, command, log_size_bytes, created_at)
     SELECT repeat('a', 32), tenant_id, project_id, id, 1, 'running', 0, $2, 'fake-node', '[]', 0, 'none', 0, now()
     FROM jobs WHERE id = $1`,
    [theirs.id, row?.resizeTo.nodeId],
  )
  await asSystem(
    `INSERT INTO allocations (attempt_id, project_id, node_id, cpu_milli, memory_mib)
     SELECT repeat('a', 32), project_id, $2, 100, 64 FROM jobs WHERE id = $1`,
    [theirs.id, row?.resizeTo.nodeId],
  )
  await asSystem(
    `INSERT INTO device_allocations (attempt_id, device_id, project_id, milli, memory_mib)
     SELECT repeat('a', 32), $2, project_id, 1000, 24576 FROM jobs WHERE id = $1`,
    [theirs.id, deviceId],
  )
  await (await runnerOf(job)).finish(verdictOf('resized'))
  expect(await stage.job(job.id)).toMatchObject({ status: 'queued', attempt: { state: 'resized' } })
})

test('a runner that dies between the end of one attempt and the start of the next is no loss', async () => {
  const { job } = await shrinking()
  await stage.execution.stop()
  await (await runnerOf(job)).finish(verdictOf('resized'))
  const begun = await stage.job(job.id)
  expect(begun).toMatchObject({ status: 'starting', attempt: { number: 2, state: 'submitted' } })
  const executor = stage.executor.restarted()
  const next = executionOf(stage.app, executor, policy)
  await next.start()
  await next.settle()
  expect(executor.started).toContain(begun.attempt?.id)
  expect(await stage.job(job.id)).toMatchObject({ attempt: { number: 2, state: 'accepted' } })
  await next.stop()
})

test('a job that has to make room while it saves itself waits again', async () => {
  const { job, rigid } = await shrinking()
  await stage.execution.stop()
  const { lifecycle } = stage.app.services.jobModules
  await stage.app.foundation.database.transaction(systemScope, async (tx) => {
    const locked = await lifecycle.lock(tx, systemScope, job.id)
    if (locked !== null) await lifecycle.preempt(tx, locked, { forJobId: null, why: 'shutdown' })
  })
  expect(await stage.job(job.id)).toMatchObject({ status: 'stopping', reason: 'preempted' })
  await (await runnerOf(job)).finish(verdictOf('preempted'))
  expect(await stage.job(job.id)).toMatchObject({ status: 'queued', attempt: { number: 1, state: 'preempted' } })
  expect((await stage.job(rigid.id)).status).toBe('queued')
})

test('a preview says with how many GPUs a range would start, and that it waits only for its least', async () => {
  const preview = (resources: Partial<Resources>, locale = 'en') =>
    stage.app
      .clientOf(stage.app.owner.token, { 'accept-language': locale })
      .previewJob({ params: { projectId: stage.app.owner.project.id }, body: { resources } })
  await run(gpus(1))
  expect(await preview(gpus(1, 4))).toMatchObject({ startsNow: true, resources: gpus(1, 4) })
  expect((await preview(gpus(1, 4))).message).toBe('Starts now on fake-node with 3 of 1–4 GPUs.')
  expect((await preview(gpus(1, 2), 'zh-CN')).message).toBe('将立即在 fake-node 上以 2 块 GPU 开始（可用 1–2 块）。')
  expect((await preview(gpus(2))).message).toBe('Starts now on fake-node.')
  await run(gpus(3))
  expect(await preview(gpus(1, 4))).toMatchObject({ startsNow: false, reason: (await preview(gpus(1))).reason })
})

test('a range is refused that is none, of shares, or of a kernel', async () => {
  const refused = async (resources: Partial<Resources>, code: string) => {
    await expect(stage.submit({ resources })).rejects.toMatchObject({ code })
    const client = stage.app.owner.client
    const ask = { params: { projectId: stage.app.owner.project.id }, body: { resources } }
    await expect(client.previewJob(ask)).rejects.toMatchObject({ code })
  }
  await refused(gpus(3, 2), 'gpu_range_invalid')
  await refused(gpus(0, 2), 'gpu_range_invalid')
  await refused({ ...gpus(1, 2), gpuMilli: 500 }, 'gpu_range_of_shares')
  await refused(gpus(1, 129), 'invalid_request')
  await refused(gpus(5, 8), 'resources_never_available')
  const kernel = stage.submit({ task: { kind: 'kernel', path: 'train.py' }, resources: gpus(1, 2) })
  await expect(kernel).rejects.toMatchObject({ code: 'gpu_range_of_kernel' })
})

test('a range of one number is none, and a change of a waiting job that does not fit its range ends it', async () => {
  const plain = await run(gpus(2, 2))
  expect(plain.resources.maxGpuCount).toBeUndefined()
  await run(gpus(2))
  const waits = await stage.submit({ resources: gpus(2, 4) })
  const amend = (resources: Partial<Resources>) =>
    stage.app.owner.client.amendJob({ params: params(waits), body: { resources } })
  expect((await amend({ gpuCount: 1 })).resources).toMatchObject({ gpuCount: 1, maxGpuCount: 4 })
  await expect(amend({ maxGpuCount: 0 })).rejects.toMatchObject({ code: 'invalid_request' })
  await expect(amend({ gpuCount: 3, maxGpuCount: 2 })).rejects.toMatchObject({ code: 'gpu_range_invalid' })
  const shared = (await amend({ gpuMilli: 500 })).resources
  expect(shared).toMatchObject({ gpuCount: 1, gpuMilli: 500 })
  expect(shared.maxGpuCount).toBeUndefined()
})
