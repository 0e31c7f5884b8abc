import { randomBytes } from 'node:crypto'
import { totalmem } from 'node:os'
import type { Clock } from './deps.js'

/** The clock of the machine. */
export const systemClock: Clock = {
  nowMs: () => Date.now(),
  now: () => new Date().toISOString(),
}

/** What this process may have of the machine's memory, bytes: the limit of its container, where there is one. */
export const machineMemoryBytes = (): number => {
  const [limit, total] = [process.constrainedMemory(), totalmem()]
  return limit > 0 && limit < total ? limit : total
}

/** So many bytes of chance are asked of the machine at once. */
const pooledBytes = 4096

/** Bytes of chance a few at a time; each is given once. */
const createPool = (): ((size: number) => Buffer) => {
  let [pool, at] = [randomBytes(pooledBytes), 0]
  return (size) => {
    if (at + size > pool.length) [pool, at] = [randomBytes(pooledBytes), 0]
    at += size
    return pool.subarray(at - size, at)
  }
}

/**
 * A maker of ids: UUID version 7 as 32 hexadecimal digits. Within a millisecond the twelve bits after the version count
 * up, so that ids of one process sort in the order they were made (RFC 9562, section 6.2, method 1).
 */
export const createIds = (clock: Pick<Clock, 'nowMs'>, random: (size: number) => Buffer = createPool()) => {
  let lastMs = 0
  let counter = 0
  return (): string => {
    const nowMs = clock.nowMs()
    counter = nowMs > lastMs ? random(2).readUInt16BE() & 0x7ff : counter + 1
    lastMs = Math.max(lastMs, nowMs)
    if (counter > 0xfff) [lastMs, counter] = [lastMs + 1, 0]
    const tail = random(8)
    tail[0] = ((tail[0] ?? 0) & 0x3f) | 0x80
    return lastMs.toString(16).padStart(12, '0') + '7' + counter.toString(16).padStart(3, '0') + tail.toString('hex')
  }
}
