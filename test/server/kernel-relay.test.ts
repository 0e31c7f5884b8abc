import type { KernelMessage, KernelNews } from '@novabrain/contracts'
import { createInbox } from '../../server/src/modules/kernels/inbox.js'
import { createKernelRelay, type KernelClient, type KernelRelay } from '../../server/src/modules/kernels/relay.js'

let ids = 0
const newRelay = (): KernelRelay => createKernelRelay({ newId: () => `id-${String((ids += 1))}`, nowMs: () => 0 })

const message = (type: string, part: Partial<KernelMessage> = {}): KernelMessage => ({
  channel: 'iopub',
  header: { msg_id: `m-${String((ids += 1))}`, msg_type: type },
  parent_header: {},
  metadata: {},
  content: {},
  buffers: [],
  ...part,
})
const asked = (id: string, channel: KernelMessage['channel'] = 'shell'): KernelMessage =>
  message('execute_request', { channel, header: { msg_id: id, msg_type: 'execute_request' } })
const answer = (id: string): KernelMessage =>
  message('execute_reply', { channel: 'shell', parent_header: { msg_id: id } })
const printed = (text: string): KernelMessage => message('stream', { content: { text } })

interface TestClient extends KernelClient {
  readonly said: string[]
  readonly closings: number[]
  /** Whether what is sent leaves the machine, and how much waits in the socket. */
  leaves: boolean
  waiting: number
}

const clientOf = (session: string): TestClient => {
  const client: TestClient = {
    session,
    said: [],
    closings: [],
    leaves: true,
    waiting: 0,
    bufferedBytes: () => client.waiting,
    send({ message: { header, content } }, onLeft) {
      client.said.push(String(content['text'] ?? content['execution_state'] ?? header.msg_type))
      if (client.leaves) onLeft()
    },
    close(code) {
      client.closings.push(code)
      client.waiting = 0
    },
  }
  return client
}

test('what is published goes to all, an answer to who asked', async () => {
  const relay = newRelay()
  const [first, second] = [clientOf('one'), clientOf('two')]
  relay.connect(first)
  relay.connect(second)
  relay.accept(first, asked('q'))
  await relay.deliver({ first: 1, items: [printed('to all'), answer('q'), answer('nobody asked')] })
  expect([first.said, second.said]).toEqual([['to all', 'execute_reply'], ['to all']])
})

test('a batch that comes again, or overlaps with one that came, is told once', async () => {
  const relay = newRelay()
  const client = clientOf('one')
  relay.connect(client)
  await relay.deliver({ first: 1, items: [printed('a'), printed('b')] })
  await relay.deliver({ first: 1, items: [printed('a'), printed('b')] })
  await relay.deliver({ first: 2, items: [printed('b'), printed('c')] })
  expect(client.said).toEqual(['a', 'b', 'c'])
})

test('a server that was away takes up where the runner is', async () => {
  const relay = newRelay()
  const client = clientOf('one')
  relay.connect(client)
  await relay.deliver({ first: 500, items: [printed('a')] })
  await relay.deliver({ first: 501, items: [printed('b')] })
  expect(client.said).toEqual(['a', 'b'])
})

test('a session that comes back is told what had not left, and no more', async () => {
  const relay = newRelay()
  const before = clientOf('one')
  relay.connect(before)
  relay.accept(before, asked('q'))
  await relay.deliver({ first: 1, items: [printed('left')] })
  before.leaves = false
  await relay.deliver({ first: 2, items: [printed('lost')] })
  relay.disconnect(before)
  await relay.deliver({ first: 3, items: [answer('q')] })
  const after = clientOf('one')
  relay.connect(after)
  expect(after.said).toEqual(['lost', 'execute_reply'])
  relay.disconnect(after)
  const again = clientOf('one')
  relay.connect(again)
  expect(again.said).toEqual([])
  const stranger = clientOf('two')
  relay.connect(stranger)
  expect(stranger.said).toEqual([])
})

