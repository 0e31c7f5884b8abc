import { createHash, randomBytes } from 'node:crypto'
import { mkdir, readdir, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { NovaBrainError } from '@novabrain/contracts'
import { createBlobCollector } from '../../server/src/modules/retention/collector.js'
import { systemScope } from '../../server/src/deps.js'
import { startApp, type TestApp } from '../support/app.js'
import { fakeClock, type FakeClock } from '../support/clock.js'
import { mlflowWire, type MlflowWire } from '../support/mlflow-wire.js'

const day = 86_400_000
const month = 30 * day

let clock: FakeClock
let app: TestApp
let wire: MlflowWire

beforeAll(async () => {
  clock = fakeClock(new Date().toISOString())
  app = await startApp({ background: false, clock })
  wire = mlflowWire(app.url, app.owner.token)
})
afterAll(() => app.close())

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex')

const rows = <T>(statement: string, parameters: unknown[] = []): Promise<T[]> =>
  app.foundation.database.transaction(systemScope, (tx) => tx.query(statement, parameters))

const count = async (table: string, condition: string, parameters: unknown[]): Promise<number> => {
  const [row] = await rows<{ n: number }>(`SELECT count(*)::integer AS n FROM ${table} WHERE ${condition}`, parameters)
  return row?.n ?? -1
}

const collect = (options: { olderThanMs?: number; strays?: boolean } = {}) =>
  app.services.retention.collect({ strays: false, ...options })

const stored = async (): Promise<string[]> => {
  const folder = join(app.foundation.config.home, 'blobs')
  const found = await readdir(folder, { recursive: true, withFileTypes: true })
  return found.filter((entry) => entry.isFile()).map((entry) => entry.parentPath.slice(-2) + entry.name)
}

const put = (runId: string, path: string, bytes: Uint8Array) =>
  app.services.artifacts.put(app.owner.scope, { kind: 'run', id: runId }, path, Readable.from([bytes]))

const audited = (action: string) =>
  rows<{ subject: string; detail: Record<string, unknown>; memberId: string | null }>(
    `SELECT subject, detail, member_id AS "memberId" FROM audit_events WHERE action = $1 ORDER BY id`,
    [action],
  )

/** A run with a bit of everything, and a file of its own. */
const fullRun = async (experimentId = '0') => {
  const runId = await wire.createRun({ experiment_id: experimentId })
  const metrics = Array.from({ length: 50 }, (_, step) => ({ key: 'loss', value: step, timestamp: step, step }))
  const logged = await wire.post('/runs/log-batch', {
    run_id: runId,
    metrics,
    params: [{ key: 'depth', value: '3' }],
    tags: [{ key: 'colour', value: 'red' }],
  })
  expect(logged.status).toBe(200)
  const bytes = randomBytes(1000)
  await put(runId, 'model/weights.bin', bytes)
  return { runId, digest: sha256(bytes) }
}

const version = async (name: string, source: string, runId: string | null, modelId?: string) => {
  await wire.post('/registered-models/create', { name })
  const made = await wire.post('/model-versions/create', {
    name,
    source,
    ...(runId === null ? {} : { run_id: runId }),
    ...(modelId === undefined ? {} : { model_id: modelId }),
  })
  expect(made.status).toBe(200)
}

describe('a deleted run', () => {
  test('can be restored until its time is over, whole', async () => {
    const { runId } = await fullRun()
    await wire.post('/runs/delete', { run_id: runId })
    clock.advance(month - 1000)
    await collect()
    expect((await wire.post('/runs/restore', { run_id: runId })).status).toBe(200)
    const run = (await wire.get(`/runs/get?run_id=${runId}`)).body['run']
    expect(run.data.metrics[0]).toMatchObject({ key: 'loss', value: 49 })
    expect(await wire.artifact('GET', `/0/${runId}/artifacts/model/weights.bin`).then((a) => a.status)).toBe(200)
  })

  test('is gone after that with all that hung on it, and the audit says what went', async () => {
    const { runId, digest } = await fullRun()
    const series = await rows<{ id: number }>(`SELECT series_id AS id FROM run_metrics WHERE run_id = $1`, [runId])
    await wire.post('/runs/delete', { run_id: runId })
    clock.advance(month)
    expect(await app.services.retention.preview({ strays: false })).toMatchObject({ runs: 1, points: 50, files: 1 })
    expect(await collect()).toMatchObject({ runs: 1, points: 50, files: 1, needed: 0 })

    expect((await wire.get(`/runs/get?run_id=${runId}`)).body['error_code']).toBe('RESOURCE_DOES_NOT_EXIST')
    expect((await wire.post('/runs/restore', { run_id: runId })).status).toBe(404)
    for (const table of ['run_params', 'run_tags', 'run_metrics'])
      expect([table, await count(table, 'run_id = $1', [runId])]).toEqual([table, 0])
    expect(await count('artifacts', 'owner_id = $1', [runId])).toBe(0)
    expect(await count('metric_points', 'series_id = ANY ($1)', [series.map(({ id }) => id)])).toBe(0)
    expect(await count('purged_series', 'true', [])).toBe(0)
    expect((await audited('run.purge')).at(-1)).toMatchObject({
      subject: runId,
      memberId: null,
      detail: { files: 1, sizeBytes: 1000, experimentId: '0' },
    })
    // The bytes follow in their own time: two rounds, each after a day of grace.
    expect(await stored()).toContain(digest)
    clock.advance(day)
    expect(await stored()).toContain(digest)
    await collect()
    expect(await stored()).not.toContain(digest)
    expect(await count('blobs', 'digest = $1', [digest])).toBe(0)
  })

  test('goes at once when somebody says so, as with mlflow gc', async () => {
    const { runId } = await fullRun()
    await wire.post('/runs/delete', { run_id: runId })
    clock.advance(1)
    expect(await collect({ olderThanMs: 0 })).toMatchObject({ runs: 1 })
    expect((await wire.get(`/runs/get?run_id=${runId}`)).status).toBe(404)
  })

  test('stays while its job has not ended', async () => {
    const { runId } = await fullRun()
    await wire.post('/runs/delete', { run_id: runId })
    await rows(`UPDATE runs SET job_id = 'under-way' WHERE id = $1`, [runId])
    await rows(
      `INSERT INTO jobs (id, tenant_id, project_id, number, name, status, version, task, gpu_count, gpu_milli,
         gpu_memory_mib, cpu_milli, memory_mib, queue_name, priority_class, snapshot_id, run_id, experiment_id, max_retries,
         environment_variables, submitted_by, submitted_at, attempt_count, retry_count, evicted_at_ms, used_run_ms, origin)
       SELECT 'under-way', tenant_id, project_id, 1, 'x', 'queued', 1, '{}', 0, 0, 0, 0, 0, 'default', 'normal', '-', id, '0',
         0, '{}', 'x', now(), 0, 0, '[]', 0, 'person' FROM runs WHERE id = $1`,
      [runId],
    )
    clock.advance(month)
    await collect()
    expect((await wire.get(`/runs/get?run_id=${runId}`)).status).toBe(200)
    await rows(`UPDATE jobs SET status = 'cancelled', ended_at = now() WHERE id = 'under-way'`)
    expect(await collect()).toMatchObject({ runs: 1 })
  })
})

describe('a deleted experiment', () => {
  test('goes with its runs, logged models, traces and their files, and its name is free again', async () => {
    const experimentId = (await wire.post('/experiments/create', { name: 'short-lived' })).body[
      'experiment_id'
    ] as string
    await fullRun(experimentId)
    const model = await wire.post('/logged-models', { experiment_id: experimentId, name: 'tree' })
    expect(model.status).toBe(200)
    await rows(
      `INSERT INTO traces (project_id, id, experiment_id, started_at_ms, state, tags, metadata)
       VALUES ($1, 'tr-one', $2, 1, 'OK', '{}', '{}')`,
      [app.owner.project.id, experimentId],
    )
    await wire.post('/experiments/delete', { experiment_id: experimentId })
    clock.advance(month)
    expect(await collect()).toMatchObject({ runs: 1, loggedModels: 1, traces: 1, experiments: 1 })
    for (const table of ['experiments', 'runs', 'logged_models', 'traces'])
      expect([
        table,
        await count(table, `${table === 'experiments' ? 'id' : 'experiment_id'} = $1`, [experimentId]),
      ]).toEqual([table, 0])
    expect((await wire.post('/experiments/create', { name: 'short-lived' })).status).toBe(200)
  })
})

describe('a deleted logged model', () => {
  const remove = (modelId: string) =>
    fetch(`${app.url}/api/2.0/mlflow/logged-models/${modelId}`, {
      method: 'DELETE',
      headers: { authorization: `Bearer ${app.owner.token}` },
    })

  test('can be put back until its time is over, and is gone after that with its files', async () => {
    const modelId = (await wire.post('/logged-models', { experiment_id: '0', name: 'tree' })).body['model'].info
      .model_id
    const address = `/0/models/${String(modelId)}/artifacts/MLmodel`
    await wire.artifact('PUT', address, 'flavors: {}')
    expect((await remove(modelId)).status).toBe(200)
    clock.advance(month - 1000)
    await collect()
    const params = { projectId: app.owner.project.id, loggedModelId: String(modelId) }
    expect(await app.owner.client.restoreLoggedModel({ params })).toEqual({ id: modelId })
    expect(await (await wire.artifact('GET', address)).text()).toBe('flavors: {}')

    await remove(modelId)
    clock.advance(month)
    expect(await collect()).toMatchObject({ loggedModels: 1, files: 1 })
    expect((await audited('logged_model.purge')).at(-1)).toMatchObject({ subject: modelId, detail: { name: 'tree' } })
    await expect(app.owner.client.restoreLoggedModel({ params })).rejects.toThrow('not found')
  })
})

describe('a deleted trace', () => {
  const seen = (id: string) =>
    rows(
      `SELECT to_jsonb(t) AS trace, (SELECT jsonb_agg(to_jsonb(s) ORDER BY s.id) FROM spans s WHERE s.trace_id = t.id) AS spans,
         (SELECT jsonb_agg(to_jsonb(l)) FROM trace_links l WHERE l.trace_id = t.id) AS links
       FROM traces t WHERE t.id = $1`,
      [id],
    )

  const makeTrace = async (id: string) => {
    const project = app.owner.project.id
    await rows(
      `INSERT INTO traces (project_id, id, experiment_id, started_at_ms, duration_ms, state, name, tags, metadata)
       VALUES ($1, $2, 0, 5, 7, 'OK', '追踪', '{"a": "b"}', '{"c": "d"}')`,
      [project, id],
    )
    await rows(
      `INSERT INTO spans (project_id, trace_id, id, name, status, started_at_ns, ended_at_ns, content)
       VALUES ($1, $2, 's1', 'root', 'OK', 1700000000123456789, 1700000000123456999, '{"x": 1}')`,
      [project, id],
    )
    await rows(`INSERT INTO trace_links (project_id, trace_id, kind, target) VALUES ($1, $2, 'run', 'r')`, [
      project,
      id,
    ])
  }
  const remove = (id: string) => wire.post('/traces/delete-traces', { experiment_id: '0', request_ids: [id] })

  test('comes back as it was, to the nanosecond, with its files', async () => {
    await makeTrace('tr-back')
    const address = '/0/traces/tr-back/artifacts/picture.png'
    expect((await wire.artifact('PUT', address, 'a picture')).status).toBe(200)
    const before = await seen('tr-back')
    expect((await remove('tr-back')).body).toEqual({ traces_deleted: 1 })
    expect(await seen('tr-back')).toEqual([])
    const params = { projectId: app.owner.project.id }
    const restored = await app.owner.client.restoreTraces({ params, body: { ids: ['tr-back', 'tr-none'] } })
    expect(restored).toEqual({ ids: ['tr-back'] })
    expect(await seen('tr-back')).toEqual(before)
    expect(before).toHaveLength(1)
    expect(await (await wire.artifact('GET', address)).text()).toBe('a picture')
    expect(await count('deleted_traces', 'true', [])).toBe(0)
  })

  test('is gone when its time is over, and nobody of another tenant brings it back before', async () => {
    await makeTrace('tr-gone')
    await wire.artifact('PUT', '/0/traces/tr-gone/artifacts/picture.png', 'a picture')
    await remove('tr-gone')
    // Another of its id comes later, and has files of its own.
    await makeTrace('tr-gone')
    expect((await wire.artifact('GET', '/0/traces/tr-gone/artifacts/picture.png')).status).toBe(404)
    await wire.artifact('PUT', '/0/traces/tr-gone/artifacts/other.png', 'another')
    const rival = await app.addTenant('rival')
    expect(await app.services.traces.restore(rival.scope, ['tr-gone'])).toEqual([])
    clock.advance(month)
    expect(await collect()).toMatchObject({ traces: 1, files: 1 })
    expect((await wire.artifact('GET', '/0/traces/tr-gone/artifacts/other.png')).status).toBe(200)
    expect(await app.services.traces.restore(app.owner.scope, ['tr-gone'])).toEqual([])
    expect((await audited('traces.purge')).at(-1)).toMatchObject({ subject: '0', detail: { ids: ['tr-gone'] } })
  })
})

describe('what a version of a registered model is made of', () => {
  test('is not deleted: run, experiment, files; and is when the version is', async () => {
    const experimentId = (await wire.post('/experiments/create', { name: 'kept' })).body['experiment_id'] as string
    const { runId } = await fullRun(experimentId)
    await version('credit', `mlflow-artifacts:/${experimentId}/${runId}/artifacts/model`, runId)

    const refused = await wire.post('/runs/delete', { run_id: runId })
    expect(refused.status).toBe(409)
    expect(refused.body).toMatchObject({ error_code: 'RESOURCE_CONFLICT', code: 'run_needed_by_model_version' })
    expect(refused.body['message']).toContain("version 1 of the registered model 'credit'")
    expect((await wire.post('/experiments/delete', { experiment_id: experimentId })).body).toMatchObject({
      code: 'experiment_needed_by_model_version',
    })
    expect((await wire.get(`/experiments/get?experiment_id=${experimentId}`)).body['experiment'].lifecycle_stage).toBe(
      'active',
    )
    const top = `/${experimentId}/${runId}/artifacts`
    for (const path of ['/model/weights.bin', '/model', '']) {
      const answer = await wire.artifact('DELETE', top + path)
      expect([path, answer.status]).toEqual([path, 409])
      expect(await answer.json()).toMatchObject({ code: 'artifact_needed_by_model_version' })
    }
    await put(runId, 'notes.txt', Buffer.from('not of the model'))
    expect((await wire.artifact('DELETE', `${top}/notes.txt`)).status).toBe(200)
    expect((await wire.artifact('GET', `${top}/model/weights.bin`)).status).toBe(200)

    const chinese = await fetch(`${app.url}/api/2.0/mlflow/runs/delete`, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${app.owner.token}`,
        'accept-language': 'zh-CN',
        'content-type': 'application/json',
      },
      body: JSON.stringify({ run_id: runId }),
    })
    expect(JSON.stringify(await chinese.json())).toContain('请先删除该版本')

    await fetch(`${app.url}/api/2.0/mlflow/model-versions/delete`, {
      method: 'DELETE',
      headers: { authorization: `Bearer ${app.owner.token}`, 'content-type': 'application/json' },
      body: JSON.stringify({ name: 'credit', version: '1' }),
    })
    expect((await wire.post('/runs/delete', { run_id: runId })).status).toBe(200)
  })

  test('is not deleted when it is a logged model, nor its run', async () => {
    const runId = await wire.createRun()
    const created = await wire.post('/logged-models', { experiment_id: '0', name: 'tree', source_run_id: runId })
    const modelId = created.body['model'].info.model_id as string
    await version('tree-model', `models:/${modelId}`, runId, modelId)
    const refused = await fetch(`${app.url}/api/2.0/mlflow/logged-models/${modelId}`, {
      method: 'DELETE',
      headers: { authorization: `Bearer ${app.owner.token}` },
    })
    expect([refused.status, await refused.json()]).toMatchObject([
      409,
      { code: 'logged_model_needed_by_model_version' },
    ])
    expect((await wire.post('/runs/delete', { run_id: runId })).body).toMatchObject({
      code: 'run_needed_by_model_version',
    })
  })

  test('is never taken away, even if it was deleted before the version was made', async () => {
    await collect({ olderThanMs: 0 })
    const { runId, digest } = await fullRun()
    await wire.post('/runs/delete', { run_id: runId })
    await version('late', `runs:/${runId}/model`, runId)
    clock.advance(month)
    expect(await app.services.retention.preview({ strays: false })).toMatchObject({ runs: 0, needed: 1 })
    expect(await collect()).toMatchObject({ runs: 0, needed: 1 })
    clock.advance(2 * day)
    await collect()
    expect((await wire.get(`/runs/get?run_id=${runId}`)).status).toBe(200)
    expect(await stored()).toContain(digest)
  })

  test('of somebody who makes a version and somebody who deletes its run at once, one is refused', async () => {
    await wire.post('/registered-models/create', { name: 'contested' })
    const outcomes = new Set<string>()
    for (let round = 0; round < 12; round += 1) {
      const { runId } = await fullRun()
      const source = `mlflow-artifacts:/0/${runId}/artifacts/model`
      const [made, deleted] = await Promise.all([
        wire.post('/model-versions/create', { name: 'contested', source, run_id: runId }),
        wire.post('/runs/delete', { run_id: runId }),
      ])
      if (deleted.status === 200) clock.advance(month)
      await collect()
      const run = await wire.get(`/runs/get?run_id=${runId}`)
      // Made of a run that was deleted an instant before is made of it all the same.
      if (made.status === 200) expect(run.status).toBe(200)
      outcomes.add(`${String(made.status)} ${String(deleted.status)}`)
    }
    expect([...outcomes].every((outcome) => ['200 409', '200 200', '404 200'].includes(outcome))).toBe(true)
  })
})

describe('bytes', () => {
  const upload = (bytes: Uint8Array) =>
    app.owner.client.putBlob({ params: { projectId: app.owner.project.id, digest: sha256(bytes) }, body: bytes })

  test('to which a snapshot of code refers stay; those that nobody wants go after twice the time of grace', async () => {
    const [used, unused] = [randomBytes(500), randomBytes(600)]
    await upload(used)
    await upload(unused)
    const file = { path: 'a.py', digest: sha256(used), sizeBytes: 500, reason: 'named' as const }
    const { snapshot } = await app.owner.client.createCodeSnapshot({
      params: { projectId: app.owner.project.id },
      body: { files: [file], excluded: [], git: null },
    })
    expect(snapshot).not.toBeNull()
    clock.advance(day)
    await collect()
    expect(await stored()).toEqual(expect.arrayContaining([sha256(used), sha256(unused)]))
    clock.advance(day)
    expect(await app.services.retention.preview({ strays: false })).toMatchObject({ removable: 1, removableBytes: 600 })
    expect(await collect()).toMatchObject({ blobsRemoved: 1, bytesRemoved: 600 })
    expect(await stored()).toContain(sha256(used))
    expect(await stored()).not.toContain(sha256(unused))
  })

  test('that are uploaded again after they were marked are marked no more', async () => {
    const bytes = randomBytes(700)
    const { runId } = await fullRun()
    await put(runId, 'once.bin', bytes)
    await wire.artifact('DELETE', `/0/${runId}/artifacts/once.bin`)
    clock.advance(day)
    expect((await collect()).blobsMarked).toBeGreaterThanOrEqual(1)
    clock.advance(day - 1000)
    await put(runId, 'twice.bin', bytes)
    clock.advance(2000)
    await collect()
    const answer = await wire.artifact('GET', `/0/${runId}/artifacts/twice.bin`)
    expect(Buffer.from(await answer.arrayBuffer()).equals(bytes)).toBe(true)
  })

  test('that the ledger does not know are found when the store is looked through, and go after the time of grace', async () => {
    const bytes = randomBytes(800)
    const digest = sha256(bytes)
    const folder = join(app.foundation.config.home, 'blobs', digest.slice(0, 2))
    await mkdir(folder, { recursive: true })
    await writeFile(join(folder, digest.slice(2)), bytes)
    await utimes(join(folder, digest.slice(2)), 1_700_000_000, 1_700_000_000)
    expect((await app.services.retention.preview({ strays: true })).waitingBytes).toBeGreaterThanOrEqual(800)
    await collect({ strays: true })
    clock.advance(day)
    await collect()
    expect(await stored()).not.toContain(digest)
  })

  test('in use are refused by PostgreSQL itself, whoever asks', async () => {
    const { digest } = await fullRun()
    await expect(rows(`DELETE FROM blobs WHERE digest = $1`, [digest])).rejects.toThrow('foreign key')
  })
})

test('figures of what was cleared up are at /metrics', async () => {
  const text = await (await fetch(`${app.url}/metrics`)).text()
  expect(text).toMatch(/novabrain_gc_collected_total\{kind="runs"\} [1-9]/)
  expect(text).toMatch(/novabrain_gc_collected_total\{kind="bytesRemoved"\} [1-9]/)
  expect(text).toMatch(/novabrain_blobs [1-9]/)
  expect(text).toMatch(/novabrain_gc_failures 0/)
})

describe('law: whatever is uploaded, deleted and cleared up at once', () => {
  test('what somebody refers to is there, byte for byte, and what nobody does is gone at last', async () => {
    const contents = Array.from({ length: 5 }, (_, index) => Buffer.from(`content ${String(index)}`.repeat(200)))
    const runId = await wire.createRun()
    const owner = { kind: 'run', id: runId } as const
    let [working, read, refused] = [true, 0, 0]

    const user = async (name: string): Promise<void> => {
      for (let turn = 0; turn < 60; turn += 1) {
        const bytes = contents[(turn * 7 + name.length) % contents.length] ?? Buffer.alloc(0)
        try {
          await put(runId, name, bytes)
        } catch (error) {
          // The clock is moved a day at a time, so an upload can be late; then nothing refers to anything.
          if (!(error instanceof NovaBrainError) || error.code !== 'blob_cleared_up') throw error
          refused += 1
          continue
        }
        const { body } = await app.services.artifacts.open(app.owner.scope, owner, name)
        expect((await buffer(body)).equals(bytes)).toBe(true)
        read += 1
        if (turn % 2 === 0) await app.services.artifacts.delete(app.owner.scope, owner, name)
      }
    }
    const { database } = app.foundation
    const { mark, remove } = createBlobCollector({ database, store: app.services.blobStore })
    const collector = async (): Promise<number> => {
      let removed = 0
      while (working) {
        clock.advance(day)
        const untilMs = clock.nowMs() - day
        await mark(untilMs, clock.nowMs(), () => undefined)
        await remove(untilMs, (step) => (removed += step.blobsRemoved ?? 0))
      }
      return removed
    }

    const collecting = [collector(), collector()]
    await Promise.all(['a', 'bb', 'ccc', 'dddd'].map(user))
    working = false
    const removed = (await Promise.all(collecting)).reduce((sum, each) => sum + each, 0)

    expect(read + refused).toBe(240)
    expect(read).toBeGreaterThan(100)
    expect(removed).toBeGreaterThan(5)
    const dangling = await rows<{ digest: string }>(`SELECT DISTINCT digest FROM artifacts`)
    expect(await stored()).toEqual(expect.arrayContaining(dangling.map(({ digest }) => digest)))
    await app.services.artifacts.delete(app.owner.scope, owner, '')
    for (let round = 0; round < 2; round += 1) {
      clock.advance(day)
      await collect()
    }
    const left = new Set(await stored())
    expect(contents.filter((bytes) => left.has(sha256(bytes)))).toEqual([])
  })
})
