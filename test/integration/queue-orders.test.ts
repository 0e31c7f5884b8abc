import { startFakeStage, type FakeStage } from '../support/jobs.js'
import { verdictOf } from '../support/executor.js'

jest.setTimeout(60_000)

let stage: FakeStage
beforeAll(async () => {
  stage = await startFakeStage({ gpuCount: 1 })
})
afterAll(() => stage.close())

const owner = () => stage.app.owner.client
const gpu = { gpuCount: 1, cpuMilli: 100, memoryMib: 64 }
const params = { queueName: 'default' }
const noLimits = {
  cohort: null,
  nominalGpuMilli: null,
  borrowingLimitGpuMilli: null,
  lendingLimitGpuMilli: null,
  weight: 1,
}

test('a queue says how it has its jobs served; each change is a version with who, when and why, in the audit trail too', async () => {
  const { items, mayChange } = await owner().listQueues()
  expect(mayChange).toBe(true)
  expect(items).toMatchObject([
    { name: 'default', orderKind: 'cluster', orderFair: true, patienceMs: null, version: 0 },
  ])
  const body = {
    ...noLimits,
    orderKind: 'submitted' as const,
    orderFair: false,
    reason: 'a course: by turns',
    version: 0,
  }
  expect(await owner().putQueue({ params, body })).toMatchObject({
    orderKind: 'submitted',
    orderFair: false,
    version: 1,
  })
  expect(await owner().putQueue({ params, body: { ...noLimits, nominalGpuMilli: 4000 } })).toMatchObject({
    orderKind: 'submitted',
    orderFair: false,
    nominalGpuMilli: 4000,
    version: 2,
  })
  const history = await owner().listQueueChanges({ params })
  expect(history.items).toMatchObject([
    { version: 2, reason: null, changes: [{ field: 'nominalGpuMilli', before: null, after: 4000 }] },
    {
      version: 1,
      reason: 'a course: by turns',
      changedBy: stage.app.owner.member.name,
      changes: [
        { field: 'orderKind', before: 'cluster', after: 'submitted' },
        { field: 'orderFair', before: true, after: false },
      ],
    },
  ])
  const { items: trail } = await owner().listAuditEvents({ query: {} })
  expect(trail.find(({ action }) => action === 'queue_put')?.detail).toMatchObject({ version: 2, reason: null })
})

test('of two people at the same time the second is told, and a first version is made only once', async () => {
  const change = (queueName: string, version: number) =>
    owner().putQueue({ params: { queueName }, body: { ...noLimits, version } })
  await expect(change('default', 1)).rejects.toMatchObject({ code: 'queue_changed', status: 409 })
  const both = await Promise.allSettled([change('fresh', 0), change('fresh', 0)])
  expect(both.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected'])
})

test('members see queues and their history and change neither; those of another tenant see nothing of them', async () => {
  const member = await stage.app.addMember('edda', 'editor')
  expect(await member.client.listQueues()).toMatchObject({ mayChange: false })
  expect((await member.client.listQueueChanges({ params })).items).toHaveLength(2)
  await expect(member.client.putQueue({ params, body: noLimits })).rejects.toMatchObject({ status: 403 })
  const neighbour = await stage.app.addTenant('neighbour')
  await neighbour.client.listQueues()
  expect((await neighbour.client.listQueueChanges({ params })).items).toEqual([])
  await expect(neighbour.client.listQueueChanges({ params: { queueName: 'fresh' } })).rejects.toMatchObject({
    code: 'queue_not_found',
  })
})

test('the scheduler follows from its next decision on, and what-if is given the order', async () => {
  await owner().putQueue({ params, body: { ...noLimits, orderKind: 'submitted', orderFair: true } })
  const busy = await stage.submit({ name: 'busy', resources: gpu })
  await stage.execution.settle()
  const [wide, narrow] = [
    await stage.submit({ name: 'wide', resources: { ...gpu, cpuMilli: 32_000 } }),
    await stage.submit({ name: 'narrow', resources: gpu }),
  ]
  const places = async () => {
    await stage.execution.settle()
    const { items } = await owner().listQueueEntries({ params: { projectId: stage.app.owner.project.id } })
    return [wide, narrow].map(({ id }) => items.find(({ jobId }) => jobId === id)?.position)
  }
  expect(await places()).toEqual([1, 2])
  await owner().putQueue({ params, body: { ...noLimits, orderKind: 'cluster' } })
  expect(await places()).toEqual([2, 1])
  await owner().putQueue({ params, body: { ...noLimits, orderKind: 'submitted', patienceMs: 60_000 } })
  expect(await places()).toEqual([1, 2])
  const told = await owner().getSchedulingHistory({ query: { window: 'last-24-hours' } })
  expect(told.queues.find(({ name }) => name === 'default')).toMatchObject({
    order: { kind: 'submitted', fair: true, patienceMs: 60_000 },
  })
  await stage.executor.runner((await stage.job(busy.id)).attempt?.id ?? '').finish(verdictOf('succeeded'))
})
