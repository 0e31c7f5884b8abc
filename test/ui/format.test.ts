import type { Job, RunSummary } from '@novabrain/contracts'
import { NovaBrainError, UnreachableError } from '@novabrain/contracts'
import { aJob } from '../contracts/a-job.js'
import { formatAge } from '../../shared/ui/src/format/age.js'
import { formatBytes, formatMib } from '../../shared/ui/src/format/bytes.js'
import { durationBetween, formatDuration } from '../../shared/ui/src/format/duration.js'
import { cardErrorOf } from '../../shared/ui/src/format/error.js'
import { formatCount, formatMetric, plottable } from '../../shared/ui/src/format/number.js'
import { joinArguments, parameterText, parseParameter, splitArguments } from '../../shared/ui/src/format/parameters.js'
import { breakable } from '../../shared/ui/src/format/breakable.js'
import { formatUse, resourceUse } from '../../shared/ui/src/format/resource-use.js'
import { formatJobDevice, formatResources, isSimulated } from '../../shared/ui/src/format/resources.js'
import { runRows } from '../../shared/ui/src/format/run-rows.js'
import { formatSubmitter } from '../../shared/ui/src/format/submitter.js'
import { stageSteps } from '../../shared/ui/src/format/stages.js'
import { verdictAction, verdictOf, verdictSentence } from '../../shared/ui/src/format/verdict.js'
import { visibleRange } from '../../shared/ui/src/format/virtual.js'
import { en } from '../../shared/ui/src/locales/en.js'
import { counted, fill } from '../../shared/ui/src/locales/strings.js'
import { zhCN } from '../../shared/ui/src/locales/zh-CN.js'

const verdict = { kind: 'succeeded', exitCode: 0, signal: null, evidence: null, cellIndex: null, module: null } as const
const device = { deviceId: '1'.repeat(32), index: 0, model: 'A10G', milli: 1000, memoryMib: 24_576, simulated: false }
const attempt = (job: Job, change: Partial<NonNullable<Job['attempt']>> = {}): Job => ({
  ...job,
  attempt: {
    id: 'a'.repeat(32),
    jobId: job.id,
    number: 1,
    state: 'running',
    version: 1,
    stage: 'running',
    stageDetail: null,
    nodeId: null,
    nodeName: null,
    devices: [device],
    verdict: null,
    logSizeBytes: 0,
    createdAt: job.submittedAt,
    startedAt: null,
    endedAt: null,
    ...change,
  },
})

describe('sizes', () => {
  test.each([
    [0, '0 B'],
    [812, '812 B'],
    [999, '999 B'],
    [1000, '1 kB'],
    [1_249_000, '1.2 MB'],
    [999_960, '1 MB'],
    [99_960, '100 kB'],
    [5e15, '5000 TB'],
  ])('%d bytes are %s', (bytes, text) => expect(formatBytes(bytes)).toBe(text))
  test.each([
    [512, '512 MiB'],
    [7680, '7.5 GiB'],
    [131_072, '128 GiB'],
  ])('%d MiB are %s', (mib, text) => expect(formatMib(mib)).toBe(text))
})

describe('time', () => {
  test.each([
    [0, '0 s'],
    [-5000, '0 s'],
    [59_999, '59 s'],
    [125_000, '2 min 5 s'],
    [7_200_000, '2 h'],
    [12 * 86_400_000 + 4 * 3_600_000 + 60_000, '12 d 4 h'],
  ])('%d ms are %s', (ms, text) => expect(formatDuration(ms, en.duration)).toBe(text))
  test('a duration in Chinese', () => expect(formatDuration(125_000, zhCN.duration)).toBe('2 分钟 5 秒'))
  test('ages have one unit, and old ones are dates', () => {
    const now = Date.parse('2026-03-01T00:00:00.000Z')
    const ago = (ms: number) => formatAge(new Date(now - ms).toISOString(), now, en.duration, 'en')
    expect([ago(3000), ago(125_000), ago(3 * 86_400_000 + 5)]).toEqual(['just now', '2 min ago', '3 d ago'])
    expect(ago(60 * 86_400_000)).toMatch(/2025/)
  })
  test('a clock behind the server shows no negative age', () =>
    expect(formatAge('2026-03-01T00:01:00.000Z', Date.parse('2026-03-01T00:00:00.000Z'), zhCN.duration, 'zh-CN')).toBe(
      '刚刚',
    ))
  test('what has not begun has no duration', () => expect(durationBetween(null, null, 5)).toBeNull())
})

