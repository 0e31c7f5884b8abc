import { systemScope } from '../../server/src/deps.js'
import type { Account, Caller } from '../support/app.js'
import { verdictOf } from '../support/executor.js'
import { startFakeStage, uploadSnapshot, type FakeStage } from '../support/jobs.js'

jest.setTimeout(60_000)

let stage: FakeStage
let neighbour: Account
let viewer: Caller
const hour = 3_600_000
const nowMs = Date.UTC(2026, 5, 10, 12, 30)
const gpu = { gpuCount: 1, cpuMilli: 100, memoryMib: 64 }
const at = (hoursAgo: number) => new Date(nowMs - hoursAgo * hour).toISOString()

const asSystem = (sql: string, values: unknown[] = []) =>
  stage.app.foundation.database.transaction(systemScope, (tx) => tx.query(sql, values)) as Promise<unknown>

/** A job that ran between two moments, measured to use so much of its GPU. */
const past = async (
  account: Account,
  name: string,
  [from, to]: readonly [number, number],
  busyMilli: number | null,
) => {
  const snapshotId = await uploadSnapshot(account, { 'train.py': 'print(1)\n' })
  const job = await stage.submit({ name, resources: gpu, snapshotId }, account)
  await stage.execution.settle()
  const { attempt } = await account.client.getJob({ params: { projectId: account.project.id, jobId: job.id } })
  const runner = stage.executor.runner(attempt?.id ?? '')
  await runner.beat('running')
  await runner.finish(verdictOf('succeeded'))
  const samples = busyMilli === null ? [0, 0] : [100, 100 * busyMilli]
  await asSystem(
    `UPDATE attempts SET created_at = $2, started_at = $2, ended_at = $3, gpu_sample_count = $4, gpu_milli_sum = $5 WHERE job_id = $1`,
    [job.id, at(from), at(to), ...samples],
  )
  await asSystem(`UPDATE jobs SET submitted_at = $2, started_at = $3, ended_at = $4, used_run_ms = $5 WHERE id = $1`, [
    job.id,
    at(from + 1),
    at(from),
    at(to),
    (from - to) * hour,
  ])
  return job
}

beforeAll(async () => {
  const clock = { nowMs: () => nowMs, now: () => new Date(nowMs).toISOString() }
  stage = await startFakeStage({ gpuCount: 2 }, { clock })
  neighbour = await stage.app.addTenant('neighbour')
  viewer = await stage.app.addMember('vi', 'viewer')
  await asSystem(`UPDATE tenants SET created_at = $1`, [at(48)])
  await past(stage.app.owner, 'half', [4, 2], 500)
  await past(stage.app.owner, 'unmeasured', [3, 2], null)
  await past(neighbour, 'theirs', [2, 1], 0)
})
afterAll(() => stage.close())

test('the use of a day is told by hours, in all and by whom, with others only as a sum', async () => {
  const use = await stage.app.owner.client.getClusterUse({ query: { window: 'day' } })
  expect(use.total).toMatchObject({ gpuHours: 4, preemptions: 0, measured: 750 })
  expect(use.now).toMatchObject({
    gpuCount: 2,
    allocatedMilli: 0,
    wholeFree: 2,
    fragmentation: 0,
    waiting: 0,
    running: 0,
  })
  expect(use.overTime).toHaveLength(24)
  expect(use.overTime.slice(-5).map(({ allocated }) => allocated)).toEqual([250, 750, 750, 250, 0])
  const [mine, others] = use.teams
  expect(mine).toMatchObject({
    projectName: 'default',
    submittedBy: stage.app.owner.member.name,
    gpuHours: 3,
    share: 750,
    jobs: 2,
    busy: 500,
  })
  expect(others).toMatchObject({
    projectId: null,
    projectName: null,
    submittedBy: null,
    gpuHours: 1,
    share: 250,
    busy: 0,
  })
})

test('a member sees what a project of theirs used; somebody without a project sees sums and no names', async () => {
  const seen = await viewer.client.getClusterUse({ query: {} })
  expect(seen.teams.map(({ projectName }) => projectName)).toEqual(['default', null])
  const outsider = await stage.app.addMember('out', null)
  const sums = await outsider.client.getClusterUse({ query: { window: 'week' } })
  expect(sums.teams).toMatchObject([{ projectName: null, submittedBy: null, gpuHours: 4, share: 1000 }])
  expect(JSON.stringify(sums)).not.toContain(stage.app.owner.member.name)
})

test('steps before the server was there say nothing rather than zero', async () => {
  const { overTime } = await viewer.client.getClusterUse({ query: { window: 'week' } })
  expect(overTime[0]?.allocated).toBeNull()
  expect(overTime.at(-1)?.allocated).not.toBeNull()
})

