import type { Tx } from '../../server/src/deps.js'
import { createNodeBook } from '../../server/src/scheduling/node-book.js'

/** A transaction that answers each statement by what `answer` says of its text, and counts them. */
const txOf = (answer: (text: string) => unknown[]) => {
  const asked: string[] = []
  const query = (text: string) => {
    asked.push(text)
    return Promise.resolve(answer(text))
  }
  return { asked, tx: { query } as unknown as Tx }
}

const node = { id: 'n', name: 'n', schedulable: true, cpuMilli: 8000, memoryMib: 1024 }
const device = { id: 'd', nodeId: 'n', index: 0, kind: 'gpu', model: 'A', memoryMib: 1024, simulated: true }
const request = {
  gpuCount: 1,
  gpuMilli: 1000,
  gpuMemoryMib: 0,
  gpuModel: null,
  cpuMilli: 1000,
  memoryMib: 100,
  replicas: 1,
}

test('a burst of submissions reads the nodes once, and again when the cluster has another version', async () => {
  let [version, devices] = [7, [] as object[]]
  const { asked, tx } = txOf((text) => (text.includes('devices') ? [{ nodes: [node], devices }] : [{ version }]))
  const book = createNodeBook()

  expect((await book.read(tx)).couldEverRun(request).fits).toBe(false)
  expect((await book.read(tx)).couldEverRun(request).fits).toBe(false)
  expect(asked).toHaveLength(3)

  version = 8
  devices = [device]
  const known = await book.read(tx)
  expect(known.gpuCount).toBe(1)
  expect(known.couldEverRun(request).fits).toBe(true)
  expect(known.couldEverRun({ ...request, gpuCount: 2 }).fits).toBe(false)
})
