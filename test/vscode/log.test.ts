import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { UnreachableError, type Connection, type Job, type LiveMessage } from '@novabrain/contracts'
import type { Live } from '../../extensions/vscode/src/session.js'
import { followLog } from '../../extensions/vscode/src/views/log-feed.js'
import { localPaths, terminalText } from '../../extensions/vscode/src/views/log-text.js'
import { aJob } from '../contracts/a-job.js'
import { settled, until } from './an-editor.js'

const attemptOf = (number: number, logSizeBytes = 0): NonNullable<Job['attempt']> => ({
  id: `attempt-${String(number)}`,
  jobId: aJob(1).id,
  number,
  state: 'running',
  version: 1,
  stage: 'running',
  stageDetail: null,
  nodeId: null,
  nodeName: null,
  devices: [],
  verdict: null,
  logSizeBytes,
  createdAt: '2026-01-01T00:00:00.000Z',
  startedAt: null,
  endedAt: null,
})

/** A server with one job and its logs, and a reader that follows them. */
const harness = (change: Partial<Job> = {}) => {
  const logs = new Map<string, Uint8Array>()
  let job = aJob(1, 'running', { attempt: attemptOf(1), ...change })
  let away = false
  let pageBytes = 1000
  const listeners = new Set<{ topics: readonly string[]; tell: (message: LiveMessage) => void }>()
  const connections = new Set<(connection: Connection) => void>()
  let questions = 0
  const answer = <T>(value: T) => {
    questions += 1
    return away ? Promise.reject(new UnreachableError('No answer')) : Promise.resolve(value)
  }
  const live = {
    projectId: 'p',
    client: {
      getJob: () => answer(job),
      listAttempts: () =>
        answer({ items: [...logs.keys()].map((id) => attemptOf(Number(id.replace('attempt-', '')))) }),
      readLog: ({ params, query }: { params: { attemptId: string }; query: { offset: number } }) =>
        answer((logs.get(params.attemptId) ?? new Uint8Array()).slice(query.offset, query.offset + pageBytes)),
    },
    stream: {
      subscribe(topics: readonly string[], tell: (message: LiveMessage) => void) {
        const entry = { topics, tell }
        listeners.add(entry)
        return () => void listeners.delete(entry)
      },
      onConnection(listener: (connection: Connection) => void) {
        connections.add(listener)
        return () => void connections.delete(listener)
      },
    },
  } as unknown as Live
  const told: string[] = []
  let text = ''
  const sink = {
    write: (more: string) => void (text += more),
    attempt: (number: number) => void told.push(`attempt ${String(number)}`),
    end: (ended: Job) => void told.push(ended.status),
    fault: () => void told.push('fault'),
  }
  const stop = followLog(live, job.id, sink)
  const bytes = (more: string | Uint8Array) => (typeof more === 'string' ? new TextEncoder().encode(more) : more)
  return {
    told,
    stop,
    listeners,
    text: () => text,
    questions: () => questions,
    print(number: number, more: string | Uint8Array) {
      const id = `attempt-${String(number)}`
      logs.set(id, new Uint8Array([...(logs.get(id) ?? []), ...bytes(more)]))
    },
    hint(number: number) {
      const attemptId = `attempt-${String(number)}`
      for (const { topics, tell } of [...listeners])
        if (topics.includes(`log:${attemptId}`))
          tell({ type: 'hint', hint: { type: 'log', attemptId, jobId: job.id, sizeBytes: 0 } })
    },
    become(change: Partial<Job>) {
      job = { ...job, ...change }
      const record = { cursor: 1, at: '', projectId: null, event: { type: 'job_changed' as const, job } }
      for (const { topics, tell } of [...listeners]) if (topics.length === 0) tell({ type: 'event', record })
    },
    page: (size: number) => void (pageBytes = size),
    leave: () => void (away = true),
    comeBack() {
      away = false
      for (const tell of [...connections]) tell({ state: 'online', lastHeardAtMs: 0, refusedCode: null })
    },
  }
}

