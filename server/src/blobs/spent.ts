import { IncomingMessage, type ServerResponse } from 'node:http'
import type { Readable } from 'node:stream'
import { MessageChannel } from 'node:worker_threads'

/**
 * Memory of large bodies is given back as soon as nobody needs it. Every piece of a stream is a buffer of its own, and V8
 * answers some tens of mebibytes of buffers with a collection of the whole heap: 30 of those in 1 GB took more of the processor
 * than sending, hashing and writing together.
 */
type Release = (pieces: readonly Buffer[]) => void

/**
 * For who reads a body piece by piece and is done with the pieces. Only those of a request are given back: whoever made another
 * stream may hold what it gives.
 */
export const releaseOf = (body: Readable): Release => (body instanceof IncomingMessage ? release : () => undefined)

/**
 * Give back what is piped into a response, each time all of it is with the kernel. For streams that nobody else reads and that
 * make a new buffer for each piece, as files and answers of other servers do.
 */
export const releaseSent = (response: ServerResponse): void => {
  let pieces: Buffer[] = []
  response.once('pipe', (body: Readable) => body.on('data', (piece: Buffer) => pieces.push(piece)))
  response.on('drain', () => {
    if (response.writableLength > 0) return
    release(pieces)
    pieces = []
  })
}

/** Buffers that are posted change hands; through a port that is closed nobody takes them, so they are gone. */
const { port1: nowhere } = new MessageChannel()
nowhere.close()

const release: Release = (pieces) => {
  nowhere.postMessage(
    null,
    pieces.filter(ownsItsMemory).map(({ buffer }) => buffer),
  )
}

/** A small piece can lie in the pool that Node keeps for small buffers, a cut one beside the rest of it. */
const ownsItsMemory = (piece: Buffer): piece is Buffer<ArrayBuffer> =>
  piece.buffer instanceof ArrayBuffer && piece.byteLength === piece.buffer.byteLength
