import { createHash } from 'node:crypto'
import { mkdtempSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { NovaBrainError } from '@novabrain/contracts'
import { createMlflowApi, MlflowRefusal, mlflowHeaders, type MlflowApi } from '../../server/src/cli/history/api.js'
import type { BetweenServers } from '../../server/src/cli/history/copy-datasets.js'
import { copyFiles, type Copying } from '../../server/src/cli/history/copy-run.js'
import { copyWebhooks } from '../../server/src/cli/history/copy-webhooks.js'
import { createFileSource, type FileSource } from '../../server/src/cli/history/files.js'
import { hashed } from '../../server/src/cli/history/hashing.js'
import { readHistories } from '../../server/src/cli/history/histories.js'
import { originOf } from '../../server/src/cli/history/import-registry.js'
import {
  databaseUrl,
  identityOf,
  labelOf,
  readPlace,
  shownPlace,
  type Place,
} from '../../server/src/cli/history/place.js'
import { inParallel } from '../../server/src/cli/history/pool.js'
import { createProgress, progressLine } from '../../server/src/cli/history/progress.js'
import type { ArtifactOwner, SourceFile, SourceRun, SourceVersion } from '../../server/src/cli/history/reader.js'
import { differenceLine, report } from '../../server/src/cli/history/report.js'
import {
  attachmentsOf,
  differingTraceParts,
  otlpSpan,
  otlpSpanOfFile,
  readSpans,
  traceFacts,
} from '../../server/src/cli/history/trace-wire.js'
import { historyTexts } from '../../server/src/cli/history/texts.js'
import { newOutcome, noCounts, type Difference, type Outcome } from '../../server/src/cli/history/outcome.js'
import { createOutput } from '../../server/src/cli/output.js'
import {
  differingParts,
  digestOf,
  digestOfSeries,
  type Point,
  type RunContents,
} from '../../server/src/core/tracking/run-digest.js'

const placeAt = (address: string): Place => {
  const place = readPlace(address, { secretAllowed: true })
  if (typeof place === 'string') throw new Error(place)
  return place
}

describe('an address of a history', () => {
  test('is a server, a folder or a database, as people write it', () => {
    expect(placeAt(' https://mlflow.test/team/#/experiments/3 ')).toEqual({
      kind: 'server',
      url: 'https://mlflow.test/team',
    })
    expect(placeAt('mlruns')).toEqual({ kind: 'folder', folder: join(process.cwd(), 'mlruns') })
    expect(placeAt('file:///data/a%20b/mlruns')).toEqual({ kind: 'folder', folder: '/data/a b/mlruns' })
    expect(placeAt('sqlite:////data/mlflow.db')).toMatchObject({ kind: 'database', driver: 'sqlite' })
    expect(placeAt('postgresql+psycopg://u@h/db')).toMatchObject({ kind: 'database', driver: 'postgresql' })
    expect(readPlace('s3://bucket/mlruns', { secretAllowed: true })).toBe('scheme')
    expect(readPlace('  ', { secretAllowed: true })).toBe('empty')
  })

  test('takes a password only where nobody else reads it', () => {
    for (const address of ['http://me:secret@h', 'postgresql://me:secret@h/db', 'mysql+pymysql://me:s%40@h/db'])
      expect(readPlace(address, { secretAllowed: false })).toBe('password')
    expect(readPlace('postgresql://me@h/db', { secretAllowed: false })).toMatchObject({ kind: 'database' })
    expect(readPlace('https://h/a:b@c', { secretAllowed: false })).toMatchObject({ kind: 'server' })
  })

  test('is shown and kept without user, password and options', () => {
    const place = placeAt('postgresql://me:secret@db.test:5432/mlflow?sslmode=require&password=x')
    expect([shownPlace(place), identityOf(place)]).toEqual(Array(2).fill('postgresql://db.test:5432/mlflow'))
    expect(shownPlace(placeAt('sqlite:////data/x/mlflow.db?timeout=3'))).toBe('sqlite:////data/x/mlflow.db')
  })

  test('has a short name, without what names may not have', () => {
    const labels = [
      'http://mlflow.test:5000/x',
      '/home/me/fraud/mlruns',
      'sqlite:////data/team.db',
      'mysql://u@h/history',
    ]
    expect(labels.map((address) => labelOf(placeAt(address)))).toEqual(['mlflow.test', 'fraud', 'team', 'history'])
  })

  test('of a database is opened with the driver that is installed', () => {
    const urls = ['postgres://u:p@h/db', 'mysql://u@h/db', 'sqlite:///x.db'].map((address) => {
      const place = placeAt(address)
      return place.kind === 'database' ? databaseUrl(place) : ''
    })
    expect(urls).toEqual(['postgresql+psycopg2://u:p@h/db', 'mysql+pymysql://u@h/db', 'sqlite:///x.db'])
  })
})

test('credentials of the source are those that mlflow itself reads', () => {
  expect(mlflowHeaders({})).toEqual({})
  expect(mlflowHeaders({ MLFLOW_TRACKING_TOKEN: 't' })).toEqual({ authorization: 'Bearer t' })
  const basic = mlflowHeaders({
    MLFLOW_TRACKING_USERNAME: 'me',
    MLFLOW_TRACKING_PASSWORD: 'a:b',
    MLFLOW_TRACKING_TOKEN: 't',
  })
  expect(basic).toEqual({ authorization: `Basic ${Buffer.from('me:a:b').toString('base64')}` })
})

describe('the digest of a run', () => {
  const hash = (bytes: string | Uint8Array) => createHash('sha256').update(bytes).digest('hex')
  const contents: RunContents = {
    info: { name: 'a', status: 'FINISHED', lifecycleStage: 'active', userName: 'me', startedAtMs: 1, endedAtMs: 2 },
    params: [
      { key: 'b', value: '1' },
      { key: 'a', value: '2' },
    ],
    tags: [{ key: '键', value: '值\n' }],
    series: [digestOfSeries('m', [{ step: 1, timestampMs: 5, value: 0.5 }], hash)],
    datasets: [],
    models: [],
    artifacts: [{ path: 'x', digest: 'd'.repeat(64), sizeBytes: 3 }],
  }

  test('does not depend on an order, and names the part that differs', () => {
    const digest = digestOf(contents, hash)
    expect(digestOf({ ...contents, params: [...contents.params].reverse() }, hash)).toEqual(digest)
    expect(differingParts(digest, digestOf({ ...contents, tags: [] }, hash))).toEqual(['tags'])
    expect(differingParts(digest, digestOf({ ...contents, artifacts: [] }, hash))).toEqual(['artifacts'])
    expect(digest.counts).toEqual({ params: 2, tags: 1, metrics: 1, points: 1, inputs: 0, artifacts: 1, bytes: 3 })
  })

  test('cannot be fooled by a text that looks like two', () => {
    const one = digestOf({ ...contents, params: [{ key: 'a', value: '1"],["b","2' }] }, hash)
    const two = digestOf(
      {
        ...contents,
        params: [
          { key: 'a', value: '1' },
          { key: 'b', value: '2' },
        ],
      },
      hash,
    )
    expect(one.params).not.toBe(two.params)
  })

  test('takes points as they are kept: each once, whatever the order, one zero, infinities as the largest numbers', () => {
    const at = (step: number, value: number) => ({ step, timestampMs: 7, value })
    const points = [at(1, Number.NaN), at(1, 2), at(-3, 1), at(1, 2), at(2, Number.POSITIVE_INFINITY), at(0, -0)]
    const kept = [at(0, 0), at(2, Number.MAX_VALUE), at(-3, 1), at(1, 2), at(1, Number.NaN)]
    expect(digestOfSeries('m', points, hash)).toEqual(digestOfSeries('m', kept, hash))
    expect(digestOfSeries('m', points, hash).count).toBe(5)
    expect(digestOfSeries('m', [at(1, 0.1 + 0.2)], hash)).not.toEqual(digestOfSeries('m', [at(1, 0.3)], hash))
  })
})

describe('files of a store of this machine', () => {
  const root = mkdtempSync(join(tmpdir(), 'novabrain-files-'))
  const owner: ArtifactOwner = {
    kind: 'run',
    id: 'a'.repeat(32),
    experimentId: '7',
    artifactUri: 'file:///gone/7/a/artifacts',
  }
  const moved = join(root, '7', owner.id, 'artifacts')
  beforeAll(() => {
    mkdirSync(join(moved, 'deep'), { recursive: true })
    writeFileSync(join(moved, 'deep', 'table #1 100%.csv'), 'a,b')
    writeFileSync(join(root, 'secret'), 'not theirs')
    symlinkSync(join(root, 'secret'), join(moved, 'link'))
  })
  afterAll(() => rmSync(root, { recursive: true }))

  const none = { files: () => fail(), open: () => fail() } as never
  const fail = () => {
    throw new Error('the server was asked')
  }
  const source = createFileSource(none, { place: { kind: 'folder', folder: root }, root })

  test('are found where the folder is now, under any name', async () => {
    const found: SourceFile[] = []
    for await (const file of source.files(owner)) found.push(file)
    expect(found.map(({ path }) => path).sort()).toEqual(['deep/table #1 100%.csv', 'link'])
    const body = await source.open(owner, 'deep/table #1 100%.csv')
    if (body === null) throw new Error('no file')
    const { stream, result } = hashed(body, () => undefined)
    expect((await buffer(stream)).toString()).toBe('a,b')
    expect(result()).toEqual({ digest: createHash('sha256').update('a,b').digest('hex'), sizeBytes: 3 })
  })

  test('lead nowhere else', async () => {
    expect(await source.open(owner, 'link')).toBeNull()
    expect(await source.open(owner, 'nothing')).toBeNull()
  })

  test('of a server are asked of the server, even where this machine has such a path', () => {
    const remote = createFileSource(none, { place: { kind: 'server', url: 'http://h' }, root: null })
    expect(() => remote.files({ ...owner, artifactUri: moved })).toThrow('the server was asked')
  })
})

describe('copying files', () => {
  const owner: ArtifactOwner = {
    kind: 'run',
    id: 'a'.repeat(32),
    experimentId: '1',
    artifactUri: 's3://b/1/a/artifacts',
  }
  const bodyOf = (text: string) => new Response(text).body ?? fail()
  const fail = (): never => {
    throw new Error('no body')
  }
  const copying = (given: Record<string, string | null | Error>) => {
    const sent: string[] = []
    const differences: Difference[] = []
    const files: FileSource = {
      async *files() {
        for (const path of Object.keys(given)) yield { path, sizeBytes: given[path]?.toString().length ?? 3 }
      },
      open: (_owner, path) => {
        const content = given[path] ?? null
        if (content instanceof Error) return Promise.reject(content)
        return Promise.resolve(content === null ? null : bodyOf(content))
      },
    }
    const target = {
      artifact: async ({ path }: { path: string }, body: Readable) => {
        const bytes = await buffer(body)
        if (path.startsWith('..')) throw new NovaBrainError('artifact_path_invalid', { path })
        sent.push(`${path}: ${bytes.toString()}`)
      },
    }
    const progress = createProgress({
      live: false,
      columns: () => 80,
      write: () => undefined,
      nowMs: () => 0,
      words: historyTexts.en,
    })
    const all = {
      files,
      target,
      progress,
      signal: new AbortController().signal,
      differ: (each: Difference) => differences.push(each),
    }
    return { sent, differences, progress, copying: all as unknown as Copying }
  }

  test('goes on when the source has lost one, and when one is refused here, and tells both', async () => {
    const refusal = new MlflowRefusal(500, 'INTERNAL_ERROR', 'disk', 'GET /get-artifact')
    const {
      sent,
      differences,
      progress,
      copying: of,
    } = copying({ a: 'abc', lost: null, broken: refusal, '../b': 'x', c: 'd' })
    const copied = await copyFiles(of, owner, { name: 'owl', here: [] })
    expect(sent).toEqual(['a: abc', 'c: d'])
    expect(differences.map(({ faults, detail }) => [faults[0], detail?.split(':')[0]])).toEqual([
      ['file_missing', 'lost'],
      ['file_missing', 'broken'],
      ['file_refused', '../b'],
    ])
    expect(copied.map(({ path }) => path)).toEqual(['a', 'lost', 'broken', '../b', 'c'])
    expect(copied[0]?.digest).toBe(createHash('sha256').update('abc').digest('hex'))
    expect(progress.done).toMatchObject({ artifacts: 2, bytes: 5 })
  })

  test('leaves alone what came in an earlier try', async () => {
    const { sent, copying: of } = copying({ a: 'abc', b: 'abcd' })
    const here = ['a', 'b'].map((path) => ({ path, digest: 'd'.repeat(64), sizeBytes: 3 }))
    await copyFiles(of, owner, { name: 'owl', here })
    expect(sent).toEqual(['b: abcd'])
  })
})

describe('the files of a version', () => {
  const runId = 'b'.repeat(32)
  const modelId = `m-${'c'.repeat(32)}`
  const version: SourceVersion = {
    name: 'scorer',
    version: 2,
    source: '',
    stage: 'None',
    runId,
    runLink: null,
    loggedModelId: null,
    description: null,
    userName: '',
    tags: [],
    createdAtMs: 1,
    updatedAtMs: 1,
  }
  const known = {
    runUris: new Map([[runId, `s3://bucket/1/${runId}/artifacts`]]),
    modelUris: new Map([[modelId, `s3://bucket/1/models/${modelId}/artifacts`]]),
    versionsOf: new Map([['scorer', [{ ...version, version: 1 }]]]),
  }
  const of = (source: string, more: Partial<SourceVersion> = {}) => originOf({ ...version, source, ...more }, known)

  test('are said so that it holds elsewhere', () => {
    expect(of(`models:/${modelId}`)).toEqual({ kind: 'logged_model', modelId })
    expect(of('models:/scorer/1')).toEqual({ kind: 'version', name: 'scorer', version: 1 })
    expect(of(`s3://bucket/1/${runId}/artifacts/a/b`)).toEqual({ kind: 'run', runId, path: 'a/b' })
    expect(of(`s3://bucket/1/${runId}/artifacts`)).toEqual({ kind: 'run', runId, path: '' })
    expect(of(`runs:/${runId}/model`)).toEqual({ kind: 'run', runId, path: 'model' })
    const uri = `s3://bucket/1/models/${modelId}/artifacts`
    expect(of(uri, { loggedModelId: modelId })).toEqual({ kind: 'logged_model', modelId })
  })

  test('stay at their address when they are in nothing that came along', () => {
    for (const address of ['s3://other/model', 'models:/unknown/4', `models:/m-${'d'.repeat(32)}`])
      expect(of(address)).toEqual({ kind: 'address', address })
  })
})

describe('progress', () => {
  const words = historyTexts.en
  const done = { runs: 5, points: 12_000, artifacts: 3, bytes: 2048, traces: 0 }

  test('says how much, how fast and how long still', () => {
    expect(progressLine(done, { totalRuns: 20, tookMs: 10_000 }, { words, live: false })).toBe(
      ' 25 % · 5 of 20 runs · 12,000 points · 3 files, 2.0 KiB · 1,200 points/s · about 30 s left',
    )
    expect(progressLine(done, { totalRuns: 20, tookMs: 10_000 }, { words, live: true })).toMatch(/^█{5}░{15} /)
  })

  test('writes over its line on a terminal, and elsewhere a line every ten seconds', () => {
    let nowMs = 0
    const said: string[] = []
    const options = { columns: () => 80, write: (text: string) => void said.push(text), nowMs: () => nowMs, words }
    const plain = createProgress({ ...options, live: false })
    for (; nowMs < 25_000; nowMs += 1000) {
      plain.done.runs += 1
      plain.tick()
    }
    plain.end()
    expect(said).toHaveLength(2)
    expect(said.every((text) => text.endsWith('\n') && !text.includes('\r'))).toBe(true)
    said.length = 0
    const live = createProgress({ ...options, live: true })
    live.phase('x'.repeat(200))
    live.end()
    expect(said[0]?.length).toBeLessThan(90)
    expect(said[1]).toBe('\r\u001b[2K')
  })
})

test('work in parallel is bounded, and its first failure ends it', async () => {
  let [running, most] = [0, 0]
  const seen: number[] = []
  await inParallel([1, 2, 3, 4, 5, 6], 2, async (item) => {
    running += 1
    most = Math.max(most, running)
    await Promise.resolve()
    seen.push(item)
    running -= 1
  })
  expect([most, seen.sort()]).toEqual([2, [1, 2, 3, 4, 5, 6]])
  const begun: number[] = []
  const failing = inParallel([1, 2, 3, 4], 1, async (item) => {
    begun.push(item)
    if (item === 2) throw new Error('two')
  })
  await expect(failing).rejects.toThrow('two')
  expect(begun).toEqual([1, 2])
})

describe('a report', () => {
  const outcome: Outcome = {
    from: 'a',
    to: 'b',
    experiments: [
      { sourceId: '1', id: '2', name: 'x (a)', sourceName: 'x', source: noCounts, here: { ...noCounts, runs: 1 } },
    ],
    loggedModels: { source: 0, here: 0 },
    traces: { source: 5, here: 4 },
    evaluationDatasets: { source: 1, here: 1 },
    webhooks: { source: 2, here: 2, withheld: false },
    registeredModels: [],
    differences: Array.from({ length: 30 }, (_, index) => ({
      kind: 'run' as const,
      id: String(index),
      name: 'n',
      faults: ['tags' as const],
      detail: null,
    })),
    leftBehind: { traces: 3 },
    filesElsewhere: [],
    unchangedRuns: 0,
    copied: { runs: 1, points: 1, artifacts: 0, bytes: 0, traces: 4 },
    tookMs: 1000,
  }

  test.each(['en', 'zh'] as const)('names what differs and what stayed behind, and ends with 1 (%s)', (language) => {
    let printed = ''
    const output = createOutput(false, {
      stdout: { write: (text) => void (printed += String(text)) },
      stderr: { write: () => 0 },
    })
    expect(report(outcome, { output, texts: historyTexts[language] })).toBe(1)
    expect(printed).toContain(historyTexts[language].left_.traces(3))
    expect(printed).toContain(historyTexts[language].tracesHere(4, 5))
    for (const line of historyTexts[language].others(1, 2)) expect(printed).toContain(line)
    expect(printed).toContain(historyTexts[language].more(10))
    expect(printed).toContain(historyTexts[language].differs)
    expect(printed).not.toContain(historyTexts[language].allSame)
    expect(printed).not.toContain(historyTexts[language].webhooksWithheld)
    report({ ...outcome, webhooks: { source: 0, here: 0, withheld: true } }, { output, texts: historyTexts[language] })
    expect(printed).toContain(historyTexts[language].webhooksWithheld)
  })

  test('ends with 0 when all is the same', () => {
    const output = createOutput(true, { stdout: { write: () => 0 }, stderr: { write: () => 0 } })
    expect(report({ ...outcome, differences: [] }, { output, texts: historyTexts.en })).toBe(0)
  })

  test('says a difference in one line', () => {
    const difference = { kind: 'run', id: 'ab', name: 'owl', faults: ['metrics', 'tags'], detail: 'x' } as const
    expect(differenceLine(difference, historyTexts.en)).toBe('run ab owl: metrics, tags (x)')
  })
})

test.each([
  [403, true],
  [404, false],
])('webhooks that a source refuses to tell with %i are withheld: %s', async (status, withheld) => {
  const refused = new MlflowRefusal(status, 'X', 'no', 'GET')
  const api = { get: () => Promise.reject(refused) } as unknown as MlflowApi
  const outcome = newOutcome('a', 'b', { runs: 0, points: 0, artifacts: 0, bytes: 0, traces: 0 })
  const { signal } = new AbortController()
  await copyWebhooks({ from: api, to: api, outcome, signal, differ: () => undefined } satisfies BetweenServers)
  expect(outcome.webhooks).toEqual({ source: 0, here: 0, withheld })
})

describe('the client of MLflow', () => {
  const realFetch = globalThis.fetch
  afterEach(() => {
    globalThis.fetch = realFetch
  })
  const answers = (...given: (Response | Error)[]) => {
    const asked: string[] = []
    globalThis.fetch = ((url: string) => {
      asked.push(url)
      const next = given.shift()
      return next instanceof Response ? Promise.resolve(next) : Promise.reject(next ?? new Error('nothing left'))
    }) as typeof fetch
    return asked
  }
  const api = () =>
    createMlflowApi({ url: 'http://h', headers: {}, signal: new AbortController().signal, pausesMs: [0, 0] })

  test('asks again while a server is busy or away, and then says that it is', async () => {
    const asked = answers(new Response('', { status: 503 }), new Error('reset'), Response.json({ ok: 1 }))
    expect(await api().get('/x', { a: ['1', '2'], b: undefined })).toEqual({ ok: 1 })
    expect(asked).toEqual(Array(3).fill('http://h/x?a=1&a=2'))
    answers(new Error('a'), new Error('b'), new Error('c'))
    await expect(api().get('/x')).rejects.toMatchObject({ code: 'mlflow_unreachable' })
  })

  test('tells a page from an answer, and a locked door from a refusal', async () => {
    answers(new Response('<html><title>Portal</title>'))
    await expect(api().get('/x')).rejects.toMatchObject({ code: 'mlflow_not_mlflow', data: { detail: 'Portal' } })
    answers(new Response('', { status: 401 }))
    await expect(api().get('/x')).rejects.toMatchObject({ code: 'mlflow_refused_sign_in' })
    answers(Response.json({ error_code: 'RESOURCE_DOES_NOT_EXIST', message: 'no' }, { status: 404 }))
    await expect(api().get('/x')).rejects.toMatchObject({ status: 404, errorCode: 'RESOURCE_DOES_NOT_EXIST' })
  })
})

describe('histories of many runs', () => {
  const runOf = (id: string, latest: Record<string, number>): SourceRun =>
    ({ id, latest: Object.entries(latest).map(([key, step]) => ({ key, step, timestampMs: 1, value: 1 })) }) as never
  const point = { step: 0, timestampMs: 1, value: 1 }
  const readerOf = (bulk: (key: string) => Map<string, Point[]> | null) => {
    const asked: string[] = []
    const reader = {
      bulkHistory: (runIds: readonly string[], key: string) => {
        asked.push(`${runIds.join('+')} ${key}`)
        return Promise.resolve(bulk(key))
      },
      async *history(runId: string, key: string) {
        asked.push(`${runId} ${key}`)
        yield [point, point]
      },
    }
    return { reader, asked }
  }

  test('are asked for once where several runs have a metric, and one by one where that is not told', async () => {
    const both = new Map([
      ['a', [point]],
      ['b', []],
    ])
    const { reader, asked } = readerOf((key) => (key === 'm' ? both : null))
    const runs = [runOf('a', { m: 9, long: 20_000, nan: 3, own: 1 }), runOf('b', { m: 9, long: 20_000, nan: 3 })]
    const historyOf = await readHistories(reader, runs)
    expect(asked.sort()).toEqual(['a+b m', 'a+b nan'])
    expect(await historyOf('a', 'm')).toEqual([point])
    // Nothing of it in the answer: it is not believed.
    expect(await historyOf('b', 'm')).toHaveLength(2)
    for (const key of ['long', 'nan', 'own']) expect(await historyOf('a', key)).toHaveLength(2)
    expect(asked.slice(2)).toEqual(['b m', 'a long', 'a nan', 'a own'])
  })
})

describe('a trace on the wire', () => {
  const info = {
    trace_id: `tr-${'a'.repeat(32)}`,
    request_time: '2026-01-02T03:04:05.678Z',
    execution_duration: '1.5s',
    state: 'OK',
    trace_metadata: { a: 'b' },
    tags: { k: 'v' },
  }
  const attribute = (key: string, value: object) => ({ key, value })
  const wire = `{"trace":{"spans":[{"trace_id":"${Buffer.from('a'.repeat(32), 'hex').toString('base64')}",
    "span_id":"q80AAAAAAAE=","name":"ask","start_time_unix_nano": 1767225600123456789,"end_time_unix_nano":1767225601123456789,
    "attributes":[{"key":"big","value":{"int_value":1152921504606846977}},
      {"key":"text","value":{"string_value":"\\"start_time_unix_nano\\": 5"}}],"status":{"code":"STATUS_CODE_ERROR"}}]}}`

  const spansOf = (text: string) => {
    const { spans } = readSpans(text)['trace'] as { spans: Parameters<typeof otlpSpan>[0][] }
    return spans.map(otlpSpan)
  }

  test('keeps every digit of times and whole numbers, and texts as they are', () => {
    expect(spansOf(wire)).toEqual([
      {
        traceId: 'a'.repeat(32),
        spanId: 'abcd000000000001',
        name: 'ask',
        startTimeUnixNano: '1767225600123456789',
        endTimeUnixNano: '1767225601123456789',
        attributes: [
          attribute('big', { intValue: '1152921504606846977' }),
          attribute('text', { stringValue: '"start_time_unix_nano": 5' }),
        ],
        events: [],
        links: [],
        status: { code: 2 },
      },
    ])
  })

  test('is the same in the file in which clients of old kept it', () => {
    const file = {
      trace_id: `0x${'a'.repeat(32)}`,
      context: { trace_id: `0x${'a'.repeat(32)}`, span_id: '0xabcd000000000001' },
      name: 'ask',
      start_time: '1767225600123456789',
      end_time: '1767225601123456789',
      status_code: 'ERROR',
      attributes: { big: '1152921504606846977', text: '"\\"start_time_unix_nano\\": 5"' },
    }
    expect(otlpSpanOfFile(file)).toEqual(spansOf(wire)[0])
    const value = (text: string) => otlpSpanOfFile({ attributes: { it: text } })['attributes']
    expect(value('{"a": 1.0, "b": [1, NaN, null]}')).toEqual([
      attribute('it', {
        kvlistValue: {
          values: [
            attribute('a', { doubleValue: 1 }),
            attribute('b', { arrayValue: { values: [{ intValue: '1' }, { doubleValue: 'NaN' }, {}] } }),
          ],
        },
      }),
    ])
    expect(value('no JSON')).toEqual([attribute('it', { stringValue: 'no JSON' })])
  })

  test('differs where it says something else, and not where it lies elsewhere or is in another order', () => {
    const trace = { id: info.trace_id, info, spans: spansOf(wire) }
    const faults = (other: Partial<typeof trace>) =>
      differingTraceParts(traceFacts(trace), traceFacts({ ...trace, ...other }))
    const moved = { ...info, tags: { 'mlflow.artifactLocation': 's3://x', 'novabrain.exported': '1', k: 'v' } }
    expect(faults({ info: { ...moved, request_time: '2026-01-02T03:04:05.678000Z' } as never })).toEqual([])
    const [span = {}] = trace.spans
    const turned = { ...span, attributes: [...(span['attributes'] as object[])].reverse() }
    expect(faults({ spans: [turned] })).toEqual([])
    expect(faults({ spans: [] })).toEqual(['spans'])
    expect(faults({ spans: [{ ...span, startTimeUnixNano: '1767225600123456788' }] })).toEqual(['spans'])
    expect(faults({ info: { ...info, state: 'ERROR', tags: { k: 'w' }, trace_metadata: { a: '' } } })).toEqual([
      'info',
      'tags',
      'metadata',
    ])
    const said = { assessment_id: 'a-1', assessment_name: 'ok', feedback: { value: true }, valid: true }
    expect(faults({ info: { ...info, assessments: [said] } as never })).toEqual(['assessments'])
  })

  test('names what is attached to it', () => {
    const text = 'mlflow-attachment://6f-1.png?content_type=image/png and mlflow-attachment://6f-1.png'
    expect(attachmentsOf([{ attributes: [attribute('i', { stringValue: text })] }])).toEqual(['6f-1.png'])
  })
})
