/**
 * The scheduling loop in a thread of its own, so that planning never keeps a request waiting: what a long queue costs to
 * read, to plan and to explain, another thread pays. The thread has connections of its own to PostgreSQL, where plans are
 * refused that are stale, so it shares nothing with this one but a few messages: it is told when something was committed
 * and whether this server leads, and it tells what it logs and what is to be hinted at.
 *
 * A thread that dies is logged and started anew; what it remembered it reads again.
 */
import type { Hint } from '@novabrain/contracts'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { Worker } from 'node:worker_threads'
import type { Config } from '../config.js'
import type { Hints } from '../deps.js'
import type { Preview } from '../modules/jobs/planner.js'
import type { PreviewQuestion } from '../scheduling/preview.js'
import type { AnswerPreview } from '../scheduling/previews.js'
import type { Rounds } from './rounds.js'

/** The loop as its server drives it. */
export interface Loop extends Pick<Rounds, 'start' | 'stop' | 'wake' | 'settle'> {
  /** What would happen to a job, by what the loop knows. Fails where the loop is not at work, or breaks. */
  readonly preview: AnswerPreview
}

/** What the thread is told once. */
export interface ThreadOptions {
  readonly config: Config
  readonly databaseUrl: string
}

/** To the thread. */
export type ToThread =
  | { readonly type: 'start' | 'wake' | 'stop' }
  | { readonly type: 'term'; readonly term: number | null }
  | { readonly type: 'settle'; readonly id: number }
  | { readonly type: 'preview'; readonly id: number; readonly question: PreviewQuestion }

/** From the thread: lines of the log as it wrote them. */
export type FromThread =
  | { readonly type: 'log'; readonly line: string }
  | { readonly type: 'hint'; readonly projectId: string; readonly hint: Hint }
  | { readonly type: 'settled'; readonly id: number }
  | { readonly type: 'previewed'; readonly id: number; readonly preview: Preview }
  | { readonly type: 'failed'; readonly id: number; readonly message: string }

interface LoopThreadDeps extends ThreadOptions {
  readonly log: ThreadLog
  readonly hints: Hints
  /** For the how manyth time this server leads; `null` while it does not. */
  readonly term: () => number | null
  /** The built thread. */
  readonly file?: string
}

type Level = 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal'
type ThreadLog = Readonly<Record<Level, (facts: object, message: string) => void>>

/** A thread that died is started again after this long. */
const againMs = 1000

const builtThread = join(import.meta.dirname, 'loop-worker.js')

/** Whether the thread was compiled; where the sources themselves run, the loop runs beside the requests. */
export const hasLoopThread = (): boolean => existsSync(builtThread)

/** Makes the loop; `start` starts its thread. */
export const createLoopThread = ({
  config,
  databaseUrl,
  log,
  hints,
  term,
  file = builtThread,
}: LoopThreadDeps): Loop => {
  const waiting = new Map<number, Waiting>()
  let worker: Worker | null = null
  let ended: Promise<void> = Promise.resolve()
  let timer: NodeJS.Timeout | undefined
  let stopped = true
  let asked = 0
  let told: number | null | undefined

  const tell = (message: ToThread): void => worker?.postMessage(message)

  const tellWhetherItLeads = (): void => {
    if (worker === null || told === term()) return
    told = term()
    tell({ type: 'term', term: told })
  }

  const hear = (message: FromThread): void => {
    if (message.type === 'log') return writeLine(log, message.line)
    if (message.type === 'hint') return hints.publish(message.projectId, message.hint)
    const asker = waiting.get(message.id)
    waiting.delete(message.id)
    if (message.type === 'failed') asker?.fail(new Error(message.message))
    else asker?.answer(message.type === 'previewed' ? message.preview : null)
  }

  /** Ask the thread; fails when it dies before it answers. */
  const ask = <T>(message: (id: number) => ToThread): Promise<T> => {
    tellWhetherItLeads()
    const id = (asked += 1)
    return new Promise((resolve, reject) => {
      waiting.set(id, { answer: (answer) => resolve(answer as T), fail: reject })
      tell(message(id))
    })
  }

  const run = (): void => {
    const data: ThreadOptions = { config, databaseUrl }
    const started = new Worker(file, { workerData: data, name: 'novabrain scheduler' })
    worker = started
    told = undefined
    started.on('message', hear)
    started.on('error', (error) => log.error({ err: error }, 'the thread of the scheduler broke'))
    ended = new Promise((resolve) => {
      started.once('exit', () => {
        worker = null
        for (const { fail } of waiting.values()) fail(new Error('the thread of the scheduler has ended'))
        waiting.clear()
        if (!stopped) timer = setTimeout(run, againMs)
        resolve()
      })
    })
    tellWhetherItLeads()
    tell({ type: 'start' })
  }

  return {
    start() {
      stopped = false
      run()
    },
    async stop() {
      stopped = true
      clearTimeout(timer)
      tell({ type: 'stop' })
      await ended
    },
    wake() {
      tellWhetherItLeads()
      tell({ type: 'wake' })
    },
    async settle() {
      if (worker === null) return
      await ask((id) => ({ type: 'settle', id })).catch(() => undefined)
    },
    preview(question) {
      if (worker === null) return Promise.reject(new Error('the thread of the scheduler is not at work'))
      return ask<Preview>((id) => ({ type: 'preview', id, question }))
    },
  }
}

interface Waiting {
  answer(answer: Preview | null): void
  fail(error: Error): void
}

/** A line that the thread wrote, as if it had been written here. */
const writeLine = (log: ThreadLog, line: string): void => {
  const { level, time: _, msg, ...facts } = JSON.parse(line) as { level: Level; time: string; msg: string }
  log[level](facts, msg)
}