describe('metrics', () => {
  test.each([
    [0.123456, '0.1235'],
    [17_204, '17204'],
    [0.0000421, '4.21e−5'],
    [-2.5, '−2.5'],
    [12_345_678, '1.235e7'],
    ['NaN', 'NaN'],
    ['-Infinity', '−∞'],
  ] as const)('%p is shown as %s', (value, text) => expect(formatMetric(value)).toBe(text))
  test('what is no number leaves a hole in a line', () =>
    expect([plottable(1), plottable('NaN'), plottable(undefined)]).toEqual([1, null, null]))
  test('thousands are kept apart', () => expect(formatCount(1_234_567)).toBe('1\u202f234\u202f567'))
})

describe('devices', () => {
  test('what a job asks for, until it has something', () => {
    expect(formatJobDevice(aJob(1), en.device)).toBe('GPU × 1')
    expect(formatJobDevice(attempt(aJob(1, 'running')), en.device)).toBe('A10G × 1')
  })
  test('of an elastic job how many it has of those it can use', () => {
    const elastic = { ...aJob(1), resources: { ...aJob(1).resources, maxGpuCount: 4 } }
    expect(formatJobDevice(elastic, en.device)).toBe('GPU × 1–4')
    const two = [device, { ...device, index: 1 }]
    const running = attempt({ ...aJob(1, 'running'), resources: elastic.resources }, { devices: two })
    expect(formatJobDevice(running, en.device)).toBe('A10G × 2 of 1–4')
    expect(formatJobDevice(running, zhCN.device)).toBe('A10G × 2（可用 1–4）')
  })
  test('a share, the CPU, and a simulated device', () => {
    const { resources } = aJob(1)
    expect(formatResources({ ...resources, gpuMilli: 250 }, en.device)).toBe('GPU 25 %')
    expect(formatResources({ ...resources, gpuCount: 0 }, en.device)).toBe('CPU')
    const simulated = attempt(aJob(1, 'running'), {
      devices: [{ ...device, model: 'Simulated 24 GiB', simulated: true }],
    })
    expect([formatJobDevice(simulated, en.device), isSimulated(simulated.attempt)]).toEqual(['GPU 24 GiB × 1', true])
  })
})

describe('stages', () => {
  const shown = (job: Job, position: number | null = null) =>
    stageSteps(job, position, en).map(({ label, state }) => `${label}: ${state}`)
  test('a waiting job has its place in the queue', () =>
    expect(shown(aJob(1), 3).slice(1, 4)).toEqual(['Uploading: done', 'Queued #3: now', 'Preparing environment: todo']))
  test('a starting job says what it prepares', () =>
    expect(shown(attempt(aJob(1, 'starting'), { stage: 'fetching_code' }))[3]).toBe('Fetching code: now'))
  test('a job that succeeded has everything behind it', () =>
    expect(shown(attempt(aJob(1, 'succeeded'), { stage: 'saving' })).every((step) => step.endsWith(': done'))).toBe(
      true,
    ))
  test('a failure shows where it was, although outputs were saved after it', () =>
    expect(shown(attempt(aJob(1, 'failed'), { stage: 'saving' })).slice(4)).toEqual([
      'Running: failed',
      'Saving outputs: todo',
    ]))
})

