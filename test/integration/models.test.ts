import { createHash } from 'node:crypto'
import { Readable } from 'node:stream'
import type { Model, ModelVersion, RunModels } from '@novabrain/contracts'
import { systemScope, type ProjectScope } from '../../server/src/deps.js'
import { insertPin } from '../../server/src/modules/environment-pins/repository.js'
import { startFakeStage, type FakeStage } from '../support/jobs.js'
import { mlflowWire } from '../support/mlflow-wire.js'
import { startApp, type TestApp } from '../support/app.js'

let app: TestApp
beforeAll(async () => {
  app = await startApp({ background: false })
})
afterAll(() => app.close())

const scope = () => app.owner.scope
const project = () => ({ projectId: app.owner.project.id })
const client = () => app.owner.client

const signature = {
  inputs:
    '[{"type": "double", "name": "sepal length", "required": true}, {"type": "long", "name": "id", "required": false}]',
  outputs: '[{"type": "tensor", "tensor-spec": {"dtype": "int64", "shape": [-1]}}]',
  params: '[{"name": "threshold", "default": 0.5, "shape": null, "type": "double"}]',
}
/** As MLflow 3 writes it. */
const manifest = `artifact_path: mlflow-artifacts:/0/models/m-1/artifacts
flavors:
  python_function:
    env:
      conda: conda.yaml
    loader_module: mlflow.sklearn
    python_version: 3.12.3
  sklearn:
    pickled_model: model.pkl
    sklearn_version: 1.9.1
mlflow_version: 3.17.2
signature:
  inputs: '${signature.inputs}'
  outputs: '${signature.outputs}'
  params: '${signature.params}'
`

const newRun = async (experimentId = '0', name = 'training', tags: { key: string; value: string }[] = []) => {
  const { run } = await app.services.runs.create(scope(), { experimentId, name, userName: null, startedAtMs: 1, tags })
  return run
}
const put = (owner: { kind: 'run' | 'logged_model'; id: string }, path: string, text: string) =>
  app.services.artifacts.put(scope(), owner, path, Readable.from([Buffer.from(text)]))

const runWithFolder = async (experimentId = '0', text = manifest) => {
  const run = await newRun(experimentId)
  await put({ kind: 'run', id: run.id }, 'model/MLmodel', text)
  await put({ kind: 'run', id: run.id }, 'model/model.pkl', 'weights')
  await put({ kind: 'run', id: run.id }, 'plots/curve.svg', '<svg/>')
  return run
}
const runWithLoggedModel = async (experimentId = '0', name = 'classifier') => {
  const run = await newRun(experimentId)
  const { model } = await app.services.loggedModels.create(scope(), {
    experimentId,
    name,
    modelType: 'sklearn',
    sourceRunId: run.id,
    params: [],
    tags: [],
  })
  await put({ kind: 'logged_model', id: model.id }, 'MLmodel', manifest)
  await app.services.loggedModels.finalize(scope(), model.id, 'LOGGED_MODEL_READY')
  return { run, model }
}
const sha256 = (text: string) => createHash('sha256').update(text).digest('hex')
const modelsOf = (runId: string): Promise<RunModels> => client().listRunModels({ params: { ...project(), runId } })
const register = (runId: string, name: string, path = 'model', idempotencyKey?: string) =>
  client().registerModel({
    params: { ...project(), runId },
    body: { choice: { kind: 'folder', path }, name },
    ...(idempotencyKey === undefined ? {} : { idempotencyKey }),
  })
const getModel = (modelName: string): Promise<Model> => client().getModel({ params: { ...project(), modelName } })
const getVersion = (modelName: string, version: number): Promise<ModelVersion> =>
  client().getModelVersion({ params: { ...project(), modelName, version } })
const setAlias = (modelName: string, alias: string, version: number, reason: string) =>
  client().setModelAlias({ params: { ...project(), modelName, alias }, body: { version, reason } })