test('a running job that hardly uses its GPU is told of, with since when and whose it is', async () => {
  const job = await stage.submit({ name: 'sleeps', resources: gpu })
  await stage.execution.settle()
  const runner = stage.executor.runner((await stage.job(job.id)).attempt?.id ?? '')
  await runner.beat('running')
  const sample = (minutesAgo: number, gpuMilli: number) => ({
    atMs: nowMs - minutesAgo * 60_000,
    cpuMilli: 0,
    memoryMib: 10,
    gpuMilli,
    gpuMemoryMib: 100,
  })
  const samples = [sample(30, 900), sample(20, 10), sample(15, 0), sample(1, 30)]
  const params = { attemptId: runner.attemptId }
  await runner.client.heartbeat({ params, body: { sequence: 50, stage: 'running', stageDetail: null, samples } })
  const { idle, now } = await viewer.client.getClusterUse({ query: {} })
  expect(now).toMatchObject({ running: 1, allocatedMilli: 1000, wholeFree: 1 })
  expect(idle).toEqual([
    expect.objectContaining({ jobName: 'sleeps', gpuMilli: 1000, since: new Date(nowMs - 20 * 60_000).toISOString() }),
  ])
  expect((await neighbour.client.getClusterUse({ query: {} })).idle).toEqual([])
  const busy = { sequence: 51, stage: 'running' as const, stageDetail: null, samples: [sample(0, 800)] }
  await runner.client.heartbeat({ params, body: busy })
  expect((await viewer.client.getClusterUse({ query: {} })).idle).toEqual([])
  await runner.finish(verdictOf('succeeded'))
})

test('a preemption is told with its reason and for whom', async () => {
  const body = { values: { 'preemption.minimumRunMs': 0 }, reason: 'for the test' }
  await stage.app.owner.client.changeSchedulingPolicy({ body })
  const lesser = await stage.submit({ name: 'lesser', priorityClass: 'low', resources: { ...gpu, gpuCount: 2 } })
  await stage.execution.settle()
  const runner = stage.executor.runner((await stage.job(lesser.id)).attempt?.id ?? '')
  await runner.beat('running')
  const urgent = await stage.submit({ name: 'urgent', priorityClass: 'high', resources: { ...gpu, gpuCount: 2 } })
  await stage.execution.settle()
  await runner.finish(verdictOf('preempted'))
  const { preemptions, total } = await viewer.client.getClusterUse({ query: {} })
  expect(total.preemptions).toBe(1)
  expect(preemptions).toMatchObject([
    { jobId: lesser.id, jobName: 'lesser', why: 'priority', forJobId: urgent.id, forJobNumber: urgent.number },
  ])
  expect((await neighbour.client.getClusterUse({ query: {} })).preemptions).toEqual([])
})

test('a job that shrank for another is told among them, one that grew is not', async () => {
  const params = { projectId: stage.app.owner.project.id }
  // What starts after the test before is listed as running.
  await stage.execution.settle()
  const { items } = await stage.app.owner.client.listJobs({ params, query: { status: 'active', limit: 50 } })
  const runnerOf = async (jobId: string) => stage.executor.runner((await stage.job(jobId)).attempt?.id ?? '')
  for (const { id, status } of items) {
    await stage.stop(id)
    if (status !== 'queued') await (await runnerOf(id)).finish(verdictOf('cancelled'))
  }
  const before = (await viewer.client.getClusterUse({ query: {} })).total.preemptions
  const wide = await stage.submit({ name: 'wide', resources: { ...gpu, gpuCount: 1, maxGpuCount: 2 } })
  await stage.execution.settle()
  await (await runnerOf(wide.id)).beat('running')
  const other = await stage.submit({ name: 'other', resources: { ...gpu, gpuCount: 1 } })
  await stage.execution.settle()
  await (await runnerOf(wide.id)).finish(verdictOf('resized'))
  await stage.execution.settle()
  await (await runnerOf(wide.id)).beat('running')
  await (await runnerOf(other.id)).beat('running')
  await (await runnerOf(other.id)).finish(verdictOf('succeeded'))
  await stage.stop(wide.id)
  const { preemptions, total } = await viewer.client.getClusterUse({ query: {} })
  expect(total.preemptions).toBe(before + 1)
  expect(preemptions.filter(({ jobName }) => jobName === 'wide')).toMatchObject([
    { why: 'shrink', forJobNumber: other.number },
  ])
})

test('owners and admins get the history as a trace; names are those of their own projects only', async () => {
  const history = await stage.app.owner.client.getSchedulingHistory({ query: { window: 'last-24-hours' } })
  expect(history).toMatchObject({ name: 'last-24-hours', truncated: false, nodes: [{ devices: [{}, {}] }] })
  const [half, theirs] = [500, 0].map((_, index) => history.jobs[index === 0 ? 0 : 2])
  expect(half).toMatchObject({
    submitMs: 19 * hour,
    firstStartMs: 20 * hour,
    endMs: 22 * hour,
    runMs: 2 * hour,
    runIsMeasured: true,
    queueName: 'default',
    owner: stage.app.owner.member.name,
    priority: 200,
    request: { ...gpu, gpuMilli: 1000, replicas: 1 },
  })
  expect(theirs).toMatchObject({ id: 'job-1', owner: 'owner-1', queueName: 'other/queue-1', runMs: hour })
  expect(history.queues.map(({ name }) => name).sort()).toEqual(['default', 'other/queue-1'])
  expect(history.policy['preemption.minimumRunMs']).toBe(0)
  expect(JSON.stringify(history)).not.toMatch(/neighbour|theirs/)
  await expect(viewer.client.getSchedulingHistory({ query: {} })).rejects.toMatchObject({ code: 'permission_denied' })
  const admin = await stage.app.addMember('ad', 'admin')
  expect((await admin.client.getSchedulingHistory({ query: {} })).jobs.length).toBeGreaterThan(2)
  const long = { query: { window: 'last-99-days' } }
  await expect(admin.client.getSchedulingHistory(long)).rejects.toMatchObject({ code: 'invalid_request' })
})