describe('verdicts', () => {
  const ended = (
    kind: 'out_of_gpu_memory' | 'cell_failed' | 'timed_out' | 'missing_package',
    change: Partial<Job> = {},
  ) => attempt(aJob(1, 'failed', change), { verdict: { ...verdict, kind, cellIndex: 6, module: 'shap' } })
  const actionOf = (job: Job) => {
    const judged = verdictOf(job)
    return judged === null ? null : verdictAction(job, judged)
  }
  test('cells are counted from one', () => {
    const job = ended('cell_failed')
    expect(verdictSentence(verdictOf(job) ?? verdict, en)).toBe('Cell 7 raised an error')
  })
  test('a job without memory is offered twice of what it had; a share is offered the whole', () => {
    expect(actionOf(ended('out_of_gpu_memory'))).toEqual({ kind: 'rerun_gpu_memory', gpuMemoryMib: 49_152 })
    const shared = ended('out_of_gpu_memory', { resources: { ...aJob(1).resources, gpuMilli: 500 } })
    expect(actionOf(shared)).toEqual({ kind: 'rerun_whole_gpu' })
  })
  test('a job that had the whole of the largest GPU, or came to it from a share, is not offered more than there is', () => {
    const on = (number: number, memoryMib: number, gpuMilli: number) =>
      actionOf(
        attempt(
          { ...ended('out_of_gpu_memory'), resources: { ...aJob(1).resources, gpuMilli } },
          {
            number,
            devices: [{ ...device, milli: memoryMib === 81_559 ? 1000 : 250, memoryMib, deviceMemoryMib: 81_559 }],
            verdict: { ...verdict, kind: 'out_of_gpu_memory' },
          },
        ),
      )
    expect(on(1, 81_559, 1000)).toEqual({ kind: 'log' })
    expect(on(2, 81_559, 250)).toEqual({ kind: 'log' })
    expect(on(1, 20_389, 250)).toEqual({ kind: 'rerun_whole_gpu' })
    expect(on(2, 81_559, 1000)).toEqual({ kind: 'rerun_gpu_memory', gpuMemoryMib: 163_118 })
  })
  test('a job out of time is offered more only when it had a limit', () => {
    expect(actionOf(ended('timed_out', { timeLimitMs: 60_000 }))).toEqual({
      kind: 'rerun_longer',
      timeLimitMs: 120_000,
    })
    expect(actionOf(ended('timed_out'))).toEqual({ kind: 'rerun' })
  })
  test('a missing package is offered to be installed', () =>
    expect(actionOf(ended('missing_package'))).toEqual({ kind: 'install', module: 'shap' }))
  test('a running job has no verdict, one stopped in the queue has one', () => {
    expect(verdictOf(aJob(1, 'running'))).toBeNull()
    expect(verdictOf(aJob(1, 'cancelled'))?.kind).toBe('cancelled')
  })
})

describe('the list of runs', () => {
  const loose = (hour: number): RunSummary => ({
    id: `b${hour}`.padEnd(32, '0'),
    projectId: '',
    experimentId: '1',
    experimentName: '',
    name: `loose ${hour}`,
    status: 'FINISHED',
    lifecycleStage: 'active',
    userName: '',
    startedAt: `2026-01-01T${String(hour).padStart(2, '0')}:00:00.000Z`,
    endedAt: null,
    metrics: [],
    job: null,
  })
  const done = (number: number, hour: number) =>
    aJob(number, 'succeeded', { submittedAt: `2026-01-01T${String(hour).padStart(2, '0')}:30:00.000Z` })
  const names = (rows: readonly { name: string }[]) => rows.map((row) => row.name)
  test('jobs and runs without a job stand together, newest first', () => {
    const rows = runRows({ items: [done(1, 1), done(2, 3)], more: false }, { items: [loose(2)], more: false })
    expect(names(rows)).toEqual(['job 2', 'loose 2', 'job 1'])
  })
  test('a run of a job is not shown twice', () => {
    const ofJob = { ...loose(2), job: { id: 'x', number: 1, status: 'succeeded' } }
    expect(runRows({ items: [done(1, 1)], more: false }, { items: [ofJob], more: false })).toHaveLength(1)
  })
  test('rows older than what is known of both are held back', () => {
    const rows = runRows({ items: [done(1, 1), done(2, 3)], more: false }, { items: [loose(2)], more: true })
    expect(names(rows)).toEqual(['job 2', 'loose 2'])
  })
  test('active rows are never held back', () =>
    expect(names(runRows({ items: [aJob(9, 'running')], more: true }, { items: [], more: true }))).toEqual(['job 9']))
})