describe('a run that left a model', () => {
  test('offers its folder, with a free name and the first number', async () => {
    const experiment = await app.services.experiments.create(scope(), {
      name: 'flowers',
      artifactLocation: null,
      tags: [],
    })
    const run = await runWithFolder(experiment)
    expect(await modelsOf(run.id)).toEqual({
      items: [
        {
          choice: { kind: 'folder', path: 'model' },
          name: 'model',
          modelType: null,
          sizeBytes: manifest.length + 'weights'.length,
          versions: [],
        },
      ],
      versions: [],
      suggestion: { name: 'flowers', version: 1, isNew: true },
    })
  })

  test('offers the model it logged once that is whole, and the name that its experiment is known by', async () => {
    const first = await runWithLoggedModel()
    await client().registerModel({
      params: { ...project(), runId: first.run.id },
      body: { choice: { kind: 'logged_model', loggedModelId: first.model.id }, name: 'known' },
    })
    const { run, model } = await runWithLoggedModel()
    const pending = await app.services.loggedModels.create(scope(), {
      experimentId: '0',
      name: 'half',
      modelType: null,
      sourceRunId: run.id,
      params: [],
      tags: [],
    })
    expect(pending.model.status).toBe('LOGGED_MODEL_PENDING')
    const offered = await modelsOf(run.id)
    expect(offered.items.map(({ choice }) => choice)).toEqual([{ kind: 'logged_model', loggedModelId: model.id }])
    expect(offered.suggestion).toEqual({ name: 'known', version: 2, isNew: false })
  })

  test('says as what it was registered, newest first', async () => {
    const run = await runWithFolder()
    await register(run.id, 'told')
    await register(run.id, 'told')
    const { items, versions } = await modelsOf(run.id)
    const both = [
      { modelName: 'told', version: 2 },
      { modelName: 'told', version: 1 },
    ]
    expect([items[0]?.versions, versions]).toEqual([both, both])
  })

  test('one that left none offers nothing', async () => {
    const run = await newRun()
    expect(await modelsOf(run.id)).toEqual({ items: [], versions: [], suggestion: null })
  })
})

describe('registering from a run', () => {
  test('makes the model with its first version, and the next version of a model that is there', async () => {
    const run = await runWithFolder()
    expect(await register(run.id, 'iris')).toMatchObject({
      modelName: 'iris',
      version: 1,
      run: { id: run.id, name: 'training' },
      createdBy: app.owner.member.name,
    })
    expect((await register(run.id, 'iris')).version).toBe(2)
    expect(await getModel('iris')).toMatchObject({ versionCount: 2, nextVersion: 3, latestVersion: { version: 2 } })
  })

  test('with one key happens once', async () => {
    const run = await runWithFolder()
    const first = await register(run.id, 'once', 'model', 'key-1')
    expect(await register(run.id, 'once', 'model', 'key-1')).toEqual(first)
    expect((await getModel('once')).versionCount).toBe(1)
    await expect(register(run.id, 'other', 'model', 'key-1')).rejects.toMatchObject({ code: 'idempotency_key_reused' })
  })

  test('of many at the same instant makes one model, and a number for each', async () => {
    const run = await runWithFolder()
    const made = await Promise.all(Array.from({ length: 8 }, () => register(run.id, 'crowd')))
    expect(made.map(({ version }) => version).sort()).toEqual([1, 2, 3, 4, 5, 6, 7, 8])
  })

  test('takes only what the run itself left', async () => {
    const [run, other] = [await runWithFolder(), await runWithLoggedModel()]
    const params = { ...project(), runId: run.id }
    const missing = { code: 'run_model_not_found' }
    await expect(register(run.id, 'wrong', 'plots')).rejects.toMatchObject(missing)
    await expect(register(run.id, 'wrong', '../model')).rejects.toMatchObject(missing)
    const choice = { kind: 'logged_model', loggedModelId: other.model.id } as const
    await expect(client().registerModel({ params, body: { choice, name: 'wrong' } })).rejects.toMatchObject(missing)
    await expect(getModel('wrong')).rejects.toMatchObject({ code: 'registered_model_not_found' })
  })

  test.each(['a/b', 'a:b', '..', '.', ' ', ''])('refuses the name "%s"', async (name) => {
    const run = await runWithFolder()
    await expect(register(run.id, name)).rejects.toMatchObject({ code: 'invalid_request' })
  })

  test('refuses the name of a prompt', async () => {
    const tags = [{ key: 'mlflow.prompt.is_prompt', value: 'true' }]
    await app.services.modelRegistry.createModel(scope(), { name: 'greeting', description: null, tags })
    const run = await runWithFolder()
    await expect(register(run.id, 'greeting')).rejects.toMatchObject({ code: 'registered_model_kind_clash' })
  })

  test('is the same registry that a client of MLflow sees', async () => {
    const run = await runWithFolder()
    await register(run.id, 'seen by both')
    const mlflow = mlflowWire(app.url, app.owner.token)
    const answer = await mlflow.get('/model-versions/get?name=seen%20by%20both&version=1')
    expect(answer.body['model_version']).toMatchObject({
      run_id: run.id,
      source: `${run.artifactUri}/model`,
      status: 'READY',
    })
  })
})

