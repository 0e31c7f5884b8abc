/**
 * A kernel and its driver, between which and the server this process stands.
 *
 * The driver connects to a Unix socket and says a line of JSON at a time. What it says is sent to the server in batches,
 * each repeated until it is accepted; while a batch is under way no more than a bound is read from the driver. What waits
 * at the server for the kernel is fetched by asking again and again, each question being answered as soon as there is
 * something; the number in the question tells what has arrived, so nothing is lost or handed on twice.
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer, type Socket } from 'node:net'
import { once } from 'node:events'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { NovaBrainError, type AttemptSpec, type KernelMessage, type KernelNews } from '@novabrain/contracts'
import { replaceFile } from './files.js'
import type { ServerLink } from './link.js'

/** A kernel about to be run by its driver. */
export interface KernelRun {
  readonly planPath: string
  /** Where the driver tells of a kernel that was killed. */
  readonly reportPath: string
  readonly socketPath: string
}

const defaultIdleMs = 1_800_000
const batchBytes = 4_194_304
const batchItems = 2000
const mostWaitingBytes = 2 * batchBytes

/** Write the plan for the driver. The socket is in a folder of its own with a short name, as sockets must. */
export const planKernel = async (spec: AttemptSpec, spoolDir: string, python: string): Promise<KernelRun | null> => {
  if (spec.task.kind !== 'kernel') return null
  const run = {
    planPath: join(spoolDir, 'kernel-plan.json'),
    reportPath: join(spoolDir, 'kernel-report.json'),
    socketPath: join(await mkdtemp(join(tmpdir(), 'nb-')), 's'),
  }
  const plan = {
    python,
    kernels: join(spoolDir, 'jupyter'),
    socket: run.socketPath,
    report: run.reportPath,
    idleMs: spec.task.idleTimeoutMs === undefined ? defaultIdleMs : spec.task.idleTimeoutMs,
  }
  await replaceFile(run.planPath, JSON.stringify(plan))
  return run
}

/** The connection between the driver and the server. */
export interface KernelLine {
  /** The driver is gone: resolves when the server has all it said. */
  finish(): Promise<void>
}

type KernelLink = Pick<ServerLink, 'kernelInbox' | 'kernelOutbox'>

/** Wait for the driver, and carry what both sides say until `finish`. */
export const openKernelLine = async (run: KernelRun, link: KernelLink, over: AbortSignal): Promise<KernelLine> => {
  const outbox = createOutbox(link, over)
  const fetching = new AbortController()
  const stopFetching = () => fetching.abort()
  over.addEventListener('abort', stopFetching, { once: true })
  let hearing: Promise<void> = Promise.resolve()
  const server = createServer((driver) => {
    server.close()
    driver.on('error', () => undefined)
    hearing = hear(driver, outbox, () => void carryInbox(driver, link, outbox, fetching.signal).catch(() => undefined))
  })
  server.listen(run.socketPath)
  await once(server, 'listening')
  return {
    finish: async () => {
      server.close()
      await hearing.catch(() => undefined)
      stopFetching()
      await outbox.flush()
      await rm(dirname(run.socketPath), { recursive: true, force: true })
    },
  }
}

/** What the driver says goes to the server; `onReady` is called when its kernel answers for the first time. */
const hear = async (driver: Socket, outbox: Outbox, onReady: () => void): Promise<void> => {
  let ready = false
  for await (const { item, sizeBytes } of linesOf(driver)) {
    await outbox.put(item, sizeBytes)
    if (ready || !('news' in item) || item.news !== 'ready') continue
    ready = true
    onReady()
  }
}

type Item = KernelMessage | KernelNews

async function* linesOf(socket: Socket): AsyncGenerator<{ readonly item: Item; readonly sizeBytes: number }> {
  let begun: Buffer[] = []
  for await (const chunk of socket as AsyncIterable<Buffer>) {
    let from = 0
    for (let end = chunk.indexOf(10); end >= 0; end = chunk.indexOf(10, from)) {
      const line = Buffer.concat([...begun, chunk.subarray(from, end)])
      begun = []
      from = end + 1
      yield { item: JSON.parse(line.toString('utf8')) as Item, sizeBytes: line.length }
    }
    begun.push(chunk.subarray(from))
  }
}

interface Outbox {
  /** Resolves when there is room for more. */
  put(item: Item, sizeBytes: number): Promise<void>
  /** Tell the news of last once more, to a server that does not know them. */
  repeatNews(): void
  flush(): Promise<void>
}

/** Send what is put in, one batch after the other, each until it is accepted. */
const createOutbox = (link: KernelLink, over: AbortSignal): Outbox => {
  const waiting: { readonly item: Item; readonly sizeBytes: number }[] = []
  let sizeBytes = 0
  let first = 1
  let lastNews: KernelNews | null = null
  let sending: Promise<void> | null = null

  const batch = () => {
    let size = 0
    const fits = waiting.findIndex((each, index) => (size += each.sizeBytes) > batchBytes && index > 0)
    return waiting.slice(0, Math.min(fits < 0 ? waiting.length : fits, batchItems))
  }
  const send = async () => {
    while (waiting.length > 0) {
      const sent = batch()
      await link.kernelOutbox({ first, items: sent.map(({ item }) => item) }, over).catch(unlessRefused)
      first += sent.length
      for (const each of waiting.splice(0, sent.length)) sizeBytes -= each.sizeBytes
    }
  }
  const begin = (): Promise<void> =>
    (sending ??= send().finally(() => {
      sending = null
    }))
  return {
    async put(item, size) {
      if ('news' in item) lastNews = item
      waiting.push({ item, sizeBytes: size })
      sizeBytes += size
      const sent = begin().catch(() => undefined)
      if (sizeBytes > mostWaitingBytes) await sent
    },
    repeatNews() {
      if (lastNews?.news !== 'ready') return
      waiting.push({ item: lastNews, sizeBytes: 0 })
      begin().catch(() => undefined)
    },
    flush: async () => {
      while (waiting.length > 0) await begin()
      await sending
    },
  }
}

/** What the server refuses for good would be refused again. */
const unlessRefused = (error: unknown): void => {
  if (!(error instanceof NovaBrainError)) throw error
}

/** Fetch what waits for the kernel and hand it to the driver. A line of another name begins anew. */
const carryInbox = async (driver: Socket, link: KernelLink, outbox: Outbox, signal: AbortSignal): Promise<void> => {
  let line: string | null = null
  let after = 0
  while (!signal.aborted) {
    const inbox = await link.kernelInbox({ ...(line === null ? {} : { line }), after }, signal)
    if (inbox.line !== line) {
      if (line !== null) outbox.repeatNews()
      line = inbox.line
      after = 0
    }
    for (const { number, item } of inbox.items.filter((each) => each.number > after)) {
      if (!driver.write(`${JSON.stringify(item)}\n`)) await once(driver, 'drain', { signal })
      after = number
    }
  }
}
