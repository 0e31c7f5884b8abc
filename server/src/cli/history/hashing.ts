import { createHash, type Hash } from 'node:crypto'
import { Readable, Transform } from 'node:stream'

export const sha256 = (bytes: string | Uint8Array): string => createHash('sha256').update(bytes).digest('hex')

/** What something looks like, in 64 digits: the SHA-256 of its JSON. */
export const markOf = (value: unknown): string => sha256(JSON.stringify(value))

/** A stream that passes on what it reads, counted and hashed. */
export interface HashedStream {
  readonly stream: Readable
  readonly result: () => { readonly digest: string; readonly sizeBytes: number }
}

/** Hash bytes as they go by: however many, only a few are held. */
export const hashed = (body: ReadableStream<Uint8Array>, onBytes: (count: number) => void): HashedStream => {
  const hash: Hash = createHash('sha256')
  let sizeBytes = 0
  const meter = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      hash.update(chunk)
      sizeBytes += chunk.length
      onBytes(chunk.length)
      done(null, chunk)
    },
  })
  const source = Readable.fromWeb(body as Parameters<typeof Readable.fromWeb>[0])
  source.on('error', (error) => meter.destroy(error))
  meter.on('close', () => source.destroy())
  return { stream: source.pipe(meter), result: () => ({ digest: hash.digest('hex'), sizeBytes }) }
}