describe('the page of a version', () => {
  test('walks back to the run, what it was told, and reads the signature out of the file', async () => {
    const run = await newRun('0', 'loose', [
      { key: 'mlflow.source.git.commit', value: 'abc123' },
      { key: 'mlflow.source.git.branch', value: 'main' },
    ])
    await put({ kind: 'run', id: run.id }, 'model/MLmodel', manifest)
    await app.services.runs.logInputs(scope(), run.id, {
      datasets: [
        {
          name: 'iris',
          digest: 'd1',
          sourceType: 'local',
          source: '{}',
          schema: null,
          profile: null,
          tags: [{ key: 'mlflow.data.context', value: 'training' }],
        },
      ],
      models: [],
    })
    await register(run.id, 'traced')
    const version = await getVersion('traced', 1)
    expect(version.lineage).toMatchObject({
      run: { id: run.id, name: 'loose', experimentName: 'Default', deleted: false, jobNumber: null },
      environment: null,
      code: { snapshotId: null, commit: 'abc123', branch: 'main', dirty: null },
      datasets: [{ name: 'iris', digest: 'd1', context: 'training', sourceType: 'local' }],
      loggedModel: null,
    })
    expect(version.manifest).toEqual({
      state: 'read',
      signature: {
        inputs: [
          { name: 'sepal length', type: 'double', required: true, defaultValue: null },
          { name: 'id', type: 'long', required: false, defaultValue: null },
        ],
        outputs: [{ name: null, type: 'Tensor(int64, (-1,))', required: true, defaultValue: null }],
        params: [{ name: 'threshold', type: 'double', required: false, defaultValue: '0.5' }],
      },
      flavors: [
        { name: 'python_function', version: '3.12.3' },
        { name: 'sklearn', version: '1.9.1' },
      ],
      mlflowVersion: '3.17.2',
    })
    expect(version.files).toEqual({
      items: [{ path: 'MLmodel', sizeBytes: manifest.length }],
      count: 1,
      sizeBytes: manifest.length,
      replaced: [],
      digest: sha256(`${sha256(manifest)}  MLmodel\n`),
    })
  })

  test('knows the model that was logged, and gives out its files', async () => {
    const { run, model } = await runWithLoggedModel()
    const choice = { kind: 'logged_model', loggedModelId: model.id } as const
    await client().registerModel({ params: { ...project(), runId: run.id }, body: { choice, name: 'logged' } })
    expect((await getVersion('logged', 1)).lineage.loggedModel).toEqual({
      id: model.id,
      name: 'classifier',
      modelType: 'sklearn',
    })
    const params = { ...project(), modelName: 'logged', version: 1 }
    const bytes = await client().readModelFile({ params, query: { path: 'MLmodel' } })
    expect(Buffer.from(bytes).toString()).toBe(manifest)
    await expect(client().readModelFile({ params, query: { path: '../x' } })).rejects.toMatchObject({
      code: 'artifact_not_found',
    })
  })

  test.each([
    ['is no YAML', 'flavors: [', 'unreadable'],
    ['is no description of a model', 'hello: world', 'unreadable'],
    ['has a signature of another form', 'flavors: {a: {}}\nsignature: {inputs: \'[{"kind": 1}]\'}', 'unreadable'],
    ['grows when it is read', `a: &a [1,1,1,1,1,1,1,1,1]\n${bomb()}flavors: {}`, 'unreadable'],
  ])('tells that the file %s', async (about, text, state) => {
    const run = await runWithFolder('0', text)
    await register(run.id, `file ${about}`)
    expect((await getVersion(`file ${about}`, 1)).manifest).toEqual({ state })
  })

  test('tells when the files are gone, or in a store that is not read', async () => {
    const run = await runWithFolder()
    await register(run.id, 'emptied')
    // Nobody may delete them while the version is there; a disk that broke, or a history from elsewhere, may lack them.
    await app.foundation.database.transaction(scope(), (tx) =>
      tx.query(`DELETE FROM artifacts WHERE owner_id = $1`, [run.id]),
    )
    expect(await getVersion('emptied', 1)).toMatchObject({ manifest: { state: 'missing' }, files: { count: 0 } })
    await app.services.modelRegistry.createVersion(scope(), 'emptied', {
      source: 's3://bucket/model',
      runId: null,
      loggedModelId: null,
      runLink: null,
      description: null,
      tags: [],
    })
    expect(await getVersion('emptied', 2)).toMatchObject({ manifest: { state: 'elsewhere' }, files: null })
  })

  test('names a run that was deleted before, as deleted', async () => {
    const run = await runWithFolder()
    await app.services.runs.delete(scope(), run.id)
    await app.services.modelRegistry.createModel(scope(), { name: 'bereft', description: null, tags: [] })
    await app.services.modelRegistry.createVersion(scope(), 'bereft', {
      source: `runs:/${run.id}/model`,
      runId: run.id,
      loggedModelId: null,
      runLink: null,
      description: null,
      tags: [],
    })
    expect(await getVersion('bereft', 1)).toMatchObject({
      lineage: { run: { id: run.id, deleted: true } },
      files: { count: 2 },
    })
  })

  test('keeps its words', async () => {
    const run = await runWithFolder()
    await register(run.id, 'described')
    const params = { ...project(), modelName: 'described' }
    await client().describeModel({ params, body: { description: 'for the greenhouse' } })
    await client().describeModelVersion({ params: { ...params, version: 1 }, body: { description: 'the first' } })
    expect([(await getModel('described')).description, (await getVersion('described', 1)).description]).toEqual([
      'for the greenhouse',
      'the first',
    ])
  })
})

