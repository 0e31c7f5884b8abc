import { execFile } from 'node:child_process'
import { request } from 'node:http'
import { join } from 'node:path'
import { performance } from 'node:perf_hooks'
import { promisify } from 'node:util'
import { deflateSync, gzipSync } from 'node:zlib'
import { mlflowWire, type MlflowWire } from '../support/mlflow-wire.js'
import { startApp, type Account, type TestApp } from '../support/app.js'

const execute = promisify(execFile)

let app: TestApp
let rival: Account
let mlflow: MlflowWire
beforeAll(async () => {
  app = await startApp({ background: false })
  rival = await app.addTenant('rival')
  mlflow = mlflowWire(app.url, app.owner.token)
})
afterAll(() => app.close())

const wireOf = (account: { readonly token: string }): MlflowWire => mlflowWire(app.url, account.token)

const hex = (number: number, length: number): string => number.toString(16).padStart(length, '0')
const idOf = (number: number): string => `tr-${hex(number, 32)}`

interface JsonSpan {
  readonly trace: number
  readonly span: number
  readonly parent?: number
  readonly name?: string
}

/** An export in OTLP's JSON: what can be written by hand. */
const jsonExport = (...spans: readonly JsonSpan[]) =>
  JSON.stringify({
    resourceSpans: [
      {
        scopeSpans: [
          {
            spans: spans.map(({ trace: traceNumber, span, parent, name = `span ${String(span)}` }) => ({
              traceId: hex(traceNumber, 32),
              spanId: hex(span, 16),
              ...(parent === undefined ? {} : { parentSpanId: hex(parent, 16) }),
              name,
              startTimeUnixNano: `17672256000000${hex(span, 5).replaceAll(/\D/g, '9')}`,
              endTimeUnixNano: '1767225601000000000',
              attributes: [{ key: 'said', value: { stringValue: 'a secret of the owner' } }],
            })),
          },
        ],
      },
    ],
  })