describe('a log that is followed', () => {
  test('is written as it grows, in the order of its bytes, and ends with the job', async () => {
    const h = harness()
    h.print(1, 'one\n')
    h.hint(1)
    await until(() => h.text() === 'one\n')
    h.print(1, 'two\n')
    h.hint(1)
    await until(() => h.text() === 'one\ntwo\n')
    h.print(1, 'three\n')
    h.become({ status: 'succeeded' })
    await until(() => h.told.includes('succeeded'))
    expect(h.text()).toBe('one\ntwo\nthree\n')
    expect(h.told).toEqual(['attempt 1', 'succeeded'])
    expect(h.listeners.size).toBe(0)
  })

  test('hints that come while it is read are not lost and double nothing', async () => {
    const h = harness()
    for (let line = 0; line < 50; line += 1) {
      h.print(1, `line ${String(line)}\n`)
      h.hint(1)
      h.hint(1)
      if (line % 7 === 0) await settled()
    }
    h.become({ status: 'succeeded' })
    await until(() => h.told.includes('succeeded'))
    expect(h.text()).toBe(Array.from({ length: 50 }, (_, line) => `line ${String(line)}\n`).join(''))
  })

  test('a letter that is cut by a page is put together again', async () => {
    const h = harness()
    h.page(4)
    h.print(1, '训练完成 ✓\n')
    h.become({ status: 'succeeded' })
    await until(() => h.told.includes('succeeded'))
    expect(h.text()).toBe('训练完成 ✓\n')
  })

  test('another attempt is told of, after all that the one before it printed', async () => {
    const h = harness()
    h.print(1, 'first\n')
    h.hint(1)
    await until(() => h.text() === 'first\n')
    h.print(1, 'its last words\n')
    h.print(2, 'second\n')
    h.become({ attempt: attemptOf(2) })
    await until(() => h.text().endsWith('second\n'))
    expect(h.text()).toBe('first\nits last words\nsecond\n')
    expect(h.told).toEqual(['attempt 1', 'attempt 2'])
    h.stop()
  })

  test('of an attempt that began and ended while nobody looked is told in its place', async () => {
    const h = harness()
    h.print(1, 'first\n')
    h.hint(1)
    await until(() => h.text() === 'first\n')
    h.print(2, 'second\n')
    h.print(3, 'third\n')
    h.become({ attempt: attemptOf(3) })
    await until(() => h.text().endsWith('third\n'))
    expect(h.text()).toBe('first\nsecond\nthird\n')
    expect(h.told).toEqual(['attempt 1', 'attempt 2', 'attempt 3'])
    h.stop()
  })

  test('goes on where it was when the server is back', async () => {
    const h = harness()
    h.print(1, 'before\n')
    h.hint(1)
    await until(() => h.text() === 'before\n')
    h.leave()
    h.print(1, 'meanwhile\n')
    h.hint(1)
    await until(() => h.told.includes('fault'))
    h.comeBack()
    await until(() => h.text() === 'before\nmeanwhile\n')
    h.stop()
  })

  test('is not ended before its last bytes were had', async () => {
    const h = harness()
    await until(() => h.told.includes('attempt 1'))
    h.print(1, 'the traceback\n')
    h.become({ status: 'failed' })
    h.leave()
    await until(() => h.told.includes('fault') || h.told.includes('failed'))
    h.comeBack()
    await until(() => h.told.includes('failed'))
    expect(h.text()).toBe('the traceback\n')
  })

  test('of many megabytes begins in its last one', async () => {
    const long = harness({ attempt: attemptOf(1, 2_500_000), status: 'succeeded' })
    long.page(10_000_000)
    long.print(1, 'x'.repeat(2_500_000))
    await until(() => long.told.includes('succeeded'))
    expect(long.text()).toHaveLength(1_000_000)
  })

  test('asks nothing once nobody reads it', async () => {
    const h = harness()
    await settled()
    h.stop()
    const asked = h.questions()
    h.hint(1)
    h.become({ status: 'succeeded' })
    h.comeBack()
    await settled()
    expect(h.questions()).toBe(asked)
    expect(h.told).not.toContain('succeeded')
  })
})