describe('a version made by a job', () => {
  let stage: FakeStage
  beforeAll(async () => {
    stage = await startFakeStage()
  }, 60_000)
  afterAll(() => stage.close())

  const lock = '# python 3.12.3\nnumpy==2.3.3 \\\n    --hash=sha256:00\n'
  const pin = async () => {
    const { app: server } = stage
    const row = {
      digest: createHash('sha256').update(lock).digest('hex'),
      projectId: server.owner.project.id,
      tenantId: server.owner.tenantId,
      pythonVersion: '3.12.3',
      platform: 'linux-x86_64',
      lock,
      packageCount: 1,
      unavailable: [],
      conflicts: [],
      cudaVersion: null,
      createdAt: server.foundation.clock.now(),
    }
    await server.foundation.database.transaction(server.owner.scope, (tx) => insertPin(tx, row))
    return row.digest
  }
  const snapshotOfRepository = async () => {
    const { client: asOwner, project: of } = stage.app.owner
    const text = 'print("hello")\n'
    const digest = createHash('sha256').update(text).digest('hex')
    await asOwner.putBlob({ params: { projectId: of.id, digest }, body: Buffer.from(text) })
    const { snapshot } = await asOwner.createCodeSnapshot({
      params: { projectId: of.id },
      body: {
        files: [{ path: 'train.py', sizeBytes: text.length, digest, reason: 'entrypoint' }],
        excluded: [],
        git: { commit: 'c0ffee', branch: 'main', remote: null, dirty: true, patchDigest: null },
      },
    })
    return snapshot?.id ?? ''
  }

  test('leads to its pinned environment and its code, also from a run begun inside the job', async () => {
    const { owner, services } = stage.app
    const [pinDigest, snapshotId] = [await pin(), await snapshotOfRepository()]
    const job = await stage.submit({ name: 'sorter', pinDigest, snapshotId })
    const inJob: ProjectScope = { ...owner.scope, memberId: null, attemptId: 'a'.repeat(32), attemptRunId: job.runId }
    const nested = await services.runs.create(inJob, {
      experimentId: '0',
      name: 'fold 1',
      userName: null,
      startedAtMs: 1,
      tags: [{ key: 'mlflow.parentRunId', value: job.runId }],
    })
    for (const runId of [job.runId, nested.run.id]) {
      const file = Readable.from([Buffer.from(manifest)])
      await services.artifacts.put(owner.scope, { kind: 'run', id: runId }, 'model/MLmodel', file)
      const params = { projectId: owner.project.id, runId }
      const choice = { kind: 'folder', path: 'model' } as const
      const { version } = await owner.client.registerModel({ params, body: { choice, name: 'sorter' } })
      const { lineage } = await owner.client.getModelVersion({ params: { ...params, modelName: 'sorter', version } })
      expect(lineage).toMatchObject({
        run: { id: runId, jobNumber: job.number },
        environment: { pinDigest, pythonVersion: '3.12.3', packageCount: 1 },
        code: { snapshotId, fileCount: 1, commit: 'c0ffee', branch: 'main', dirty: true },
      })
    }
  })
})

