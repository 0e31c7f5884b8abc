import { defaultPolicy, fifoPolicy, valuesOf } from '@novabrain/scheduler'
import type { Account } from '../support/app.js'
import { startFakeStage, type FakeStage } from '../support/jobs.js'
import { verdictOf } from '../support/executor.js'

jest.setTimeout(60_000)

let stage: FakeStage
let neighbour: Account
beforeAll(async () => {
  stage = await startFakeStage({ gpuCount: 1 })
  neighbour = await stage.app.addTenant('neighbour')
})
afterAll(() => stage.close())

const owner = () => stage.app.owner.client
const gpu = { gpuCount: 1, cpuMilli: 100, memoryMib: 64 }

const run = async (name: string) => {
  const job = await stage.submit({ name, resources: gpu, priorityClass: 'low' })
  await stage.execution.settle()
  await stage.executor.runner((await stage.job(job.id)).attempt?.id ?? '').beat('running')
  return job
}

test('before anybody changed it the policy is the one the server came with, with the meaning of each field', async () => {
  const policy = await owner().getSchedulingPolicy()
  expect(policy).toMatchObject({ version: 0, preset: 'default', changedBy: null, keepsCluster: true })
  expect(policy.values).toEqual(valuesOf(defaultPolicy))
  expect(policy.fields.map(({ field }) => field)).toEqual(expect.arrayContaining(Object.keys(policy.values)))
  expect(policy.fields.every(({ mayChange }) => mayChange)).toBe(true)
  const chinese = stage.app.clientOf(stage.app.owner.token, { 'accept-language': 'zh-CN' })
  expect((await chinese.getSchedulingPolicy()).fields[0]?.label).toMatch(/[\u4e00-\u9fff]/)
  expect((await owner().listPolicyChanges()).items).toEqual([])
})

test('a change is a version with who, when and why, in the audit trail too, and older versions stay', async () => {
  const body = { values: { 'preemption.minimumRunMs': 0 }, reason: 'urgent jobs start at once' }
  expect(await owner().changeSchedulingPolicy({ body })).toMatchObject({
    version: 1,
    preset: null,
    reason: body.reason,
    changedBy: stage.app.owner.member.name,
    values: { 'preemption.minimumRunMs': 0, 'preemption.enabled': true },
  })
  await owner().changeSchedulingPolicy({ body: { preset: 'fifo', reason: 'a quiet week' } })
  const { items } = await owner().listPolicyChanges()
  expect(items.map(({ version, reason, preset }) => [version, reason, preset])).toEqual([
    [2, 'a quiet week', 'fifo'],
    [1, body.reason, null],
  ])
  const { minimumRunMs } = defaultPolicy.preemption
  expect(items[1]?.changes).toEqual([{ field: 'preemption.minimumRunMs', before: minimumRunMs, after: 0 }])
  expect((await owner().getSchedulingPolicy()).values).toEqual(valuesOf(fifoPolicy))
  const { items: trail } = await owner().listAuditEvents({ query: {} })
  expect(
    trail.filter(({ action }) => action === 'scheduling_policy_changed').map(({ detail }) => detail['reason']),
  ).toEqual(['a quiet week', body.reason])
})

test('the scheduler follows the stored policy from its next decision on', async () => {
  const lesser = await run('lesser')
  const urgent = await stage.submit({ name: 'urgent', resources: gpu, priorityClass: 'high' })
  await stage.execution.settle()
  expect(await stage.job(lesser.id)).toMatchObject({ status: 'running' })
  const values = { 'preemption.enabled': true, 'preemption.minimumRunMs': 0 }
  await owner().changeSchedulingPolicy({ body: { values, reason: 'the urgent one has to run' } })
  await stage.execution.settle()
  expect(await stage.job(lesser.id)).toMatchObject({ status: 'stopping', reason: 'preempted' })
  await stage.stop(urgent.id)
  await stage.executor.runner((await stage.job(lesser.id)).attempt?.id ?? '').finish(verdictOf('succeeded'))
})

test('what does not fit is refused with the field and its bounds, in the language of the asker', async () => {
  const change = (values: Record<string, number | string | boolean>) =>
    owner().changeSchedulingPolicy({ body: { values, reason: 'a test' } })
  await expect(change({ 'order.widthQuarters': 9 })).rejects.toMatchObject({
    code: 'policy_field_invalid',
    body: { message: 'order.widthQuarters takes a whole number from 0 to 4, not 9.' },
  })
  await expect(change({ 'order.colour': 1 })).rejects.toMatchObject({ code: 'policy_field_unknown' })
  const chinese = stage.app.clientOf(stage.app.owner.token, { 'accept-language': 'zh-CN' })
  const body = { values: { 'preemption.enabled': 3 }, reason: 'x' }
  await expect(chinese.changeSchedulingPolicy({ body })).rejects.toMatchObject({
    body: { message: 'preemption.enabled 需要 true 或 false，而不是 3。' },
  })
  const preset = { preset: 'nowhere', reason: 'x' }
  await expect(owner().changeSchedulingPolicy({ body: preset })).rejects.toMatchObject({
    code: 'policy_preset_unknown',
  })
  const { version } = await owner().getSchedulingPolicy()
  const late = { values: {}, reason: 'too late', version: version - 1 }
  await expect(owner().changeSchedulingPolicy({ body: late })).rejects.toMatchObject({ code: 'policy_changed' })
  expect((await owner().getSchedulingPolicy()).version).toBe(version)
})

test('members see the policy and change nothing; another tenant sees that of the cluster and not its history', async () => {
  const editor = await stage.app.addMember('ed', 'editor')
  const seen = await editor.client.getSchedulingPolicy()
  expect(seen.fields.some(({ mayChange }) => mayChange)).toBe(false)
  const body = { values: { 'preemption.enabled': false }, reason: 'mine' }
  await expect(editor.client.changeSchedulingPolicy({ body })).rejects.toMatchObject({ code: 'permission_denied' })
  const theirs = await neighbour.client.getSchedulingPolicy()
  expect(theirs).toMatchObject({ keepsCluster: false, version: 0, values: seen.values, changedBy: null })
  await expect(neighbour.client.changeSchedulingPolicy({ body })).rejects.toMatchObject({ code: 'policy_not_yours' })
  expect((await neighbour.client.listPolicyChanges()).items).toEqual([])
})