describe('parameters and arguments', () => {
  test.each([5, 0.1, true, null, 'adam', '5', [1, 2], { a: 1 }, ''])(
    '%j is the same after being shown and typed',
    (value) => expect(parseParameter(parameterText(value))).toEqual(value),
  )
  test.each([
    ['--lr 0.1  --name "two words"', ['--lr', '0.1', '--name', 'two words']],
    [`a\\ b 'c "d"' ""`, ['a b', 'c "d"', '']],
    ['', []],
  ])('%s', (line, words) => expect(splitArguments(line)).toEqual(words))
  test('arguments survive being shown as a line', () => {
    const words = ['--x=1', 'two words', 'quote"d', 'back\\slash', '', "it's"]
    expect(splitArguments(joinArguments(words))).toEqual(words)
  })
})

describe('errors', () => {
  test('the catalogue speaks the language of the reader', () => {
    const error = new NovaBrainError('job_not_found')
    expect(cardErrorOf(error, 'en').message).toBe('There is no such job.')
    expect(cardErrorOf(error, 'zh-CN')).toMatchObject({ code: 'job_not_found', message: '没有这个作业。' })
  })
  test('no answer is told as such, and a fault of ours is not hidden', () => {
    expect(cardErrorOf(new UnreachableError('x'), 'en').code).toBeNull()
    expect(cardErrorOf(new TypeError('boom'), 'en').cause).toBe('boom')
  })
})

describe('texts', () => {
  const texts = (value: object, path = ''): [string, string][] =>
    Object.entries(value).flatMap(([key, inner]: [string, string | object]) =>
      typeof inner === 'string' ? [[`${path}${key}`, inner] as [string, string]] : texts(inner, `${path}${key}.`),
    )
  const values = (text: string) => [...text.matchAll(/\{(\w+)\}/g)].map(([, name]) => name).sort()
  const chinese = new Map(texts(zhCN))
  test.each(texts(en))('%s has the same values in both languages', (key, text) =>
    expect(values(chinese.get(key) ?? '')).toEqual(values(text)),
  )
  test('nothing was left in English', () => {
    const same = texts(en).filter(
      ([key, text]) => chinese.get(key) === text && /[a-z]{3}/.test(text.replace(/\{\w+\}/g, '')),
    )
    expect(same.map(([key]) => key).sort()).toEqual([
      'card.python',
      'environment.python',
      'nodes.executor.kubernetes',
      'nodes.executor.slurm',
    ])
  })
  test('counts choose their word', () => {
    expect([counted(en.points, 1), counted(en.points, 2)]).toEqual(['1 point', '2 points'])
    expect(fill('{a} of {b}', { a: 1 })).toBe('1 of {b}')
  })
})

describe('long lists', () => {
  test('only what is in view, and a little around it, is drawn', () =>
    expect(visibleRange(5000, 400, 40, 10_000, 5)).toEqual({ first: 120, last: 140 }))
  test('a list that became shorter draws nothing beyond its end', () =>
    expect(visibleRange(5000, 400, 40, 3)).toEqual({ first: 3, last: 3 }))
})