describe('an alias', () => {
  const twoVersions = async (name: string) => {
    const run = await runWithFolder()
    await register(run.id, name)
    await register(run.id, name)
  }

  test('is set, moved and removed with a reason, which both versions remember, newest first', async () => {
    await twoVersions('promoted')
    await setAlias('promoted', 'champion', 1, 'first in use')
    await setAlias('promoted', 'champion', 2, '  better on the holdout  ')
    const params = { ...project(), modelName: 'promoted', alias: 'champion' }
    const left = await client().removeModelAlias({ params, body: { reason: 'withdrawn' } })
    expect(left.aliases).toEqual([])
    const by = { alias: 'champion', memberName: app.owner.member.name }
    const [set, moved, removed] = [
      { ...by, from: null, to: 1, reason: 'first in use' },
      { ...by, from: 1, to: 2, reason: 'better on the holdout' },
      { ...by, from: 2, to: null, reason: 'withdrawn' },
    ]
    expect((await getVersion('promoted', 1)).history).toMatchObject([moved, set])
    expect((await getVersion('promoted', 2)).history).toMatchObject([removed, moved])
  })

  test('keeps its history when the model gets another name, and loses none when its version is deleted', async () => {
    await twoVersions('before renaming')
    await setAlias('before renaming', 'live', 1, 'why not')
    await setAlias('before renaming', 'live', 2, 'newer')
    await app.services.modelRegistry.renameModel(scope(), 'before renaming', 'after renaming')
    await app.services.modelRegistry.deleteVersion(scope(), 'after renaming', 2)
    expect((await getVersion('after renaming', 1)).history.map(({ from, to }) => [from, to])).toEqual([
      [1, 2],
      [null, 1],
    ])
    const { items } = await client().listAuditEvents({ query: { limit: 2 } })
    expect(items.map(({ action, detail }) => [action, detail['alias'] ?? null])).toEqual([
      ['model_version.delete', null],
      ['model_alias.delete', 'live'],
    ])
  })

  test('set by a program of MLflow has no reason', async () => {
    await twoVersions('by program')
    await app.services.modelRegistry.setAlias(scope(), 'by program', 'nightly', 1)
    expect((await getVersion('by program', 1)).history).toMatchObject([{ alias: 'nightly', reason: null }])
  })

  test.each(['latest', 'V12', 'two words', 'a/b'])('cannot be called %s', async (alias) => {
    await twoVersions(`no ${alias.replace('/', ' ')}`)
    await expect(setAlias(`no ${alias.replace('/', ' ')}`, alias, 1, 'x')).rejects.toMatchObject({
      code: 'model_alias_invalid',
    })
  })

  test('is moved by nobody without a reason', async () => {
    await twoVersions('reasons')
    await expect(setAlias('reasons', 'live', 1, '   ')).rejects.toMatchObject({ code: 'invalid_request' })
    expect((await getModel('reasons')).aliases).toEqual([])
  })

  test('is moved by editors, not by viewers', async () => {
    await twoVersions('roles')
    const viewer = await app.addMember('looks only', 'viewer')
    const params = { ...project(), modelName: 'roles', alias: 'live' }
    const body = { version: 1, reason: 'mine' }
    await expect(viewer.client.setModelAlias({ params, body })).rejects.toMatchObject({ code: 'permission_denied' })
    expect((await viewer.client.getModel({ params })).name).toBe('roles')
  })
})

