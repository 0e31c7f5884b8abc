import type { ProjectScope } from '../../server/src/deps.js'
import { startApp, type TestApp } from '../support/app.js'

let app: TestApp
beforeAll(async () => {
  app = await startApp({ background: false })
})
afterAll(() => app.close())

const registry = () => app.services.modelRegistry
const scope = () => app.owner.scope

const aRun = async () => {
  const { run } = await app.services.runs.create(scope(), {
    experimentId: '0',
    name: null,
    userName: null,
    startedAtMs: 1,
    tags: [],
  })
  return run
}
const aModel = (name: string) => registry().createModel(scope(), { name, description: null, tags: [] })
const fromRun = ({ id, artifactUri }: { id: string; artifactUri: string }) => ({
  source: `${artifactUri}/model`,
  runId: id,
  loggedModelId: null,
  runLink: null,
  description: null,
  tags: [],
})
const attemptOf = (runId: string): ProjectScope => ({
  ...scope(),
  memberId: null,
  attemptId: app.foundation.newId(),
  attemptRunId: runId,
})

describe('numbers of versions', () => {
  test('are given once each, however many programs register at the same instant', async () => {
    await aModel('busy')
    const run = await aRun()
    const made = await Promise.all(
      Array.from({ length: 20 }, () => registry().createVersion(scope(), 'busy', fromRun(run))),
    )
    const numbers = made.map(({ record }) => record.version).sort((left, right) => left - right)
    expect(numbers).toEqual(Array.from({ length: 20 }, (_, index) => index + 1))
  })

  test('are not given again when the newest one was deleted', async () => {
    await aModel('short')
    const run = await aRun()
    await registry().createVersion(scope(), 'short', fromRun(run))
    await registry().deleteVersion(scope(), 'short', 1)
    expect((await registry().createVersion(scope(), 'short', fromRun(run))).record.version).toBe(2)
  })
})

test('of two who take a name at the same instant one gets it', async () => {
  const taken = await Promise.allSettled([aModel('wanted'), aModel('wanted')])
  expect(taken.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected'])
  expect(taken.find(({ status }) => status === 'rejected')).toMatchObject({
    reason: { code: 'registered_model_name_taken' },
  })
})

test('an alias names one version, whoever moves it; where it came from is in the audit', async () => {
  await aModel('moved')
  const run = await aRun()
  for (let count = 0; count < 3; count += 1) await registry().createVersion(scope(), 'moved', fromRun(run))
  await Promise.all([1, 2, 3].map((version) => registry().setAlias(scope(), 'moved', 'live', version)))
  const { aliases } = await registry().getModel(scope(), 'moved')
  expect(aliases).toHaveLength(1)
  await registry().setAlias(scope(), 'moved', 'live', 1)
  const { items } = await app.owner.client.listAuditEvents({ query: { limit: 5 } })
  expect(items[0]).toMatchObject({
    action: 'model_alias.set',
    subject: 'moved',
    detail: { alias: 'live', version: 1, from: aliases[0]?.version },
  })
})

test('another name takes versions, tags and aliases along', async () => {
  await registry().createModel(scope(), { name: 'before', description: 'kept', tags: [{ key: 'k', value: 'v' }] })
  await registry().createVersion(scope(), 'before', fromRun(await aRun()))
  await registry().setAlias(scope(), 'before', 'live', 1)
  await registry().renameModel(scope(), 'before', 'after')
  expect(await registry().getModel(scope(), 'after')).toMatchObject({
    record: { description: 'kept' },
    tags: [{ key: 'k', value: 'v' }],
    aliases: [{ alias: 'live', version: 1 }],
  })
  expect((await registry().versionByAlias(scope(), 'after', 'live')).record.modelName).toBe('after')
  await expect(registry().getModel(scope(), 'before')).rejects.toMatchObject({ code: 'registered_model_not_found' })
})

describe('the token of a job', () => {
  test('registers what its own run made, and nothing of another run', async () => {
    await aModel('from jobs')
    const [own, other] = [await aRun(), await aRun()]
    const attempt = attemptOf(own.id)
    expect((await registry().createVersion(attempt, 'from jobs', fromRun(own))).record.runId).toBe(own.id)
    await expect(registry().createVersion(attempt, 'from jobs', fromRun(other))).rejects.toMatchObject({
      code: 'run_not_of_attempt',
    })
    const elsewhere = { ...fromRun(own), source: 's3://bucket/model', runId: null }
    await expect(registry().createVersion(attempt, 'from jobs', elsewhere)).rejects.toMatchObject({
      code: 'run_not_of_attempt',
    })
  })

  test('renames and deletes nothing', async () => {
    await aModel('stays')
    const run = await aRun()
    await registry().createVersion(scope(), 'stays', fromRun(run))
    const attempt = attemptOf(run.id)
    const denied = { code: 'permission_denied' }
    await expect(registry().renameModel(attempt, 'stays', 'gone')).rejects.toMatchObject(denied)
    await expect(registry().deleteVersion(attempt, 'stays', 1)).rejects.toMatchObject(denied)
    await expect(registry().deleteModel(attempt, 'stays')).rejects.toMatchObject(denied)
    expect((await registry().getModel(scope(), 'stays')).latestVersions).toHaveLength(1)
  })
})
