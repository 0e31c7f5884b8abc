import { NovaBrainError } from '@novabrain/contracts'
import { systemScope } from '../../server/src/deps.js'
import { verdictOf } from '../support/executor.js'
import { startFakeStage, uploadSnapshot, type FakeStage } from '../support/jobs.js'

let stage: FakeStage

beforeAll(async () => {
  stage = await startFakeStage({ gpuCount: 2 })
}, 60_000)
afterAll(() => stage.close())

const refusal = async (promise: Promise<unknown>): Promise<NovaBrainError> => {
  const error = await promise.then(
    () => null,
    (thrown: unknown) => thrown,
  )
  if (!(error instanceof NovaBrainError)) throw new Error(`Expected an error of the catalogue, got ${String(error)}`)
  return error
}

const attemptOf = async (jobId: string) => {
  const { attempt } = await stage.job(jobId)
  if (attempt === null) throw new Error('The job has no attempt')
  return attempt
}

/** The statuses that were announced of a job, in order. */
const statusesTold = async (jobId: string): Promise<string[]> => {
  const rows = await stage.app.foundation.database.transaction(systemScope, (tx) => tx.query(told, [jobId]))
  return (rows as { status: string }[]).map(({ status }) => status)
}

const told = `SELECT event -> 'job' ->> 'status' AS status FROM outbox_events
  WHERE event ->> 'type' = 'job_changed' AND event -> 'job' ->> 'id' = $1 ORDER BY id`

/** Submit, and have the runner at work. */
const running = async (request: Parameters<FakeStage['submit']>[0] = {}) => {
  const job = await stage.submit(request)
  await stage.execution.settle()
  const attempt = await attemptOf(job.id)
  const runner = stage.executor.runner(attempt.id)
  await runner.beat('running')
  return { job, attempt, runner }
}

test('a submitted job is started, runs, and ends with the verdict its runner reports', async () => {
  const job = await stage.submit({ name: 'first' })
  expect(job).toMatchObject({ status: 'queued', name: 'first', attempt: null, queueName: 'default' })
  await stage.execution.settle()
  expect(await stage.job(job.id)).toMatchObject({ status: 'starting', attempt: { state: 'accepted', number: 1 } })
  const runner = stage.executor.runner((await attemptOf(job.id)).id)
  await runner.beat('fetching_code')
  expect(await stage.job(job.id)).toMatchObject({ status: 'starting', attempt: { stage: 'fetching_code' } })
  await runner.beat('running')
  expect(await stage.job(job.id)).toMatchObject({ status: 'running', attempt: { state: 'running' } })
  await runner.finish(verdictOf('succeeded', { exitCode: 0 }))
  const ended = await stage.job(job.id)
  expect(ended).toMatchObject({ status: 'succeeded', attempt: { state: 'succeeded', verdict: { kind: 'succeeded' } } })
  expect(ended.endedAt).not.toBeNull()
})

test('the run of a job follows its job', async () => {
  const { job, runner } = await running()
  const params = { projectId: job.projectId, runId: job.runId }
  expect(await stage.app.owner.client.getRun({ params })).toMatchObject({ status: 'RUNNING', job: { id: job.id } })
  await runner.finish(verdictOf('exit_code', { exitCode: 3 }))
  expect(await stage.app.owner.client.getRun({ params })).toMatchObject({ status: 'FAILED' })
})

test('two submissions with one key make one job, also at the same instant', async () => {
  const { owner } = stage.app
  const snapshotId = await uploadSnapshot(owner, { 'train.py': 'print(1)\n' })
  const submit = () =>
    owner.client.submitJob({
      params: { projectId: owner.project.id },
      body: {
        task: { kind: 'script', path: 'train.py', arguments: [] },
        resources: { gpuCount: 0 },
        pinDigest: null,
        snapshotId,
      },
      idempotencyKey: 'the-key',
    })
  const jobs = await Promise.all([submit(), submit(), submit()])
  expect(new Set(jobs.map(({ id }) => id)).size).toBe(1)
})

test('jobs submitted at the same instant get different numbers without a gap', async () => {
  const before = (await stage.submit()).number
  const jobs = await Promise.all(Array.from({ length: 8 }, () => stage.submit()))
  const numbers = jobs.map(({ number }) => number).sort((left, right) => left - right)
  expect(numbers).toEqual(Array.from({ length: 8 }, (_, index) => before + 1 + index))
})

test('a request no node can ever run is refused with what would fit', async () => {
  const error = await refusal(stage.submit({ resources: { gpuCount: 99 } }))
  expect(error.code).toBe('resources_never_available')
  expect(error.body?.message).toContain('99')
  expect(String(error.body?.data['suggestion'])).not.toBe('')
})

test('a job for an unknown queue, snapshot, pin or file is refused with its own code', async () => {
  const codes = await Promise.all(
    [
      stage.submit({ queueName: 'nowhere' }),
      stage.submit({ snapshotId: '0'.repeat(32) }),
      stage.submit({ pinDigest: '0'.repeat(64) }),
      stage.submit({ task: { kind: 'script', path: 'missing.py', arguments: [] } }),
    ].map(async (submission) => (await refusal(submission)).code),
  )
  expect(codes).toEqual([
    'queue_not_found',
    'code_snapshot_not_found',
    'environment_pin_not_found',
    'entrypoint_not_in_snapshot',
  ])
})