test('memory is bounded: of what a session missed, the newest is kept', async () => {
  const relay = newRelay()
  const before = clientOf('one')
  relay.connect(before)
  relay.disconnect(before)
  const mebibyte = (name: string) => message('stream', { content: { text: name, more: 'x'.repeat(1_048_576) } })
  for (let number = 1; number <= 30; number += 1)
    await relay.deliver({ first: number, items: [mebibyte(String(number))] })
  const after = clientOf('one')
  relay.connect(after)
  expect(after.said.at(-1)).toBe('30')
  expect(after.said.length).toBeGreaterThan(10)
  expect(after.said.length).toBeLessThan(17)
})

test('a slow client makes the kernel wait until it has taken what it was sent', async () => {
  const relay = newRelay()
  const client = clientOf('one')
  relay.connect(client)
  client.waiting = 10_000_000
  let told = false
  const delivering = relay.deliver({ first: 1, items: [printed('a')] }).then(() => (told = true))
  await new Promise((resolve) => setImmediate(resolve))
  expect(told).toBe(false)
  client.waiting = 0
  await delivering
  expect(client.closings).toEqual([])
})

test('a session that connects a second time replaces the first, whose going changes nothing', async () => {
  const relay = newRelay()
  const [first, second] = [clientOf('one'), clientOf('one')]
  relay.connect(first)
  relay.connect(second)
  relay.disconnect(first)
  expect([first.closings, relay.connections()]).toEqual([[1000], 1])
  await relay.deliver({ first: 1, items: [printed('a')] })
  expect([first.said, second.said]).toEqual([[], ['a']])
})

test('the state is what the kernel says, and what the runner says of it', async () => {
  const relay = newRelay()
  const client = clientOf('one')
  relay.connect(client)
  const states: string[] = [relay.state()]
  const items: (KernelMessage | KernelNews)[] = [
    { news: 'ready' },
    message('status', { content: { execution_state: 'busy' } }),
    { news: 'restarting' },
    { news: 'ready' },
    { news: 'dead' },
  ]
  for (const [index, item] of items.entries()) {
    await relay.deliver({ first: index + 1, items: [item] })
    states.push(relay.state())
  }
  expect(states).toEqual(['starting', 'idle', 'busy', 'restarting', 'idle', 'dead'])
  relay.end()
  expect([client.said, client.closings]).toEqual([['busy', 'shutdown_reply', 'dead'], [1000]])
})

describe('what waits for a kernel', () => {
  const fetchAll = async (inbox: ReturnType<typeof createInbox>, line: string | undefined, after: number) =>
    (await inbox.fetch({ line, after })).items.map(({ number }) => number)

  test('is answered with until it is known to have arrived', async () => {
    const inbox = createInbox('now')
    inbox.put(asked('a'))
    inbox.put({ order: 'interrupt' })
    expect(await fetchAll(inbox, undefined, 0)).toEqual([1, 2])
    expect(await fetchAll(inbox, 'now', 0)).toEqual([1, 2])
    expect(await fetchAll(inbox, 'now', 1)).toEqual([2])
    expect(await fetchAll(inbox, 'an older server', 7)).toEqual([2])
  })

  test('is told as soon as it comes to who asked before', async () => {
    const inbox = createInbox('now')
    const waiting = fetchAll(inbox, 'now', 0)
    inbox.put(asked('a'))
    expect(await waiting).toEqual([1])
  })

  test('a second question ends the first, and the end of the line ends all', async () => {
    const inbox = createInbox('now')
    const first = fetchAll(inbox, 'now', 0)
    const second = fetchAll(inbox, 'now', 0)
    expect(await first).toEqual([])
    inbox.close()
    expect(await second).toEqual([])
  })

  test('has room for so much and no more, and always for an order', () => {
    const inbox = createInbox('now')
    const large = { ...asked('a'), content: { code: 'x'.repeat(10_000_000) } }
    expect([1, 2, 3, 4].map(() => inbox.put(large))).toEqual([true, true, true, false])
    expect(inbox.put({ order: 'interrupt' })).toBe(true)
  })

  test('a client that sends more than there is room for is let go', () => {
    const relay = newRelay()
    const client = clientOf('one')
    relay.connect(client)
    for (let count = 0; count < 4; count += 1)
      relay.accept(client, { ...asked('a'), content: { code: 'x'.repeat(10_000_000) } })
    expect(client.closings).toEqual([1013])
  })
})