describe('the text of a log', () => {
  test('each line end returns the carriage once', () => {
    expect(terminalText('a\nb\r\nc\r10 %\r')).toBe('a\r\nb\r\nc\r10 %\r')
  })

  test('places of the job’s own folder lead to the workspace, others stay', () => {
    const own = `File "/data/nodes/lab-1/work/${'0'.repeat(31)}f/code/src/train.py", line 3`
    expect(localPaths(own, '/home/ada/study')).toBe('File "/home/ada/study/src/train.py", line 3')
    const other = 'File "/usr/lib/python3.11/json/decoder.py", line 3'
    expect(localPaths(other, '/home/ada/study')).toBe(other)
  })
})

interface Pattern {
  readonly regexp: string
  readonly file?: number
  readonly line?: number
  readonly message?: number
}
interface Matchers {
  readonly contributes: {
    readonly problemPatterns: readonly { readonly name: string; readonly patterns: readonly Pattern[] }[]
    readonly problemMatchers: readonly { readonly name: string; readonly pattern: string }[]
  }
}

/** VS Code's way with patterns of several lines: all of them match lines that follow each other, or none. */
const problemsIn = (lines: readonly string[], patterns: readonly Pattern[]) =>
  lines.flatMap((_, at) => {
    const found = patterns.map(({ regexp }, index) => new RegExp(regexp).exec(lines[at + index] ?? ''))
    if (found.includes(null)) return []
    const part = (name: 'file' | 'line' | 'message') => {
      const index = patterns.findIndex((pattern) => pattern[name] !== undefined)
      return found[index]?.[patterns[index]?.[name] ?? 0] ?? ''
    }
    return [{ file: part('file'), line: Number(part('line')), message: part('message') }]
  })

describe('the problem matcher of the manifest', () => {
  const manifest = JSON.parse(readFileSync(join(__dirname, '../../extensions/vscode/package.json'), 'utf8')) as Matchers
  const { problemMatchers, problemPatterns } = manifest.contributes
  const all = problemMatchers.map(
    ({ pattern }) => problemPatterns.find(({ name }) => `$${name}` === pattern)?.patterns ?? [],
  )
  let folder: string
  let code: string
  beforeAll(() => {
    folder = realpathSync(mkdtempSync(join(tmpdir(), 'novabrain-traceback-')))
    code = join(folder, 'work', 'a'.repeat(32), 'code')
    mkdirSync(code, { recursive: true })
  })
  afterAll(() => rmSync(folder, { recursive: true, force: true }))

  /** What Python really prints, as the terminal of a task shows it. */
  const problemsOf = (script: string) => {
    const file = join(code, 'train.py')
    mkdirSync(dirname(file), { recursive: true })
    writeFileSync(file, script)
    const { stderr } = spawnSync('python3', [file], { encoding: 'utf8' })
    const lines = localPaths(stderr, '/home/ada/study').trimEnd().split('\n')
    return all.flatMap((patterns) => problemsIn(lines, patterns))
  }

  test.each([
    [
      'a plain raise',
      'def fail():\n    raise ValueError("no such column")\n\nfail()\n',
      2,
      'ValueError: no such column',
    ],
    [
      'a part of a line, marked',
      'def half(x):\n    return 1 + x / 0\n\nhalf(1)\n',
      2,
      'ZeroDivisionError: division by zero',
    ],
    ['an error without words', 'def stop():\n    raise StopIteration\n\nstop()\n', 2, 'StopIteration'],
    [
      'an error of a library',
      'import queue\nqueue.Queue().get_nowait\nraise queue.Empty("nothing")\n',
      3,
      '_queue.Empty: nothing',
    ],
    ['a statement of several lines', 'raise ValueError(\n    "long"\n    " words"\n)\n', 1, 'ValueError: long words'],
  ])('finds %s once, at its line', (_what, script, line, message) => {
    expect(problemsOf(script)).toEqual([{ file: '/home/ada/study/train.py', line, message }])
  })

  test('finds nothing in what merely looks like it', () => {
    const lines = ['  File "train.py" was read, line 5', '    epoch 3', 'Error rate: 0.1', 'loss 0.3']
    expect(all.flatMap((patterns) => problemsIn(lines, patterns))).toEqual([])
  })
})