const send = (
  body: string | Uint8Array<ArrayBuffer>,
  { token = app.owner.token, experiment = '0', type = 'application/json', ...headers }: Record<string, string> = {},
): Promise<Response> =>
  fetch(`${app.url}/v1/traces`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${token}`,
      'content-type': type,
      'x-mlflow-experiment-id': experiment,
      ...headers,
    },
    body,
  })

const spansOf = async (wire: MlflowWire, id: string): Promise<{ name: string; span_id: string }[]> => {
  const { status, body } = await wire.get(`/traces/get?trace_id=${id}&allow_partial=true`)
  return status === 200 ? (body['trace'].spans as { name: string; span_id: string }[]) : []
}

describe('traces of another tenant', () => {
  test('are simply not there, whatever id is known', async () => {
    expect((await send(jsonExport({ trace: 1, span: 1 }))).status).toBe(200)
    for (const path of [`/traces/${idOf(1)}`, `/traces/get?trace_id=${idOf(1)}`, `/traces/${idOf(1)}/info`]) {
      const answer = await wireOf(rival).get(path)
      expect([answer.status, answer.body['error_code']]).toEqual([404, 'RESOURCE_DOES_NOT_EXIST'])
      expect(JSON.stringify(answer.body)).not.toContain('secret of')
    }
    const locations = [{ mlflow_experiment: { experiment_id: '0' } }]
    expect((await wireOf(rival).post('/traces/search', { locations })).body).toEqual({})
  })

  test('may have the same id: each tenant has its own', async () => {
    await send(jsonExport({ trace: 2, span: 1, name: 'of the owner' }))
    await send(jsonExport({ trace: 2, span: 2, name: 'of the rival' }), { token: rival.token })
    expect((await spansOf(mlflow, idOf(2))).map(({ name }) => name)).toEqual(['of the owner'])
    expect((await spansOf(wireOf(rival), idOf(2))).map(({ name }) => name)).toEqual(['of the rival'])
    await wireOf(rival).post('/traces/delete-traces', { experiment_id: '0', request_ids: [idOf(2)] })
    expect(await spansOf(wireOf(rival), idOf(2))).toEqual([])
    expect(await spansOf(mlflow, idOf(2))).toHaveLength(1)
  })

  test('keep their own files, also where the ids are the same, and take them along when they are deleted', async () => {
    for (const token of [app.owner.token, rival.token]) await send(jsonExport({ trace: 6, span: 1 }), { token })
    const place = `/0/traces/${idOf(6)}/artifacts/attachments/a.txt`
    await mlflow.artifact('PUT', place, 'of the owner')
    expect((await wireOf(rival).artifact('GET', place)).status).toBe(404)
    await wireOf(rival).artifact('PUT', place, 'of the rival')
    expect(await (await mlflow.artifact('GET', place)).text()).toBe('of the owner')
    await wireOf(rival).post('/traces/delete-traces', { experiment_id: '0', request_ids: [idOf(6)] })
    await send(jsonExport({ trace: 6, span: 1 }), { token: rival.token })
    expect((await wireOf(rival).artifact('GET', place)).status).toBe(404)
    expect((await mlflow.artifact('GET', place)).status).toBe(200)
  })

  test('take no spans, feedback or links from elsewhere', async () => {
    const made = await mlflow.post('/experiments/create', { name: 'of the owner alone' })
    const experiment = made.body['experiment_id'] as string
    expect((await send(jsonExport({ trace: 3, span: 1 }), { token: rival.token, experiment })).status).toBe(404)
    expect(await spansOf(wireOf(rival), idOf(3))).toEqual([])
    await send(jsonExport({ trace: 3, span: 1 }), { experiment })
    const assessment = { assessment_name: 'x', feedback: { value: 1 } }
    expect((await wireOf(rival).post(`/traces/${idOf(3)}/assessments`, { assessment })).status).toBe(404)
    const runId = await mlflow.createRun()
    expect(
      (await send(jsonExport({ trace: 4, span: 1 }), { token: rival.token, 'x-mlflow-run-id': runId })).status,
    ).toBe(404)
    expect(await spansOf(wireOf(rival), idOf(4))).toEqual([])
  })

  test('take nothing from who only reads, and from nobody', async () => {
    const viewer = await app.addMember('a viewer', 'viewer')
    expect((await send(jsonExport({ trace: 5, span: 1 }), { token: viewer.token })).status).toBe(403)
    expect((await send(jsonExport({ trace: 5, span: 1 }), { token: 'nobody' })).status).toBe(401)
    expect(await spansOf(mlflow, idOf(5))).toEqual([])
  })
})

describe('spans that arrive', () => {
  test('more than once are there once, however many clients try again at the same instant', async () => {
    const body = jsonExport({ trace: 10, span: 1 }, { trace: 10, span: 2, parent: 1 }, { trace: 11, span: 1 })
    const answers = await Promise.all(Array.from({ length: 8 }, () => send(body)))
    expect(answers.map(({ status }) => status)).toEqual(Array.from({ length: 8 }, () => 200))
    expect(await spansOf(mlflow, idOf(10))).toHaveLength(2)
    expect(await spansOf(mlflow, idOf(11))).toHaveLength(1)
  })

  test('one by one, while the client tells of the end, make one whole trace', async () => {
    const said = {
      trace_info: {
        trace_id: idOf(12),
        trace_location: { mlflow_experiment: { experiment_id: '0' } },
        request_time: '2026-01-01T00:00:00Z',
        execution_duration: '2.5s',
        state: 'ERROR',
        tags: { 'mlflow.traceName': 'whole', k: 'v' },
      },
    }
    const spans = Array.from({ length: 20 }, (_, index) => ({
      trace: 12,
      span: index + 1,
      ...(index === 0 ? {} : { parent: 1 }),
    }))
    await Promise.all([...spans.map((span) => send(jsonExport(span))), mlflow.post('/traces', { trace: said })])
    const { body } = await mlflow.get(`/traces/get?trace_id=${idOf(12)}`)
    expect(body['trace'].spans).toHaveLength(20)
    expect(body['trace'].trace_info).toMatchObject({
      state: 'ERROR',
      execution_duration: '2.500s',
      tags: { 'mlflow.traceName': 'whole', k: 'v', 'mlflow.trace.spansLocation': 'TRACKING_STORE' },
    })
  })

  test('without those announced make a reader wait, and then say so', async () => {
    const info = {
      trace_id: idOf(13),
      trace_location: { mlflow_experiment: { experiment_id: '0' } },
      request_time: '2026-01-01T00:00:00Z',
      state: 'OK',
      trace_metadata: { 'mlflow.trace.sizeStats': '{"num_spans": 2}' },
    }
    await mlflow.post('/traces', { trace: { trace_info: info } })
    await send(jsonExport({ trace: 13, span: 1 }))
    const reading = mlflow.get(`/traces/get?trace_id=${idOf(13)}`)
    await send(jsonExport({ trace: 13, span: 2, parent: 1 }))
    expect((await reading).body['trace'].spans).toHaveLength(2)
  })

  test('with NUL and half surrogates are kept without them', async () => {
    expect((await send(jsonExport({ trace: 14, span: 1, name: 'a\0b\ud800c' }))).status).toBe(200)
    expect((await spansOf(mlflow, idOf(14)))[0]?.name).toBe('a\ufffdb\ufffdc')
  })

  test('of a client that goes away in the middle are not there, and the next one is served', async () => {
    const body = jsonExport({ trace: 15, span: 1 })
    await new Promise<void>((resolve) => {
      const headers = {
        authorization: `Bearer ${app.owner.token}`,
        'content-type': 'application/json',
        'content-length': String(body.length),
        'x-mlflow-experiment-id': '0',
      }
      const sent = request(`${app.url}/v1/traces`, { method: 'POST', headers })
      sent.on('error', () => resolve())
      sent.write(body.slice(0, body.length / 2), () => sent.destroy(new Error('gone')))
    })
    expect(await spansOf(mlflow, idOf(15))).toEqual([])
    expect((await send(body)).status).toBe(200)
    expect(await spansOf(mlflow, idOf(15))).toHaveLength(1)
  })
})

describe('pages of traces', () => {
  test('tell the tree branch by branch, in order, page by page', async () => {
    const children = Array.from({ length: 5 }, (_, index) => ({ trace: 20, span: index + 2, parent: 1 }))
    await send(jsonExport({ trace: 20, span: 1, name: 'root' }, ...children, { trace: 20, span: 9, parent: 2 }))
    const params = { projectId: app.owner.project.id, traceId: idOf(20) }
    const { client } = app.owner
    const top = await client.listSpans({ params, query: {} })
    expect(top.items).toMatchObject([{ name: 'root', parentId: null, childCount: 5, startUs: 0 }])
    const seen: string[] = []
    for (let cursor: string | null | undefined; cursor !== null;) {
      const query = { parentId: top.items[0]?.id ?? '', limit: 2, ...(cursor === undefined ? {} : { cursor }) }
      const page = await client.listSpans({ params, query })
      seen.push(...page.items.map(({ name }) => name))
      cursor = page.nextCursor
    }
    expect(seen).toEqual(['span 2', 'span 3', 'span 4', 'span 5', 'span 6'])
    expect(await client.getTrace({ params })).toMatchObject({
      spanCount: 7,
      failedSpanCount: 0,
      name: 'root',
      state: 'OK',
    })
    const detail = await client.getSpan({ params: { ...params, spanId: hex(9, 16) } })
    expect(detail).toMatchObject({ name: 'span 9', attributes: [{ key: 'said', value: 'a secret of the owner' }] })
  })

  test('show spans whose parent has not arrived at the top', async () => {
    await send(jsonExport({ trace: 21, span: 2, parent: 1, name: 'early' }))
    const params = { projectId: app.owner.project.id, traceId: idOf(21) }
    expect((await app.owner.client.listSpans({ params, query: {} })).items).toMatchObject([{ name: 'early' }])
    expect(await app.owner.client.getTrace({ params })).toMatchObject({ state: 'IN_PROGRESS' })
  })

  test('list traces newest first, by page, of a run, by state and by words, where % is a character', async () => {
    const { client, project } = app.owner
    const params = { projectId: project.id }
    const made = await mlflow.post('/experiments/create', { name: 'of pages' })
    const experimentId = made.body['experiment_id'] as string
    const runId = await mlflow.createRun({ experiment_id: experimentId })
    for (const [index, preview] of ['100% sure', 'a_b', 'axb'].entries())
      await mlflow.post('/traces', {
        trace: {
          trace_info: {
            trace_id: `of-pages-${String(index)}`,
            trace_location: { mlflow_experiment: { experiment_id: experimentId } },
            request_time: `2026-01-0${String(index + 1)}T00:00:00Z`,
            state: index === 1 ? 'ERROR' : 'OK',
            request_preview: preview,
            trace_metadata: index === 2 ? { 'mlflow.sourceRun': runId } : {},
          },
        },
      })
    const ids = async (query: Parameters<typeof client.listTraces>[0]['query']) =>
      (await client.listTraces({ params, query: { experimentId, ...query } })).items.map(({ id }) => id.slice(-1))
    expect(await ids({})).toEqual(['2', '1', '0'])
    expect(await ids({ state: 'ERROR' })).toEqual(['1'])
    expect(await ids({ search: '100%' })).toEqual(['0'])
    expect(await ids({ search: 'A_B' })).toEqual(['1'])
    expect(await ids({ runId })).toEqual(['2'])
    const first = await client.listTraces({ params, query: { experimentId, limit: 2 } })
    expect(await ids({ limit: 2, cursor: first.nextCursor ?? '' })).toEqual(['0'])
  })

  test('are nothing to another tenant, even with its own project in the address', async () => {
    const params = { projectId: rival.project.id, traceId: idOf(20) }
    const asked = await Promise.allSettled([
      rival.client.getTrace({ params }),
      rival.client.listSpans({ params, query: {} }),
      rival.client.getSpan({ params: { ...params, spanId: hex(9, 16) } }),
    ])
    expect(
      asked.map((answer) => (answer.status === 'rejected' ? (answer.reason as { code: string }).code : 'told')),
    ).toEqual(['trace_not_found', 'trace_not_found', 'trace_not_found'])
  })
})

describe('an export that means no good', () => {
  const protobuf = 'application/x-protobuf'
  const refusal = async (body: Uint8Array<ArrayBuffer>, headers: Record<string, string> = {}) => {
    const answer = await send(body, { type: protobuf, ...headers })
    const told = (await answer.json()) as { error_code: string; message: string }
    return [answer.status, told.error_code, told.message]
  }
  const bytes = (buffer: Buffer) => new Uint8Array(buffer)

  test.each([
    ['gzip', gzipSync],
    ['deflate', deflateSync],
  ])('and unpacks to 512 MiB out of %s is refused at 64 MiB', async (encoding, pack) => {
    const bomb = pack(Buffer.alloc(512 << 20))
    expect(bomb.length).toBeLessThan(1 << 20)
    const before = process.memoryUsage().rss
    expect(await refusal(bytes(bomb), { 'content-encoding': encoding })).toEqual([
      400,
      'BAD_REQUEST',
      'The export is larger than 64 MiB',
    ])
    expect(process.memoryUsage().rss - before).toBeLessThan(256 << 20)
  })

  test('and is nothing but millions of empty messages is refused before they fill the memory', async () => {
    const empty = Buffer.alloc(60 << 20, Buffer.from([0x0a, 0x00]))
    const before = process.memoryUsage().rss
    expect(await refusal(bytes(gzipSync(empty)), { 'content-encoding': 'gzip' })).toEqual([
      400,
      'BAD_REQUEST',
      'Invalid OpenTelemetry format',
    ])
    expect(process.memoryUsage().rss - before).toBeLessThan(1 << 30)
  })

  test('and nests lists a thousand deep is refused', async () => {
    let value = Buffer.from([0x10, 0x01])
    const wrap = (tag: number, inner: Buffer) => Buffer.concat([Buffer.from([tag]), varint(inner.length), inner])
    for (let depth = 0; depth < 1000; depth += 1) value = wrap(0x2a, wrap(0x0a, value))
    const attribute = wrap(0x4a, Buffer.concat([wrap(0x0a, Buffer.from('k')), wrap(0x12, value)]))
    const span = Buffer.concat([wrap(0x0a, Buffer.alloc(16, 1)), wrap(0x12, Buffer.alloc(8, 1)), attribute])
    const body = wrap(0x0a, wrap(0x12, wrap(0x12, span)))
    expect((await refusal(bytes(body)))[0]).toBe(400)
  })

  test.each([
    ['a cut message', Buffer.from([0x0a, 0xff, 0x01])],
    ['a text', Buffer.from('garbage')],
    ['a varint without end', Buffer.alloc(40, 0xff)],
  ])('and is %s is refused', async (_name, body) => {
    expect((await refusal(bytes(body)))[0]).toBe(400)
  })

  test('and names a regular expression that is none is refused with its reason', async () => {
    const locations = [{ mlflow_experiment: { experiment_id: '0' } }]
    const answer = await mlflow.post('/traces/search', { locations, filter: "name RLIKE '('" })
    expect([answer.status, answer.body['error_code']]).toEqual([400, 'INVALID_PARAMETER_VALUE'])
  })
})

const varint = (number: number): Buffer => {
  const bytes: number[] = []
  for (let rest = number; ; rest >>>= 7) {
    if (rest < 0x80) return Buffer.from([...bytes, rest])
    bytes.push((rest & 0x7f) | 0x80)
  }
}

describe('the exporter of OpenTelemetry', () => {
  interface Sent {
    readonly id: string
    readonly tookMs: readonly [number, number]
  }
  const program = join(__dirname, '../fixtures/opentelemetry/export.mjs')
  const exportTrace = async (count: number, compression: 'gzip' | 'none'): Promise<Sent> => {
    const { stdout } = await execute(process.execPath, [program, app.url, app.owner.token, String(count), compression])
    return JSON.parse(stdout) as Sent
  }

  test.each(['gzip', 'none'] as const)('sends what MLflow reads (%s)', async (compression) => {
    const { id } = await exportTrace(5, compression)
    const { body } = await mlflow.get(`/traces/get?trace_id=${id}`)
    expect(body['trace'].trace_info).toMatchObject({ state: 'OK', request_preview: '"Hi"' })
    const names = (body['trace'].spans as { name: string }[]).map(({ name }) => name)
    expect([names[0], names.toSorted()]).toEqual(['root', ['branch', 'leaf 0', 'leaf 1', 'leaf 2', 'root']])
  })

  test('sends a trace of 30,000 spans, which is taken in and read quickly', async () => {
    const { id, tookMs } = await exportTrace(30_000, 'gzip')
    const began = performance.now()
    const { body } = await mlflow.get(`/traces/get?trace_id=${id}`)
    const read = performance.now()
    expect(body['trace'].spans).toHaveLength(30_000)
    const locations = [{ mlflow_experiment: { experiment_id: '0' } }]
    await mlflow.post('/traces/search', { locations, max_results: 10 })
    const searchMs = performance.now() - read
    const ms = (milliseconds: number) => `${milliseconds.toFixed(0)} ms`
    process.stdout.write(
      `30,000 spans: taken in ${ms(tookMs[0])}, again ${ms(tookMs[1])}, read ${ms(read - began)}, search ${ms(searchMs)}\n`,
    )
    expect(searchMs).toBeLessThan(1000)
  }, 120_000)
})
