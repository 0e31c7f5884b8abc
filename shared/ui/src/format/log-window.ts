/**
 * A window on a log of any size.
 *
 * The log is a growing file of bytes; the window holds the lines of one stretch of it, `[start, end)`. Reading at the end
 * appends and, beyond `maxBytes`, forgets lines from the front; reading before the start prepends and forgets from the
 * back. Bytes are decoded once a line is whole, so a character cut by the edge of a read is never damaged, and bytes that
 * are not UTF-8 show as U+FFFD. Within a line only what follows the last carriage return is kept, as on a terminal, so a
 * progress bar is one line and not ten thousand.
 */
export interface LogWindow {
  readonly startOffset: number
  readonly endOffset: number
  readonly lines: readonly LogLine[]
  /** Bytes after the last newline, not yet a line; shown as the last line. */
  readonly tail: Uint8Array
}

/** One line: the offset of its first byte in the log, its length in bytes with the newline, and its text. */
export interface LogLine {
  readonly offset: number
  readonly sizeBytes: number
  readonly text: string
}

/** Longest line shown; the rest of a longer one is cut off, for no screen shows a line of a megabyte. */
export const maxLineBytes = 20_000

/** A window on nothing, at an offset. */
export const emptyWindow = (offset = 0): LogWindow => ({
  startOffset: offset,
  endOffset: offset,
  lines: [],
  tail: new Uint8Array(),
})

/** The window with bytes read at its end. */
export const appendBytes = (window: LogWindow, bytes: Uint8Array, maxBytes: number): LogWindow => {
  const tailOffset = window.endOffset - window.tail.length
  const cut = cutLines(concat(window.tail, bytes), tailOffset)
  const lines = cut.lines.length === 0 ? window.lines : [...window.lines, ...cut.lines]
  const endOffset = window.endOffset + bytes.length
  const first = lines.findIndex((line) => endOffset - line.offset <= maxBytes)
  const kept = first === -1 ? [] : lines.slice(first)
  const startOffset = kept[0]?.offset ?? (lines.length === 0 ? window.startOffset : endOffset - cut.rest.length)
  return { startOffset, endOffset, lines: kept, tail: cut.rest }
}

/**
 * The window with the bytes that end where it starts. When they do not begin at the start of the log, their first line
 * is a part of one and is left out, to be read again with what is before it.
 */
export const prependBytes = (window: LogWindow, bytes: Uint8Array, maxBytes: number): LogWindow => {
  const from = window.startOffset - bytes.length
  const skip = partOfLine(bytes, from)
  const cut = cutLines(bytes.subarray(skip), from + skip)
  const joined =
    cut.rest.length === 0 ? cut.lines : [...cut.lines, wholeLine(cut.rest, window.startOffset - cut.rest.length)]
  const lines = [...joined, ...window.lines]
  const startOffset = lines[0]?.offset ?? window.startOffset
  const over = lines.findIndex((line) => line.offset + line.sizeBytes - startOffset > maxBytes)
  if (over === -1) return { ...window, startOffset, lines }
  const kept = lines.slice(0, Math.max(1, over))
  const last = kept.at(-1)
  const endOffset = last === undefined ? startOffset : last.offset + last.sizeBytes
  return { startOffset, endOffset, lines: kept, tail: new Uint8Array() }
}

/** How many bytes belong to a line that began earlier; none where leaving them out would leave nothing. */
const partOfLine = (bytes: Uint8Array, from: number): number => {
  const skip = from === 0 ? 0 : bytes.indexOf(10) + 1
  return skip === bytes.length ? 0 : skip
}

/** Every line to be shown, the unfinished one included. */
export const visibleLines = (window: LogWindow): readonly LogLine[] =>
  window.tail.length === 0
    ? window.lines
    : [...window.lines, wholeLine(window.tail, window.endOffset - window.tail.length)]

const cutLines = (bytes: Uint8Array, offset: number): { lines: LogLine[]; rest: Uint8Array } => {
  const lines: LogLine[] = []
  let from = 0
  for (let at = bytes.indexOf(10); at !== -1; at = bytes.indexOf(10, from)) {
    lines.push(wholeLine(bytes.subarray(from, at + 1), offset + from))
    from = at + 1
  }
  return boundRest(lines, bytes.slice(from), offset + from)
}

/** A line without an end stays small: what a carriage return overwrote is dropped, and an endless one is broken. */
const boundRest = (lines: LogLine[], rest: Uint8Array, offset: number): { lines: LogLine[]; rest: Uint8Array } => {
  if (rest.length <= maxLineBytes) return { lines, rest }
  const overwritten = rest.lastIndexOf(13, rest.length - 2) + 1
  if (overwritten > 0) return boundRest(lines, rest.slice(overwritten), offset + overwritten)
  for (; rest.length > maxLineBytes; offset += maxLineBytes) {
    lines.push(wholeLine(rest.subarray(0, maxLineBytes), offset))
    rest = rest.slice(maxLineBytes)
  }
  return { lines, rest }
}

const wholeLine = (bytes: Uint8Array, offset: number): LogLine => ({
  offset,
  sizeBytes: bytes.length,
  text: lineText(bytes),
})

const lineText = (bytes: Uint8Array): string => {
  const end = bytes.at(-1) === 10 ? bytes.length - (bytes.at(-2) === 13 ? 2 : 1) : bytes.length
  const line = bytes.subarray(0, end)
  const trailing = line.at(-1) === 13 ? line.subarray(0, -1) : line
  const shown = trailing.subarray(trailing.lastIndexOf(13) + 1)
  const text = new TextDecoder().decode(shown.subarray(0, maxLineBytes))
  return shown.length > maxLineBytes ? `${text} …` : text
}

const concat = (a: Uint8Array, b: Uint8Array): Uint8Array => {
  if (a.length === 0) return b
  const both = new Uint8Array(a.length + b.length)
  both.set(a)
  both.set(b, a.length)
  return both
}
