/** The last lines of what a task printed, made readable: no colours, no control characters, progress bars at their end. */
export const readableLines = (tail: string): readonly string[] =>
  tail
    .replace(ansi, '')
    .split('\n')
    .map((line) => (line.replace(/\r+$/, '').split('\r').at(-1) ?? '').replace(controls, '').trimEnd())
    .filter((line) => line !== '')

// eslint-disable-next-line no-control-regex -- control characters are what is taken out
const ansi = /\u001b(\[[0-9;?]*[ -/]*[@-~]|\][^\u0007\u001b]*(\u0007|\u001b\\))/g
// eslint-disable-next-line no-control-regex -- control characters are what is taken out
const controls = /[\u0000-\u0008\u000b-\u001f\u007f]/g

/** An exception as Python printed it: its own lines without the frames, and how it led to the one after it. */
export interface PrintedException {
  readonly text: string
  /** The exception after this one was raised `from` it, or while it was handled, or has nothing to do with it. */
  readonly ledTo: 'cause' | 'context' | null
}

const header = /^\s*(\+ )?(Exception Group )?Traceback \(most recent call last\)/
const messageLines = 8
/** A traceback further up than this was printed by somebody who went on. */
const distanceToEnd = 60

/** The exceptions printed at the end of these lines, last first; empty when the output does not end in a traceback. */
export const exceptionsAtEnd = (lines: readonly string[]): readonly PrintedException[] => {
  const starts = lines.flatMap((line, index) => (header.test(line) ? [index] : []))
  const blocks = starts.map((start, at) => exceptionIn(lines.slice(start + 1, starts[at + 1] ?? lines.length)))
  const last = starts.at(-1)
  if (last === undefined || lines.length - last - (blocks.at(-1)?.frames ?? 0) > distanceToEnd) return []
  return blocks.map(({ text, ledTo }) => ({ text, ledTo })).reverse()
}

const exceptionIn = (lines: readonly string[]): PrintedException & { readonly frames: number } => {
  const first = lines.findIndex((line) => !/^\s/.test(line))
  const frames = first < 0 ? lines.length : first
  const rest = lines.slice(frames, frames + messageLines)
  const end = rest.findIndex((line) => connection(line) !== null)
  return {
    text: (end < 0 ? rest : rest.slice(0, end)).join('\n'),
    ledTo: lines.map(connection).find((link) => link !== null) ?? null,
    frames,
  }
}

const connection = (line: string): 'cause' | 'context' | null => {
  if (line.startsWith('The above exception was the direct cause')) return 'cause'
  return line.startsWith('During handling of the above exception') ? 'context' : null
}

/** An exception that only says that another process failed; what counts stands before it. */
export const isWrapper = (text: string): boolean =>
  /^(\w+\.)*(CalledProcessError|ChildFailedError|ProcessRaisedException|ProcessExitedException|RayTaskError|RemoteError|BrokenProcessPool|SystemExit)\b/.test(
    text,
  ) || /DataLoader worker \(pid/.test(text)

/** The first line of a text, or its beginning. */
export const firstLine = (text: string): string => text.split('\n')[0] ?? ''
