/** Where a command prints: sentences and tables for people, or one JSON value for machines. */
export interface Output {
  readonly json: boolean
  /** A line for people; nothing under `--json`. */
  line(text?: string): void
  /** A table for people: a row of headings, then the rows. */
  table(headings: readonly string[], rows: readonly (readonly string[])[]): void
  /** The value for machines; nothing without `--json`. */
  value(value: unknown): void
  /** Bytes, as they are. */
  bytes(bytes: Uint8Array): void
  /** A line on standard error. */
  error(text: string): void
}

interface Streams {
  readonly stdout: { write(chunk: string | Uint8Array): unknown }
  readonly stderr: { write(chunk: string): unknown }
}

/** The output of a command. */
export const createOutput = (json: boolean, streams: Streams): Output => ({
  json,
  line(text = '') {
    if (!json) streams.stdout.write(`${text}\n`)
  },
  table(headings, rows) {
    if (!json) streams.stdout.write(`${formatTable(headings, rows)}\n`)
  },
  value(value) {
    if (json) streams.stdout.write(`${JSON.stringify(value, null, 2)}\n`)
  },
  bytes(bytes) {
    streams.stdout.write(bytes)
  },
  error(text) {
    streams.stderr.write(`${text}\n`)
  },
})

/** Columns padded to their widest cell; wide East Asian characters count as two. */
export const formatTable = (headings: readonly string[], rows: readonly (readonly string[])[]): string => {
  const lines = [headings, ...rows]
  const widths = headings.map((_, column) => Math.max(...lines.map((line) => widthOf(line[column] ?? ''))))
  return lines
    .map((line) => line.map((cell, column) => cell + ' '.repeat((widths[column] ?? 0) - widthOf(cell))).join('  '))
    .map((line) => line.trimEnd())
    .join('\n')
}

const widthOf = (text: string): number =>
  [...text].reduce(
    (sum, character) =>
      sum +
      (/[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]/u.test(character)
        ? 2
        : 1),
    0,
  )

/** A duration as people say it: `8 s`, `3 min`, `2 h 5 min`, `4 d`. */
export const formatDuration = (ms: number): string => {
  const seconds = Math.max(0, Math.round(ms / 1000))
  if (seconds < 60) return `${seconds} s`
  const minutes = Math.floor(seconds / 60)
  if (minutes < 60) return `${minutes} min`
  const hours = Math.floor(minutes / 60)
  if (hours < 48) return minutes % 60 === 0 ? `${hours} h` : `${hours} h ${minutes % 60} min`
  return `${Math.floor(hours / 24)} d`
}

/** A size as people say it, in binary units. */
export const formatBytes = (bytes: number): string => {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB']
  const power = bytes < 1 ? 0 : Math.min(units.length - 1, Math.floor(Math.log2(bytes) / 10))
  const value = bytes / 1024 ** power
  return `${power === 0 || value >= 100 ? Math.round(value) : value.toFixed(1)} ${units[power] ?? 'B'}`
}