test('a notebook that is not one of Python is refused before it waits', async () => {
  const notebook = { nbformat: 4, nbformat_minor: 5, metadata: { language_info: { name: 'R' } }, cells: [] }
  const snapshotId = await uploadSnapshot(stage.app.owner, { 'a.ipynb': JSON.stringify(notebook) })
  const error = await refusal(stage.submit({ snapshotId, task: { kind: 'notebook', path: 'a.ipynb', parameters: {} } }))
  expect(error.code).toBe('notebook_not_python')
})

test('a waiting job is cancelled at once; an ended one stays as it is', async () => {
  const busy = [await running({ resources: { gpuCount: 1 } }), await running({ resources: { gpuCount: 1 } })]
  const waiting = await stage.submit({ resources: { gpuCount: 2 } })
  await stage.execution.settle()
  expect(await stage.stop(waiting.id)).toMatchObject({ status: 'cancelled', reason: 'cancelled', attempt: null })
  expect(await stage.stop(waiting.id)).toMatchObject({ status: 'cancelled' })
  for (const { runner } of busy) await runner.finish(verdictOf('succeeded'))
})

test('a running job that is stopped is told with its next sign of life and ends cancelled', async () => {
  const { job, runner } = await running()
  expect(await stage.stop(job.id)).toMatchObject({ status: 'stopping' })
  expect(await runner.beat('running')).toEqual({ command: 'stop', stopReason: 'cancelled' })
  await runner.finish(verdictOf('signal', { signal: 'SIGTERM' }))
  expect(await stage.job(job.id)).toMatchObject({ status: 'cancelled', attempt: { state: 'cancelled' } })
})

test('a job that succeeded although it was told to stop has succeeded', async () => {
  const { job, runner } = await running()
  await stage.stop(job.id)
  await runner.finish(verdictOf('succeeded'))
  expect(await stage.job(job.id)).toMatchObject({ status: 'succeeded' })
})

test('a job ends once: of finish, stop and another finish at the same instant one decides', async () => {
  const { job, attempt, runner } = await running()
  await Promise.all([
    runner.finish(verdictOf('succeeded')),
    runner.finish(verdictOf('exit_code', { exitCode: 1 })),
    stage.stop(job.id),
  ])
  const ended = await stage.job(job.id)
  expect(['succeeded', 'failed', 'cancelled']).toContain(ended.status)
  await runner.finish(verdictOf('out_of_host_memory'))
  await stage.stop(job.id)
  expect(await stage.job(job.id)).toEqual(ended)
  const seen = await statusesTold(job.id)
  expect(seen.filter((status) => ['succeeded', 'failed', 'cancelled'].includes(status))).toHaveLength(1)
  expect(ended.attempt?.id).toBe(attempt.id)
})

test('every change of a job is announced with the whole job, in order', async () => {
  const { job, runner } = await running({ name: 'told' })
  await runner.finish(verdictOf('succeeded'))
  const seen = await statusesTold(job.id)
  const changes = seen.filter((status, index) => status !== seen[index - 1])
  expect(changes).toEqual(['queued', 'starting', 'running', 'succeeded'])
})

test('a viewer may look but not submit or stop', async () => {
  const viewer = await stage.app.addMember('looker', 'viewer')
  const { job, runner } = await running()
  const params = { projectId: job.projectId, jobId: job.id }
  expect(await viewer.client.getJob({ params })).toMatchObject({ id: job.id })
  expect((await refusal(viewer.client.stopJob({ params }))).code).toBe('permission_denied')
  await runner.finish(verdictOf('succeeded'))
})

test('another tenant sees neither the job nor who holds the GPU', async () => {
  const { job, runner } = await running({ resources: { gpuCount: 1 } })
  const stranger = await stage.app.addTenant('stranger')
  const params = { projectId: stranger.project.id, jobId: job.id }
  expect((await refusal(stranger.client.getJob({ params }))).code).toBe('job_not_found')
  const { items } = await stranger.client.listNodes({})
  expect(items[0]?.devices.flatMap(({ heldBy }) => heldBy)).toEqual([])
  expect(items[0]?.devices.filter(({ freeMilli }) => freeMilli === 0)).toHaveLength(1)
  const own = await stage.app.owner.client.listNodes({})
  expect(own.items[0]?.devices.flatMap(({ heldBy }) => heldBy)).toMatchObject([{ jobId: job.id, milli: 1000 }])
  await runner.finish(verdictOf('succeeded'))
})

test('jobs are listed newest first, page by page', async () => {
  const { client, project } = stage.app.owner
  const first = await client.listJobs({ params: { projectId: project.id }, query: { limit: 2 } })
  expect(first.items).toHaveLength(2)
  const second = await client.listJobs({
    params: { projectId: project.id },
    query: { limit: 2, cursor: first.nextCursor ?? '' },
  })
  const numbers = [...first.items, ...second.items].map(({ number }) => number)
  expect(numbers).toEqual([...numbers].sort((left, right) => right - left))
})
