import { createHash, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { createReadStream } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import http, { type IncomingMessage, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { setTimeout as pause } from 'node:timers/promises'
import { releaseOf, releaseSent } from '../../server/src/blobs/spent.js'

const bytes = randomBytes(12_345_678)
const digestOf = (pieces: readonly Buffer[]): string =>
  pieces.reduce((hash, piece) => hash.update(piece), createHash('sha256')).digest('hex')

let folder: string
let server: http.Server | undefined

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'novabrain-spent-'))
  await writeFile(join(folder, 'large'), bytes)
})
afterEach(() => server?.close())
afterAll(() => rm(folder, { recursive: true }))

const serve = async (handle: RequestListener): Promise<number> => {
  server = http.createServer(handle).listen(0, '127.0.0.1')
  await once(server, 'listening')
  return (server.address() as AddressInfo).port
}

const ask = async (port: number, method: 'GET' | 'PUT', body?: Buffer): Promise<IncomingMessage> => {
  const request = http.request({ host: '127.0.0.1', port, method, agent: false }).end(body)
  return (await once(request, 'response'))[0] as IncomingMessage
}

/** What there is to read, in order; after every few pieces a pause, so that the other side has to wait. */
const readSlowly = async (from: IncomingMessage): Promise<string> => {
  const hash = createHash('sha256')
  let count = 0
  for await (const piece of from as AsyncIterable<Buffer>) {
    hash.update(piece)
    count += 1
    if (count % 40 === 0) await pause(2)
  }
  return hash.digest('hex')
}

test('pieces of a request are gone once they are released, and none of its bytes is lost', async () => {
  const seen: { digest: string; lengths: number[] }[] = []
  const port = await serve((request, response) => {
    void (async () => {
      const release = releaseOf(request)
      const hash = createHash('sha256')
      const pieces: Buffer[] = []
      for await (const piece of request as AsyncIterable<Buffer>) {
        hash.update(piece)
        pieces.push(piece)
        release([piece])
      }
      seen.push({ digest: hash.digest('hex'), lengths: pieces.map(({ length }) => length) })
      response.end()
    })()
  })
  ;(await ask(port, 'PUT', bytes)).resume()
  expect(seen[0]?.digest).toBe(digestOf([bytes]))
  expect(seen[0]?.lengths.reduce((sum, length) => sum + length, 0)).toBeLessThan(bytes.length / 20)
})

test('pieces of any other stream stay with who made them', async () => {
  const mine = randomBytes(70_000)
  const stream = Readable.from([mine])
  const release = releaseOf(stream)
  for await (const piece of stream as AsyncIterable<Buffer>) release([piece])
  expect(mine).toHaveLength(70_000)
})

test('a small piece in the pool of Node leaves its neighbours as they are', async () => {
  const port = await serve((request, response) => {
    const [small, neighbour] = [Buffer.from('small'), Buffer.from('neighbour')]
    releaseOf(request)([small])
    response.end(`${small.toString()} ${neighbour.toString()}`)
  })
  const [answer] = (await once(await ask(port, 'GET'), 'data')) as [Buffer]
  expect(answer.toString()).toBe('small neighbour')
})

test('what is sent arrives as it was, to who reads slowly too, and is released on the way', async () => {
  const pieces: Buffer[] = []
  const port = await serve((_request, response) => {
    releaseSent(response)
    response.once('pipe', (body: Readable) => body.on('data', (piece: Buffer) => pieces.push(piece)))
    createReadStream(join(folder, 'large'), { highWaterMark: 262_144 }).pipe(response)
  })
  for (let turn = 0; turn < 3; turn += 1) {
    pieces.length = 0
    expect(await readSlowly(await ask(port, 'GET'))).toBe(digestOf([bytes]))
    const kept = pieces.filter(({ length }) => length > 0)
    expect(pieces.length).toBeGreaterThan(40)
    expect(kept.length).toBeLessThan(pieces.length / 4)
  }
})
