import { fail } from '@novabrain/contracts'
import { createHash } from 'node:crypto'
import type { StoredBlob } from './store.js'

const mebibyte = 1_048_576

/** The bytes as they go by, and what they were when they are over. Errors: `upload_too_large`. */
export const counting = (chunks: AsyncIterable<Buffer>, limitBytes: number) => {
  const hash = createHash('sha256')
  let sizeBytes = 0
  return {
    async *bytes(): AsyncGenerator<Buffer> {
      for await (const chunk of chunks) {
        sizeBytes += chunk.length
        if (sizeBytes > limitBytes) fail('upload_too_large', { limitMib: Math.floor(limitBytes / mebibyte) })
        hash.update(chunk)
        yield chunk
      }
    },
    stored: (): StoredBlob => ({ digest: hash.digest('hex'), sizeBytes }),
  }
}
