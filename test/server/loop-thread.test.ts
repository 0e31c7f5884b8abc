import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Locale } from '@novabrain/contracts'
import { pino } from 'pino'
import { createLoopThread, type Loop } from '../../server/src/execution/loop-thread.js'
import type { WouldBe } from '../../server/src/modules/jobs/planner.js'

/** A thread that tells by a line of the log what it was told, and breaks when it is woken while it does not lead. */
const echo = `
  import { parentPort, workerData } from 'node:worker_threads'
  const tell = (msg, facts = {}) =>
    parentPort.postMessage({ type: 'log', line: JSON.stringify({ level: 'info', time: 'now', ...facts, msg }) })
  let term = null
  tell('up', { databaseUrl: workerData.databaseUrl })
  parentPort.on('message', (message) => {
    if (message.type === 'term') term = message.term
    tell(message.type, { term })
    if (message.type === 'settle') {
      parentPort.postMessage({ type: 'hint', projectId: 'p', hint: { type: 'queue' } })
      parentPort.postMessage({ type: 'settled', id: message.id })
    }
    if (message.type === 'preview') {
      const { id, question } = message
      if (question.locale === 'en') parentPort.postMessage({ type: 'previewed', id, preview: { message: question.asked.owner } })
      else parentPort.postMessage({ type: 'failed', id, message: 'no words' })
    }
    if (message.type === 'stop') process.exit(0)
    if (message.type === 'wake' && term === null) throw new Error('woken for nothing')
  })`

interface Line {
  readonly level: number
  readonly msg: string
  readonly term?: number | null
}

let folder: string
let thread: Loop
let term: number | null
let lines: Line[]
let hinted: string[]
let heard: () => void = () => undefined

const until = async (fits: (lines: readonly Line[]) => boolean): Promise<void> => {
  while (!fits(lines)) await new Promise<void>((resolve) => (heard = resolve))
}
const count = (msg: string): number => lines.filter((line) => line.msg === msg).length

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'novabrain-thread-'))
  const file = join(folder, 'echo.mjs')
  await writeFile(file, echo)
  term = 1
  lines = []
  hinted = []
  const write = (line: string) => {
    lines.push(JSON.parse(line) as Line)
    heard()
  }
  thread = createLoopThread({
    config: {} as never,
    databaseUrl: 'postgresql://here/one',
    log: pino({ base: null }, { write }),
    hints: { publish: (projectId, hint) => void hinted.push(`${projectId} ${hint.type}`) },
    term: () => term,
    file,
  })
  thread.start()
})
afterEach(async () => {
  await thread.stop()
  await rm(folder, { recursive: true, force: true })
})

test('the thread is told whether this server leads before it is started, and again when that changed', async () => {
  await until(() => count('start') === 1)
  term = null
  await thread.settle()
  term = 2
  await thread.settle()
  expect(lines.map(({ msg, term: told }) => [msg, told])).toEqual([
    ['up', undefined],
    ['term', 1],
    ['start', 1],
    ['term', null],
    ['settle', null],
    ['term', 2],
    ['settle', 2],
  ])
})

test('what the thread logs and hints at is told here, as if it had happened here', async () => {
  await thread.settle()
  expect(lines[0]).toEqual({ level: 30, time: expect.any(Number), databaseUrl: 'postgresql://here/one', msg: 'up' })
  expect(hinted).toEqual(['p queue'])
})

test('a thread that dies is told of in the log, keeps nobody waiting, and is started again', async () => {
  term = null
  await until(() => count('start') === 1)
  thread.wake()
  const waiting = thread.settle()
  await until(() => count('start') === 2)
  await waiting
  expect(lines.filter(({ level }) => level === 50).map(({ msg }) => msg)).toEqual(['the thread of the scheduler broke'])
})

const question = (owner: string, locale: Locale) => ({ asked: { owner } as WouldBe, locale })

test('who asks what would happen to a job gets the answer to that question, or why there is none', async () => {
  const answers = await Promise.allSettled([
    thread.preview(question('ada', 'en')),
    thread.preview(question('bob', 'zh-CN')),
    thread.preview(question('eve', 'en')),
  ])
  expect(answers).toMatchObject([
    { value: { message: 'ada' } },
    { reason: { message: 'no words' } },
    { value: { message: 'eve' } },
  ])
})

test('a thread that dies answers no question, nor does one that is stopped', async () => {
  term = null
  await until(() => count('start') === 1)
  thread.wake()
  await expect(thread.preview(question('ada', 'en'))).rejects.toThrow('has ended')
  await thread.stop()
  await expect(thread.preview(question('ada', 'en'))).rejects.toThrow('not at work')
})

test('a thread that was stopped is not started again', async () => {
  await until(() => count('start') === 1)
  await thread.stop()
  await thread.stop()
  expect([count('up'), count('stop')]).toEqual([1, 1])
})