describe('lists', () => {
  test('of models come in pages, those that changed last first, and find a part of a name in any case', async () => {
    const run = await runWithFolder()
    const names = ['Zebra 1', 'zebra 2', 'ZEBRA 3', '100% zebra_4']
    for (const name of names) await register(run.id, name)
    const list = async (cursor?: string) =>
      client().listModels({
        params: project(),
        query: { search: 'zebra', limit: 3, ...(cursor === undefined ? {} : { cursor }) },
      })
    const first = await list()
    const second = await list(first.nextCursor ?? '')
    expect([...first.items, ...second.items].map(({ name }) => name)).toEqual([...names].reverse())
    expect(second.nextCursor).toBeNull()
    const exact = await client().listModels({ params: project(), query: { search: '0% z' } })
    expect(exact.items.map(({ name }) => name)).toEqual(['100% zebra_4'])
    await expect(list('nonsense')).rejects.toMatchObject({ code: 'invalid_request' })
  })

  test('of models have no prompts in them', async () => {
    const tags = [{ key: 'mlflow.prompt.is_prompt', value: 'true' }]
    await app.services.modelRegistry.createModel(scope(), { name: 'a prompt to skip', description: null, tags })
    const { items } = await client().listModels({ params: project(), query: { search: 'a prompt to skip' } })
    expect(items).toEqual([])
  })

  test('of versions come in pages, newest first, each with its aliases', async () => {
    const run = await runWithFolder()
    for (let count = 0; count < 3; count += 1) await register(run.id, 'long')
    await setAlias('long', 'live', 2, 'x')
    const params = { ...project(), modelName: 'long' }
    const first = await client().listModelVersions({ params, query: { limit: 2 } })
    const second = await client().listModelVersions({ params, query: { limit: 2, cursor: first.nextCursor ?? '' } })
    expect([...first.items, ...second.items].map(({ version, aliases }) => [version, aliases])).toEqual([
      [3, []],
      [2, ['live']],
      [1, []],
    ])
    expect(second.nextCursor).toBeNull()
  })
})

test('what is of another project is not found there, whatever it is called', async () => {
  const run = await runWithFolder()
  await register(run.id, 'mine')
  await setAlias('mine', 'live', 1, 'x')
  const stranger = await app.addTenant('stranger')
  const theirs = { projectId: stranger.project.id }
  const params = { ...theirs, modelName: 'mine', version: 1, alias: 'live', runId: run.id }
  const body = { choice: { kind: 'folder', path: 'model' }, name: 'mine' } as const
  expect((await stranger.client.listModels({ params: theirs })).items).toEqual([])
  for (const [asked, code] of [
    [stranger.client.getModel({ params }), 'registered_model_not_found'],
    [stranger.client.getModelVersion({ params }), 'model_version_not_found'],
    [stranger.client.readModelFile({ params, query: { path: 'MLmodel' } }), 'model_version_not_found'],
    [stranger.client.setModelAlias({ params, body: { version: 1, reason: 'x' } }), 'model_version_not_found'],
    [stranger.client.removeModelAlias({ params, body: { reason: 'x' } }), 'registered_model_not_found'],
    [stranger.client.listRunModels({ params }), 'run_not_found'],
    [stranger.client.registerModel({ params, body }), 'run_not_found'],
  ] as const)
    await expect(asked).rejects.toMatchObject({ code })
  expect((await getModel('mine')).aliases).toEqual([{ alias: 'live', version: 1 }])
})

test('each change of a model is an event of its project', async () => {
  const run = await runWithFolder()
  await register(run.id, 'eventful')
  await setAlias('eventful', 'live', 1, 'x')
  const events: { event: unknown }[] = await app.foundation.database.transaction(systemScope, (tx) =>
    tx.query(`SELECT event FROM outbox_events WHERE event ->> 'name' = 'eventful' ORDER BY id`),
  )
  expect(events.map(({ event }) => event)).toMatchObject([
    { type: 'model_changed', version: null },
    { type: 'model_changed', version: 1, sourceRunId: run.id },
    { type: 'model_changed', version: 1, sourceRunId: null },
  ])
})

function bomb(): string {
  return ['b', 'c', 'd', 'e']
    .map(
      (name, index) =>
        `${name}: &${name} [${Array(9)
          .fill(`*${'abcd'[index] ?? 'a'}`)
          .join(',')}]\n`,
    )
    .join('')
}
