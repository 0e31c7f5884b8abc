import {
  appendBytes,
  emptyWindow,
  prependBytes,
  visibleLines,
  type LogLine,
  type LogWindow,
} from '../format/log-window.js'
import { stripAnsi } from '../format/ansi.js'

/** Reads bytes of the log from an offset: fewer than `limit` means its present end. */
export type ReadBytes = (offset: number, limit: number) => Promise<Uint8Array>

export interface LogReaderOptions {
  readonly read: ReadBytes
  readonly changed: () => void
  /** Bytes kept in memory. */
  readonly maxBytes?: number
  /** Bytes asked for at a time. */
  readonly chunkBytes?: number
}

/**
 * Moves a window over a log of any size. Readings follow one another, never two at once; `generation` grows when the
 * window jumped, so that a view knows not to keep its place.
 */
export class LogReader {
  window: LogWindow = emptyWindow()
  /** The size of the log as far as it is known. */
  sizeBytes = 0
  generation = 0
  error: unknown = null
  loaded = false
  #queue: Promise<unknown> = Promise.resolve()
  readonly #maxBytes: number
  readonly #chunkBytes: number

  constructor(private readonly options: LogReaderOptions) {
    this.#maxBytes = options.maxBytes ?? 4_000_000
    this.#chunkBytes = options.chunkBytes ?? 262_144
  }

  get lines(): readonly LogLine[] {
    return visibleLines(this.window)
  }
  get atEnd(): boolean {
    return this.window.endOffset >= this.sizeBytes
  }
  get atStart(): boolean {
    return this.window.startOffset === 0
  }

  /** The log is at least this long. */
  grew(sizeBytes: number): void {
    if (sizeBytes > this.sizeBytes) this.sizeBytes = sizeBytes
  }

  /** Show the end: read on from here when it is near, else jump. */
  toEnd(): Promise<void> {
    return this.#inTurn(async () => {
      if (!this.loaded || this.sizeBytes - this.window.endOffset > this.#maxBytes)
        await this.#jump(this.sizeBytes - this.#chunkBytes)
      while (await this.#append()) this.options.changed()
    })
  }
  toStart(): Promise<void> {
    return this.#inTurn(async () => {
      if (!this.atStart) await this.#jump(0)
      else if (!this.loaded) await this.#append()
    })
  }
  /** Read what follows the window. */
  newer(): Promise<void> {
    return this.#inTurn(async () => void (await this.#append()))
  }
  /** Read what comes before the window. */
  older(): Promise<void> {
    return this.#inTurn(async () => {
      const { startOffset } = this.window
      const from = Math.max(0, startOffset - this.#chunkBytes)
      if (startOffset === 0) return
      const bytes = await this.options.read(from, startOffset - from)
      this.window = prependBytes(this.window, bytes, this.#maxBytes)
    })
  }
  /** Show the line that begins at this offset. */
  around(offset: number): Promise<void> {
    return this.#inTurn(async () => {
      if (offset >= this.window.startOffset && offset < this.window.endOffset) return
      await this.#jump(offset - this.#chunkBytes / 2)
      await this.#append()
    })
  }

  /**
   * The next line after (or before) `from` that has the text, whatever its case, going around once; `null` when none has.
   */
  async find(text: string, from: number, direction: 'next' | 'previous'): Promise<number | null> {
    const wanted = text.toLowerCase()
    const matches = (line: LogLine) => stripAnsi(line.text).toLowerCase().includes(wanted)
    return direction === 'next'
      ? ((await this.#findNext(matches, from, this.sizeBytes)) ?? this.#findNext(matches, 0, from))
      : ((await this.#findPrevious(matches, from, 0)) ?? this.#findPrevious(matches, this.sizeBytes, from))
  }

  async #findNext(matches: (line: LogLine) => boolean, from: number, to: number): Promise<number | null> {
    let window = emptyWindow(from)
    while (window.endOffset < to) {
      const bytes = await this.options.read(window.endOffset, this.#chunkBytes)
      if (bytes.length === 0) break
      window = appendBytes({ ...window, lines: [] }, bytes, Infinity)
      const found = window.lines.find(matches)
      if (found !== undefined) return found.offset < to || from === 0 ? found.offset : null
    }
    return visibleLines({ ...window, lines: [] }).find(matches)?.offset ?? null
  }
  async #findPrevious(matches: (line: LogLine) => boolean, from: number, to: number): Promise<number | null> {
    let window = emptyWindow(from)
    while (window.startOffset > to) {
      const start = Math.max(0, window.startOffset - this.#chunkBytes)
      const bytes = await this.options.read(start, window.startOffset - start)
      if (bytes.length === 0) break
      window = prependBytes({ ...window, lines: [] }, bytes, Infinity)
      const found = window.lines.findLast(matches)
      if (found !== undefined) return found.offset
    }
    return null
  }

  async #jump(offset: number): Promise<void> {
    const from = Math.max(0, Math.floor(offset))
    const bytes = await this.options.read(from, this.#chunkBytes)
    const skip = from === 0 ? 0 : bytes.indexOf(10) + 1
    this.generation += 1
    this.#take(appendBytes(emptyWindow(from + skip), bytes.subarray(skip), this.#maxBytes))
  }
  /** Read on; whether there may be more at once. */
  async #append(): Promise<boolean> {
    const bytes = await this.options.read(this.window.endOffset, this.#chunkBytes)
    this.#take(appendBytes(this.window, bytes, this.#maxBytes))
    return bytes.length === this.#chunkBytes
  }
  #take(window: LogWindow): void {
    this.window = window
    this.loaded = true
    this.grew(window.endOffset)
  }

  #inTurn(act: () => Promise<void>): Promise<void> {
    const turn = this.#queue.then(act).then(
      () => (this.error = null),
      (error: unknown) => (this.error = error),
    )
    this.#queue = turn
    return turn.then(() => this.options.changed())
  }
}