describe('what a job used of what it asked for', () => {
  const job = attempt(
    aJob(1, 'running', {
      resources: { gpuCount: 2, gpuMilli: 1000, gpuMemoryMib: 0, cpuMilli: 4000, memoryMib: 8192 },
    }),
    { devices: [device, { ...device, index: 1 }] },
  )
  const sample = (atMs: number, cpuMilli: number, memoryMib: number, gpuMilli: number | null) => ({
    atMs,
    cpuMilli,
    memoryMib,
    gpuMilli,
    gpuMemoryMib: gpuMilli === null ? null : 12_288,
  })
  const uses = resourceUse([sample(5000, 0, 512, 0), sample(10_000, 2500, 6144, 1800)], job)
  const of = (kind: string) => uses.find((use) => use.kind === kind)

  test('processors are counted in cores, memory in GiB, and time from the first sample', () => {
    expect(of('cpu')).toMatchObject({ unit: 'cores', values: [null, 2.5], peak: 2.5, asked: 4, seconds: [0, 5] })
    expect(of('memory')).toMatchObject({ unit: 'GiB', values: [0.5, 6], peak: 6, asked: 8 })
  })
  test('100 % of two GPUs is all of both, and their memory is counted together', () => {
    expect(of('gpu')).toMatchObject({ unit: '%', peak: 90, asked: 100 })
    expect(of('gpuMemory')).toMatchObject({ unit: 'GiB', peak: 12, asked: 48 })
  })
  test('where no GPU was measured there is none, and fewer than two samples are no curve', () => {
    const kinds = resourceUse([sample(0, 0, 300, null), sample(1, 100, 300, null)], job).map((use) => use.kind)
    expect(kinds).toEqual(['cpu', 'memory'])
    expect(resourceUse([], job)).toEqual([])
    expect(resourceUse([sample(0, 0, 300, 0)], job)).toEqual([])
  })
  test('small memory stays in MiB', () => {
    const small = { ...job, resources: { ...job.resources, memoryMib: 512 } }
    expect(resourceUse([sample(0, 0, 300, null), sample(1, 0, 200, null)], small)[1]).toMatchObject({
      unit: 'MiB',
      peak: 300,
      asked: 512,
    })
  })
  test('amounts keep what a measurement can tell', () =>
    expect([0.123456, 1.9499, 19.3359, 96.04, 1843].map(formatUse)).toEqual(['0.12', '1.95', '19.3', '96', '1843']))
})

test('who submitted is told, and when an assistant did so in their name', () => {
  const job = { submittedBy: 'ada', origin: 'member' as const }
  expect(formatSubmitter(job, en)).toBe('ada')
  expect(formatSubmitter({ ...job, origin: 'assistant' }, en)).toBe('ada, through an assistant')
  expect(formatSubmitter({ ...job, origin: 'assistant' }, zhCN)).toBe('ada（经由助手）')
})

describe('long names', () => {
  const pieces = (name: string) => breakable(name).split('\u200b')
  test('may break behind dots, slashes and underscores, never inside a word', () => {
    expect(pieces('logisticregression__C')).toEqual(['logisticregression__', 'C'])
    expect(pieces('system/gpu_0.memory')).toEqual(['system/', 'gpu_', '0.', 'memory'])
    expect(pieces('plain')).toEqual(['plain'])
  })
})

describe('the Chinese texts', () => {
  const texts = (part: object): string[] =>
    Object.values(part).flatMap((value: unknown) =>
      typeof value === 'string' ? [value] : texts(value as Record<string, unknown>),
    )
  test('use Chinese punctuation, no space between characters, and one between them and Latin letters', () => {
    const wrong =
      /\p{Script=Han} \p{Script=Han}|\p{Script=Han}[,:;!?]|\p{Script=Han}[A-Za-z0-9]|[A-Za-z0-9]\p{Script=Han}/u
    expect(texts(zhCN).filter((text) => wrong.test(text))).toEqual([])
  })
  test('a wait reads without a space before the word that follows it', () => {
    const duration = formatDuration(250_000, zhCN.duration)
    expect(fill(zhCN.card.startsIn, { duration })).toBe('约 4 分钟 10 秒后开始')
  })
})
