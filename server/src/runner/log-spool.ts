import { open, type FileHandle } from 'node:fs/promises'

const tailBytes = 65_536

/** The log of the attempt on disk. It is written once, in order, and kept until the attempt is over. */
export interface LogSpool {
  /** How many bytes are in it. */
  size(): number
  /** Resolves when the bytes are in the file; those the disk does not take are left out and counted. */
  append(bytes: Uint8Array): Promise<void>
  /** A line of NovaBrain's own, always on a line by itself. */
  note(text: string): Promise<void>
  read(offset: number, limit: number): Promise<Uint8Array>
  /** The last 64 KiB of what was appended, as text. */
  tail(): string
  /** Whether bytes were left out. */
  wasFull(): boolean
  /** Be told of every append; one listener. */
  onAppend(listener: () => void): void
  close(): Promise<void>
}

/** Open the spool at `path`, empty. */
export const openLogSpool = async (path: string): Promise<LogSpool> => {
  const file = await open(path, 'w+', 0o600)
  const tail = tailOf()
  let size = 0
  let lost = 0
  let everLost = false
  let last: Promise<void> = Promise.resolve()
  let tell: () => void = () => undefined

  const put = async (bytes: Uint8Array) => {
    if (bytes.length === 0) return
    const written = await writeAll(file, bytes, size)
    size += written
    lost += bytes.length - written
    everLost ||= written < bytes.length
    tail.push(bytes)
    tell()
  }
  const mend = async () => {
    if (lost === 0) return
    const message = Buffer.from(`\n[novabrain] ${lost} bytes of output were lost: the disk took no more\n`)
    if ((await writeAll(file, message, size)) < message.length) return
    size += message.length
    lost = 0
  }
  const append = (bytes: Uint8Array): Promise<void> => {
    last = last.then(mend).then(() => put(bytes))
    return last
  }
  return {
    size: () => size,
    append,
    note: (text) => append(Buffer.from(`${tail.endsLine() ? '' : '\n'}[novabrain] ${text}\n`)),
    read: async (offset, limit) => {
      const buffer = Buffer.alloc(Math.max(0, Math.min(limit, size - offset)))
      const { bytesRead } = await file.read(buffer, 0, buffer.length, offset)
      return buffer.subarray(0, bytesRead)
    },
    tail: () => tail.text(),
    wasFull: () => everLost,
    onAppend: (listener) => (tell = listener),
    close: () => last.then(() => file.close()),
  }
}

/**
 * Write at a position, as much as the disk takes. Returns how much that was. It never fails: whoever stopped reading the
 * task's output for a fault of the disk would stop the task.
 */
const writeAll = async (file: FileHandle, bytes: Uint8Array, at: number): Promise<number> => {
  let done = 0
  try {
    while (done < bytes.length) done += (await file.write(bytes, done, bytes.length - done, at + done)).bytesWritten
  } catch {
    return done
  }
  return done
}

/** The end of a stream of bytes, in bounded memory. */
const tailOf = () => {
  let kept: Buffer = Buffer.alloc(0)
  return {
    push: (bytes: Uint8Array) => {
      kept = Buffer.concat([kept, bytes.subarray(-tailBytes)])
      if (kept.length > tailBytes) kept = Buffer.from(kept.subarray(-tailBytes))
    },
    text: () => kept.toString('utf8'),
    endsLine: () => kept.length === 0 || kept.at(-1) === 10,
  }
}
