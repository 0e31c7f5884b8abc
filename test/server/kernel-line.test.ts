import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { createConnection, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { KernelInbox, KernelMessage, KernelNews, KernelOutbox } from '@novabrain/contracts'
import { openKernelLine, type KernelLine } from '../../server/src/runner/kernel.js'

type Item = KernelMessage | KernelNews

/** A server's side of the line, told when to answer. */
const fakeServer = () => {
  const batches: KernelOutbox[] = []
  const questions: { readonly line?: string; readonly after: number }[] = []
  const lookers = new Set<() => void>()
  const answers: KernelInbox[] = []
  let open: Promise<void> = Promise.resolve()
  const look = () => {
    for (const looker of lookers) looker()
  }
  return {
    batches,
    questions,
    items: (): Item[] => batches.flatMap(({ items }) => items),
    answer(inbox: KernelInbox) {
      answers.push(inbox)
      look()
    },
    /** Take nothing until the answer is called. */
    hold(): () => void {
      let release: () => void = () => undefined
      open = new Promise((resolve) => (release = resolve))
      return release
    },
    until: (fits: () => boolean) =>
      new Promise<void>((resolve) => {
        const looker = () => {
          if (!fits()) return
          lookers.delete(looker)
          resolve()
        }
        lookers.add(looker)
        looker()
      }),
    link: {
      async kernelOutbox(body: KernelOutbox) {
        batches.push(body)
        look()
        await open
      },
      async kernelInbox(from: { readonly line?: string; readonly after: number }, signal: AbortSignal) {
        questions.push(from)
        look()
        while (answers.length === 0) {
          signal.throwIfAborted()
          await new Promise<void>((resolve) => {
            lookers.add(resolve)
            signal.addEventListener('abort', () => resolve(), { once: true })
          })
        }
        return answers.shift() ?? { line: 'gone', items: [] }
      },
    },
  }
}

let folder: string
let line: KernelLine
let driver: Socket
let server: ReturnType<typeof fakeServer>
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'nb-line-'))
  server = fakeServer()
  const run = { planPath: '', reportPath: '', socketPath: join(folder, 's') }
  line = await openKernelLine(run, server.link, new AbortController().signal)
  driver = createConnection(run.socketPath)
  await once(driver, 'connect')
})
afterEach(async () => {
  driver.destroy()
  await rm(folder, { recursive: true, force: true })
})

const message = (id: string, size = 1): KernelMessage => ({
  channel: 'iopub',
  header: { msg_id: id, msg_type: 'stream' },
  parent_header: {},
  metadata: {},
  content: { text: 'é'.repeat(size) },
  buffers: [],
})
const say = (...items: readonly Item[]) => driver.write(items.map((item) => `${JSON.stringify(item)}\n`).join(''))
const idOf = (item: Item): string => ('news' in item ? item.news : item.header.msg_id)

test('what the driver says arrives in order, numbered without gaps, whatever the pieces it comes in', async () => {
  const text = Buffer.from([message('a', 3), message('b', 3)].map((item) => `${JSON.stringify(item)}\n`).join(''))
  for (const byte of text) driver.write(Buffer.from([byte]))
  driver.end()
  await line.finish()
  expect(server.items()).toEqual([message('a', 3), message('b', 3)])
  let next = 1
  for (const { first, items } of server.batches) {
    expect(first).toBe(next)
    next += items.length
  }
})

test('what waits while the server is slow is bounded, and nothing of it is lost', async () => {
  const release = server.hold()
  const sent = Array.from({ length: 40 }, (_, index) => message(String(index), 500_000))
  say(...sent)
  await server.until(() => server.batches.length > 0)
  await settled()
  expect(driver.writableLength).toBeGreaterThan(20_000_000)
  release()
  driver.end()
  await line.finish()
  expect(server.items().map(idOf)).toEqual(sent.map((each) => each.header.msg_id))
})

/** Resolves when the driver's end of the socket has taken nothing for many turns. */
const settled = async (): Promise<void> => {
  for (let turns = 0, before = -1; turns < 200; turns = driver.writableLength === before ? turns + 1 : 0) {
    before = driver.writableLength
    await new Promise((resolve) => setTimeout(resolve, 1))
  }
}

test('nothing is fetched for a kernel that does not answer yet', async () => {
  say(message('early'))
  await server.until(() => server.items().length === 1)
  expect(server.questions).toEqual([])
  say({ news: 'ready' })
  await server.until(() => server.questions.length === 1)
  expect(server.questions).toEqual([{ after: 0 }])
})

test('what comes twice is handed on once, and a new server is told that the kernel is ready', async () => {
  const heard: string[] = []
  createInterface({ input: driver }).on('line', (text) => heard.push(idOf(JSON.parse(text) as Item)))
  say({ news: 'ready' })
  const items = ['a', 'b'].map((id, index) => ({ number: index + 1, item: message(id) }))
  server.answer({ line: 'one', items: items.slice(0, 1) })
  server.answer({ line: 'one', items })
  server.answer({ line: 'two', items: [{ number: 1, item: message('c') }] })
  await server.until(() => server.questions.length === 4)
  expect(server.questions).toEqual([
    { after: 0 },
    { line: 'one', after: 1 },
    { line: 'one', after: 2 },
    { line: 'two', after: 1 },
  ])
  await server.until(() => server.items().length === 2)
  expect(server.items()).toEqual([{ news: 'ready' }, { news: 'ready' }])
  driver.end()
  await line.finish()
  expect(heard).toEqual(['a', 'b', 'c'])
})
